"""What filters mean, said again in plain Python over rows and request bodies: knows nothing of the filter language."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from tests.filters.world import Row, World

Spec = dict[str, Any]


def like(text: str | None, pattern: str) -> bool:
    """PostgreSQL's ILIKE."""
    if text is None:
        return False
    parts: list[str] = []
    position = 0
    while position < len(pattern):
        character = pattern[position]
        if character == "\\":
            position += 1
            parts.append(re.escape(pattern[position]))
        else:
            parts.append({"%": ".*", "_": "."}.get(character, re.escape(character)))
        position += 1
    return re.fullmatch("".join(parts), text, re.IGNORECASE | re.DOTALL) is not None


def join(spec: Spec, answers: Iterable[bool]) -> bool:
    known = list(answers)
    return any(known) if known and spec.get("operator") == "or_" else all(known)


def shown(value: Any) -> Any:
    """A value as bodies write it."""
    return str(value) if isinstance(value, UUID) else value


def of_value(spec: Spec, actual: Any, null_of: Any = ...) -> bool:
    """A criterion on one scalar."""
    value = shown(actual)
    answers: list[bool] = []
    if spec.get("any_") is not None:
        answers.append(value is not None and value in spec["any_"])
    if spec.get("not_any_"):
        answers.append(value is not None and value not in spec["not_any_"])
    if spec.get("like_"):
        answers.append(like(value, f"%{spec['like_']}%"))
    if spec.get("startswith_"):
        answers.append(any(like(value, f"{prefix}%") for prefix in spec["startswith_"]))
    if spec.get("before_") is not None:
        answers.append(actual is not None and actual <= datetime.fromisoformat(spec["before_"]))
    if spec.get("after_") is not None:
        answers.append(actual is not None and actual >= datetime.fromisoformat(spec["after_"]))
    if spec.get("eq_") is not None:
        answers.append(actual is spec["eq_"])
    if spec.get("is_null_") is not None:
        looked_at = actual if null_of is ... else null_of
        answers.append((looked_at is None) == spec["is_null_"])
    return join(spec, answers)


def of_tags(spec: Spec, tags: list[str]) -> bool:
    answers: list[bool] = []
    if spec.get("all_"):
        answers.append(all(tag in tags for tag in spec["all_"]))
    if spec.get("any_") is not None:
        answers.append(any(tag in tags for tag in spec["any_"]))
    if spec.get("is_null_") is not None:
        answers.append((not tags) == spec["is_null_"])
    return join(spec, answers)


