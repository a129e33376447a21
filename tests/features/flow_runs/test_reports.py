"""Graphs, lateness, history and logs of flow runs."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest
from sqlalchemy import insert, text

from locum.domain.errors import BadRequest
from locum.domain.ids import new_id
from locum.features.flow_runs import graph
from locum.features.logs import download, store
from locum.features.logs.schemas import LogCreate
from locum.infra.db import Db
from locum.infra.settings import Settings
from locum.tables.task_runs import task_run
from tests.databases import pool
from tests.factories.runs import NOON, a_flow, a_run
from tests.serving import serving

NOBODY = "00000000-0000-4000-8000-000000000000"


async def _task_run(db: Db, run: UUID, begin: int, end: int | None = None, **inputs: list[UUID]) -> UUID:
    """A task run that began and ended so many minutes after noon; `inputs` are the runs that each names."""
    made = new_id()
    named = {key: [{"input_type": "task_run", "id": str(one)} for one in ones] for key, ones in inputs.items()}
    await db.run(
        insert(task_run).values(
            id=made,
            name=f"task {begin}",
            flow_run_id=run,
            task_key="k",
            dynamic_key=str(made),
            state_type="RUNNING" if end is None else "COMPLETED",
            task_inputs=orjson.dumps(named).decode(),
            start_time=NOON + timedelta(minutes=begin),
            end_time=None if end is None else NOON + timedelta(minutes=end),
        )
    )
    return made


def _ends(edges: list[dict[str, str]]) -> list[str]:
    return [edge["id"] for edge in edges]


class TestGraph:
    async def test_edges_and_what_encloses(self, client: httpx.AsyncClient, db: Db):
        run = await a_run(db, await a_flow(db), "RUNNING")
        first = await _task_run(db, run, 1, 2)
        second = await _task_run(db, run, 2, 3, x=[first], y=[first])
        third = await _task_run(db, run, 3, None, x=[first, second], __parents__=[second], z=[new_id()])
        found = (await client.get(f"/flow_runs/{run}/graph-v2")).json()
        nodes = dict(found["nodes"])
        assert list(nodes) == [str(first), str(second), str(third)]
        assert found["root_node_ids"] == [str(first)]
        assert _ends(nodes[str(first)]["children"]) == [str(second), str(third)]
        assert _ends(nodes[str(second)]["parents"]) == [str(first)]
        assert _ends(nodes[str(third)]["parents"]) == [str(first), str(second)]
        assert _ends(nodes[str(third)]["encapsulating"]) == [str(second)]
        assert {node["kind"] for node in nodes.values()} == {"task-run"}

    async def test_a_subflow_takes_the_place_of_its_task_run(self, client: httpx.AsyncClient, db: Db):
        flow = await a_flow(db)
        run = await a_run(db, flow, "RUNNING")
        parent = await _task_run(db, run, 1)
        child = await a_run(db, flow, "RUNNING", parent_task_run_id=parent)
        ((identity, node),) = (await client.get(f"/flow_runs/{run}/graph-v2")).json()["nodes"]
        assert (identity, node["kind"], node["label"]) == (str(child), "flow-run", f"{flow} / run")

    async def test_since(self, client: httpx.AsyncClient, db: Db):
        run = await a_run(db, await a_flow(db), "RUNNING")
        old = await _task_run(db, run, 1, 2)
        new = await _task_run(db, run, 2, 5, x=[old])
        open_ = await _task_run(db, run, 3)
        for minute, expected in ((2, [old, new, open_]), (3, [new, open_]), (5, [new, open_]), (6, [open_])):
            since = (NOON + timedelta(minutes=minute)).isoformat()
            found = (await client.get(f"/flow_runs/{run}/graph-v2", params={"since": since})).json()
            assert [identity for identity, _ in found["nodes"]] == [str(one) for one in expected]
        assert found["root_node_ids"] == [str(open_)]

    async def test_too_large(self, db: Db):
        run = await a_run(db, await a_flow(db), "RUNNING")
        for minute in range(3):
            await _task_run(db, run, minute, minute + 1)
        assert len((await graph.read(db, run, graph.EARLIEST, 3, 1))["nodes"]) == 3
        with pytest.raises(BadRequest, match="more than 2 nodes"):
            await graph.read(db, run, graph.EARLIEST, 2, 1)
        assert len((await graph.read(db, run, NOON + timedelta(minutes=2), 2, 1))["nodes"]) == 2

    async def test_dependencies(self, client: httpx.AsyncClient, db: Db):
        run = await a_run(db, await a_flow(db), "RUNNING")
        first = await _task_run(db, run, 1, 2)
        second = await _task_run(db, run, 2, 3, x=[first], y=[first])
        found = {one["id"]: _ends(one["upstream_dependencies"]) for one in await self._v1(client, run)}
        assert found == {str(first): [], str(second): [str(first)]}

    async def _v1(self, client: httpx.AsyncClient, run: UUID) -> Any:
        return (await client.get(f"/flow_runs/{run}/graph")).json()

    @pytest.mark.parametrize("path", ["graph", "graph-v2", "logs/download"])
    async def test_nobody(self, client: httpx.AsyncClient, path: str):
        assert (await client.get(f"/flow_runs/{NOBODY}/{path}")).status_code == 404


class TestLateness:
    async def test_on_average(self, client: httpx.AsyncClient, db: Db):
        assert (await client.post("/flow_runs/lateness", json={})).json() is None
        flow = await a_flow(db)
        for seconds in (10, 20):
            await a_run(db, flow, "RUNNING", start_time=NOON + timedelta(seconds=seconds))
        assert (await client.post("/flow_runs/lateness", json={})).json() == 15.0
        wanted = {"flow_runs": {"id": {"any_": [NOBODY]}}}
        assert (await client.post("/flow_runs/lateness", json=wanted)).json() is None


class TestHistory:
    async def test_each_run_in_its_interval(self, client: httpx.AsyncClient, db: Db):
        flow = await a_flow(db)
        for minute, kind in ((0, "COMPLETED"), (59, "COMPLETED"), (60, "FAILED"), (180, "FAILED")):
            await a_run(db, flow, kind, due=NOON + timedelta(minutes=minute))
        body = {
            "history_start": NOON.isoformat(),
            "history_end": (NOON + timedelta(hours=3)).isoformat(),
            "history_interval_seconds": 3600,
        }
        found = (await client.post("/flow_runs/history", json=body)).json()
        counted = [[(state["state_type"], state["count_runs"]) for state in one["states"]] for one in found]
        assert counted == [[("COMPLETED", 2)], [("FAILED", 1)], []]
        assert (
            await client.post("/flow_runs/history", json={**body, "history_interval_seconds": 0.5})
        ).status_code == 422


_PLAIN = {"accept-encoding": "identity"}
_LONG_LOG = """
    INSERT INTO log (id, timestamp, name, level, flow_run_id, message)
    SELECT gen_random_uuid(), now(), 'l', 20, :run_id, repeat('x', 1000000) FROM generate_series(1, 40)
