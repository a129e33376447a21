"""Sorts that depend on more than a column, and the promise that pages never overlap."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select, text

from locum.filters.sorting import FlowRunSort, FlowSort, Sort, TaskRunSort
from locum.infra.db import Tx
from locum.tables.flows import flow
from locum.tables.task_runs import task_run
from tests.filters.world import START

# Few moments and names for many runs, and runs without any, in an order that is nobody's.
EQUALS = """
    WITH made AS (
        INSERT INTO flow (id, name) VALUES (gen_random_uuid(), 'f') RETURNING id
    ), runs AS (
        SELECT gen_random_uuid() AS id, 'run ' || n % 3 AS name,
            CASE WHEN n % 4 > 0 THEN now() + n % 2 * interval '1 h' END AS at
        FROM generate_series(1, 22) AS n
    ), flow_runs AS (
        INSERT INTO flow_run (id, name, flow_id, expected_start_time, next_scheduled_start_time, start_time, end_time)
        SELECT runs.id, name, made.id, at, at, at, at FROM runs, made
    )
    INSERT INTO task_run (
        id, name, task_key, dynamic_key, expected_start_time, next_scheduled_start_time, start_time, end_time
    )
    SELECT id, name, 'k', id, at, at, at, at FROM runs
"""


class TestSorts:
    @pytest.mark.parametrize("sort", [sort for kind in Sort.__subclasses__() for sort in kind], ids=repr)
    def test_each_ends_in_what_no_two_rows_share(self, sort: Sort):
        last: Any = sort.order[-1]
        column = last.element
        alone = [tuple(index.columns) for index in column.table.indexes if index.unique]
        assert column.primary_key or (column,) in alone

    @pytest.mark.parametrize("sort", [*FlowRunSort, *TaskRunSort], ids=repr)
    async def test_pages_neither_overlap_nor_leave_out(self, tx: Tx, sort: Sort):
        await tx.run(text(EQUALS))
        last: Any = sort.order[-1]
        rows = select(last.element).order_by(*sort.order)
        whole = [row["id"] for row in await tx.rows(rows)]
        pages = [await tx.rows(rows.limit(4).offset(start)) for start in range(0, 24, 4)]
        assert [row["id"] for page in pages for row in page] == whole
        assert len(set(whole)) == 22

    async def test_duration_of_what_runs_grows(self, tx: Tx):
        long_ago = START - timedelta(days=900)
        runs = [
            {"total_run_time": 5.0, "state_type": "COMPLETED", "expected_start_time": START},
            {"total_run_time": 5.0, "state_type": "COMPLETED", "expected_start_time": START + timedelta(hours=1)},
            {"total_run_time": 0.0, "state_type": "RUNNING", "state_timestamp": long_ago},
            {"total_run_time": 9.0, "state_type": "FAILED", "state_timestamp": long_ago},
            {"total_run_time": 0.0, "state_type": None},
        ]
        for number, run in enumerate(runs):
            keys = {"id": UUID(int=number), "name": "t", "task_key": "t", "dynamic_key": str(number)}
            await tx.run(insert(task_run).values({**keys, **run}))
        for sort, order in ((TaskRunSort.DURATION_DESC, [2, 3, 1, 0, 4]), (TaskRunSort.DURATION_ASC, [4, 1, 0, 3, 2])):
            found = await tx.rows(select(task_run.c.id).order_by(*sort.order))
            assert [row["id"].int for row in found] == order

    @pytest.mark.parametrize("sort", [FlowSort.CREATED_DESC, FlowSort.UPDATED_DESC])
    async def test_the_newest_first(self, tx: Tx, sort: FlowSort):
        hours = [3, 1, 2, 1]
        for number, hour in enumerate(hours):
            moment = START + timedelta(hours=hour)
            row = {"id": UUID(int=number), "name": f"f{number}", "created": moment, "updated": moment}
            await tx.run(insert(flow).values(row))
        found = await tx.rows(select(flow.c.id).order_by(*sort.order))
        assert [row["id"].int for row in found] == [0, 2, 3, 1]
