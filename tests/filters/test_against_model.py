"""Filters, ties, sorts and pages against a model of them in Python, over real rows."""

import json
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Select, Table, select

from locum.filters import lists
from locum.filters.body import Filters
from locum.filters.sorting import Sort
from locum.filters.statements import Clauses, Restriction, Shaped, count_of, page_of
from locum.infra.db import Tx
from tests.filters.bodies import Drawing
from tests.filters.model import Model, Spec, ordered
from tests.filters.world import World, make_world

WORLD = make_world()
DRAWING = Drawing(WORLD)
MODEL = Model(WORLD)

RUNS = ("flows", "flow_runs", "task_runs", "deployments")
ALL = (*RUNS, "work_pools", "work_pool_queues")


@Shaped
def _ids(clauses: Clauses, table: Table) -> Select[Any]:
    return select(table.c["id"]).where(*clauses)


@Shaped
def _page(clauses: Clauses, table: Table, sort: Sort) -> Select[Any]:
    return page_of(table, clauses, sort.order)


@pytest.fixture
async def world(tx: Tx) -> World:
    await WORLD.insert(tx)
    return WORLD


def restriction(model: type[Filters], body: Spec) -> Restriction:
    return model.model_validate_json(json.dumps(body)).restriction()


async def chosen(tx: Tx, table: Table, asked: Restriction) -> set[UUID]:
    """The ids by the compiled statement, after checking that the one built per request agrees."""
    statement, values = _ids(asked, table)
    found = {row["id"] for row in await tx.rows(statement, **values)}
    assert await tx.value(count_of(table, asked.clauses())) == len(found)
    return found


@pytest.mark.usefixtures("world")
class TestAgainstModel:
    """Each target with the filters of the operation that takes the most of them."""

    async def check(self, tx: Tx, model: type[Filters], body: Spec) -> None:
        target = model.target
        wanted = {row["id"] for row in MODEL.wanted(target.name, body)}
        assert await chosen(tx, target.table, restriction(model, body)) == wanted

    @settings(max_examples=150)
    @given(body=DRAWING.body("flow_runs"))
    async def test_flow_runs_alone(self, tx: Tx, body: Spec):
        await self.check(tx, lists.CountFlowRuns, body)

    @settings(max_examples=150)
    @given(body=DRAWING.body(*ALL))
    async def test_flow_runs(self, tx: Tx, body: Spec):
        await self.check(tx, lists.CountFlowRuns, body)

    @settings(max_examples=100)
    @given(body=DRAWING.body(*RUNS, "work_pools", "work_queues"))
    async def test_flow_run_history(self, tx: Tx, body: Spec):
        times = {"history_start": "2026-01-01T00:00:00Z", "history_end": "2026-01-02T00:00:00Z"}
        wanted = {row["id"] for row in MODEL.wanted("flow_runs", body)}
        asked = restriction(lists.FlowRunHistory, {**body, **times, "history_interval_seconds": 60})
        assert await chosen(tx, lists.FlowRunHistory.target.table, asked) == wanted

    @settings(max_examples=150)
    @given(body=DRAWING.body("task_runs"))
    async def test_task_runs_alone(self, tx: Tx, body: Spec):
        await self.check(tx, lists.CountTaskRuns, body)

    @settings(max_examples=150)
    @given(body=DRAWING.body(*RUNS))
    async def test_task_runs(self, tx: Tx, body: Spec):
        await self.check(tx, lists.PaginateTaskRuns, body)

    @settings(max_examples=150)
    @given(body=DRAWING.body(*RUNS, "work_pools"))
    async def test_flows(self, tx: Tx, body: Spec):
        await self.check(tx, lists.CountFlows, body)

    @settings(max_examples=150)
    @given(body=DRAWING.body(*ALL))
    async def test_deployments(self, tx: Tx, body: Spec):
        await self.check(tx, lists.CountDeployments, body)

    @settings(max_examples=60)
    @given(body=DRAWING.body("work_pools"))
    async def test_work_pools(self, tx: Tx, body: Spec):
        await self.check(tx, lists.CountWorkPools, body)

    @settings(max_examples=60)
    @given(body=DRAWING.body("work_queues"))
    async def test_work_queues(self, tx: Tx, body: Spec):
        await self.check(tx, lists.FilterWorkQueues, body)


COLUMNS = {"START_TIME": "effective_start"}


@pytest.mark.usefixtures("world")
class TestPages:
    """Sorts, offsets and limits."""

    @pytest.mark.parametrize(
        ("target", "model"),
        [
            ("flows", lists.FilterFlows),
            ("flow_runs", lists.FilterFlowRuns),
            ("task_runs", lists.FilterTaskRuns),
            ("deployments", lists.FilterDeployments),
        ],
    )
    @settings(max_examples=40)
    @given(data=st.data())
    async def test_pages(self, tx: Tx, target: str, model: Any, data: st.DataObject):
        kind = cast("type[Sort]", type(model.model_fields["sort"].default))
        sorts = [sort for sort in kind if not sort.startswith(("CREATED", "UPDATED", "DURATION"))]
        sort = data.draw(st.sampled_from(sorts))
        body = data.draw(DRAWING.body(target))
        asked = model.model_validate_json(json.dumps({**body, "sort": sort, "offset": data.draw(st.integers(0, 50))}))
        limit = data.draw(st.integers(0, 50))
        statement, values = _page(asked.restriction(), model.target.table, asked.sort)
        page = await tx.rows(statement, **values, limit=limit, offset=asked.start)
        expected = ordered(MODEL.wanted(target, body), sort, COLUMNS)[asked.offset : asked.offset + limit]
        assert [row["id"] for row in page] == [row["id"] for row in expected]
