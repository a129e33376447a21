"""Making, changing, pausing and deleting deployments."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from locum.domain.errors import Conflict, Invalid, NotFound, Unavailable
from locum.domain.ids import new_id
from locum.features.concurrency.store import limits
from locum.features.deployments import lifecycle
from locum.features.deployments.commands.schedules import Rearrangement, new_schedules, rearranged
from locum.features.deployments.schemas import DeploymentCreate, DeploymentUpdate
from locum.features.deployments.store import schedules as schedule_store
from locum.features.deployments.store import surroundings, writing
from locum.features.deployments.store.projection import LISTING
from locum.features.deployments.store.surroundings import COMPARED
from locum.features.deployments.validation import (
    filled,
    require_changed_job_variables,
    require_parameters,
    variables_in,
)
from locum.features.work_pools import job_templates
from locum.features.work_pools.commands import queues
from locum.filters.lists import BulkDeleteDeployments
from locum.filters.sorting import DeploymentSort
from locum.infra.cipher import Cipher
from locum.infra.db import Tx, dump_json

AGENT_POOL = queues.AGENT_POOL

_ELSEWHERE = {"schedules", "concurrency_limit", "global_concurrency_limit_id", "work_pool_name", "version_info"}
_JSON = {
    "job_variables",
    "concurrency_options",
    "parameters",
    "pull_steps",
    "parameter_openapi_schema",
    "tags",
    "labels",
}
_NO_FLOW = (
    "Data integrity conflict. This usually means a unique or foreign key constraint was violated. "
    "See server logs for details."
)
_UNSAID = {"pull_steps": "[]", "parameter_openapi_schema": "{}"}
"""What a new deployment holds where nothing was said; nothing that was said as null stays null."""

_NEVER_NULL = {"job_variables", "parameters", "enforce_parameter_schema"}
_NOT_NAMED = "/%&><"
_ATTEMPTS = 3

Row = Mapping[str, Any]


async def create(tx: Tx, cipher: Cipher, body: DeploymentCreate, now: datetime) -> tuple[str, bool]:
    """The deployment as JSON text, and whether it was made just now (else the one of its flow and name was replaced).

    Raises NotFound, Conflict, Invalid.
    """
    if any(letter in body.name for letter in _NOT_NAMED):
        raise Invalid(f"A deployment's name may not contain any of {' '.join(_NOT_NAMED)}")
    for _ in range(_ATTEMPTS):
        around = await surroundings.before_upsert(tx, body.flow_id, body.name, **_named(body))
        if around is None:
            raise Conflict(_NO_FLOW)
        found = await _written(tx, cipher, body, around, now)
        if found is not None:
            return found, around["id"] is None
    raise Unavailable("The deployment is being made by others at the same time.", retry_after=1)


async def _written(tx: Tx, cipher: Cipher, body: DeploymentCreate, around: Row, now: datetime) -> str | None:
    """The deployment as it is after the writing; None where another has made it meanwhile."""
    if body.work_pool_name and body.work_pool_name != AGENT_POOL:
        _require_pool(body.work_pool_name, around)
        if body.job_variables:
            template = await job_templates.stored(tx, cipher, around["asked_template"])
            template.require(body.job_variables, doing="creating deployment", partial=True)
    _require_limit(body, around)
    _require_no_blocks(body)
    values = _columns(body)
    inherited: dict[str, Any] = orjson.loads(around["flow_labels"] or "{}") or {}
    values["labels"] = dump_json({**inherited, "prefect.flow.id": str(body.flow_id), **(body.labels or {})})
    queue = await _queue(tx, body, around, now)
    if queue:
        values["work_queue_id"] = queue["work_queue_id"]
    deployment_id = around["id"] or new_id()
    limit_gone = await _apply_limit(tx, body, around, deployment_id, values)
    schedules = new_schedules(body.schedules, in_deployment=True)
    shown = _shown(around, queue, values, deployment_id, body.name)
    if around["id"] is None:
        values = {**_UNSAID, **values, "id": deployment_id, "name": body.name, "flow_id": body.flow_id}
        created = lifecycle.changed("created", shown, now)
        if not await writing.insert_new(tx, values, schedules, created, now):
            return None
    else:
        updated = _updated(around, shown, values, now)
        await writing.replace(tx, deployment_id, values, schedules, updated, now)
    if limit_gone:
        await limits.delete_many(tx, [limit_gone])
    return await writing.get(tx, deployment_id)


async def change(tx: Tx, deployment_id: UUID, body: DeploymentUpdate, now: datetime) -> None:
    """Change what the body gives. Raises NotFound, Conflict, Invalid, BadRequest."""
    around = await surroundings.before_change(tx, deployment_id, **_named(body))
    if around is None:
        raise NotFound("Deployment not found.")
    arrangement = rearranged(body, orjson.loads(around["schedules"]))
    if body.work_pool_name:
        _require_pool(body.work_pool_name, around)
        require_changed_job_variables(around["asked_template"], body.job_variables)
    parameters = await _parameters_after(tx, body, around)
    _require_limit(body, around)
    values = _columns(body)
    if body.parameters is not None:
        values["parameters"] = dump_json(parameters)
    queue = await _queue(tx, body, around, now)
    if queue:
        values["work_queue_id"] = queue["work_queue_id"]
    elif body.work_pool_name is None and "work_pool_name" in body.model_fields_set:
        queue = _NOWHERE
        values["work_queue_id"] = None
    limit_gone = await _apply_limit(tx, body, around, deployment_id, values)
    shown = _shown(around, queue, values, deployment_id, around["name"])
    await writing.replace(tx, deployment_id, values, arrangement.replaced, _updated(around, shown, values, now), now)
    if limit_gone:
        await limits.delete_many(tx, [limit_gone])
    await _apply_arrangement(tx, deployment_id, arrangement, now)


async def set_paused(tx: Tx, deployment_id: UUID, now: datetime, *, paused: bool) -> None:
    """Pause a deployment, which takes back the runs planned for it, or resume it. Raises NotFound."""
    if not await writing.set_paused(tx, deployment_id, paused, now):
        raise NotFound("Deployment not found")
    if paused:
        await writing.drop_planned(tx, deployment_id)


async def remove_wanted(tx: Tx, wanted: BulkDeleteDeployments, now: datetime) -> list[UUID]:
    """Delete the first deployments that the filter lets through, by name; their ids."""
    ids = await LISTING.ids(tx, wanted.restriction(), DeploymentSort.NAME_ASC, wanted.limit)
    return await remove(tx, ids, now) if ids else []


async def remove(tx: Tx, ids: Sequence[UUID], now: datetime) -> list[UUID]:
    """Delete deployments with their schedules, own limits and runs that have not begun; the ids of those there were."""
    held = await surroundings.lock(tx, list(ids))
    if not held:
        return []
    found = [row["id"] for row in held]
    await writing.delete_many(tx, found, [lifecycle.changed("deleted", row, now) for row in held])
    gone = [row["concurrency_limit_id"] for row in held if row["limit_name"] == f"deployment:{row['id']}"]
    if gone:
        await limits.delete_many(tx, gone)
    return found


# ---------------------------------------------------------------------------------------------- what a change names

_NOWHERE: Row = {"work_queue_id": None, "queue_name": None, "pool_id": None, "pool_name": None, "pool_type": None}


def _named(body: DeploymentCreate | DeploymentUpdate) -> dict[str, Any]:
    return {
        "pool_name": body.work_pool_name,
        "queue_name": body.work_queue_name,
        "asked_limit": body.global_concurrency_limit_id,
    }


def _require_pool(name: str, around: Row) -> None:
    if around["asked_pool_id"] is None:
        raise NotFound(f'Work pool "{name}" not found.')


def _require_limit(body: DeploymentCreate | DeploymentUpdate, around: Row) -> None:
    if body.global_concurrency_limit_id and around["asked_limit_id"] is None:
        raise NotFound("Concurrency limit not found")


def _require_no_blocks(body: DeploymentCreate) -> None:
    """Blocks come with a later issue; until then none that is named can exist."""
    for kind, identity in (("infrastructure", body.infrastructure_document_id), ("storage", body.storage_document_id)):
        if identity is not None:
            usually = (
                "usually occurs when applying a deployment specification that was built against a different Prefect "
                "database / workspace."
            )
            raise Conflict(
                f"Error creating deployment. Could not find {kind} block with id: {identity}. This {usually}"
            )


async def _queue(tx: Tx, body: DeploymentCreate | DeploymentUpdate, around: Row, now: datetime) -> Row | None:
    """The queue that the body names, made if need be, as the surroundings tell of queues; None if it names none."""
    if not body.work_pool_name and not body.work_queue_name:
        return None
    if not body.work_pool_name and "work_pool_name" in body.model_fields_set and isinstance(body, DeploymentUpdate):
        return None
    if body.work_pool_name:
        pool = {name: around[f"asked_{name}"] for name in ("pool_id", "pool_name", "pool_type")}
        if not body.work_queue_name:
            _require_pool(body.work_pool_name, around)
            return {"work_queue_id": around["asked_default_queue_id"], "queue_name": "default", **pool}
        queue_id = around["asked_queue_id"] or await queues.ensure(tx, body.work_pool_name, body.work_queue_name, now)
        return {"work_queue_id": queue_id, "queue_name": body.work_queue_name, **pool}
    queue_id = await queues.ensure_loose(tx, body.work_queue_name or "", now)
    return {**_NOWHERE, "work_queue_id": queue_id, "queue_name": body.work_queue_name}


async def _apply_limit(
    tx: Tx,
    body: DeploymentCreate | DeploymentUpdate,
    around: Row,
    deployment_id: UUID,
    values: dict[str, Any],
) -> UUID | None:
    """Make, resize or take off the deployment's limit; the id of one that is to be deleted once it is taken off."""
    current, own = around["was_concurrency_limit_id"], around["limit_name"] == f"deployment:{deployment_id}"
    if "global_concurrency_limit_id" in body.model_fields_set:
        shared = values["concurrency_limit_id"] = body.global_concurrency_limit_id
        if shared is not None:
            return None
        current = None
    if "concurrency_limit" not in body.model_fields_set:
        return None
    if body.concurrency_limit is None:
        values["concurrency_limit_id"] = None
        return current if own else None
    if current is None:
        values["concurrency_limit_id"] = await limits.put(tx, f"deployment:{deployment_id}", body.concurrency_limit)
    elif around["limit"] != body.concurrency_limit:
        await limits.resize(tx, current, body.concurrency_limit)
    return None


