"""The differences from the peer that are meant; docs/quirks.md tells a reader the same."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Deliberate:
    """One difference: where it shows (patterns of the case, the request, the place in the answer, both values), and why."""

    why: str
    case: str = "*"
    step: str = "*"
    where: str = "*"
    values: str = "*"


DELIBERATE: tuple[Deliberate, ...] = (
    Deliberate(
        why="A request of an API version that is too old is refused before its body is read; the peer parses it first.",
        case="root-version_header_comes_before_the_body",
        step="POST /flows/",
        where="status",
    ),
    *(
        Deliberate(
            why="What is wrong with the text of a time is told in the words of the library that reads it.",
            where=f"$.exception_detail[].{part}",
            values=values,
        )
        for part, values in (
            ("msg", "*valid datetime*Unable to parse string*"),
            ("type", '*"datetime*"value_error"'),
            ("ctx.error", "* | peer {}"),
            ("ctx", '* | peer {"error": {}}'),
        )
    ),
)
