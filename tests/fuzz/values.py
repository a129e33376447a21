"""Real values: ids, names and keys, gathered from answers and put where later requests ask for their like."""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

from tests.fuzz.wire import ABSENT, Answer, Request, Wire

# Things that are not called as the path or the field that holds them.
NOUNS = {
    "queues": "work_queue",
    "work_pool_queues": "work_queue",
    "workers": "worker",
    "schedules": "schedule",
    "leases": "lease",
    "input": "input",
    "saved_searches": "saved_search",
}
PLACES = {"ui", "v2", "admin", "templates"}
OWN = ("id", "name", "key", "slug", "checksum", "tag")
# Names of fields whose values are of another kind than their names say.
ALIASES = {
    "parent_task_run.id": "task_run.id",
    "parent_flow_run.id": "flow_run.id",
    "child_flow_run.id": "flow_run.id",
    "default_queue.id": "work_queue.id",
    "latest.id": "artifact.id",
    "storage_document.id": "block_document.id",
    "infrastructure_document.id": "block_document.id",
    "default_result_storage_block.id": "block_document.id",
    "global_concurrency_limit.id": "concurrency_limit.id",
    "deployment_concurrency_lease.id": "lease.id",
    "id_or.name": "concurrency_limit.name",
    "flow_or_deployment.name": "flow.name",
    "state.id": "flow_run_state.id",
}
ENOUGH = 12
STALE = 0.1
MADE_UP = 0.15


def noun(segment: str) -> str:
    """What one of these is called: `flow_runs` holds a `flow_run`."""
    return NOUNS.get(segment, segment.removesuffix("s"))


def kind_of(name: str, around: str) -> str | None:
    """The kind of value that a field or argument of this name holds, within a thing called `around`."""
    if name in OWN:
        return f"{around}.{name}" if around else None
    for ending in ("id", "name", "key"):
        for suffix in (f"_{ending}", f"_{ending}s"):
            if name.endswith(suffix):
                kind = f"{name.removesuffix(suffix)}.{ending}"
                return ALIASES.get(kind, kind)
    return f"{around}.name" if name == "names" and around else None


def around(path: str, argument: str | None = None) -> str:
    """The noun of the thing that a path, or the argument in it, is about."""
    if argument is not None:
        path = path[: path.index("{" + argument + "}")]
    segments = [part for part in path.split("/") if part and part not in PLACES]
    return next((NOUNS[part] for part in reversed(segments) if part in NOUNS), noun(segments[0]))


class Pool:
    """Values by kind, the newest last; what a server no longer knows is remembered apart."""

    def __init__(self) -> None:
        """Begins empty."""
        self._alive: defaultdict[str, list[str]] = defaultdict(list)
        self._gone: defaultdict[str, list[str]] = defaultdict(list)

    def missing(self, path: str) -> bool:
        """Whether an argument of this path has no value yet."""
        return any(not self._alive[kind] for kind in kinds(path).values())

    def fill(self, request: Request, chance: random.Random, *, body: bool = True) -> Request:
        """The request with real values in most places that take some."""
        arguments = {
            name: self._pick(kind_, chance) or request.arguments.get(name, "x")
            for name, kind_ in kinds(request.path).items()
        }
        others = {name: value for name, value in request.arguments.items() if name not in arguments}
        query = {
            name: self._value(value, kind_of(name, around(request.path)), chance)
            for name, value in request.query.items()
        }
        filled = request.body
        if body and filled is not ABSENT:
            filled = self._filled(filled, around(request.path), None, chance)
        return replace(request, arguments={**others, **arguments}, query=query, body=filled)

    def learn(self, request: Request, answer: Answer) -> None:
        """Gathers what a success tells, and forgets what is no longer there."""
        if answer.status == 404 or (answer.is_success and request.method == "DELETE"):
            for name, kind in kinds(request.path).items():
                self._forget(kind, request.arguments.get(name, ""))
        elif answer.is_success and answer.content:
            self._gather(answer.json(), around(request.path))

    def _gather(self, value: Any, thing: str) -> None:
        if isinstance(value, list):
            for one in cast("list[Any]", value)[:ENOUGH]:
                self._gather(one, thing)
        elif isinstance(value, dict):
            for name, one in cast("dict[str, Any]", value).items():
                kind = kind_of(name, thing)
                if isinstance(one, str) and kind and one:
                    self._keep(kind, one)
                elif isinstance(one, dict | list):
                    self._gather(one, _within(name, thing))

    def _keep(self, kind: str, value: str) -> None:
        known = self._alive[kind]
        if value in known:
            known.remove(value)
        known.append(value)
        del known[:-ENOUGH]

    def _forget(self, kind: str, value: str) -> None:
        if value in self._alive[kind]:
            self._alive[kind].remove(value)
            self._gone[kind] = [*self._gone[kind][-ENOUGH:], value]

    def _pick(self, kind: str, chance: random.Random) -> str | None:
        known = self._gone[kind] if self._gone[kind] and chance.random() < STALE else self._alive[kind]
        return chance.choice(known) if known and chance.random() > MADE_UP / 3 else None

    def _value(self, value: Any, kind: str | None, chance: random.Random) -> Any:
        if kind is None or chance.random() < MADE_UP:
            return value
        if isinstance(value, list):
            return [self._pick(kind, chance) or one for one in cast("list[Any]", value)]
        return (self._pick(kind, chance) or value) if isinstance(value, str) else value

    def _filled(self, value: Any, thing: str, kind: str | None, chance: random.Random) -> Any:
        if isinstance(value, dict):
            return {name: self._filled(one, *_place(name, thing, kind), chance) for name, one in _items(value)}
        if isinstance(value, list) and any(isinstance(one, dict | list) for one in cast("list[Any]", value)):
            return [self._filled(one, thing, kind, chance) for one in cast("list[Any]", value)]
        return self._value(value, kind, chance)


