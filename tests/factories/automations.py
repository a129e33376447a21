"""Any trigger and any action, as a client could send them with nothing left out."""

from typing import Any
from uuid import UUID

from hypothesis import strategies as st

Json = dict[str, Any]

_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0{"), max_size=8)
_NAMES = st.lists(_TEXT, unique=True, max_size=3).map(sorted)
_LABELS = st.dictionaries(_TEXT, _TEXT | st.lists(_TEXT, max_size=2), max_size=2)
_SECONDS = st.integers(0, 10**9).map(lambda milliseconds: milliseconds / 1000)
_SCALARS: st.SearchStrategy[Any] = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _TEXT
_JSON = _SCALARS | st.lists(_SCALARS, max_size=2) | st.dictionaries(_TEXT, _SCALARS, max_size=2)
_IDS = st.uuids(allow_nil=True).map(str)


def _object(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries(dict(fields))


_EVENT = _object(
    type=st.just("event"),
    match=_LABELS,
    match_related=_LABELS | st.lists(_LABELS, max_size=2),
    after=_NAMES,
    expect=_NAMES,
    for_each=_NAMES,
    posture=st.just("Reactive"),
    threshold=st.integers(-(2**63) + 1, 2**63 - 1),
    within=_SECONDS,
)


def _absence(trigger: Json) -> Json:
    return {**trigger, "posture": "Proactive", "within": round(trigger["within"] + 10, 3)}


def _composite(triggers: list[Json]) -> st.SearchStrategy[Json]:
    given: dict[str, st.SearchStrategy[Any]] = {"triggers": st.just(triggers), "within": st.none() | _SECONDS}
    require = st.sampled_from(["any", "all", *range(1, len(triggers) + 1)])
    compound = _object(type=st.just("compound"), require=require, **given)
    return compound | _object(type=st.just("sequence"), **given)


def _composites(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    return st.lists(inner, max_size=3).flatmap(_composite)


triggers: st.SearchStrategy[Json] = st.recursive(_EVENT | _EVENT.map(_absence), _composites, max_leaves=6)
"""Any trigger, without ids."""


def _on(kind: str, field: str, **more: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    selected = _object(type=st.just(kind), source=st.just("selected"), **{field: _IDS}, **more)
    return selected | _object(type=st.just(kind), source=st.just("inferred"), **{field: st.none()}, **more)


_PLAIN = st.sampled_from(["do-nothing", "cancel-flow-run", "delete-flow-run", "suspend-flow-run", "resume-flow-run"])
_THINGS = {
    "deployment": "deployment_id",
    "work-queue": "work_queue_id",
    "work-pool": "work_pool_id",
    "automation": "automation_id",
}
_SWITCHES = [_on(f"{verb}-{thing}", field) for verb in ("pause", "resume") for thing, field in _THINGS.items()]
_RUN = _on(
    "run-deployment",
    "deployment_id",
    parameters=st.none() | st.dictionaries(_TEXT, _JSON, max_size=2),
    job_variables=st.none(),
    schedule_after=_SECONDS,
)
_STATE = _object(
    type=st.just("change-flow-run-state"),
    name=st.none() | _TEXT,
    state=st.sampled_from(["SCHEDULED", "RUNNING", "FAILED", "CANCELLING"]),
    message=st.none() | _TEXT,
    force=st.booleans(),
)
_NOTIFICATION = _object(type=st.just("send-notification"), block_document_id=_IDS, subject=_TEXT, body=_TEXT)
_WEBHOOK = _object(type=st.just("call-webhook"), block_document_id=_IDS, payload=_TEXT)

actions: st.SearchStrategy[Json] = st.one_of(_object(type=_PLAIN), _RUN, *_SWITCHES, _STATE, _NOTIFICATION, _WEBHOOK)
"""Any action."""


def without_ids(trigger: Json) -> Json:
    """A trigger that was answered, without the ids that the server gave; each must be one."""
    UUID(trigger["id"])
    kept = {name: value for name, value in trigger.items() if name != "id"}
    if "triggers" in kept:
        kept["triggers"] = [without_ids(inner) for inner in kept["triggers"]]
    return kept
