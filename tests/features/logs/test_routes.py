"""Writing and listing logs."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from locum.domain.ids import new_id
from locum.features.logs import store
from locum.features.logs.schemas import LogCreate
from locum.infra.db import Db

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def line(message: str = "m", **given: Any) -> dict[str, Any]:
    """A line as a client sends it."""
    return {"name": "logger", "level": 20, "message": message, "timestamp": NOON.isoformat(), **given}


async def _count(db: Db) -> int:
    return await db.value(text("SELECT count(*) FROM log"))


async def _listed(client: httpx.AsyncClient, **body: Any) -> list[dict[str, Any]]:
    answer = await client.post("/logs/filter", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


class TestCreate:
    async def test_a_hundred_lines_in_one_statement(self, client: httpx.AsyncClient, db: Db):
        lines = [line(f"line {n}", timestamp=(NOON + timedelta(seconds=n)).isoformat()) for n in range(100)]
        before = db.statements
        answer = await client.post("/logs/", json=lines)
        assert (answer.status_code, answer.json(), db.statements - before) == (201, None, 1)
        listed = await _listed(client)
        assert [one["message"] for one in listed] == [f"line {n}" for n in range(100)]
        assert len({one["id"] for one in listed}) == 100
        assert {one["created"] for one in listed} == {listed[0]["updated"]}

    async def test_comes_back_as_it_went_in(self, client: httpx.AsyncClient):
        given = line(
            'it\'s "odd" \\ \u2028 \U0001f600 \x01\x1f\x7f\n\t',
            name="' \"",
            level=-32768,
            timestamp="2026-11-22T14:00:00.000001+02:00",
            flow_run_id=str(new_id()),
            task_run_id=str(new_id()),
        )
        assert (await client.post("/logs/", json=[given])).status_code == 201
        (found,) = await _listed(client)
        assert found == {
            **given,
            "timestamp": "2026-11-22T12:00:00.000001Z",
            "id": found["id"],
            "created": found["created"],
            "updated": found["created"],
        }

    async def test_none(self, client: httpx.AsyncClient, db: Db):
        before = db.statements
        answer = await client.post("/logs/", json=[])
        assert (answer.status_code, db.statements) == (201, before)

    async def test_nul_is_left_out(self, client: httpx.AsyncClient):
        assert (await client.post("/logs/", json=[line("a\0b"), line("c", name="\0")])).status_code == 201
        assert {(one["name"], one["message"]) for one in await _listed(client)} == {("logger", "ab"), ("", "c")}

    @pytest.mark.parametrize(
        "bad",
        [
            {"level": 32768},
            {"level": 2**70},
            {"level": "high"},
            {"timestamp": "then"},
            {"flow_run_id": "me"},
            {"message": None},
            {"more": 1},
        ],
    )
    async def test_one_bad_line_and_none_is_written(self, client: httpx.AsyncClient, db: Db, bad: dict[str, Any]):
        answer = await client.post("/logs/", json=[line(), line(**bad), line()])
        assert answer.status_code == 422
        assert await _count(db) == 0

    @pytest.mark.parametrize(
        "moment", ["0001-01-01T00:00:00Z", "1999-12-31T23:59:59.9Z", "9999-12-31T23:59:59.999999Z"]
    )
    async def test_of_any_day(self, client: httpx.AsyncClient, moment: str):
        assert (await client.post("/logs/", json=[line(timestamp=moment)])).status_code == 201
        assert [one["timestamp"][:19] for one in await _listed(client)] == [moment[:19]]

    async def test_batches_at_once_share_no_id(self, db: Db):
        batch = [LogCreate.model_validate(line(str(n))) for n in range(50)]
        await asyncio.gather(*(store.insert_many(db, batch) for _ in range(20)))
        assert await db.value(text("SELECT count(DISTINCT id) FROM log")) == 1000

    async def test_ids_count_up_in_the_order_given(self, db: Db):
        before = new_id()
        await store.insert_many(db, [LogCreate.model_validate(line(str(n))) for n in range(300)])
        rows = await db.rows(text("SELECT id, message FROM log ORDER BY id"))
        assert [row["message"] for row in rows] == [str(n) for n in range(300)]
        assert {row["id"].version for row in rows} == {7}
        assert before.hex[:8] <= rows[0]["id"].hex[:8]


class TestFilter:
    async def test_by_run_level_and_time(self, client: httpx.AsyncClient):
        flow_run, task_run = str(new_id()), str(new_id())
        lines = [
            line("low", level=10, flow_run_id=flow_run),
            line("high", level=40, flow_run_id=flow_run, task_run_id=task_run),
            line("late", flow_run_id=flow_run, timestamp=(NOON + timedelta(hours=1)).isoformat()),
            line("other"),
        ]
        await client.post("/logs/", json=lines)
        wanted = {
            ("low", "high", "late"): {"flow_run_id": {"any_": [flow_run]}},
            ("high",): {"task_run_id": {"any_": [task_run]}},
            ("low", "late", "other"): {"task_run_id": {"is_null_": True}},
            ("late", "other"): {"level": {"ge_": 20, "le_": 39}},
            ("low", "high", "other"): {"timestamp": {"before_": NOON.isoformat()}},
        }
        for expected, logs in wanted.items():
            assert sorted(one["message"] for one in await _listed(client, logs=logs)) == sorted(expected)

    async def test_order_and_pages(self, client: httpx.AsyncClient):
        await client.post(
            "/logs/", json=[line(str(n), timestamp=(NOON + timedelta(minutes=n)).isoformat()) for n in range(5)]
        )
        assert [one["message"] for one in await _listed(client, limit=2, offset=1)] == ["1", "2"]
        assert [one["message"] for one in await _listed(client, limit=2, sort="TIMESTAMP_DESC")] == ["4", "3"]
        assert (await client.post("/logs/filter", json={"limit": 201})).status_code == 422


class TestDeletedRuns:
    async def test_lines_of_a_task_run_go_with_it(self, client: httpx.AsyncClient):
        gone, kept = [
            (await client.post("/task_runs/", json={"task_key": "k", "dynamic_key": key})).json()["id"] for key in "ab"
        ]
        await client.post("/logs/", json=[line("gone", task_run_id=gone), line("kept", task_run_id=kept), line("none")])
        assert (await client.delete(f"/task_runs/{gone}")).status_code == 204
        assert sorted(one["message"] for one in await _listed(client)) == ["kept", "none"]