async def _parameters_after(tx: Tx, body: DeploymentUpdate, around: Row) -> Any:
    """The parameters after the change. Raises what is wrong with them."""
    if body.parameters is not None:
        parameters = filled(body.parameters, "deployment", await variables_in(tx, body.parameters))
    else:
        parameters = orjson.loads(around["was_parameters"])
    enforced = body.enforce_parameter_schema
    if around["was_enforce_parameter_schema"] if enforced is None else enforced:
        stored = around["was_parameter_openapi_schema"]
        schema = body.parameter_openapi_schema or (None if stored is None else orjson.loads(stored))
        require_parameters(parameters, schema, "updating deployment", partial=True)
    return parameters


async def _apply_arrangement(tx: Tx, deployment_id: UUID, arrangement: Rearrangement, now: datetime) -> None:
    """Change single schedules of a deployment that is held, and add others."""
    if arrangement.renamed:
        await schedule_store.free_slugs(tx, arrangement.renamed)
    for schedule_id, values in arrangement.changed:
        await schedule_store.change(tx, deployment_id, schedule_id, values, now)
    if arrangement.added:
        await schedule_store.insert_many(tx, deployment_id, arrangement.added, now)


# ------------------------------------------------------------------------------------------- what is written and told


def _columns(body: DeploymentCreate | DeploymentUpdate) -> dict[str, Any]:
    """The columns that the body gives itself; JSON as text."""
    given = body.model_dump(mode="json", exclude_unset=True, exclude=_ELSEWHERE | {"name", "flow_id", "labels"})
    if body.concurrency_options is not None:
        given["concurrency_options"] = body.concurrency_options.model_dump(mode="json")
    for identity in ("infrastructure_document_id", "storage_document_id"):
        if identity in given:
            given[identity] = getattr(body, identity)
    return {
        name: dump_json(value) if name in _JSON and value is not None else value
        for name, value in given.items()
        if value is not None or name not in _NEVER_NULL
    }


