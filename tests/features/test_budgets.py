"""What takes longer than a statement may is answered 503 and when to come back; nothing is broken afterwards."""

from datetime import timedelta

import httpx

from locum.app.asgi import create_app
from locum.infra.db import Db, PoolOptions
from locum.infra.settings import Settings
from tests import databases
from tests.factories.runs import NOON

HISTORY = {
    "history_start": (NOON - timedelta(days=1)).isoformat(),
    "history_end": NOON.isoformat(),
    "history_interval_seconds": 3600,
}
ASKED = {
    "/flow_runs/count": {},
    "/flow_runs/paginate": {},
    "/flow_runs/history": HISTORY,
    "/flow_runs/lateness": {},
    "/task_runs/count": {},
    "/task_runs/history": HISTORY,
    "/ui/flow_runs/history": {"sort": "ID_DESC"},
    "/ui/task_runs/count": {},
    "/ui/task_runs/dashboard/counts": {"task_runs": {"start_time": {"after_": NOON.isoformat()}}},
}


async def test_totals_that_take_too_long(settings: Settings, own_url: str):
    db = Db(PoolOptions(url=own_url, statement_timeout=0.1))
    blocker = await databases.connect(own_url)
    transport = httpx.ASGITransport(create_app(settings, db))
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://locum/api") as client:
            async with blocker.transaction():
                await blocker.execute("LOCK TABLE flow_run, task_run")
                for path, body in ASKED.items():
                    answer = await client.post(path, json=body)
                    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5"), path
                    assert answer.json() == {"exception_message": "The database took too long."}
            for path, body in ASKED.items():
                assert (await client.post(path, json=body)).status_code == 200, path
    finally:
        await blocker.close()
        await db.close()
