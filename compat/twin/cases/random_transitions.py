"""Random sequences of proposed states, the same for both servers.

A sequence is known by its seed, which stands in the name of its case, so that one that fails can be sent again. More of
them, or longer ones: COMPAT_SEQUENCES and COMPAT_SEQUENCE_STEPS; others: COMPAT_SEED.
"""

from __future__ import annotations

import os
from random import Random
from typing import Any

from compat.twin.making import deployment, flow, run, state, task_run
from compat.twin.recorder import Recorder
from compat.twin.registry import Sequence, case

SEQUENCES = int(os.environ.get("COMPAT_SEQUENCES", "4"))
STEPS = int(os.environ.get("COMPAT_SEQUENCE_STEPS", "20"))
SEED = int(os.environ.get("COMPAT_SEED", "0"))

NAMES = {
    "SCHEDULED": (None, "Late", "AwaitingRetry", "Resuming"),
    "PENDING": (None, "Submitting", "InfrastructurePending"),
    "RUNNING": (None, "Retrying", "Busy"),
    "PAUSED": (None, "Suspended"),
    "FAILED": (None, "TimedOut"),
    "CANCELLED": (None,),
    "CANCELLING": (None,),
    "COMPLETED": (None, "Skipped"),
    "CRASHED": (None,),
}
DATA = (None, {"type": "unpersisted"}, {"type": "reference", "key": "x"})
# A run that lives spends most of its life here.
USUAL = ("PENDING", "RUNNING", "RUNNING", "FAILED", "COMPLETED", "SCHEDULED")
MINUTES = (-30, -1, 30)
VERSIONS = ("0.8.2", "0.8.3", "0.8.4", None)
# The peer keeps these in a set of its own order, or makes ids for them.
PAUSE_KEYS = ("$.empirical_policy.pause_keys", "$.empirical_policy.pause_keys[]")


def proposal(t: Recorder, chance: Random, kinds: tuple[str, ...]) -> dict[str, Any]:
    """A state that a client may propose; none that a service of either server would change when its time has come."""
    kind = chance.choice(kinds)
    name = chance.choice(NAMES[kind])
    details: dict[str, Any] = {}
    if kind == "PAUSED":
        details = {
            "pause_timeout": t.at(minutes=30),
            "pause_reschedule": chance.random() < 0.4,
            "pause_key": chance.choice(("one", "two")),
        }
    elif kind == "SCHEDULED" and (not name or chance.random() < 0.6):
        details = {"scheduled_time": t.at(minutes=chance.choice(MINUTES) if name else 30)}
    elif kind == "RUNNING" and chance.random() < 0.3:
        # Few, so that some are repeated.
        details = {"transition_id": t.uuid(chance.randrange(3))}
    made = state(kind, state_details=details)
    if name:
        made["name"] = name
    if chance.random() < 0.3:
        made["message"] = f"message {chance.randrange(9)}"
    if kind in {"COMPLETED", "FAILED"}:
        made["data"] = chance.choice(DATA)
    return made


def first_state(t: Recorder, chance: Random) -> dict[str, Any]:
    """The state that a run is made in."""
    if chance.random() < 0.5:
        return state("PENDING")
    return state("SCHEDULED", state_details={"scheduled_time": t.at(minutes=30)})


def propose(t: Recorder, chance: Random, at: str, proposed: dict[str, Any]) -> None:
    """Sends the proposal, now and then by force, or as an older client."""
    version = chance.choice(VERSIONS)
    headers = {"x-prefect-api-version": version} if version else {}
    body = {"state": proposed, "force": chance.random() < 0.1}
    t.post(f"{at}/set_state", body, headers=headers)


def flow_run_sequence(t: Recorder, chance: Random) -> None:
    """The life of one flow run."""
    flow_id = flow(t).id
    fields: dict[str, Any] = {
        "state": first_state(t, chance),
        "empirical_policy": {"retries": chance.choice((None, 0, 1, 3)), "retry_delay": chance.choice((None, 0, 60))},
    }
    holder = None
    if chance.random() < 0.6:
        limits: dict[str, Any] = chance.choice(({}, {"concurrency_limit": 1}))
        dep = deployment(t, flow_id, **limits).id
        one = t.post(f"/deployments/{dep}/create_flow_run", {"name": t.name("run"), **fields}).id
    else:
        if chance.random() < 0.4:
            parent = run(t, flow_id, "parent", state=state("RUNNING")).id
            holder = fields["parent_task_run_id"] = task_run(t, parent, state=state("PENDING")).id
        one = run(t, flow_id, **fields).id
    kinds = (*NAMES, *USUAL)
    for _ in range(STEPS):
        move = chance.random()
        if move < 0.06:
            t.patch(f"/flow_runs/{one}", {"infrastructure_pid": chance.choice(("host:1", None))})
        elif move < 0.12:
            t.post(f"/flow_runs/{one}/resume", {})
        else:
            propose(t, chance, f"/flow_runs/{one}", proposal(t, chance, kinds))
        t.get(f"/flow_runs/{one}", ignore=PAUSE_KEYS)
    t.get(f"/flow_run_states/?flow_run_id={one}")
    if holder:
        t.get(f"/task_runs/{holder}")


def task_run_sequence(t: Recorder, chance: Random) -> None:
    """The life of one task run, within a flow run that changes now and then."""
    parent = run(t, flow(t).id, state=state("RUNNING")).id
    tags = [t.name("tag")] if chance.random() < 0.5 else []
    # Room for all: to run twice takes one slot here and two there.
    for tag in tags:
        t.post("/concurrency_limits/", {"tag": tag, "concurrency_limit": 100})
    policy = {"retries": chance.choice((None, 0, 1, 3)), "retry_delay": chance.choice((None, 0, 60, [1, 2]))}
    one = task_run(t, parent, tags=tags, state=first_state(t, chance), empirical_policy=policy).id
    kinds = (*NAMES, *USUAL)
    for _ in range(STEPS):
        if chance.random() < 0.12:
            propose(t, chance, f"/flow_runs/{parent}", state(chance.choice(("RUNNING", "PAUSED", "FAILED"))))
        proposed = proposal(t, chance, kinds)
        proposed["state_details"].pop("transition_id", None)
        if proposed["type"] in {"RUNNING", "COMPLETED"} and chance.random() < 0.2:
            proposed["state_details"]["cache_key"] = t.name(chance.choice(("a", "b")))
        if proposed["type"] == "FAILED" and chance.random() < 0.3:
            proposed["state_details"]["retriable"] = False
        propose(t, chance, f"/task_runs/{one}", proposed)
        t.get(f"/task_runs/{one}")
    t.get(f"/task_run_states/?task_run_id={one}")


def _seeded(life: Any, seed: int) -> Sequence:
    def sequence(t: Recorder) -> None:
        life(t, Random(seed))

    sequence.__name__ = f"{life.__name__}_{seed}"
    return sequence


for _seed in range(SEED, SEED + SEQUENCES):
    case(_seeded(flow_run_sequence, _seed))
    case(_seeded(task_run_sequence, _seed))
