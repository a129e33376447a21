"""What is listed on pages and dashboards is served by an index: on large tables, no plan reads or sorts all rows."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.sql.expression import Executable

from locum.features.ui import store
from locum.filters import sorting
from locum.filters.lists import CountFlowRuns, FilterFlowRuns, FilterLogs, FilterTaskRuns
from locum.filters.sorting import ArtifactSort, Sort, TaskRunSort
from locum.filters.statements import Clauses, Restriction, Shaped, count_of, page_of
from locum.infra.db import Db
from locum.tables.flow_runs import flow_run
from tests import databases

pytestmark = pytest.mark.slow

ROWS = 20_000
NOW = datetime.now(UTC)
FLOW = "00000000-0000-7000-8000-000000000001"

NO_INDEX_CAN = {TaskRunSort.DURATION_ASC, TaskRunSort.DURATION_DESC}
"""How long a task run has been running is another number each time it is asked."""

FILL = f"""
    INSERT INTO flow (id, name, created, updated)
    SELECT uuid(lpad(n::text, 32, '0')), 'flow ' || n, now() - n * interval '1 s', now() - n * interval '1 s'
    FROM generate_series(1, {ROWS}) AS n;
    INSERT INTO deployment (id, name, flow_id, created, updated)
    SELECT id, 'deployment ' || id, id, created, updated FROM flow;
    INSERT INTO flow_run (
        id, name, flow_id, deployment_id, tags, state_type, state_name,
        expected_start_time, next_scheduled_start_time, start_time, end_time
    )
    SELECT
        uuidv7(-age), CASE n WHEN 7 THEN 'needle' ELSE md5(n::text) END,
        uuid(lpad((n % 50 + 1)::text, 32, '0')), uuid(lpad((n % 50 + 1)::text, 32, '0')),
        jsonb_build_array('team ' || n % 9, CASE WHEN n % 1000 = 0 THEN 'rare' ELSE 'often' END),
        type, CASE n % 2000 WHEN 1 THEN 'Late' ELSE initcap(type) END,
        now() - age, CASE type WHEN 'SCHEDULED' THEN now() - age END,
        CASE WHEN type <> 'SCHEDULED' THEN now() - age END,
        CASE WHEN type IN ('COMPLETED', 'FAILED') THEN now() - age + interval '1 min' END
    FROM generate_series(1, {ROWS}) AS n,
        LATERAL (SELECT n * interval '1 min' - interval '2 days' AS age) AS aged,
        LATERAL (
            SELECT CASE WHEN age < '0' THEN 'SCHEDULED' WHEN age < '1 h' THEN 'RUNNING'
                WHEN n % 20 = 0 THEN 'FAILED' ELSE 'COMPLETED' END AS type
        ) AS typed;
    INSERT INTO task_run (
        id, name, flow_run_id, task_key, dynamic_key, state_type, state_name,
        expected_start_time, start_time, end_time, total_run_time
    )
    SELECT
        uuidv7(expected_start_time - now()), name, id, 'key', '0', state_type, state_name,
        expected_start_time, start_time, end_time, 60
    FROM flow_run;
    INSERT INTO log (id, timestamp, name, level, flow_run_id, message)
    SELECT uuidv7(), expected_start_time, 'prefect', 20, id, name FROM flow_run;
    INSERT INTO artifact (id, key, created, updated)
    SELECT id, CASE WHEN id::text < '8' THEN name END, expected_start_time, expected_start_time FROM flow_run;
    INSERT INTO artifact_collection (id, key, latest_id, created, updated)
    SELECT id, id::text, id, expected_start_time, expected_start_time FROM flow_run;
    INSERT INTO variable (id, name, created, updated) SELECT id, name, created, updated FROM flow;
    INSERT INTO saved_search (id, name) SELECT id, name FROM flow;
    INSERT INTO automation (id, name, trigger, actions, created, updated)
    SELECT id, name, '{{}}', '[]', created, updated FROM flow;
    INSERT INTO block_type (id, name, slug) VALUES ('{FLOW}', 'Type', 'type');
    INSERT INTO block_schema (id, checksum, version, block_type_id) VALUES ('{FLOW}', 'sha256:1', '1', '{FLOW}');
    INSERT INTO block_document (id, name, data, block_type_name, block_type_id, block_schema_id)
    SELECT id, name, '', 'Type', '{FLOW}', '{FLOW}' FROM flow;
