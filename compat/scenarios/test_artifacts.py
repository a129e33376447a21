"""Artifacts made by flows and tasks, and by programs outside of any."""

from __future__ import annotations

from compat.scenarios.site import Site, unique, until

MAKES = """
    import asyncio, json
    from prefect import flow, task
    from prefect.artifacts import (
        Artifact, MarkdownArtifact, acreate_markdown_artifact, create_image_artifact, create_link_artifact,
        create_markdown_artifact, create_progress_artifact, create_table_artifact, update_progress_artifact,
    )

    @task
    def part(n: int):
        create_markdown_artifact(f"# part {n}", key="MARK-part", description=f"of {n}")
        return n

    @task
    async def later():
        return str(await acreate_markdown_artifact("later", key="MARK-later"))

    @flow
    def reports():
        create_table_artifact([{"name": "a", "n": 1}, {"name": "b", "n": float("nan")}], key="MARK-table")
        create_table_artifact({"x": [1, 2]}, key="MARK-columns")
        create_link_artifact("https://example.com", link_text="there", key="MARK-link")
        create_image_artifact("https://example.com/a.png", key="MARK-image")
        progress = create_progress_artifact(progress=10.0, key="MARK-progress", description="slow")
        for n in range(3):
            part(n)
            update_progress_artifact(progress, progress=40.0 + n)
        asyncio.run(later())

    state = reports(return_state=True)
    loose = str(create_markdown_artifact("outside", key="MARK-loose"))
    found = Artifact.get("MARK-part")
    made, new = MarkdownArtifact.get_or_create(key="MARK-part", markdown="never made")
    fresh, made_new = MarkdownArtifact.get_or_create(key="MARK-fresh", markdown="made")
    told = {"run": str(state.state_details.flow_run_id), "loose": loose, "found": [found.data, found.description, new, made_new]}
    print(json.dumps(told))
"""


def test_artifacts(site: Site) -> None:
    """Each kind, with the run and the task run that made it; a key's versions, the latest of them, and progress."""
    mark = unique("a")
    told = site.program(MAKES.replace("MARK", mark))
    assert told["found"] == ["# part 2", "of 2", False, True]
    mine = {"artifacts": {"flow_run_id": {"any_": [told["run"]]}}}
    rows = site.read("/artifacts/filter", {**mine, "sort": "ID_DESC"})
    by_key = {row["key"].removeprefix(f"{mark}-"): row for row in rows}
    kinds = {key: row["type"] for key, row in by_key.items()}
    assert kinds == {
        "part": "markdown",
        "later": "markdown",
        "table": "table",
        "columns": "table",
        "link": "markdown",
        "image": "image",
        "progress": "progress",
    }
    assert by_key["progress"]["data"] == 42.0
    assert by_key["table"]["data"] == '[{"name": "a", "n": 1}, {"name": "b", "n": null}]'
    assert by_key["link"]["data"] == "[there](https://example.com)"
    parts = sorted((row for row in rows if row["key"] == f"{mark}-part"), key=lambda row: row["created"])
    assert [row["data"] for row in parts] == ["# part 0", "# part 1", "# part 2"]
    tasks = until(lambda: len(t := site.task_runs(told["run"])) == 4 and t, "the task runs")
    assert {row["task_run_id"] for row in parts} < {t["id"] for t in tasks}
    assert site.read(f"/artifacts/{mark}-part/latest")["data"] == "# part 2"
    collections = site.read("/artifacts/latest/filter", {"artifacts": {"key": {"like_": mark}}, "limit": 50})
    assert {row["key"].removeprefix(f"{mark}-") for row in collections} == {*kinds, "loose", "fresh"}
    assert {row["latest_id"] for row in collections if row["key"] == f"{mark}-part"} == {parts[-1]["id"]}
    assert site.read(f"/artifacts/{told['loose']}")["flow_run_id"] is None
