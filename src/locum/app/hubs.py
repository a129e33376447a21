"""The table of contents of what features share within one process, under the feature's name."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from locum.domain.clock import now
from locum.features.events.hub import EventHub
from locum.features.logs.tail import LogTail
from locum.features.task_runs.recorder import TaskRunRecorder
from locum.features.task_runs.store.runs import scheduled
from locum.features.task_workers.handing import Handout
from locum.features.work_pools.channel.watch import PoolWatch
from locum.infra.cipher import Cipher
from locum.infra.db import Db
from locum.infra.keys import load_keys
from locum.infra.settings import Settings


@asynccontextmanager
async def hubs(settings: Settings, db: Db) -> AsyncGenerator[Mapping[str, Any]]:
    """The hubs, running for as long as the process serves."""
    given = settings.encryption_key
    keys = load_keys(given.get_secret_value() if given else None, settings.home)
    events = EventHub(db, keys, [TaskRunRecorder()])
    yield {
        "blocks": Cipher(keys),
        "events": events,
        "logs": LogTail(db, now),
        "task_runs": Handout(db, scheduled),
        "work_pools": PoolWatch(db),
    }
