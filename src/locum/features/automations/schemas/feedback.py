"""Refuses automations that would set themselves off: runs that fire the trigger that makes runs."""

from collections.abc import Sequence

from locum.features.automations.schemas.actions import Action, RunDeployment
from locum.features.automations.schemas.triggers import EventTrigger, Trigger
from locum.filters.resources import RESOURCE_ID, ResourceSpecification

_EVERY_RUN_ANNOUNCES = frozenset(
    {"prefect.flow-run.Scheduled", "prefect.flow-run.Pending", "prefect.flow-run.Running", "prefect.flow-run.*"}
)
_FLOW_RUNS = "prefect.flow-run.*"
_INFERRED = (
    "Running an inferred deployment from a flow run state change event will lead to an infinite loop of flow runs.  "
    "Please choose a specific deployment and add additional filtering labels to the match or match_related for this "
    "automation's trigger."
)
_SELECTED = (
    "Running a selected deployment from a flow run state change event may lead to an infinite loop of flow runs.  "
    "Please include additional filtering labels on either match or match_related to narrow down which flow runs "
    "will trigger this automation to exclude flow runs from the deployment you've selected."
)


def require_no_feedback(trigger: Trigger, actions: Sequence[Action]) -> None:
    """Raises ValueError where every flow run would make another one."""
    if not isinstance(trigger, EventTrigger) or trigger.posture != "Reactive":
        return
    if _EVERY_RUN_ANNOUNCES.isdisjoint(trigger.expect):
        return
    related = trigger.match_related if isinstance(trigger.match_related, list) else [trigger.match_related]
    indiscriminate = _takes_any_flow_run(trigger.match) and any(map(_takes_any_flow_run, related))
    for action in actions:
        if isinstance(action, RunDeployment):
            if action.source == "inferred":
                raise ValueError(_INFERRED)
            if indiscriminate:
                raise ValueError(_SELECTED)


def _takes_any_flow_run(labels: ResourceSpecification) -> bool:
    wanted = dict(labels.wanted())
    return not wanted or (wanted.keys() == {RESOURCE_ID} and _FLOW_RUNS in wanted[RESOURCE_ID])
