"""Root operations, the version header, the shapes of errors, collections."""

from __future__ import annotations

import json

from compat.twin.making import NOBODY, flow, run
from compat.twin.recorder import Recorder
from compat.twin.registry import case

VERSION = "x-prefect-api-version"


@case
def health_and_versions(t: Recorder) -> None:
    for path in ("/health", "/ready", "/hello", "/version", "/admin/version"):
        t.get(path)
        t.get(path + "/", only="status")


@case
def settings(t: Recorder) -> None:
    t.get("/admin/settings", only="status")


@case
def csrf_token_while_off(t: Recorder) -> None:
    t.get("/csrf-token?client=twin")
    t.get("/csrf-token")


@case
def version_header(t: Recorder) -> None:
    for value in (
        "0.8.4",
        "0.8.0",
        "0.9.0",
        "99.0.0",
        "0.7.9",
        "0.0.1",
        "8",
        "0.8",
        "a.b.c",
        "0.8.4.1",
        "v0.8.4",
        "..",
        "0.8.4-rc1",
        "",
    ):
        t.post("/flows/filter", {"limit": 0}, headers={VERSION: value})
        t.get(f"/flows/{NOBODY}", headers={VERSION: value})


@case
def version_header_comes_before_the_body(t: Recorder) -> None:
    t.post("/flows/", {"nonsense": 1}, headers={VERSION: "0.1.0"})
    t.post("/flows/", raw=b"{", headers={VERSION: "0.1.0"})
    t.get("/flows/no-id", headers={VERSION: "0.1.0"})
    for path in ("/health", "/ready", "/hello", "/version", "/admin/version"):
        t.get(path, headers={VERSION: "0.1.0"})


@case
def unknown_paths_and_methods(t: Recorder) -> None:
    t.get("/no/such/path")
    t.post("/flow", {})
    t.get("/")
    t.send("PUT", "/flows/", {})
    t.delete("/health")
    t.get("/flows/filter")
    t.send("OPTIONS", "/flows/")
    t.send("HEAD", "/health")


@case
def trailing_slashes(t: Recorder) -> None:
    made = flow(t).id
    t.get(f"/flows/{made}/", only="status")
    t.post("/flows/filter/", {"limit": 0}, only="status")
    t.post("/flow_runs", {"flow_id": made, "name": t.name("r")}, only="status")


@case
def malformed_bodies(t: Recorder) -> None:
    for raw in (
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"5",
        b"{} {}",
        b'{"name": }',
        b"\xff\xfe",
        b'{"name": NaN}',
        b"{'name': 'x'}",
    ):
        t.post("/flows/", raw=raw)


@case
def malformed_filter_bodies(t: Recorder) -> None:
    for raw in (b"", b"{}", b"null", b"[]", b"{", b"true"):
        t.post("/work_queues/filter", raw=raw, only="status")
        t.post("/flow_runs/count", raw=raw, only="status")


@case
def content_types(t: Recorder) -> None:
    body = json.dumps({"name": t.name("f")}).encode()
    for kind in (
        "application/json",
        "application/json; charset=utf-8",
        "text/plain",
        "",
        "application/x-www-form-urlencoded",
        "application/vnd.api+json",
    ):
        t.post("/flows/", raw=body, headers={"content-type": kind})


@case
def duplicate_and_odd_keys(t: Recorder) -> None:
    name = t.name("f")
    t.post("/flows/", raw=f'{{"name": "other", "name": "{name}"}}'.encode())
    t.post("/flows/", raw=f'{{"name": "{name}", "labels": {{"a": 1e400}}}}'.encode(), only="status")
    t.post("/flows/", raw=f'{{"name": "{name}", "labels": {{"a": 1, "a": 2}}}}'.encode())


@case
def ids_in_other_shapes(t: Recorder) -> None:
    made = run(t, flow(t).id).id
    t.get(f"/flow_runs/{made.upper()}")
    t.get(f"/flow_runs/{made.replace('-', '')}")
    t.get(f"/flow_runs/{{{made}}}")
    t.post(
        "/flow_runs/filter", {"flow_runs": {"id": {"any_": [made.upper(), made.replace("-", ""), f"urn:uuid:{made}"]}}}
    )


@case
def numbers_as_text_and_booleans(t: Recorder) -> None:
    t.post("/flows/filter", {"limit": "0"})
    t.post("/flows/filter", {"limit": 0.0})
    t.post("/flows/filter", {"limit": True}, only="status")
    t.post("/flows/filter", {"limit": False})
    t.post("/flows/filter", {"limit": 10**30})
    t.post("/flows/filter", {"limit": 0, "offset": 10**10})


@case
def collections(t: Recorder) -> None:
    # Which collections are listed depends on what is installed beside the server, so only the kind of answer counts.
    t.get("/collections/views/aggregate-worker-metadata", only="status")
    t.get("/collections/views/aggregate-flow-metadata", only="status")
    t.get("/collections/views/aggregate-block-metadata", only="status")
    t.get("/collections/views/no-such-view")


@case
def process_worker_metadata(t: Recorder) -> None:
    got = t.get("/collections/views/aggregate-worker-metadata", only="status")
    template = got["prefect"]["process"]["default_base_job_configuration"]
    assert {"job_configuration", "variables"} <= set(template)
    made = t.post(
        "/work_pools/",
        {"name": t.name("p"), "type": "process", "base_job_template": template},
        ignore=("$.base_job_template.*",),
    )
    assert made.status
