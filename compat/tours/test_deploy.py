"""Tours of `prefect deploy` with a file, of the SDK made from deployments, and of shell commands as flows."""

from __future__ import annotations

from compat.scenarios.site import unique
from compat.tours.tour import Tour

CODE = """
    from prefect import flow

    @flow(name="NAME")
    def toured(n: int = 1, word: str = "w"):
        return n
"""
FILE = """
    name: toured
    prefect-version: 3.9.1
    pull:
      - prefect.deployments.steps.set_working_directory:
          directory: FOLDER
    definitions:
      tags: &tags ["from-file"]
    deployments:
      - name: first
        entrypoint: toured.py:toured
        description: the first of two
        tags: *tags
        parameters: {n: 3, word: "{{ prefect.variables.VARIABLE }}"}
        work_pool: {name: POOL, work_queue_name: default, job_variables: {env: {A: "{{ prefect.blocks.secret.POOL }}"}}}
        concurrency_limit: {limit: 2, collision_strategy: CANCEL_NEW}
        schedules:
          - {cron: "0 3 * * 1", timezone: Europe/Paris, active: false, slug: weekly}
          - {interval: 3600, anchor_date: "2026-01-01T00:00:00+00:00", parameters: {n: 4}}
        triggers:
          - {type: event, enabled: false, expect: ["a.b.*"], match: {prefect.resource.id: "x.*"}, threshold: 2, within: 60}
      - name: second
        entrypoint: toured.py:toured
        work_pool: {name: POOL}
        schedule: {rrule: "FREQ=DAILY;COUNT=4"}
        paused: true
        enforce_parameter_schema: false
"""
MAKES = """
    from prefect.blocks.system import Secret
    from prefect.variables import Variable

    Secret(value="s").save("POOL")
    Variable.set("VARIABLE", "from a variable")
"""


def test_a_file_of_deployments(tour: Tour) -> None:
    """Deployed, deployed again with changes, and made into an SDK."""
    name, pool = unique("toured"), unique("pool")
    variable = pool.replace("-", "_")
    tour.cli("work-pool", "create", pool, "--type", "process")
    tour.program(MAKES.replace("POOL", pool).replace("VARIABLE", variable))
    file = FILE.replace("POOL", pool).replace("VARIABLE", variable)
    tour.both(lambda site, _: site.write("toured.py", CODE.replace("NAME", name)))
    tour.both(lambda site, _: site.write("prefect.yaml", file.replace("FOLDER", str(site.folder))))
    tour.cli("deploy", "--all")
    for each in ("first", "second"):
        # Not by `prefect deployment inspect`, which breaks on the triggers of any server.
        tour.answers(f"/deployments/name/{name}/{each}")
    tour.cli("deploy", "--name", "first", "--tag", "changed", "--param", "n=9", "--cron", "5 5 5 5 *")
    tour.answers(f"/deployments/name/{name}/first")
    tour.cli("deploy", "--name", "none", fails=True)
    tour.cli("deploy", "toured.py:toured", "--name", "third", "--pool", unique("none"), fails=True)
    tour.cli("sdk", "generate", "--output", "made.py", "--flow", name)
    made = tour.both(lambda site, _: (site.folder / "made.py").read_text())
    tour.compare("the SDK", made, "class ")
    tour.cli("deployment", "delete", f"{name}/first")
    tour.cli("deployment", "ls", "--flow-name", name)


def test_commands_as_flows(tour: Tour) -> None:
    """`prefect shell watch`: a run with its log lines."""
    name = unique("shell")
    tour.cli("shell", "watch", "echo hello there", "--flow-name", name, "--flow-run-name", f"run-{name}", only=None)
    tour.cli("flow-run", "ls", "--flow-name", name, only=name)
    runs = tour.read("/flow_runs/filter", {"flows": {"name": {"any_": [name]}}})
    assert [runs.at(n)[0]["state_type"] for n in (0, 1)] == ["COMPLETED", "COMPLETED"]
