"""Flows run by hand: tasks, parameters, tags, logs; retries and failures; subflows; a hundred mapped tasks."""

from __future__ import annotations

from typing import Any

from compat.scenarios.site import PEER_TWICE, Site, unique, until

ORDERS = """
    import json
    from prefect import flow, get_run_logger, tags, task

    @task(tags=["kitchen"], task_run_name="fry-{dish}")
    def fry(dish: str) -> int:
        get_run_logger().warning("frying %s", dish)
        return len(dish)

    @task
    def bill(sizes: list[int]) -> int:
        return sum(sizes)

    @flow(name="{name}", flow_run_name="table-{{table}}", version="menu-3", log_prints=True, description="serves a table")
    def orders(table: int, dishes: list[str], note: str = "none") -> int:
        print(f"note: {note}")
        get_run_logger().error("hurry")
        with tags("hot"):
            sizes = fry.map(dishes)
        return bill(sizes)

    with tags("evening"):
        state = orders(7, ["eggs", "rice", "beans"], return_state=True)
    print(json.dumps({"id": str(state.state_details.flow_run_id), "result": state.result()}))
"""


def test_a_flow_with_tasks(site: Site) -> None:
    """Everything about the run is there when the flow has returned, and its log lines soon after."""
    name = unique("orders")
    told = site.program(ORDERS.replace("{name}", name).replace("{{table}}", "{table}"))
    assert told["result"] == 13
    run = site.flow_run(told["id"])
    flow = site.read(f"/flows/name/{name}")
    assert run["flow_id"] == flow["id"]
    assert (run["name"], run["flow_version"], run["tags"]) == ("table-7", "menu-3", ["evening"])
    assert run["parameters"] == {"table": 7, "dishes": ["eggs", "rice", "beans"], "note": "none"}
    assert (run["state_type"], run["run_count"]) == ("COMPLETED", 1)
    assert run["total_run_time"] > 0
    assert run["start_time"] < run["end_time"]
    assert [kind for kind, _ in site.states(told["id"])] == ["PENDING", "RUNNING", "COMPLETED"]

    tasks = until(lambda: len(t := site.task_runs(told["id"])) == 4 and t, "four task runs")
    assert {t["state_type"] for t in tasks} == {"COMPLETED"}
    fried = [t for t in tasks if t["name"].startswith("fry-")]
    assert {t["name"] for t in fried} == {"fry-eggs", "fry-rice", "fry-beans"}
    assert all({"kitchen", "hot", "evening"} <= set(t["tags"]) for t in fried)
    (total,) = [t for t in tasks if t not in fried]
    assert {i["id"] for i in total["task_inputs"]["sizes"]} == {t["id"] for t in fried}

    lines = until(lambda: len(x := site.logs(told["id"])) >= 7 and x, "log lines")
    assert {"note: none", "hurry"} <= {x["message"] for x in lines}
    frying = [x for x in lines if x["message"].startswith("frying")]
    assert {x["task_run_id"] for x in frying} == {t["id"] for t in fried}
    assert {x["level"] for x in frying} == {30}
    csv = site.ask("GET", f"/flow_runs/{told['id']}/logs/download")
    assert "note: none" in csv.text


TROUBLE = """
    import asyncio, json
    from prefect import flow, task
    from prefect.states import Completed, Failed

    seen = {"task": 0, "flow": 0}

    @task(retries=2, retry_delay_seconds=0.2)
    def unsteady():
        seen["task"] += 1
        if seen["task"] < 3:
            raise ValueError(f"attempt {seen['task']}")
        return "steady"

    @flow
    def retried_task():
        return unsteady()

    @flow(retries=1, retry_delay_seconds=0.2)
    def retried_flow():
        seen["flow"] += 1
        if seen["flow"] == 1:
            raise RuntimeError("not at first")
        return "then"

    @task
    def breaks():
        raise ZeroDivisionError("by nothing")

    @flow
    def failing():
        breaks()

    @flow
    def skipped():
        return Completed(name="Skipped", message="nothing to do")

    @flow
    def refused():
        return Failed(message="on purpose")

    @flow(timeout_seconds=0.5)
    async def slow():
        await asyncio.sleep(30)

    told = {}
    for one in (retried_task, retried_flow, failing, skipped, refused):
        told[one.__name__] = str(one(return_state=True).state_details.flow_run_id)
    told["slow"] = str(asyncio.run(slow(return_state=True)).state_details.flow_run_id)
    print(json.dumps(told))
"""


