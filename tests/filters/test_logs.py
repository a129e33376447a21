"""Filters of logs, in the database and in memory: one answer, and that of a model."""

import json
import random
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Select, insert, select

from locum.domain.search import parse_search
from locum.filters import lists
from locum.filters.logs import LogFilter
from locum.filters.statements import Clauses, Shaped, page_of
from locum.infra.db import Tx
from locum.tables.logs import log
from tests.filters.bodies import BOOL, MOMENT, group, some, spec
from tests.filters.model import Spec, join, of_value
from tests.filters.world import START, Row


def make_logs() -> list[Row]:
    drawn = random.Random(7)
    runs = [UUID(int=drawn.getrandbits(128)) for _ in range(6)]
    words = ("Error", "timeout", "100%", "a_b", "retry", "\\d", "connection")
    return [
        {
            "id": UUID(int=number),
            "timestamp": START + timedelta(hours=drawn.randrange(6)),
            "name": drawn.choice(("prefect.flow_runs", "prefect.task_runs", "my.Error")),
            "level": drawn.choice((10, 20, 30, 40)),
            "flow_run_id": drawn.choice((*runs[:3], None)),
            "task_run_id": drawn.choice((*runs[3:], None)),
            "message": " ".join(drawn.sample(words, drawn.randrange(4))),
        }
        for number in range(60)
    ]


LOGS = make_logs()
FLOW_RUNS = sorted({str(row["flow_run_id"]) for row in LOGS if row["flow_run_id"]})
TASK_RUNS = sorted({str(row["task_run_id"]) for row in LOGS if row["task_run_id"]})
WORDS = st.sampled_from(
    [
        "",
        " ",
        "error",
        "-error",
        "+error",
        "!retry",
        "error timeout",
        '"error timeout"',
        "100%",
        "a_b -100%",
        "\\D",
        "%",
    ]
)
LEVEL = st.none() | st.sampled_from([0, 20, 30, 40_000, 10**12, -(10**30)])

FILTERS = group(
    level=spec(ge_=LEVEL, le_=LEVEL),
    timestamp=spec(before_=st.none() | MOMENT, after_=st.none() | MOMENT),
    flow_run_id=spec(any_=some(FLOW_RUNS)),
    task_run_id=spec(any_=some(TASK_RUNS), is_null_=BOOL),
    text=st.fixed_dictionaries({"query": st.tuples(WORDS, WORDS).map(" ".join)}),
)


def searched(query: str, row: Row) -> list[bool]:
    text = f"{row['message']} {row['name']}".lower()
    search = parse_search(query)
    answers: list[bool] = []
    if search.include:
        answers.append(any(word.lower() in text for word in search.include))
    if search.exclude:
        answers.append(all(word.lower() not in text for word in search.exclude))
    if search.required:
        answers.append(all(word.lower() in text for word in search.required))
    return answers


def model(given: Spec, row: Row) -> bool:
    answers = [
        of_value(given[column], row[column])
        for column in ("timestamp", "flow_run_id", "task_run_id")
        if given.get(column) is not None
    ]
    if given.get("level") is not None:
        low, high = given["level"].get("ge_"), given["level"].get("le_")
        answers.append((low is None or row["level"] >= low) and (high is None or row["level"] <= high))
    if given.get("text") is not None:
        answers += searched(given["text"]["query"], row)
    return join(given, answers)


@Shaped
def _ids(clauses: Clauses) -> Select[Any]:
    return select(log.c.id).where(*clauses)


@Shaped
def _page(clauses: Clauses, sort: lists.LogSort) -> Select[Any]:
    return page_of(log, clauses, sort.order)


@pytest.fixture
async def logs(tx: Tx) -> None:
    for row in LOGS:
        await tx.run(insert(log).values(row))


@pytest.mark.usefixtures("logs")
class TestLogs:
    @settings(max_examples=250)
    @given(filters=FILTERS)
    async def test_sql_memory_and_model_agree(self, tx: Tx, filters: Spec):
        body = lists.FilterLogs.model_validate_json(json.dumps({"logs": filters}))
        statement, values = _ids(body.restriction())
        found = {row["id"] for row in await tx.rows(statement, **values)}
        in_memory = LogFilter.model_validate(filters)
        assert {row["id"] for row in LOGS if in_memory.matches(row)} == found
        assert {row["id"] for row in LOGS if model(filters, row)} == found

    async def test_pages_in_order_of_arrival(self, tx: Tx):
        statement, values = _page(lists.FilterLogs().restriction(), lists.LogSort.TIMESTAMP_ASC)
        found = [row["id"] for row in await tx.rows(statement, **values, limit=20, offset=5)]
        assert found == [row["id"] for row in sorted(LOGS, key=lambda row: (row["timestamp"], row["id"]))][5:25]