"""  # more than sockets take by themselves


class TestDownload:
    async def _write(self, db: Db, run: UUID, times: list[datetime], prefix: str = "") -> None:
        lines = [
            LogCreate(name="l", level=20, message=f"{prefix}{n}", timestamp=moment, flow_run_id=run)
            for n, moment in enumerate(times)
        ]
        await store.insert_many(db, lines)

    async def test_every_line_once_in_order(self, client: httpx.AsyncClient, db: Db):
        run = await a_run(db, await a_flow(db), "RUNNING")
        await self._write(db, run, [NOON] * 2500)
        await self._write(db, run, [NOON - timedelta(seconds=1), datetime.min.replace(year=2, tzinfo=UTC)], "early ")
        answer = await client.get(f"/flow_runs/{run}/logs/download")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert "filename*=UTF-8''run-logs.csv" in answer.headers["content-disposition"]
        head, *rows = csv.reader(io.StringIO(answer.text))
        assert head == ["timestamp", "level", "flow_run_id", "task_run_id", "message"]
        assert [row[-1] for row in rows] == ["early 1", "early 0", *map(str, range(2500))]
        assert rows[2][:4] == [str(NOON), "20", str(run), ""]

    async def test_pages(self, db: Db, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(store, "PAGE", 3)
        run = await a_run(db, await a_flow(db), "RUNNING")
        for count in range(8):
            pieces = [piece async for piece in await download.as_csv(db, run)]
            assert len(b"".join(pieces).decode().splitlines()[1:]) == count
            assert max(len(piece.splitlines()) for piece in pieces) <= 3
            await self._write(db, run, [NOON + timedelta(seconds=count // 4)], f"{count}-")

    async def test_long_lines_come_in_small_pages(self, db: Db, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(store, "PAGE_BYTES", 1000)
        run = await a_run(db, await a_flow(db), "RUNNING")
        for size in (600, 300, 100, 5000, 990, 10):
            await self._write(db, run, [NOON], "x" * size)
        pieces = [piece async for piece in await download.as_csv(db, run)]
        assert [len(piece.splitlines()) for piece in pieces] == [1, 3, 1, 2]

    async def test_a_slow_client_holds_no_connection(self, own_url: str, settings: Settings):
        async with pool(own_url, max_size=1) as db, serving(settings, db) as port:
            run = await a_run(db, await a_flow(db), "RUNNING")
            await db.run(text(_LONG_LOG), run_id=run)
            before = db.statements
            async with (
                httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api") as client,
                client.stream("GET", f"/flow_runs/{run}/logs/download", headers=_PLAIN) as answer,
            ):
                pieces = answer.aiter_bytes()
                head = await anext(pieces)
                assert (await client.get(f"/flow_runs/{run}")).status_code == 200
                assert db.statements - before < 8, "it reads on although nobody takes what it has"
                rest = [piece async for piece in pieces]
            assert len(b"".join([head, *rest]).splitlines()) == 41

    async def test_odd_text_and_names(self, client: httpx.AsyncClient, db: Db):
        run = await a_run(db, await a_flow(db))
        await db.run(text(f"UPDATE flow_run SET name = 'a\"/é\r\nx: y' WHERE id = '{run}'"))
        odd = 'it\'s "odd",\nnew line; é \U0001f600'
        line = LogCreate(name="l", level=20, message=odd, timestamp=NOON, flow_run_id=run)
        await store.insert_many(db, [line])
        answer = await client.get(f"/flow_runs/{run}/logs/download")
        assert list(csv.reader(io.StringIO(answer.text, newline="")))[1][-1] == odd
        assert "\r" not in answer.headers["content-disposition"]
