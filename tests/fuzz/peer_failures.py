"""Sends the same made-up requests to locum and to the peer, and writes down what each answers wrongly.

`python -m tests.fuzz.peer_failures FILE`: FUZZ_EXAMPLES per operation and as many walks, from FUZZ_SEED.
Both servers are started for it, on data of their own.
"""

import os
import sys
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from compat.servers import Server, discard, start_locum, start_peer, temporary_data
from tests.fuzz.campaign import DOCUMENTED, SEED, Campaign
from tests.fuzz.wire import Wire

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "8"))
STEPS = 50
SHOWN = 400
HEAD = """\
# What the peer answers wrongly

Written by `make fuzz-peer`; do not edit. The same seed made up requests to locum and to the peer (Prefect 3.9.1): what
the document allows, what it forbids, hostile parts (NUL, halves of surrogate pairs, numbers that no column holds, deep
JSON, long text, odd headers) and wrong forms. Ids differ, so what is random in a server differs too.

A failure is an answer of 5xx or none, a success that breaks its schema, a refusal that does not say why, or a body that
is accepted though its schema forbids it (but for what `tests/fuzz/tolerated.py` lets pass for both). Locum is held to
more: none of its answers may leave out a property or add one.
"""


@contextmanager
def running(start: Callable[[Path], Server], name: str) -> Generator[Server]:
    """A server of this run's own."""
    data = temporary_data(name)
    server = start(data)
    try:
        yield server.ready()
    finally:
        server.stop()
        discard(data)


def campaign(address: str, *, closed: bool) -> Campaign:
    """All of it against one server."""
    wire = Wire(address)
    made = Campaign(wire, closed=closed)
    for operation in DOCUMENTED:
        made.try_operation(operation, EXAMPLES)
    for journey in range(EXAMPLES):
        made.wander(STEPS, journey)
    wire.close()
    return made


def report(locum: Campaign, peer: Campaign) -> str:
    """The page."""
    lines = [
        HEAD,
        f"Seed {SEED}; {EXAMPLES} examples for each of {len(DOCUMENTED)} operations, {EXAMPLES} walks of {STEPS} steps",
        "",
        "| | requests | succeeded | failures | kinds of failure, by operation |",
        "|---|---|---|---|---|",
        _row("locum", locum),
        _row("peer", peer),
        "",
        "## By kind\n",
    ]
    kinds = Counter[str]()
    for (_, kind), finding in peer.findings.items():
        kinds[kind] += finding.count
    lines += [f"- {kind}: {count}" for kind, count in kinds.most_common()]
    lines += ["", "## By operation\n", "Each with the shortest request that showed it; `$API` is the peer's address.\n"]
    for (operation, kind), finding in sorted(peer.findings.items()):
        lines += [f"- `{operation}` {kind} ({finding.count})", "", f"      {finding.request.curl(shown=SHOWN)}", ""]
    return "\n".join(lines)


def _row(name: str, made: Campaign) -> str:
    done = sum(count for status, count in made.statuses.items() if 200 <= status < 300)
    failures = sum(finding.count for finding in made.findings.values())
    return f"| {name} | {made.statuses.total()} | {done} | {failures} | {len(made.findings)} |"


def main(file: Path) -> int:
    """Write the page; fail if locum did."""
    with running(start_locum, "fuzz-locum") as server:
        locum = campaign(server.api, closed=True)
    with running(start_peer, "fuzz-peer") as server:
        peer = campaign(server.api, closed=False)
    file.write_text(report(locum, peer), encoding="utf-8")
    sys.stdout.write(f"{_row('locum', locum)}\n{_row('peer', peer)}\n{locum.told()}\n")
    return 1 if locum.findings else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
