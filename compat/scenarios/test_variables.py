"""Variables and blocks in programs, and where the templates of job variables name them."""

from __future__ import annotations

import json

from compat.scenarios.site import Site, unique

VALUES = """
    import asyncio, json
    from prefect.variables import Variable

    told = {}
    values = {"text": "t", "number": 1.5, "whole": 7, "true": True, "none": None, "dict": {"a": [1, {"b": None}]}, "list": ["x", 2]}
    for name, value in values.items():
        Variable.set(f"MARK_{name}", value, tags=["of-MARK"])
    told["same"] = all(Variable.get(f"MARK_{name}") == value for name, value in values.items())
    told["default"] = Variable.get("MARK_missing", default="instead")
    told["nothing"] = Variable.get("MARK_missing")
    try:
        Variable.set("MARK_text", "again")
    except ValueError as error:
        told["twice"] = "already exists" in str(error)
    Variable.set("MARK_text", "again", overwrite=True)
    told["again"] = Variable.get("MARK_text")
    told["unset"] = [Variable.unset("MARK_whole"), Variable.unset("MARK_whole")]

    async def elsewhere():
        await Variable.aset("MARK_async", {"k": "v"}, overwrite=True)
        return await Variable.aget("MARK_async"), await Variable.aunset("MARK_async")

    told["async"] = asyncio.run(elsewhere())
    for bad in ("Not valid", "x" * 300):
        try:
            Variable.set(bad, 1)
        except Exception as error:
            told[bad[:3]] = type(error).__name__
    print(json.dumps(told))
"""


def test_values(site: Site) -> None:
    """Every kind of JSON, set, read, overwritten and unset."""
    mark = unique("v").replace("-", "_")
    told = site.program(VALUES.replace("MARK", mark))
    assert told == {
        "same": True,
        "default": "instead",
        "nothing": None,
        "twice": True,
        "again": "again",
        "unset": [True, False],
        "async": [{"k": "v"}, True],
        "Not": "ValidationError",
        "xxx": "ValidationError",
    }
    found = site.read("/variables/filter", {"variables": {"tags": {"all_": [f"of-{mark}"]}}, "sort": "NAME_ASC"})
    assert [v["name"].removeprefix(f"{mark}_") for v in found] == ["dict", "list", "none", "number", "true"]


CODE = """
    import json, os
    from pathlib import Path
    from prefect import flow

    @flow(name="NAME")
    def shows():
        shown = {k: v for k, v in os.environ.items() if k.startswith("SHOWN_")}
        Path("FOLDER/shown.json").write_text(json.dumps(shown))
"""
DEPLOYS = """
    import json
    from prefect import flow
    from prefect.blocks.system import Secret
    from prefect.variables import Variable

    Secret(value="from a block").save("MARK-secret")
    Secret(value={"deep": {"er": 5}}).save("MARK-deep")
    Variable.set("MARK", "from a variable")
    made = flow.from_source(source="FOLDER", entrypoint="shows.py:shows").deploy(
        "shown", work_pool_name="POOL", ignore_warnings=True, print_next_steps=False,
        job_variables={"env": {"SHOWN_SECRET": "{{ prefect.blocks.secret.MARK-secret }}",
                               "SHOWN_TEXT": "it is {{ prefect.variables.MARK }}"}})
    print(json.dumps(str(made)))
"""


def test_templates_of_a_pool_and_a_deployment(site: Site) -> None:
    """A worker fills in blocks and variables that the pool's template and the deployment's job variables name."""
    mark, pool, name = unique("t").replace("-", ""), unique("pool"), unique("shows")
    site.write("shows.py", CODE.replace("NAME", name).replace("FOLDER", str(site.folder)))
    template = site.cli_json("work-pool", "get-default-base-job-template", "--type", "process")
    template["variables"]["properties"]["env"]["default"] = {
        "SHOWN_DEEP": f"{{{{ prefect.blocks.secret.{mark}-deep.value.deep.er }}}}",
        "SHOWN_TEXT": "the deployment's is taken",
        "SHOWN_PLAIN": f"{{{{ prefect.variables.{mark} }}}}",
    }
    base = site.write("template.json", json.dumps(template))
    site.cli("work-pool", "create", pool, "--type", "process", "--base-job-template", base)
    made = site.program(DEPLOYS.replace("FOLDER", str(site.folder)).replace("POOL", pool).replace("MARK", mark))
    run = site.read(f"/deployments/{made}/create_flow_run", {"name": name})
    site.cli("worker", "start", "--pool", pool, "--type", "process", "--run-once")
    assert site.flow_run(run["id"])["state_type"] == "COMPLETED"
    shown = json.loads((site.folder / "shown.json").read_text())
    assert shown == {
        "SHOWN_DEEP": "5",
        "SHOWN_SECRET": "from a block",
        "SHOWN_TEXT": "it is from a variable",
        "SHOWN_PLAIN": "from a variable",
    }
