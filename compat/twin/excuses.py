"""What the twin need not try, each with its reason; and the refusals that the peer's document does not tell of."""

from __future__ import annotations

EXCUSES: tuple[tuple[str, str, str], ...] = ()
"""What is counted, its name (or a pattern of names), and why it cannot be tried."""

FURTHER: dict[str, tuple[int, ...]] = {}
"""By operation: statuses, beside 404 of an unknown name and 422 of a malformed body, with which the peer refuses."""
