"""Tours of variables, artifacts and concurrency limits, under names that are listed first however many there are."""

from __future__ import annotations

from compat.scenarios.site import unique
from compat.tours.tour import Each, Tour

NOWHERE = "00000000-0000-4000-8000-000000000000"


def test_variables(tour: Tour) -> None:
    """`prefect variable`: values of every kind of JSON."""
    name = unique("00-v").replace("-", "_")
    values = ("text", "7", "1.5", "true", "null", '{"a": {"b": [1, null]}}', '["x", 2]', '"007"')
    for n, value in enumerate(values):
        tour.cli("variable", "set", f"{name}_{n}", value)
        tour.cli("variable", "get", f"{name}_{n}")
    tour.cli("variable", "set", f"{name}_0", "again", fails=True)
    tour.cli("variable", "set", f"{name}_0", "again", "--overwrite", "--tag", "one", "--tag", "two")
    tour.cli("variable", "inspect", f"{name}_0")
    tour.cli("variable", "inspect", f"{name}_5", "--output", "json")
    tour.cli("variable", "inspect", f"{name}_none", fails=True)
    tour.cli("variable", "get", f"{name}_none", fails=True)
    tour.cli("variable", "ls", "--limit", "200", only=name)
    tour.cli("variable", "set", "Not A Name!", "1", fails=True)
    tour.cli("variable", "set", name, "x" * 5001, fails=True)
    tour.cli("variable", "unset", f"{name}_0")
    tour.cli("variable", "delete", f"{name}_1")
    tour.cli("variable", "unset", f"{name}_0", fails=True)


ARTIFACTS = """
    import json
    from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

    told = {{"table": str(create_table_artifact([{{"a": 1, "b": "x"}}, {{"a": 2, "b": None}}], key="{key}-table"))}}
    for n in range(3):
        told[f"words {{n}}"] = str(create_markdown_artifact(f"# words {{n}}", key="{key}-words", description="said"))
    told["link"] = str(create_link_artifact("https://example.com/x", link_text="there"))
    print(json.dumps(told))
"""


def test_artifacts(tour: Tour) -> None:
    """`prefect artifact`: by key and by id, the latest and all of them."""
    key = unique("00-a")
    told = tour.program(ARTIFACTS.format(key=key))
    tour.cli("artifact", "ls", "--limit", "200", only=key)
    tour.cli("artifact", "inspect", f"{key}-words")
    tour.cli("artifact", "inspect", f"{key}-words", "--limit", "1", "-o", "json")
    tour.cli("artifact", "inspect", f"{key}-table", "--output", "json")
    tour.cli("artifact", "inspect", f"{key}-none", fails=True)
    tour.cli("artifact", "delete", "--id", Each(told.locum["words 2"], told.peer["words 2"]))
    tour.cli("artifact", "delete", "--id", Each(told.locum["words 2"], told.peer["words 2"]), fails=True)
    tour.cli("artifact", "ls", "--limit", "200", only=key)
    tour.cli("artifact", "delete", f"{key}-words")
    tour.cli("artifact", "delete", f"{key}-words", fails=True)
    tour.cli("artifact", "delete", "--id", NOWHERE, fails=True)
    tour.cli("artifact", "delete", fails=True)


def test_limits_of_tags(tour: Tour) -> None:
    """`prefect concurrency-limit`, with task runs in the slots."""
    tag = unique("scarce")
    limit = "concurrency-limit"
    tour.cli(limit, "create", tag, "3")
    # The peer cuts this list before it leaves out the limits that are not of tags.
    assert tag in tour.cli(limit, "ls", "--limit", "200", only=None).locum
    tour.cli(limit, "inspect", tag)
    tour.cli(limit, "create", tag, "5")
    holder = "00000000-0000-4000-8000-000000000001"
    tour.read("/concurrency_limits/increment", {"names": [tag], "task_run_id": holder})
    tour.cli(limit, "inspect", tag, "--output", "json")
    tour.cli(limit, "reset", tag)
    tour.cli(limit, "inspect", tag)
    tour.cli(limit, "delete", tag)
    for verb in ("inspect", "reset", "delete"):
        tour.cli(limit, verb, tag, fails=True)


def test_named_limits(tour: Tour) -> None:
    """`prefect global-concurrency-limit` and its short name."""
    name = unique("00-gate")
    gate = "global-concurrency-limit"
    tour.cli(gate, "create", name, "--limit", "3", "--active-slots", "1")
    tour.cli("gcl", "create", f"{name}-off", "--limit", "0", "--disable", "--slot-decay-per-second", "0.25")
    tour.cli(gate, "create", name, "--limit", "3", fails=True)
    tour.cli(gate, "create", unique("00-gate"), "--limit", "-1", fails=True)
    tour.cli(gate, "ls", only=name)
    tour.cli(gate, "inspect", name)
    tour.cli(gate, "inspect", f"{name}-off", "--output", "json")
    tour.cli(gate, "update", name, "--limit", "5", "--active-slots", "0", "--slot-decay-per-second", "0.5")
    tour.cli(gate, "update", name, "--limit", "-5", fails=True)
    tour.cli(gate, "update", name, "--active-slots", "-5", fails=True)
    tour.cli(gate, "update", name, fails=True)
    tour.cli(gate, "inspect", name, "-o", "json")
    tour.cli(gate, "enable", name, fails=True)
    tour.cli(gate, "disable", name)
    tour.cli(gate, "disable", name, fails=True)
    tour.cli(gate, "enable", name)
    tour.cli(gate, "delete", name)
    for verb in ("inspect", "delete", "enable", "disable"):
        tour.cli(gate, verb, name, fails=True)
    tour.cli(gate, "update", name, "--limit", "1", fails=True)
