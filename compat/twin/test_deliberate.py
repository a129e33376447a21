"""A reader of docs/quirks.md learns of every difference that the twin lets pass."""

from __future__ import annotations

import pytest

from compat.environments import ROOT
from compat.twin.deliberate import DELIBERATE


def _flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("why", sorted({d.why for d in DELIBERATE}))
def test_it_is_told(why: str) -> None:
    """The reason stands there word for word."""
    assert _flat(why) in _flat((ROOT / "docs" / "quirks.md").read_text())
