"""Request bodies drawn from what a world holds, with every operator and every way of leaving something out."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.filters.world import START, STATE_NAMES, STATES, TAGS, WORDS, World

Bodies = SearchStrategy[dict[str, Any]]
Any_ = SearchStrategy[Any]

OPERATOR: dict[str, Any_] = {"operator": st.sampled_from(["and_", "or_"])}
BOOL = st.sampled_from([True, False, None])
MOMENT = st.integers(-1, 6).map(lambda hour: (START + timedelta(hours=hour)).isoformat())
LIKE = st.sampled_from(["", "etl", "LOAD", "d_r", "d%r", "%", "_", "\\", "k\\", "100"])


def some(values: list[Any], most: int = 4) -> Any_:
    return st.one_of(st.none(), st.lists(st.sampled_from(values), max_size=most))


def spec(**fields: Any_) -> Bodies:
    return st.fixed_dictionaries({}, optional=fields)


def group(**fields: Any_) -> Bodies:
    """A few of the criteria at a time, or none, or null."""
    few = st.lists(st.sampled_from(sorted(fields)), max_size=3, unique=True)
    chosen = few.flatmap(lambda names: st.fixed_dictionaries({name: st.none() | fields[name] for name in names}))
    return st.tuples(spec(**OPERATOR), chosen).map(lambda both: {**both[0], **both[1]})


class Drawing:
    """Strategies for the filters of one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        span: dict[str, Any_] = {"before_": st.none() | MOMENT, "after_": st.none() | MOMENT}
        tags: dict[str, Any_] = {**OPERATOR, "all_": some(list(TAGS), 2), "is_null_": BOOL}
        types, names = some(list(STATES)), some(list(STATE_NAMES))
        self.filters: dict[str, Bodies] = {
            "flows": group(
                id=spec(any_=self.ids("flows"), not_any_=self.ids("flows")),
                deployment=spec(**OPERATOR, is_null_=BOOL),
                name=spec(any_=self.values("flows", "name"), like_=LIKE),
                tags=spec(**tags),
            ),
            "flow_runs": self._flow_runs(span, tags),
            "task_runs": group(
                id=spec(any_=self.ids("task_runs", 12)),
                name=spec(any_=self.values("task_runs", "name"), like_=LIKE),
                tags=spec(**tags),
                state=group(type=spec(any_=types), name=spec(any_=names)),
                start_time=spec(**span, is_null_=BOOL),
                end_time=spec(**span, is_null_=BOOL),
                expected_start_time=spec(**span),
                subflow_runs=spec(exists_=BOOL),
                flow_run_id=spec(**OPERATOR, any_=self.ids("flow_runs", 12), is_null_=BOOL),
            ),
            "deployments": group(
                id=spec(any_=self.ids("deployments"), not_any_=self.ids("deployments")),
                name=spec(any_=self.values("deployments", "name"), like_=LIKE),
                flow_or_deployment_name=spec(like_=LIKE),
                paused=spec(eq_=BOOL),
                tags=spec(**tags, any_=some(list(TAGS), 2)),
                work_queue_name=spec(any_=self.values("work_queues", "name")),
                concurrency_limit=spec(ge_=st.just(1), is_null_=BOOL),
            ),
            "work_pools": group(
                id=spec(any_=self.ids("work_pools")),
                name=spec(any_=self.values("work_pools", "name")),
                type=spec(any_=some(["process", "docker", "none"])),
            ),
            "work_queues": group(
                id=spec(any_=self.ids("work_queues")),
                name=spec(any_=self.values("work_queues", "name"), startswith_=some([*WORDS, "L", "%r"])),
            ),
        }

    def _flow_runs(self, span: dict[str, Any_], tags: dict[str, Any_]) -> Bodies:
        types, names = some(list(STATES)), some(list(STATE_NAMES))
        return group(
            id=spec(any_=self.ids("flow_runs"), not_any_=self.ids("flow_runs")),
            name=spec(any_=self.values("flow_runs", "name"), like_=LIKE),
            tags=spec(**tags, any_=some(list(TAGS), 2)),
            deployment_id=spec(**OPERATOR, any_=self.ids("deployments"), is_null_=BOOL),
            work_queue_name=spec(**OPERATOR, any_=self.values("work_queues", "name"), is_null_=BOOL),
            state=group(type=spec(any_=types, not_any_=types), name=spec(any_=names, not_any_=names)),
            flow_version=spec(any_=some(["1", "2", "3"])),
            start_time=spec(**span, is_null_=BOOL),
            end_time=spec(**span, is_null_=BOOL),
            expected_start_time=spec(**span),
            next_scheduled_start_time=spec(**span),
            parent_flow_run_id=spec(**OPERATOR, any_=self.ids("flow_runs", 12)),
            parent_task_run_id=spec(**OPERATOR, any_=self.ids("task_runs", 12), is_null_=BOOL),
            idempotency_key=spec(
                any_=self.values("flow_runs", "idempotency_key"),
                not_any_=self.values("flow_runs", "idempotency_key"),
            ),
            created_by=spec(
                **OPERATOR, id_=self.ids("deployments"), type_=some(["DEPLOYMENT", "AUTOMATION"]), is_null_=BOOL
            ),
        )

    def ids(self, name: str, most: int = 6) -> Any_:
        return some([str(known) for known in self.world.ids(name)], most)

    def values(self, name: str, column: str) -> Any_:
        return some([row[column] for row in self.world.rows[name] if row[column] is not None])

    def body(self, *names: str) -> Bodies:
        """A body with up to three filters among these, each of which may be null or empty."""
        few = st.lists(st.sampled_from(names), max_size=3, unique=True)

        def of(chosen: list[str]) -> Bodies:
            filters = {name: self.filters["work_queues" if name == "work_pool_queues" else name] for name in chosen}
            return st.fixed_dictionaries({name: st.none() | drawn for name, drawn in filters.items()})

        return few.flatmap(of)