class Model:
    """Which rows of a world a body asks for."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.entities: dict[str, Callable[[Spec, Row], list[bool]]] = {
            "flows": self.flow,
            "flow_runs": self.flow_run,
            "task_runs": self.task_run,
            "deployments": self.deployment,
            "work_pools": lambda spec, row: self.plain(spec, row, "id", "name", "type"),
            "work_queues": self.work_queue,
        }

    def rows(self, name: str) -> list[Row]:
        return self.world.rows[name]

    def wanted(self, target: str, body: Spec) -> list[Row]:
        """The target's rows that a request body asks for, in no order."""
        given = {key: value for key, value in body.items() if value is not None}
        if "work_pool_queues" in given:
            given["work_queues"] = given.pop("work_pool_queues")
        return [row for row in self.rows(target) if self.holds(target, given, row) and self.tied(target, given, row)]

    def holds(self, name: str, given: Spec, row: Row) -> bool:
        spec = given.get(name)
        return spec is None or join(spec, self.entities[name](spec, row))

    def some(self, name: str, given: Spec, tied: Callable[[Row], bool], *beyond: Callable[[Row], bool]) -> bool:
        """Whether a row of `name` is tied, satisfies its filter, and what is asked beyond it."""
        return any(
            tied(row) and self.holds(name, given, row) and all(further(row) for further in beyond)
            for row in self.rows(name)
        )

    def queue_of(self, given: Spec, owner: Row) -> bool:
        if "work_queues" not in given and "work_pools" not in given:
            return True

        def pool_of(queue: Row) -> bool:
            return "work_pools" not in given or self.some(
                "work_pools", given, lambda pool: pool["id"] == queue["work_pool_id"]
            )

        return self.some("work_queues", given, lambda queue: queue["id"] == owner["work_queue_id"], pool_of)

    def around_flow_run(self, given: Spec, run: Row) -> bool:
        if "flows" in given and not self.some("flows", given, lambda row: row["id"] == run["flow_id"]):
            return False
        if "deployments" in given and not self.some(
            "deployments", given, lambda row: row["id"] == run["deployment_id"]
        ):
            return False
        return self.queue_of(given, run)

    def task_of(self, given: Spec, run: Row) -> bool:
        return "task_runs" not in given or self.some("task_runs", given, lambda row: row["flow_run_id"] == run["id"])

    def tied(self, target: str, given: Spec, row: Row) -> bool:
        if target == "flow_runs":
            return self.around_flow_run(given, row) and self.task_of(given, row)
        if target == "task_runs":
            return self.run_of_task(given, row)
        if target == "flows":
            by_deployment = {"deployments", "work_queues", "work_pools"} & given.keys()
            if by_deployment and not self.some(
                "deployments", given, lambda d: d["flow_id"] == row["id"], lambda d: self.queue_of(given, d)
            ):
                return False
            return self.runs_of(given, lambda run: run["flow_id"] == row["id"])
        if target == "deployments":
            if "flows" in given and not self.some("flows", given, lambda f: f["id"] == row["flow_id"]):
                return False
            return self.queue_of(given, row) and self.runs_of(given, lambda run: run["deployment_id"] == row["id"])
        return True

    def runs_of(self, given: Spec, tied: Callable[[Row], bool]) -> bool:
        if not {"flow_runs", "task_runs"} & given.keys():
            return True
        return self.some("flow_runs", given, tied, lambda run: self.task_of(given, run))

    def run_of_task(self, given: Spec, task: Row) -> bool:
        asked = given.keys() - {"task_runs"}
        if not asked:
            return True
        if asked == {"flow_runs"}:
            said = {key: value for key, value in given["flow_runs"].items() if value is not None and key != "operator"}
            if said.keys() == {"id"} and said["id"].get("any_") and not said["id"].get("not_any_"):
                return str(task["flow_run_id"]) in said["id"]["any_"]
        return self.some(
            "flow_runs",
            given,
            lambda run: run["id"] == task["flow_run_id"],
            lambda run: self.around_flow_run(given, run),
        )

    def plain(self, spec: Spec, row: Row, *columns: str) -> list[bool]:
        return [of_value(spec[column], row[column]) for column in columns if spec.get(column) is not None]

    def tags(self, spec: Spec, row: Row) -> list[bool]:
        return [] if spec.get("tags") is None else [of_tags(spec["tags"], row["tags"])]

    def state(self, spec: Spec, row: Row) -> list[bool]:
        state = spec.get("state")
        if state is None:
            return []
        answers: list[bool] = []
        for part, column in (("type", "state_type"), ("name", "state_name")):
            inner = state.get(part)
            if inner is not None and (inner.get("any_") is not None or inner.get("not_any_")):
                answers.append(of_value(inner, row[column]))
        return [join(state, answers)]

    def flow(self, spec: Spec, row: Row) -> list[bool]:
        answers = self.plain(spec, row, "id", "name") + self.tags(spec, row)
        if spec.get("deployment") is not None:
            absent = spec["deployment"].get("is_null_")
            deployed = any(d["flow_id"] == row["id"] for d in self.rows("deployments"))
            answers.append(absent is None or deployed is not absent)
        return answers

    def deployment(self, spec: Spec, row: Row) -> list[bool]:
        answers = self.plain(spec, row, "id", "name", "paused", "work_queue_name") + self.tags(spec, row)
        if spec.get("flow_or_deployment_name") is not None:
            text = spec["flow_or_deployment_name"].get("like_")
            names = [row["name"], *(f["name"] for f in self.rows("flows") if f["id"] == row["flow_id"])]
            answers.append(not text or any(like(name, f"%{text}%") for name in names))
        return answers

    def work_queue(self, spec: Spec, row: Row) -> list[bool]:
        name = spec.get("name")
        silent = name is not None and name.get("startswith_") == [] and name.get("any_") is None
        return self.plain({**spec, "name": None} if silent else spec, row, "id", "name")

    def flow_run(self, spec: Spec, row: Row) -> list[bool]:
        columns = ("id", "name", "deployment_id", "work_queue_name", "flow_version", "end_time", "expected_start_time")
        more = ("next_scheduled_start_time", "parent_task_run_id", "idempotency_key")
        answers = self.plain(spec, row, *columns, *more) + self.tags(spec, row) + self.state(spec, row)
        if spec.get("start_time") is not None:
            answers.append(of_value(spec["start_time"], row["effective_start"], row["start_time"]))
        if spec.get("parent_flow_run_id") is not None:
            parents = [t["flow_run_id"] for t in self.rows("task_runs") if t["id"] == row["parent_task_run_id"]]
            answers.append(of_value(spec["parent_flow_run_id"], parents[0] if parents else None))
        if spec.get("created_by") is not None:
            answers.append(self.creator(spec["created_by"], row["created_by"]))
        return answers

    def creator(self, spec: Spec, actual: Any) -> bool:
        answers = [
            actual is not None and actual[name] is not None and actual[name] in spec[f"{name}_"]
            for name in ("id", "type")
            if spec.get(f"{name}_") is not None
        ]
        if spec.get("is_null_") is not None:
            answers.append((actual is None) == spec["is_null_"])
        return join(spec, answers)

    def task_run(self, spec: Spec, row: Row) -> list[bool]:
        answers = self.plain(spec, row, "id", "name", "start_time", "end_time", "expected_start_time")
        answers += self.tags(spec, row) + self.state(spec, row)
        if spec.get("subflow_runs") is not None:
            wanted = spec["subflow_runs"].get("exists_")
            stands = any(run["parent_task_run_id"] == row["id"] for run in self.rows("flow_runs"))
            answers.append(wanted is None or stands is wanted)
        if spec.get("flow_run_id") is not None:
            answers.append(self.flow_run_id(spec["flow_run_id"], row["flow_run_id"]))
        return answers

    def flow_run_id(self, spec: Spec, actual: Any) -> bool:
        absent = spec.get("is_null_", False)
        if absent is True:
            return actual is None
        if spec.get("any_") is not None:
            return actual is not None and str(actual) in spec["any_"]
        return actual is not None if absent is False else True


def ordered(rows: list[Row], sort: str, columns: dict[str, str]) -> list[Row]:
    """The rows in the order of a sort such as NAME_DESC: nulls last when ascending, ties by id alike."""
    name, _, direction = sort.rpartition("_")
    column = columns.get(name, name.lower())

    def key(row: Row) -> tuple[bool, Any, int]:
        value = row[column]
        return (value is None, 0 if value is None else value, row["id"].int)

    return sorted(rows, key=key, reverse=direction == "DESC")