"""


@pytest.fixture(scope="module")
async def large(postgres: Any, template: str) -> AsyncIterator[Db]:
    """A database with many rows in every table that is listed."""
    async with databases.database(postgres, template) as url:
        connection = await databases.connect(url)
        await connection.execute(FILL)
        await connection.execute("VACUUM ANALYZE")
        await connection.close()
        async with databases.pool(url) as db:
            yield db


async def explained(db: Db, statement: Any, values: dict[str, Any]) -> str:
    """The plan of a prepared statement with these values."""
    async with db.session() as connection:
        rows = await connection.fetch(f"EXPLAIN (COSTS OFF) {statement.sql}", *statement.arguments(values))
    return "\n".join(row[0] for row in rows)


def _page(clauses: Clauses, sort: Sort) -> Executable:
    last: Any = sort.order[-1]
    return page_of(last.element.table, clauses, sort.order)


def _count(clauses: Clauses) -> Executable:
    return count_of(flow_run, clauses)


PAGE, COUNT = Shaped(_page), Shaped(_count)


async def plan_of_page(db: Db, restriction: Restriction, sort: Sort) -> str:
    statement, values = PAGE(restriction, sort)
    return await explained(db, statement, {**values, "limit": 200, "offset": 0})


def reads_all(plan: str) -> bool:
    """Whether it looks at every row of a table, or sorts more than those that are equal in the index."""
    return "Seq Scan" in plan or re.search(r"-> +Sort$", plan, re.MULTILINE) is not None


SORTS = [sort for kind in Sort.__subclasses__() for sort in kind if sort not in NO_INDEX_CAN]


@pytest.mark.parametrize("sort", SORTS, ids=lambda sort: f"{type(sort).__name__}.{sort}")
async def test_every_sort(large: Db, sort: Sort):
    plan = await plan_of_page(large, Restriction(), sort)
    assert not reads_all(plan), plan


def _since(**ago: float) -> dict[str, str]:
    return {"after_": (NOW - timedelta(**ago)).isoformat()}


@pytest.mark.parametrize(
    "asked",
    [
        {"state": {"type": {"any_": ["RUNNING", "PENDING"]}}},
        {"state": {"name": {"any_": ["Late"]}}},
        {"state": {"type": {"any_": ["FAILED"]}}, "expected_start_time": _since(hours=24)},
        {"deployment_id": {"any_": [FLOW]}},
        {"tags": {"all_": ["rare"]}},
        {"tags": {"any_": ["rare", "nowhere"]}},
        {"name": {"like_": "needle"}},
        {"name": {"any_": ["needle"]}},
        {"parent_flow_run_id": {"any_": [FLOW]}},
        {"start_time": _since(days=1)},
        {"next_scheduled_start_time": {"before_": NOW.isoformat()}, "state": {"type": {"any_": ["SCHEDULED"]}}},
    ],
    ids="-".join,
)
async def test_flow_runs_of_a_dashboard(large: Db, asked: dict[str, Any]):
    for sort in (sorting.FlowRunSort.START_TIME_DESC, sorting.FlowRunSort.EXPECTED_START_TIME_ASC):
        body = FilterFlowRuns.model_validate({"flow_runs": asked})
        plan = await plan_of_page(large, body.restriction(), sort)
        assert "Seq Scan" not in plan, plan
    statement, values = COUNT(CountFlowRuns.model_validate({"flow_runs": asked}).restriction())
    plan = await explained(large, statement, values)
    assert "Seq Scan" not in plan, plan


async def test_what_belongs_to_a_run(large: Db):
    run = {"flow_run_id": {"any_": [str(await large.value(text("SELECT id FROM flow_run LIMIT 1")))]}}
    tasks = FilterTaskRuns.model_validate({"task_runs": run}).restriction()
    logs = FilterLogs.model_validate({"logs": run}).restriction()
    for restriction, sort in (
        (tasks, TaskRunSort.EXPECTED_START_TIME_DESC),
        (tasks, TaskRunSort.DURATION_DESC),
        (logs, sorting.LogSort.TIMESTAMP_ASC),
    ):
        plan = await plan_of_page(large, restriction, sort)
        assert "Seq Scan" not in plan, plan
        assert "flow_run_id" in plan, plan


async def test_the_next_run_of_each_flow(large: Db):
    statement = store._NEXT_RUNS  # pyright: ignore[reportPrivateUsage]
    plan = await explained(large, statement, {"ids": [UUID(FLOW)]})
    assert "Index Scan using ix_flow_run__flow_scheduled" in plan, plan


def test_artifacts_of_a_key_are_sorted_by_age():
    """Their index goes on with the time, and most have no key."""
    for sort in (ArtifactSort.KEY_ASC, ArtifactSort.KEY_DESC):
        columns: list[Any] = list(sort.order)
        assert [column.element.name for column in columns] == ["key", "created", "id"]
