"""Followers of the log miss nothing and are told of nothing twice."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from locum.domain.errors import Unavailable
from locum.domain.ids import new_id
from locum.features.events import following
from locum.features.events.emit import Announcement, emit
from locum.features.events.following import Follower, Subscription, TooSlow
from locum.features.events.store import reading
from locum.features.events.store.reading import Entry, Position
from locum.filters.events import EventFilter, Happened
from locum.infra.db import Db
from tests.factories.task_events import settled

ALWAYS = EventFilter.model_validate({"occurred": {"since": "2000-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"}})


def _announcement(name: str) -> Announcement:
    return Announcement(event=name, occurred=datetime.now(UTC), resource={"prefect.resource.id": "thing"})


async def _names(db: Db, position: Position) -> list[str]:
    return [entry.happened.event for entry in await reading.after(db, position, 100)]


class TestCursor:
    async def test_never_passes_what_is_still_to_be_committed(self, own_db: Db):
        start = await reading.end(own_db)
        async with own_db.tx() as first:
            await emit(first, _announcement("first"))
            async with own_db.tx() as second:
                await emit(second, _announcement("second"))
            assert await _names(own_db, start) == [], "the first, which comes before, may yet be committed"
            meanwhile = await reading.end(own_db)
        await settled(own_db)
        assert await _names(own_db, start) == ["first", "second"]
        assert await _names(own_db, meanwhile) == ["first", "second"]
        assert await _names(own_db, await reading.end(own_db)) == []

    async def test_goes_on_where_it_stopped(self, own_db: Db):
        start = await reading.end(own_db)
        await emit(own_db, *(_announcement(str(number)) for number in range(5)))
        await settled(own_db)
        entries = await reading.after(own_db, start, 2)
        assert await _names(own_db, entries[-1].position) == ["2", "3", "4"]


class TestFollower:
    async def test_each_hears_all_from_its_own_start(self, own_db: Db):
        follower = Follower(own_db)
        async with asyncio.timeout(10), follower.subscribed(ALWAYS) as early:
            await emit(own_db, _announcement("1"))
            async with follower.subscribed(ALWAYS) as late:
                await emit(own_db, _announcement("2"))
                assert '"event":"2"' in await late.next()
            assert '"event":"1"' in await early.next()
            assert '"event":"2"' in await early.next()

    async def test_writers_and_listeners_at_once(self, own_db: Db):
        follower = Follower(own_db)

        async def write(writer: int) -> None:
            for number in range(20):
                async with own_db.tx() as tx:
                    await emit(tx, _announcement(f"{writer}.{number}"))

        async with asyncio.timeout(20), follower.subscribed(ALWAYS) as subscription, asyncio.TaskGroup() as group:
            for writer in range(5):
                group.create_task(write(writer))
            heard = [await subscription.next() for _ in range(100)]
        assert len(set(heard)) == 100

    @pytest.mark.parametrize("failure", [Unavailable("away"), RuntimeError("what nobody thought of")])
    async def test_goes_on_after_a_failure(self, own_db: Db, monkeypatch: pytest.MonkeyPatch, failure: Exception):
        after, failures = reading.after, [failure]

        async def after_a_failure(*args: Any) -> Sequence[Entry]:
            if failures:
                raise failures.pop()
            return await after(*args)

        monkeypatch.setattr(reading, "after", after_a_failure)
        monkeypatch.setattr(following, "_WHILE_AWAY", 0.0)
        async with asyncio.timeout(5), Follower(own_db).subscribed(ALWAYS) as subscription:
            await emit(own_db, _announcement("1"))
            assert '"event":"1"' in await subscription.next()


async def test_a_slow_listener_is_sent_away():
    subscription = Subscription(ALWAYS)
    happened = Happened(new_id(), datetime.now(UTC), "x", '{"prefect.resource.id": "thing"}', "[]", "{}")
    for number in range(2001):
        subscription.offer(Entry(Position(1, number), happened, str(number)))
    heard = [await subscription.next() for _ in range(2000)]
    assert heard[-1] == "1999"
    with pytest.raises(TooSlow):
        await subscription.next()
