"""Decides what becomes of a proposed state: loads the facts that the rules ask for, and hears the rules."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import orjson

from locum.domain.orchestration import Decision, DeploymentSlots, FlowRunFacts, Need, Policy, SlotLimit, govern
from locum.domain.states import State
from locum.features.concurrency import vacancies
from locum.features.flow_runs.store import transitions
from locum.features.task_runs.callers import Caller
from locum.infra.db import Executor

_NONE: Mapping[str, Any] = {}


async def decide(
    ex: Executor, row: Mapping[str, Any], proposed: State, rules: Policy[FlowRunFacts], caller: Caller
) -> tuple[FlowRunFacts, Decision[FlowRunFacts]]:
    """The facts of a loaded run, and what becomes of the proposal."""
    initial = transitions.state_of(row)
    slots = None
    if row["concurrency_limit_id"] is not None and rules.needs(Need.SLOTS, initial, proposed):
        lease = initial.state_details.deployment_concurrency_lease_id if initial else None
        found = await vacancies.of_ids(ex, [row["concurrency_limit_id"]], lease)
        slots = slots_of(row, found.get(row["concurrency_limit_id"]))
    facts = transitions.facts_of(row, slots)
    return facts, govern(rules, caller.proposes(proposed, facts, initial))


def slots_of(row: Mapping[str, Any], limit: SlotLimit | None) -> DeploymentSlots | None:
    """The limit of a loaded run's deployment, and how it is applied; None where it was deleted meanwhile."""
    if limit is None:
        return None
    grace = _options(row).get("grace_period_seconds")
    return DeploymentSlots(
        limit=limit, cancels_new=cancels_new(row), grace=None if grace is None else timedelta(seconds=grace)
    )


def cancels_new(row: Mapping[str, Any]) -> bool:
    """Whether the deployment of a loaded run cancels new runs where its limit is full."""
    return _options(row).get("collision_strategy") == "CANCEL_NEW"


def _options(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return orjson.loads(row["concurrency_options"] or "null") or _NONE
