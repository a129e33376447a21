"""Filters of logs, for the database and for streams."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from pydantic import Field
from sqlalchemy import all_, any_, func, not_

from locum.domain.search import parse_search
from locum.filters.fields import Ids, Nullable, Span
from locum.filters.language import Criterion, Group, Plan, Term
from locum.filters.operators import Operation, texts
from locum.tables.logs import log

_SEARCHED = func.lower(log.c.message + " " + log.c.name)


# A stream asks the same query of every log.
_read = lru_cache(maxsize=256)(parse_search)


def _within(term: str) -> str:
    """A pattern for LIKE that finds the term as it stands."""
    plain = term.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{plain}%"


def _patterns(terms: list[str]) -> list[str]:
    return [_within(term) for term in terms]


_INCLUDE = Operation(
    clause=lambda on, operand: on.like(any_(operand)),
    holds=lambda actual, operand: any(term.lower() in actual for term in operand),
    carries=texts,
    given=bool,
    sent=_patterns,
)
_EXCLUDE = Operation(
    clause=lambda on, operand: not_(on.like(any_(operand))),
    holds=lambda actual, operand: not any(term.lower() in actual for term in operand),
    carries=texts,
    given=bool,
    sent=_patterns,
)
_REQUIRE = Operation(
    clause=lambda on, operand: on.like(all_(operand)),
    holds=lambda actual, operand: all(term.lower() in actual for term in operand),
    carries=texts,
    given=bool,
    sent=_patterns,
)


class LogFilterLevel(Criterion, on=log.c.level):
    """Logs by level."""

    ge_: int | None = Field(default=None, description="This level or a more severe one", examples=[20])
    le_: int | None = Field(default=None, description="This level or a less severe one", examples=[50])


class LogFilterTimestamp(Span, on=log.c.timestamp):
    """Logs by when they were written."""


class LogFilterFlowRunId(Ids, on=log.c.flow_run_id):
    """Logs by flow run."""


class LogFilterTaskRunId(Ids, Nullable, on=log.c.task_run_id):
    """Logs by task run."""


class LogFilterTextSearch(Criterion):
    """Logs by words in their message or logger's name."""

    query: str = Field(
        description="Words of which one must be found; +word must be, -word must not; quotes keep words together",
        max_length=200,
        examples=["error", "error -debug", '"connection timeout"'],
    )

    def asked(self) -> Iterator[tuple[Term, Any]]:
        """A term for each kind of word in the query."""
        search = _read(self.query)
        for term in _TERMS:
            if words := getattr(search, term.field):
                yield term, words

    def says(self, values: list[Any]) -> list[Plan]:
        """Each kind of word on its own, as one of several alternatives too (docs/quirks.md)."""
        return self.parts(values)

    def answers(self, row: Mapping[str, Any]) -> list[bool]:
        """For each kind of word, whether the log has what it asks."""
        return super().answers({"text": f"{row['message']} {row['name']}".lower()})

    def said(self, row: Mapping[str, Any]) -> list[bool]:
        """Each kind of word on its own."""
        return self.answers(row)


_TERMS = tuple(
    Term(field, operation, _SEARCHED, "text")
    for field, operation in (("include", _INCLUDE), ("exclude", _EXCLUDE), ("required", _REQUIRE))
)


class LogFilter(Group):
    """Logs that satisfy what is given here."""

    level: LogFilterLevel | None = Field(default=None, description="By level")
    timestamp: LogFilterTimestamp | None = Field(default=None, description="By time")
    flow_run_id: LogFilterFlowRunId | None = Field(default=None, description="By flow run")
    task_run_id: LogFilterTaskRunId | None = Field(default=None, description="By task run")
    text: LogFilterTextSearch | None = Field(default=None, description="By words")