def kinds(path: str) -> Mapping[str, str]:
    """The kinds of a path's arguments, by their names."""
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    known = {name: kind_of(name, around(path, name)) for name in names}
    return {name: kind for name, kind in known.items() if kind}


def plant(wire: Wire, pool: Pool) -> None:
    """Makes one of everything, so that there is something to find."""
    for method, path, body in PLANTS:
        request = pool.fill(Request(method, path, body=body), _Newest())
        pool.learn(request, wire.send(request))


class _Newest(random.Random):
    """Chance that takes the newest value wherever there is one."""

    def random(self) -> float:
        return 1.0

    def choice(self, seq: Any) -> Any:
        return seq[-1]


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    return iter(cast("dict[str, Any]", value).items())


def _within(name: str, thing: str) -> str:
    if name == "state":
        return f"{thing}_state"
    return thing if name in {"results", "filter"} else noun(name)


def _place(name: str, thing: str, kind: str | None) -> tuple[str, str | None]:
    """Where a field of a body leads: the thing it is about, and the kind of its values."""
    if name.endswith("_") and kind is not None:
        return thing, kind  # an operator: `any_` holds what its field holds
    if name in {"state", "states"}:
        return f"{thing}_state", None
    own = kind_of(name, thing)
    if own is None and name.endswith("s"):
        return noun(name), None
    return thing, own


_CLASS = {"title": "Fuzz", "type": "object", "properties": {"a": {"type": "string"}}, "block_type_slug": "fuzz"}
PLANTS: tuple[tuple[str, str, Any], ...] = (
    ("POST", "/flows/", {"name": "fuzz"}),
    ("POST", "/work_pools/", {"name": "fuzz", "type": "process"}),
    ("POST", "/work_pools/filter", {}),
    ("POST", "/work_pools/{work_pool_name}/queues", {"name": "fuzz-queue"}),
    ("POST", "/work_pools/{work_pool_name}/queues/filter", {}),
    ("POST", "/work_pools/{work_pool_name}/workers/heartbeat", {"name": "fuzz-worker"}),
    ("POST", "/work_pools/{work_pool_name}/workers/filter", {}),
    ("POST", "/deployments/", {"name": "fuzz", "flow_id": "?", "work_pool_name": "?"}),
    ("POST", "/deployments/{id}/schedules", [{"schedule": {"interval": 3600}, "active": True}]),
    ("POST", "/deployments/{id}/create_flow_run", {}),
    ("POST", "/flow_runs/", {"flow_id": "?", "deployment_id": "?", "state": {"type": "PENDING"}}),
    ("POST", "/flow_runs/{id}/input", {"key": "fuzz", "value": "1"}),
    ("POST", "/flow_runs/{id}/input/filter", {"prefix": "fuzz"}),
    ("POST", "/task_runs/", {"flow_run_id": "?", "task_key": "t", "dynamic_key": "0", "state": {"type": "RUNNING"}}),
    ("POST", "/artifacts/", {"key": "fuzz", "data": 1, "flow_run_id": "?"}),
    ("POST", "/block_types/", {"name": "fuzz", "slug": "fuzz"}),
    ("GET", "/block_types/slug/fuzz", ABSENT),
    ("POST", "/block_schemas/", {"fields": _CLASS, "block_type_id": "?"}),
    ("POST", "/block_documents/", {"name": "fuzz", "data": {}, "block_schema_id": "?", "block_type_id": "?"}),
    ("POST", "/block_documents/filter", {}),
    ("POST", "/variables/", {"name": "fuzz", "value": 1}),
    ("GET", "/variables/name/fuzz", ABSENT),
    ("POST", "/concurrency_limits/", {"tag": "fuzz", "concurrency_limit": 2}),
    ("POST", "/v2/concurrency_limits/", {"name": "fuzz", "limit": 5}),
    ("GET", "/v2/concurrency_limits/fuzz", ABSENT),
    ("POST", "/v2/concurrency_limits/increment-with-lease", {"names": ["?"], "slots": 1}),
    ("PUT", "/saved_searches/", {"name": "fuzz", "filters": []}),
    (
        "POST",
        "/automations/",
        {
            "name": "fuzz",
            "trigger": {"type": "event", "posture": "Reactive", "expect": ["a"], "threshold": 1, "within": 0},
            "actions": [{"type": "do-nothing"}],
        },
    ),
    ("POST", "/automations/filter", {}),
)
