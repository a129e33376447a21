"""The report: a table per run, in Markdown, with the machine that it came from."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.measure import Cost, Usage
from bench.proc import load, machine

# How many times cheaper than the peer a workload must be (server CPU per request).
TARGETS: dict[str, float] = {
    "lifecycle": 15,
    "flow_runs_filter": 25,
    "deployments_paginate": 25,
    "task_event": 30,
    "logs": 30,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One workload: what it cost the server, and the other one."""

    workload: str
    cost: Cost
    other: Cost | None


@dataclass(frozen=True, slots=True)
class Setting:
    """How the numbers came about."""

    names: tuple[str, ...]
    idle: tuple[Usage, ...]
    unit: str
    rounds: int
    requests: int
    connections: int
    gzip: bool


def render(lines: list[Line], setting: Setting) -> str:
    """The whole report."""
    out = [f"# Bench, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC", "", *_circumstances(setting), ""]
    out += _single(lines, setting) if len(setting.names) == 1 else _double(lines, setting)
    return "\n".join(out) + "\n"


def _circumstances(setting: Setting) -> list[str]:
    encoding = "gzip" if setting.gzip else "none"
    alternating = ", alternating" if len(setting.names) > 1 else ""
    lines = [
        f"- Machine: {machine()}; load average at the end {load():.2f}.",
        f"- {setting.rounds} rounds{alternating}, {setting.requests} requests in each (a share of it for heavy ones),",
        f"  {setting.connections} connections, Accept-Encoding: {encoding}; the websocket offers permessage-deflate.",
        "- CPU is user + system time of the process tree, ms per request, median of rounds; PG is PostgreSQL's tree.",
        "  Work that the server puts off is waited for and counted; what an idle server uses is taken off.",
    ]
    for name, idle in zip(setting.names, setting.idle, strict=True):
        lines.append(
            f"- Idle {name}: {100 * idle.server:.1f}% of a core, PG {100 * idle.postgres:.1f}%, "
            f"{idle.statements:.1f} {setting.unit or 'statements (not counted)'} per second."
        )
    return lines


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _table(head: list[str], body: list[list[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in [head, *body]) for column in range(len(head))]

    def pad(row: list[str]) -> list[str]:
        return [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]

    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return [_row(pad(head)), _row(rule), *(_row(pad(row)) for row in body)]


def _number(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def _counted(value: float, unit: str) -> str:
    return f"{value:.1f}" if unit else "-"


def _single(lines: list[Line], setting: Setting) -> list[str]:
    unit = setting.unit or "statements"
    head = ["workload", "CPU ms", "spread", "PG ms", unit, "latency ms", "requests/s"]
    body = [
        [
            line.workload,
            _number(line.cost.server_ms),
            f"{100 * line.cost.spread:.0f}%",
            _number(line.cost.postgres_ms),
            _counted(line.cost.statements, setting.unit),
            _number(line.cost.latency_ms),
            f"{line.cost.per_second:.0f}",
        ]
        for line in lines
    ]
    return _table(head, body)


def _double(lines: list[Line], setting: Setting) -> list[str]:
    one, two = setting.names
    unit = setting.unit or "statements"
    head = ["workload", f"{one} CPU ms", f"{two} CPU ms", "ratio", "target", f"{one} PG ms", f"{two} PG ms", "PG ratio"]
    head += [f"{one} {unit}", f"{two} {unit}", f"{one} req/s", f"{two} req/s"]
    body: list[list[str]] = []
    for line in lines:
        if not line.other:
            continue
        ratio = line.other.server_ms / max(line.cost.server_ms, 1e-6)
        target = TARGETS.get(line.workload)
        body.append(
            [
                line.workload,
                _number(line.cost.server_ms),
                _number(line.other.server_ms),
                f"{ratio:.1f}x",
                "" if target is None else f"{target:.0f}x {'met' if ratio >= target else 'MISSED'}",
                _number(line.cost.postgres_ms),
                _number(line.other.postgres_ms),
                f"{line.other.postgres_ms / max(line.cost.postgres_ms, 1e-6):.1f}x",
                _counted(line.cost.statements, setting.unit),
                _counted(line.other.statements, setting.unit),
                f"{line.cost.per_second:.0f}",
                f"{line.other.per_second:.0f}",
            ]
        )
    return _table(head, body)


def write(text: str, folder: Path) -> Path:
    """Keep the report under its time."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{datetime.now(UTC):%Y%m%d-%H%M%S}.md"
    path.write_text(text)
    return path
