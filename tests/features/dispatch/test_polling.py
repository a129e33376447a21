"""What a poll hands out, held against a model that knows no SQL."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from locum.features.dispatch import store
from locum.infra.db import Tx
from locum.tables.flow_runs import flow_run
from tests.factories.runs import NOON, a_flow, a_pool, a_queue, run_row

HOLDING = {"PENDING", "RUNNING"}
LIMITS = st.none() | st.integers(0, 4)


@dataclass
class Queue:
    """A queue as it is drawn; where it stands in the list is its priority."""

    paused: bool
    limit: int | None
    id: UUID | None = None


@dataclass
class Run:
    """A run as it is drawn."""

    queue: int | None
    type: str
    minute: int
    in_process: bool
    id: UUID | None = None


@dataclass
class Poll:
    """What a worker asks."""

    names: list[int] | None
    after: int
    before: int
    most: int


QUEUES = st.lists(st.builds(Queue, st.sampled_from((False, False, True)), LIMITS), min_size=1, max_size=3)
RUNS = st.lists(
    st.builds(
        Run,
        st.none() | st.integers(0, 2),
        st.sampled_from(("SCHEDULED", "SCHEDULED", "SCHEDULED", "PENDING", "RUNNING", "CANCELLING", "COMPLETED")),
        st.integers(0, 6),
        st.sampled_from((False, False, False, True)),
    ),
    max_size=12,
)
POLLS = st.builds(
    Poll,
    st.none() | st.lists(st.integers(0, 2), min_size=1, max_size=3),
    st.integers(0, 3),
    st.integers(0, 6),
    st.integers(0, 6),
)


def room(limit: int | None, held: int, most: int) -> int:
    return most if limit is None else min(most, max(0, limit - held))


def expected(queues: list[Queue], runs: list[Run], poll: Poll, *, paused: bool, limit: int | None) -> list[UUID]:
    """What is to be handed out, by the words of the documentation."""
    if paused:
        return []
    mine = [run for run in runs if run.queue is not None and run.queue < len(queues)]
    picked: list[tuple[int, int, Any]] = []
    for place, queue in enumerate(queues):
        if queue.paused or (poll.names is not None and place not in poll.names):
            continue
        of_queue = [run for run in mine if run.queue == place]
        due = sorted(
            (run.minute, run.id)
            for run in of_queue
            if run.type == "SCHEDULED" and not run.in_process and poll.after <= run.minute <= poll.before
        )
        held = sum(run.type in HOLDING for run in of_queue)
        picked += [(place, *one) for one in due[: room(queue.limit, held, poll.most)]]
    held = sum(run.type in HOLDING for run in mine)
    return [run_id for _, _, run_id in sorted(picked)[: room(limit, held, poll.most)]]


class TestPolling:
    @settings(max_examples=150)
    @given(queues=QUEUES, runs=RUNS, poll=POLLS, paused=st.sampled_from((False, False, False, True)), limit=LIMITS)
    async def test_priorities_and_limits(
        self, tx: Tx, queues: list[Queue], runs: list[Run], poll: Poll, paused: bool, limit: int | None
    ):
        flow_id = await a_flow(tx)
        pool_id = await a_pool(tx, is_paused=paused, concurrency_limit=limit)
        for place, queue in enumerate(queues):
            queue.id = await a_queue(
                tx,
                pool_id,
                name=f"q{place}",
                priority=place + 1,
                is_paused=queue.paused,
                concurrency_limit=queue.limit,
            )
        rows: list[dict[str, Any]] = []
        for run in runs:
            row = run_row(
                flow_id,
                run.type,
                due=NOON + timedelta(minutes=run.minute),
                retry_type="in_process" if run.in_process else None,
                work_queue_id=queues[run.queue].id if run.queue is not None and run.queue < len(queues) else None,
            )
            run.id = row["id"]
            rows.append(row)
        if rows:
            await tx.run(insert(flow_run).values(rows))
        found = await store.poll_pool(
            tx,
            str(pool_id),
            None if poll.names is None else [f"q{place}" for place in poll.names],
            after=NOON + timedelta(minutes=poll.after),
            before=NOON + timedelta(minutes=poll.before),
            most=poll.most,
            stale_before=NOON,
        )
        assert found is not None
        handed_out = [UUID(one["flow_run"]["id"]) for one in orjson.loads(found["runs"])]
        assert handed_out == expected(queues, runs, poll, paused=paused, limit=limit)