def test_retries_and_failures(site: Site) -> None:
    """Retries, failures, states of one's own and timeouts leave their history."""
    told = site.program(TROUBLE)
    run = site.flow_run(told["retried_task"])
    assert run["state_type"] == "COMPLETED"

    def finished() -> dict[str, Any] | None:
        tasks = site.task_runs(told["retried_task"])
        return tasks[0] if tasks and tasks[0]["state_type"] == "COMPLETED" else None

    task = until(finished, "the retried task completed")
    assert (task["run_count"], task["empirical_policy"]["retries"]) == (3, 2)
    names = [name for _, name in site.states(task["id"], "task")]
    assert names[0] == "Pending"
    assert names[-1] == "Completed"
    assert names.count("Retrying") == 2

    run = site.flow_run(told["retried_flow"])
    assert (run["state_type"], run["run_count"]) == ("COMPLETED", 2)
    states = site.states(told["retried_flow"])
    assert ("SCHEDULED", "AwaitingRetry") in states
    assert [kind for kind, _ in states].count("RUNNING") == 2

    run = site.flow_run(told["failing"])
    assert run["state_type"] == "FAILED"
    assert "ZeroDivisionError" in run["state"]["message"]
    broken = until(lambda: [t for t in site.task_runs(run["id"]) if t["state_type"] == "FAILED"], "the failed task run")
    assert "by nothing" in broken[0]["state"]["message"]
    until(lambda: any("Traceback" in x["message"] for x in site.logs(run["id"])), "the traceback among the log lines")

    run = site.flow_run(told["skipped"])
    assert (run["state_type"], run["state_name"], run["state"]["message"]) == ("COMPLETED", "Skipped", "nothing to do")
    run = site.flow_run(told["refused"])
    assert (run["state_type"], run["state"]["message"]) == ("FAILED", "on purpose")
    run = site.flow_run(told["slow"])
    assert (run["state_type"], run["state_name"]) == ("FAILED", "TimedOut")


NESTED = """
    import json
    from prefect import flow, task

    @task
    def seed():
        return 1

    @task
    def grow(x):
        return x + 1

    @task
    def weigh(a, b):
        return a + b

    @flow(name="{name}-leaf")
    def leaf(x):
        return grow(x)

    @flow(name="{name}-branch")
    def branch(x):
        return leaf(grow(x))

    @flow(name="{name}")
    def tree():
        first = seed.submit()
        grown = grow.submit(first)
        below = branch(first.result())
        return weigh(grown, below)

    state = tree(return_state=True)
    print(json.dumps({"id": str(state.state_details.flow_run_id), "result": state.result()}))
"""


def test_subflows_and_the_graph(site: Site) -> None:
    """Subflows hang below the task run that stands for them, and the graph shows who waited for whom."""
    name = unique("tree")
    told = site.program(NESTED.replace("{name}", name))
    assert told["result"] == 5
    top = told["id"]
    (middle,) = site.flow_runs(flow_runs={"parent_flow_run_id": {"any_": [top]}})
    (bottom,) = site.flow_runs(flow_runs={"parent_flow_run_id": {"any_": [middle["id"]]}})
    assert middle["parameters"] == {"x": 1}
    assert bottom["parameters"] == {"x": 2}
    assert site.flow_run(top)["parent_task_run_id"] is None
    family = {"name": {"like_": name}}
    roots = site.flow_runs(flows=family, flow_runs={"parent_task_run_id": {"is_null_": True}})
    assert [r["id"] for r in roots] == [top]
    holder = site.read(f"/task_runs/{middle['parent_task_run_id']}")
    assert holder["flow_run_id"] == top
    assert holder["state_type"] == "COMPLETED"

    def whole() -> dict[str, Any] | None:
        graph = site.read(f"/flow_runs/{top}/graph-v2")
        done = len(graph["nodes"]) == 4 and all(node["end_time"] for _, node in graph["nodes"])
        return graph if done else None

    graph = until(whole, "a graph of four finished nodes")
    nodes = dict(graph["nodes"])
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for node in nodes.values():
        by_kind.setdefault(node["kind"], []).append(node)
    (sub,) = by_kind["flow-run"]
    assert sub["id"] == middle["id"]
    first = next(n for n in by_kind["task-run"] if n["label"].startswith("seed"))
    last = next(n for n in by_kind["task-run"] if n["label"].startswith("weigh"))
    assert graph["root_node_ids"][0] == first["id"]
    assert {p["id"] for p in last["parents"]} >= {n["id"] for n in by_kind["task-run"] if n["label"].startswith("grow")}
    assert {n["state_type"] for n in nodes.values()} == {"COMPLETED"}
    v1 = site.read(f"/flow_runs/{top}/graph")
    assert len(v1) == 4


MAPPED = """
    import asyncio, json
    from prefect import flow, task, unmapped

    @task(task_run_name="square-{x}")
    async def square(x: int, plus: int) -> int:
        return x * x + plus

    @flow
    async def squares(n: int) -> int:
        return sum(f.result() for f in square.map(range(n), plus=unmapped(1)))

    state = asyncio.run(squares(100, return_state=True))
    print(json.dumps({"id": str(state.state_details.flow_run_id)}))
"""


def test_a_hundred_mapped_tasks(site: Site) -> None:
    """All are recorded as completed once the program has ended, without any waiting."""
    told = site.program(MAPPED)
    if PEER_TWICE:  # the peer's recorder lags behind
        until(lambda: {t["state_type"] for t in site.task_runs(told["id"])} == {"COMPLETED"}, "the peer's recorder")
    tasks = site.task_runs(told["id"])
    assert {t["name"] for t in tasks} == {f"square-{i}" for i in range(100)}
    assert {t["state_type"] for t in tasks} == {"COMPLETED"}
    assert len({t["dynamic_key"] for t in tasks}) == 100
    mine = {"flow_runs": {"id": {"any_": [told["id"]]}}}
    assert site.read("/task_runs/count", {**mine, "task_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}}) == 100
    page = site.read("/task_runs/paginate", {**mine, "sort": "NAME_ASC", "limit": 30, "page": 4})
    assert (page["count"], page["pages"], len(page["results"])) == (100, 4, 10)
    assert len(site.read(f"/flow_runs/{told['id']}/graph-v2")["nodes"]) == 100
