"""What may be done to single schedules, and what a change of a deployment means for its schedules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from locum.domain.errors import Conflict, Invalid, NotFound
from locum.domain.ids import new_id
from locum.features.deployments.schemas import DeploymentScheduleCreate, DeploymentScheduleUpdate, DeploymentUpdate
from locum.features.deployments.store import schedules as store
from locum.features.deployments.store.writing import NewSchedule
from locum.infra.db import Tx, UniqueConflict, dump_json

_SLUGLESS = "Please provide a slug for each schedule in your request to ensure schedules are updated correctly."
_SCHEDULELESS = "Unable to create new deployment schedules without a schedule configuration."


@dataclass(frozen=True)
class Rearrangement:
    """What becomes of a deployment's schedules: all `replaced`, or some changed and some added."""

    replaced: Sequence[NewSchedule] | None = None
    changed: Sequence[tuple[UUID, Mapping[str, Any]]] = field(default=())
    renamed: Sequence[UUID] = field(default=())
    added: Sequence[NewSchedule] = field(default=())


def new_schedules(
    given: Sequence[DeploymentScheduleCreate | DeploymentScheduleUpdate], *, in_deployment: bool = False
) -> list[NewSchedule]:
    """Schedules as they are stored; those without a schedule are passed over.

    `in_deployment` leaves out how many runs may be planned, as the peer does for those that come with a deployment.
    """
    return [
        NewSchedule(
            id=new_id(),
            schedule=one.schedule.model_dump_json(),
            active=one.active is not False,
            max_scheduled_runs=None if in_deployment else one.max_scheduled_runs,
            parameters=dump_json(one.parameters),
            slug=one.slug,
        )
        for one in given
        if one.schedule is not None
    ]


def rearranged(body: DeploymentUpdate, existing: Sequence[Mapping[str, Any]]) -> Rearrangement:
    """What the body means for the schedules that there are (id, slug). Raises Invalid.

    Where all of them have slugs, the body's are matched by slug and the others stay; else the body's replace all.
    """
    given = body.schedules
    matched = bool(existing) and all(one["slug"] is not None for one in existing)
    if not matched:
        wanted = "schedules" in body.model_fields_set
        return Rearrangement(replaced=new_schedules(given, in_deployment=True)) if wanted else Rearrangement()
    if any(one.slug is None for one in given):
        raise Invalid(_SLUGLESS)
    ids = {one["slug"]: UUID(one["id"]) for one in existing}
    _check_renames(given, ids)
    changed: list[tuple[UUID, Mapping[str, Any]]] = []
    renamed: list[UUID] = []
    added: list[DeploymentScheduleUpdate] = []
    for one in given:
        target = one.replaces or one.slug
        if target in ids:
            changed.append((ids[target], _values(one)))
            if one.replaces:
                renamed.append(ids[target])
        elif one.schedule is not None:
            added.append(one)
        else:
            raise Invalid(_SCHEDULELESS)
    return Rearrangement(changed=changed, renamed=renamed, added=new_schedules(added, in_deployment=True))


def _check_renames(given: Sequence[DeploymentScheduleUpdate], ids: Mapping[str, UUID]) -> None:
    targets: set[str] = set()
    for one in given:
        if not one.replaces:
            continue
        if one.replaces in targets:
            raise Invalid(f"Multiple schedules have 'replaces' targeting the same slug: {one.replaces}")
        targets.add(one.replaces)
    for one in given:
        if one.replaces and one.slug in ids and one.slug not in targets:
            raise Invalid(
                f"Cannot rename schedule from '{one.replaces}' to '{one.slug}': "
                f"a schedule with slug '{one.slug}' already exists."
            )


def _values(one: DeploymentScheduleUpdate) -> dict[str, Any]:
    """What a change sets; parameters that are not given are emptied, as the peer does."""
    values = one.model_dump(exclude_none=True, exclude={"replaces", "schedule", "parameters"})
    if one.schedule is not None:
        values["schedule"] = one.schedule.model_dump_json()
    return {**values, "parameters": dump_json(one.parameters)}


async def create(tx: Tx, deployment_id: UUID, given: Sequence[DeploymentScheduleCreate], now: datetime) -> str:
    """New schedules of a deployment as a JSON array. Raises NotFound, Conflict."""
    await _hold(tx, deployment_id, now)
    try:
        return await store.insert_many(tx, deployment_id, new_schedules(given), now)
    except UniqueConflict as error:
        raise Conflict("Schedule slugs must be unique within a deployment.") from error


async def change(tx: Tx, deployment_id: UUID, schedule_id: UUID, body: DeploymentScheduleUpdate, now: datetime) -> None:
    """Change a schedule; the runs planned for later are planned anew. Raises NotFound, Conflict."""
    await _hold(tx, deployment_id, now)
    try:
        found = await store.change(tx, deployment_id, schedule_id, _values(body), now)
    except UniqueConflict as error:
        raise Conflict("Schedule slugs must be unique within a deployment.") from error
    if not found:
        raise NotFound("Schedule not found.")


async def remove(tx: Tx, deployment_id: UUID, schedule_id: UUID, now: datetime) -> None:
    """Delete a schedule; the deployment's planned runs are planned anew. Raises NotFound."""
    await _hold(tx, deployment_id, now)
    if not await store.remove(tx, deployment_id, schedule_id):
        raise NotFound("Schedule not found.")


async def _hold(tx: Tx, deployment_id: UUID, now: datetime) -> None:
    if not await store.touch(tx, deployment_id, now):
        raise NotFound("Deployment not found.")