def _shown(around: Row, queue: Row | None, values: Row, deployment_id: UUID, name: str) -> dict[str, Any]:
    """The deployment after the change, as events tell of it."""
    now_at = queue or {**around, "work_queue_id": around["was_work_queue_id"]}
    kept = ("storage_document_id", "infrastructure_document_id")
    return {
        **{part: now_at[part] for part in ("work_queue_id", "queue_name", "pool_id", "pool_name", "pool_type")},
        **{part: values.get(part, around[part]) for part in kept},
        "concurrency_limit_id": values.get("concurrency_limit_id", around["was_concurrency_limit_id"]),
        "id": deployment_id,
        "name": name,
        "flow_id": around["flow_id"],
        "flow_name": around["flow_name"],
    }


def _updated(around: Row, shown: Row, values: Row, now: datetime) -> Any:
    """The announcement of what changed; None where nothing did."""
    updates: dict[str, Any] = {}
    for name in COMPARED:
        if name not in values:
            continue
        before, after = around[f"was_{name}"], values[name]
        if name in _JSON:
            before, after = _parsed(before), _parsed(after)
        if before != after:
            shown_name = "infra_overrides" if name == "job_variables" else name
            updates[shown_name] = {"from": _plain(before), "to": _plain(after)}
    return lifecycle.changed("updated", shown, now, updates) if updates else None


def _parsed(text: str | None) -> Any:
    return None if text is None else orjson.loads(text)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value
