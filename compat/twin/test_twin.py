"""Every twin case as a test: no unexplained difference between locum's answers and the peer's."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from compat.twin.compare import compare
from compat.twin.contract import contract
from compat.twin.coverage import SEEN
from compat.twin.recorder import Recorder
from compat.twin.registry import Case, cases
from compat.twin.witness import witness

SHOWN = 12


def _record(case: Case, recorder: Recorder) -> BaseException | None:
    try:
        case.run(recorder)
    except Exception as error:  # noqa: BLE001 - whatever breaks is told beside the differences
        return error
    return None


@pytest.fixture(scope="session")
def clients() -> tuple[httpx.Client, httpx.Client]:
    """One connection pool per server."""
    return httpx.Client(timeout=60, trust_env=False), httpx.Client(timeout=60, trust_env=False)


@pytest.mark.parametrize("case", [pytest.param(c, id=f"{c.group}-{c.name}") for c in cases()])
def test_twin(
    case: Case,
    locum_api: str,
    peer_api: str,
    clients: tuple[httpx.Client, httpx.Client],
    record_property: Callable[[str, object], None],
) -> None:
    """Carries the case out on both servers at once and compares the recordings."""
    # Between two seconds, so that every time has a fraction; not in the next second's first moments either.
    anchor = datetime.now(UTC).replace(microsecond=123456) + timedelta(seconds=1)
    mark = uuid.uuid4().hex[:10]
    recorders = [
        Recorder(api, client, f"{mark}{side if locum_api == peer_api else 'x'}", anchor)
        for api, client, side in zip((locum_api, peer_api), clients, "ab", strict=True)
    ]
    with ThreadPoolExecutor(2) as threads:
        errors = list(threads.map(lambda r: _record(case, r), recorders))
    ours, theirs = recorders
    record_property(SEEN, witness(contract(), zip(ours.steps, theirs.steps, strict=False)).report())
    found = compare(f"{case.group}-{case.name}", ours, theirs)
    found += [f"the case broke at {who}: {e!r}" for who, e in zip(("locum", "the peer"), errors, strict=True) if e]
    if found:
        more = [f"... and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
        pytest.fail("\n".join(found[:SHOWN] + more), pytrace=False)
