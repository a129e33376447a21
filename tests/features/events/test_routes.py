"""The operations of events."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from locum.app.asgi import create_app
from locum.app.hubs import hubs
from locum.domain.errors import Forbidden
from locum.domain.ids import new_id
from locum.features.events.pages import PAGE_SIZE, PageTokens, Place
from locum.features.events.schemas import EventPage
from locum.filters.events import EventFilter
from locum.infra.db import Db
from locum.infra.keys import load_keys
from locum.infra.settings import Settings

NOW = datetime.now(UTC)


def _event(number: int, name: str, **more: Any) -> dict[str, Any]:
    return {
        "id": str(new_id()),
        "event": name,
        "occurred": (NOW + timedelta(seconds=number - 60)).isoformat(),
        "resource": {"prefect.resource.id": "thing"},
        **more,
    }


FRIEND = {"prefect.resource.id": "friend", "prefect.resource.role": "friend", "age": "7"}
FIVE = [
    _event(1, "one.first", payload={"n": 1}),
    _event(2, "one.second", payload={"n": [2, {"x": None}]}),
    _event(3, "two.first", related=[FRIEND]),
    _event(4, "two.second", resource={"prefect.resource.id": "other", "colour": "red"}),
    _event(5, "three", related=[FRIEND, {"prefect.resource.id": "foe", "prefect.resource.role": "foe"}]),
]


async def _ask(client: httpx.AsyncClient, wanted: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    answer = await client.post("/events/filter", json={"filter": wanted, **more})
    assert answer.status_code == 200, answer.text
    EventPage.model_validate_json(answer.content)
    return answer.json()


async def _names(client: httpx.AsyncClient, **wanted: Any) -> list[str]:
    return [event["event"] for event in (await _ask(client, {"order": "ASC", **wanted}))["events"]]


class TestWrite:
    async def test_then_read(self, client: httpx.AsyncClient):
        assert (await client.post("/events", json=FIVE)).status_code == 204
        page = await _ask(client)
        assert (page["total"], page["next_page"]) == (5, None)
        assert [event["id"] for event in page["events"]] == [event["id"] for event in reversed(FIVE)]
        assert page["events"][-1]["payload"] == {"n": 1}
        assert list(page["events"][0]) == [
            "occurred",
            "event",
            "resource",
            "related",
            "payload",
            "id",
            "follows",
            "received",
        ]

    async def test_twice(self, client: httpx.AsyncClient, db: Db):
        await client.post("/events", json=FIVE)
        await client.post("/events", json=FIVE)
        assert await db.value(text("select count(*) from event")) == 5

    async def test_refused(self, client: httpx.AsyncClient):
        refused: list[dict[str, Any]] = [
            {"resource": {}},
            {"resource": {"prefect.resource.id": ""}},
            {"event": "x" * 1025},
            {"payload": []},
        ]
        for bad in refused:
            assert (await client.post("/events", json=[{**FIVE[0], **bad}])).status_code == 422

    @pytest.mark.parametrize(
        ("limits", "reason", "place"),
        [
            (
                {"maximum_labels_per_resource": 2},
                "Value error, The maximum number of labels per resource is 2",
                ["body", 1, "related", 0],
            ),
            (
                {"maximum_related_resources": 1},
                "Value error, The maximum number of related resources is 1",
                ["body", 2, "related"],
            ),
            (
                {"maximum_event_name_length": 9},
                "Value error, Event name must be at most 9 characters",
                ["body", 0, "event"],
            ),
        ],
    )
    async def test_limits_are_settings(
        self, settings: Settings, db: Db, limits: dict[str, int], reason: str, place: list[Any]
    ):
        changed = settings.model_copy(update={"events": settings.events.model_copy(update=limits)})
        events = [_event(1, "one.second"), _event(3, "two", related=[FRIEND]), _event(5, "three", related=[FRIEND] * 2)]
        async with hubs(changed, db) as shared:
            transport = httpx.ASGITransport(create_app(changed, db, shared))
            async with httpx.AsyncClient(transport=transport, base_url="http://locum/api") as http:
                problem = (await http.post("/events", json=events)).json()["exception_detail"][0]
        assert (problem["msg"], problem["loc"]) == (reason, place)
        assert await db.value(text("select count(*) from event")) == 0

    async def test_one_that_is_too_large(self, client: httpx.AsyncClient, db: Db):
        large = _event(1, "large", payload={"text": "x" * 1_500_000})
        answer = await client.post("/events", json=[_event(2, "small"), large])
        assert answer.status_code == 413
        assert large["id"] in answer.json()["detail"]
        assert await db.value(text("select count(*) from event")) == 0


class TestFilter:
    async def test_parts(self, client: httpx.AsyncClient):
        await client.post("/events", json=FIVE)
        assert await _names(client, event={"prefix": ["one.", "two."], "exclude_prefix": ["two."]}) == [
            "one.first",
            "one.second",
        ]
        assert await _names(client, event={"name": ["three", "none"]}) == ["three"]
        assert await _names(client, resource={"id_prefix": ["oth"]}) == ["two.second"]
        assert await _names(client, resource={"labels": {"colour": ["blue", "r*d"]}}) == ["two.second"]
        assert await _names(client, resource={"labels": {"colour": "!red"}}) == []
        assert await _names(client, related={"id": ["friend"]}) == ["two.first", "three"]
        assert await _names(client, related=[{"id": ["friend"]}, {"role": ["foe"]}]) == ["three"]
        assert await _names(client, related={"id": ["friend"], "role": ["foe"]}) == []
        assert await _names(client, any_resource={"id": ["friend", "other"]}) == ["two.first", "two.second", "three"]
        assert await _names(client, text={"query": "second -red"}) == ["one.second"]
        assert await _names(client, id={"id": [FIVE[4]["id"]]}) == ["three"]
        assert await _names(client, resource={"distinct": True}) == ["one.first", "two.second"]
        assert await _names(client, occurred={"until": FIVE[0]["occurred"]}) == ["one.first"]

    async def test_pages(self, client: httpx.AsyncClient):
        await client.post("/events", json=FIVE)
        page = await _ask(client, {"order": "ASC"}, limit=2)
        seen = page["events"]
        assert page["next_page"].startswith("http://locum/api/events/filter/next?page-token=")
        while page["next_page"]:
            page = (await client.get(page["next_page"])).json()
            assert page["total"] == 5
            seen += page["events"]
        assert [event["id"] for event in seen] == [event["id"] for event in FIVE]

    async def test_bounds(self, client: httpx.AsyncClient):
        for body in ({"limit": 51}, {"limit": -1}, {"filter": {"colour": 1}}):
            assert (await client.post("/events/filter", json=body)).status_code == 422
        assert (await _ask(client, limit=0))["events"] == []
        assert (await client.get("/events/filter/next")).status_code == 422

    @pytest.mark.parametrize("token", ["", "x", "e30=", "eyJvZmZzZXQiOiAtMX0=", "é"])
    async def test_tokens_from_elsewhere(self, client: httpx.AsyncClient, token: str):
        answer = await client.get("/events/filter/next", params={"page-token": token})
        assert answer.status_code == 403
        assert "not made by this server" in answer.json()["detail"]

    async def test_a_token_of_another_form(self, client: httpx.AsyncClient, settings: Settings):
        tokens = PageTokens(load_keys(None, settings.home))
        token = tokens.make(Place.model_construct(filter=EventFilter(), count=1, page_size=PAGE_SIZE + 1, offset=0))
        assert (await client.get("/events/filter/next", params={"page-token": token})).status_code == 403

    async def test_a_filter_that_names_much(self, client: httpx.AsyncClient):
        await client.post("/events", json=FIVE)
        page = await _ask(client, {"resource": {"id": [*(str(new_id()) for _ in range(1500)), "thing"]}}, limit=2)
        assert (await client.get(page["next_page"])).json()["total"] == 4

    def test_a_token_longer_than_any_url(self, settings: Settings):
        with pytest.raises(Forbidden, match="too long"):
            PageTokens(load_keys(None, settings.home)).read("x" * 70_000)


class TestCount:
    async def _count(self, client: httpx.AsyncClient, by: str, **more: Any) -> list[dict[str, Any]]:
        span = {"since": (NOW - timedelta(hours=2)).isoformat(), "until": (NOW + timedelta(hours=1)).isoformat()}
        answer = await client.post(f"/events/count-by/{by}", json={"filter": {"occurred": span}, **more})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def test_by_interval(self, client: httpx.AsyncClient):
        await client.post("/events", json=FIVE)
        hours = await self._count(client, "time", time_unit="hour")
        assert sum(hour["count"] for hour in hours) == 5
        assert [hour["value"] for hour in hours] == [str(number) for number in range(len(hours))]
        assert sum(day["count"] for day in await self._count(client, "day")) == 5

    async def test_by_name_and_resource(self, client: httpx.AsyncClient):
        named = {"prefect.resource.id": "thing", "prefect.resource.name": "Thing"}
        await client.post("/events", json=[*FIVE, _event(6, "three", resource=named)])
        first = (await self._count(client, "event"))[0]
        assert (first["value"], first["count"]) == ("three", 2)
        assert [(one["label"], one["count"]) for one in await self._count(client, "resource")] == [
            ("Thing", 5),
            ("other", 1),
        ]

    async def test_too_many_intervals(self, client: httpx.AsyncClient):
        answer = await client.post("/events/count-by/time", json={"filter": {}, "time_unit": "second"})
        assert answer.status_code == 422
        assert "too many" in answer.json()["detail"]

    @pytest.mark.parametrize("interval", [1e6, 1e7, 1e9, 1e300])
    async def test_an_interval_beyond_the_calendar(self, client: httpx.AsyncClient, interval: float):
        for by in ("day", "time"):
            answer = await client.post(f"/events/count-by/{by}", json={"filter": {}, "time_interval": interval})
            assert answer.status_code in {200, 422}
