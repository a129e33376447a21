"""Any trigger and any action, as a client could send them with nothing left out."""

from typing import Any
from uuid import UUID

from hypothesis import strategies as st

Json = dict[str, Any]

_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0{"), max_size=8)
_NAMES = st.lists(_TEXT, unique=True, max_size=3).map(sorted)
_LABELS = st.dictionaries(_TEXT, _TEXT | st.lists(_TEXT, max_size=2), max_size=2)
_SECONDS = st.integers(0, 10**9).map(lambda milliseconds: milliseconds / 1000)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_TEXT, inner, max_size=2),
    max_leaves=4,
)
_IDS = st.uuids(allow_nil=True).map(str)

_EVENT = st.fixed_dictionaries(
    {
        "type": st.just("event"),
        "match": _LABELS,
        "match_related": _LABELS | st.lists(_LABELS, max_size=2),
        "after": _NAMES,
        "expect": _NAMES,
        "for_each": _NAMES,
        "posture": st.just("Reactive"),
        "threshold": st.integers(-(2**63) + 1, 2**63 - 1),
        "within": _SECONDS,
    }
)
_ABSENCE = _EVENT.map(lambda trigger: {**trigger, "posture": "Proactive", "within": trigger["within"] + 10})


def _compound(triggers: list[Json]) -> st.SearchStrategy[Json]:
    require = st.sampled_from(["any", "all", *range(1, len(triggers) + 1)])
    return st.fixed_dictionaries(
        {"type": st.just("compound"), "triggers": st.just(triggers), "require": require, "within": st.none() | _SECONDS}
    )


def _sequence(triggers: list[Json]) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries(
        {"type": st.just("sequence"), "triggers": st.just(triggers), "within": st.none() | _SECONDS}
    )


triggers = st.recursive(
    _EVENT | _ABSENCE,
    lambda inner: st.lists(inner, max_size=3).flatmap(lambda some: _compound(some) | _sequence(some)),
    max_leaves=6,
)
"""Any trigger, without ids."""


def _on(kind: str, field: str, **more: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    chosen = _IDS.map(lambda one: {"source": "selected", field: one})
    inferred = st.just({"source": "inferred", field: None})
    rest = st.fixed_dictionaries({"type": st.just(kind), **more})
    return st.builds(lambda one, other: {**one, **other}, rest, chosen | inferred)


_PLAIN = st.sampled_from(
    [
        {"type": kind}
        for kind in ("do-nothing", "cancel-flow-run", "delete-flow-run", "suspend-flow-run", "resume-flow-run")
    ]
)
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
    job_variables=st.none() | st.just({}),
    schedule_after=_SECONDS,
)
_STATE = st.fixed_dictionaries(
    {
        "type": st.just("change-flow-run-state"),
        "name": st.none() | _TEXT,
        "state": st.sampled_from(["SCHEDULED", "RUNNING", "FAILED", "CANCELLING"]),
        "message": st.none() | _TEXT,
        "force": st.booleans(),
    }
)
_NOTIFICATION = st.fixed_dictionaries(
    {"type": st.just("send-notification"), "block_document_id": _IDS, "subject": _TEXT, "body": _TEXT}
)
_WEBHOOK = st.fixed_dictionaries({"type": st.just("call-webhook"), "block_document_id": _IDS, "payload": _TEXT})

actions = st.one_of(_PLAIN, _RUN, *_SWITCHES, _STATE, _NOTIFICATION, _WEBHOOK)
"""Any action."""


def without_ids(trigger: Json) -> Json:
    """A trigger that was answered, without the ids that the server gave; each must be one."""
    UUID(trigger["id"])
    kept = {name: value for name, value in trigger.items() if name != "id"}
    if "triggers" in kept:
        kept["triggers"] = [without_ids(inner) for inner in kept["triggers"]]
    return kept
