"""The differences from the peer that are meant; docs/quirks.md tells a reader the same."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Deliberate:
    """One difference: patterns of the case, the request, the place in the answer and both values; and why."""

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
    Deliberate(
        why="Without an installed Prefect the kinds of workers are described in our own words.",
        case="root-process_worker_metadata",
        where="*.description",
    ),
    Deliberate(
        why="The planned time in a state's details is told in UTC; the peer keeps the schedule's zone there.",
        case="schedules-*",
        where="*.state_details.scheduled_time",
        values="*(the same instant)",
    ),
    Deliberate(
        why="A fraction of a second is told without zeros at its end.",
        case="schedules-interval_anchors",
        where="*_start_time",
        values="*(the same instant)",
    ),
    Deliberate(
        why="A conflict says what conflicts; the peer sends its reader to its log.",
        where="$.detail",
        values='locum "* | peer "Data integrity conflict.*',
    ),
    Deliberate(
        why="A default whose reference is no object counts as none, and one whose block's id is no text as one whose "
        "block is missing; the peer answers 500.",
        case="job_templates-pools",
        step="POST /work_pools/",
        where="status",
        values="locum * | peer 500",
    ),
    Deliberate(
        why="How long to wait for a slot is computed to the millisecond; the peer draws a random number.",
        case="concurrency-*",
        where="header retry-after",
    ),
    Deliberate(
        why="Whole seconds to wait are written as such.",
        case="concurrency_tags-*",
        where="header retry-after",
        values='locum "10" | peer "10.0"',
    ),
    Deliberate(
        why="A body that is no UTF-8 is repeated as well as it can be read; the peer leaves it out.",
        case="root-malformed_bodies",
        where="$.request_body",
    ),
    *(
        Deliberate(
            why="What is wrong with a time is told in the words of the library that reads it.",
            where=f"$.exception_detail[].{part}",
            values=values,
        )
        for part, values in (
            ("msg", "*valid datetime*Unable to parse string*"),
            ("msg", "*valid datetime*value is not a valid datetime*"),
            ("type", '*"datetime*"value_error"'),
            ("ctx.error", "* | peer {}"),
            ("ctx", '* | peer {"error": {}}'),
        )
    ),
    Deliberate(
        why="What is wrong with a trigger or an action is told of the kind that it says to be; in the peer, of each.",
        case="*automation*",
        where="$.exception_detail*",
    ),
    Deliberate(
        why="A request is repeated as it was sent; the peer repeats lengths of time as it understood them.",
        case="*automation*",
        where="$.request_body.trigger*.within",
    ),
)
