"""Sorts that depend on more than a column, and the promise that pages never overlap."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select

from locum.filters.sorting import DeploymentSort, FlowRunSort, FlowSort, LogSort, Sort, TaskRunSort
from locum.infra.db import Tx
from locum.tables.flows import flow
from locum.tables.task_runs import task_run
from tests.filters.world import START


class TestSorts:
    @pytest.mark.parametrize("kind", [FlowSort, FlowRunSort, TaskRunSort, DeploymentSort, LogSort])
    def test_each_ends_in_the_id(self, kind: type[Sort]):
        last: list[Any] = [sort.order[-1] for sort in kind]
        assert {column.element.name for column in last} == {"id"}

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
