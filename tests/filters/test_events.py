"""Event filters say the same in the database and in memory."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Text, literal, select

from locum.features.events.schemas import Event
from locum.features.events.store.appending import append_parameters, appending
from locum.filters.events import EventFilter, Happened
from locum.filters.resources import ResourceSpecification
from locum.infra.db import Db, Row
from locum.tables.events import event

Strategy = st.SearchStrategy[Any]

START = datetime(2026, 11, 22, tzinfo=UTC)
IDS = [UUID(int=number) for number in range(1, 6)]


def _labelled(name: str, labels: dict[str, str]) -> dict[str, str]:
    return {"prefect.resource.id": name, **labels}


def _in_role(resource: dict[str, str], role: str) -> dict[str, str]:
    return {**resource, "prefect.resource.role": role}


_words: Strategy = st.sampled_from(["a", "ab", "b", "a.b", "a%b", "a_b", "a*b", "A", "é", "", "a\\b"])
_named: Strategy = st.sampled_from(["a", "ab", "b", "a.b", "a%b", "a_b"])
_roles: Strategy = st.sampled_from(["r", "s"])
_labels: Strategy = st.dictionaries(st.sampled_from(["k", "l"]), _words, max_size=2)
_resource: Strategy = st.builds(_labelled, _named, _labels)
_related: Strategy = st.builds(_in_role, _resource, _roles)
_events: Strategy = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.sampled_from(IDS).map(str),
            "event": _named,
            "occurred": st.integers(0, 3).map(lambda days: (START + timedelta(hours=days)).isoformat()),
            "resource": _resource,
            "related": st.lists(_related, max_size=2),
            "payload": st.dictionaries(_named, st.one_of(_words, st.integers(0, 3), st.none()), max_size=2),
        }
    ),
    max_size=5,
    unique_by=lambda one: one["id"],
)

_globs: Strategy = st.sampled_from(
    ["a", "a*", "*b", "?", "!a", "!a*", "a.b", "*", "a%b", "*_*", "*a*b*", "a*?b", "", "!"]
)
_values: Strategy = st.one_of(_globs, st.lists(_globs, max_size=2))
_keys: Strategy = st.sampled_from(["k", "l", "prefect.resource.id", "prefect.resource.role"])
_specification: Strategy = st.dictionaries(_keys, _values, max_size=2)
_some_names: Strategy = st.one_of(st.none(), st.lists(_named, max_size=2))
_some_related: Strategy = st.fixed_dictionaries(
    {},
    optional={
        "id": _some_names,
        "role": st.lists(_roles, max_size=2),
        "resources_in_roles": st.lists(st.tuples(_named, _roles), max_size=2),
        "labels": _specification,
    },
)
_anything: Strategy = st.fixed_dictionaries(
    {}, optional={"id": _some_names, "id_prefix": _some_names, "labels": _specification}
)
_filters: Strategy = st.fixed_dictionaries(
    {
        "occurred": st.tuples(st.integers(0, 3), st.integers(0, 3)).map(
            lambda span: {
                "since": (START + timedelta(hours=span[0])).isoformat(),
                "until": (START + timedelta(hours=span[0] + span[1])).isoformat(),
            }
        )
    },
    optional={
        "event": st.fixed_dictionaries(
            {},
            optional={
                "prefix": _some_names,
                "exclude_prefix": _some_names,
                "name": _some_names,
                "exclude_name": _some_names,
            },
        ),
        "resource": _anything,
        "related": st.one_of(_some_related, st.lists(_some_related, max_size=2)),
        "any_resource": st.one_of(_anything, st.lists(_anything, max_size=2)),
        "id": st.fixed_dictionaries({}, optional={"id": st.lists(st.sampled_from(IDS).map(str), max_size=2)}),
        "text": st.sampled_from(["a", "a -b", "+a +b", '"a.b"', "a%b", "k", "-k", "", 'pre"x', "A"]).map(
            lambda query: {"query": query}
        ),
    },
)

_APPEND = appending()


class _Undo(Exception):
    """Ends a transaction without committing it."""


@settings(max_examples=300)
@given(_events, _filters)
async def test_one_answer(shared_db: Db, told: list[dict[str, Any]], asked: dict[str, Any]):
    wanted = EventFilter.model_validate(asked)
    found, rows = list[Row](), list[Row]()
    try:
        async with shared_db.tx() as tx:
            await tx.run(_APPEND, **append_parameters([Event.model_validate(one) for one in told]))
            found = await tx.rows(select(event.c.id).where(*wanted.clauses()))
            rows = await tx.rows(select(event))
            raise _Undo  # noqa: TRY301
    except _Undo:
        pass
    in_memory = {row["id"] for row in rows if wanted.matches(_happened(row))}
    assert {row["id"] for row in found} == in_memory, orjson.dumps(asked)


def _happened(row: Row) -> Happened:
    return Happened(row["id"], row["occurred"], row["event"], row["resource"], row["related"], row["payload"])


async def test_patterns_of_many_stars_take_no_longer(shared_db: Db):
    """Trying every place for every star, this one would take longer than there is time."""
    pattern, value = "*a" * 60 + "*b", "a" * 1500
    wanted = ResourceSpecification({"k": pattern})
    began = time.perf_counter()
    assert not wanted.includes({"k": value}, roles=False)
    assert wanted.includes({"k": value + "b"}, roles=False)
    clause = wanted.clause(lambda _label: literal(value, Text), roles=False)
    assert await shared_db.value(select(clause)) is False
    assert time.perf_counter() - began < 2


def test_many_patterns_are_read_once():
    """Read anew for each event they would cost a second or more each time."""
    wanted = ResourceSpecification({"k": [f"x{number}*" for number in range(20_000)]})
    assert not wanted.includes({"k": "y"}, roles=False)
    began = time.perf_counter()
    for _ in range(10):
        assert not wanted.includes({"k": "y"}, roles=False)
    assert time.perf_counter() - began < 1
