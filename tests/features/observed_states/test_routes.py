"""The operation on observed states."""

from datetime import datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import insert

from locum.domain.clock import now
from locum.domain.ids import new_id
from locum.infra.db import Db
from locum.tables.flow_runs import flow_run_state
from locum.tables.task_runs import task_run_state


async def _seen(db: Db, table: Any, run: str, kind: str, name: str, when: datetime) -> None:
    given = {"id": new_id(), run: new_id(), "type": kind, "name": name, "timestamp": when}
    await db.run(insert(table).values(**given))


async def test_both_histories_are_put_together(client: httpx.AsyncClient, db: Db):
    early, late = now() - timedelta(hours=1), now()
    await _seen(db, flow_run_state, "flow_run_id", "RUNNING", "Mine", early)
    await _seen(db, task_run_state, "task_run_id", "RUNNING", "Mine", late)
    await _seen(db, task_run_state, "task_run_id", "FAILED", "100%", early)
    found = (await client.get("/observed-states")).json()
    assert [one["state_name"] for one in found] == ["Mine", "100%"]
    assert found[0]["first_seen"] < found[0]["last_seen"]
    for query, names in (("mi", ["Mine"]), ("FAIL", ["100%"]), ("100%", ["100%"]), ("%", []), (" ", ["100%", "Mine"])):
        answer = await client.get("/observed-states", params={"query": query, "order_by": "NAME_ASC"})
        assert [one["state_name"] for one in answer.json()] == names


async def test_limits(client: httpx.AsyncClient):
    for query in ("limit=0", "limit=201", "order_by=x", f"query={'x' * 101}"):
        assert (await client.get(f"/observed-states?{query}")).status_code == 422
