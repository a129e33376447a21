"""The views of what can be installed."""

import sys
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from locum.domain.job_templates import check_base_job_template
from locum.domain.parameters import check_job_variables, check_schema
from locum.features.collections import registry
from locum.features.collections.workers import OWN_WORKERS

PATH = "/collections/views/aggregate-worker-metadata"


@pytest.fixture(autouse=True)
def forgetful():
    registry.read_view.cache_clear()
    yield
    registry.read_view.cache_clear()


@pytest.mark.parametrize("worker", [w for workers in OWN_WORKERS.values() for w in workers.values()])
def test_own_templates_hold_together(worker: dict[str, Any]):
    template = worker["default_base_job_configuration"]
    check_base_job_template(template)
    check_schema(template["variables"])
    check_job_variables(template, blocks={}, partial=True, trust_defaults=False)


async def test_an_installed_distribution_is_read_without_agents(
    client: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = tmp_path / "prefect" / "server" / "api" / "collections_data" / "views"
    folder.mkdir(parents=True)
    (tmp_path / "prefect" / "__init__.py").write_text("raise SystemExit('imported')")
    held = {"prefect": {"process": {"type": "process"}, "prefect-agent": {}}}
    (folder / "aggregate-worker-metadata.json").write_bytes(orjson.dumps(held))
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    assert (await client.get(PATH)).json() == {"prefect": {"process": {"type": "process"}}}


async def test_unknown_views(client: httpx.AsyncClient):
    answer = await client.get("/collections/views/nope")
    assert (answer.status_code, answer.json()) == (404, {"detail": "View nope not found in registry"})
