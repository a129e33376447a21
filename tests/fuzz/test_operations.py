"""Every operation, given what its schema allows and what it does not: no 5xx, and answers that match their schemas."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import pytest
import schemathesis
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode

from locum.app.routes import OPERATIONS
from locum.infra.postgres import EmbeddedPostgres
from locum.infra.settings import read_settings
from locum.infra.web import API_VERSION, Operation, openapi
from tests import databases
from tests.factories.answers import assert_matches
from tests.serving import serving

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "4"))
SERVER_ERROR = 500
UNHELPFUL = [
    hypothesis.HealthCheck.too_slow,
    hypothesis.HealthCheck.filter_too_much,
    hypothesis.HealthCheck.data_too_large,
]
DOCUMENT: Any = schemathesis.openapi.from_dict(openapi(OPERATIONS))
DOCUMENTED = [operation for operation in OPERATIONS if operation.documented]


@pytest.fixture(scope="module")
async def address(
    postgres: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[str]:
    """Where a server listens that has a database of its own."""
    home: Path = tmp_path_factory.mktemp("fuzz")
    settings = read_settings({"LOCUM_HOME": str(home)}, directory=home)
    async with (
        databases.database(postgres, template) as url,
        databases.pool(url) as db,
        serving(settings, db) as port,
    ):
        yield f"http://127.0.0.1:{port}/api"


async def seeds(address: str) -> Mapping[str, list[str]]:
    """Ids and names that exist, by the first part of the paths that take them; made anew, since operations delete."""
    async with httpx.AsyncClient(base_url=address) as client:

        async def made(path: str, body: Any) -> Any:
            answer = await client.post(path, json=body)
            return answer.json() if answer.is_success else {}

        flow = await made("/flows/", {"name": "fuzz"})
        deployment = await made("/deployments/", {"name": "fuzz", "flow_id": flow["id"]})
        run = await made("/flow_runs/", {"flow_id": flow["id"], "state": {"type": "PENDING"}})
        task = {"flow_run_id": run["id"], "task_key": "t", "dynamic_key": "0", "state": {"type": "RUNNING"}}
        task_run = await made("/task_runs/", task)
        pool = await made("/work_pools/", {"name": "fuzz", "type": "process"})
        queues = await client.post("/work_queues/filter", json={})
    known: Mapping[str, list[Any]] = {
        "flows": [flow.get("id"), flow.get("name")],
        "flow_runs": [run.get("id")],
        "task_runs": [task_run.get("id")],
        "deployments": [deployment.get("id")],
        "work_pools": [pool.get("name", "fuzz"), "default"],
        "work_queues": [queue["id"] for queue in queues.json()][:3] if queues.is_success else [],
    }
    return {part: [str(value) for value in values if value] for part, values in known.items()}


def cases(operation: Operation, known: list[str]) -> st.SearchStrategy[Any]:
    """Requests that the schema allows and ones that it does not; most name something that exists, where a path can."""
    described = DOCUMENT[operation.shown_path][operation.method]
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)

    def named(case: Any, value: str | None) -> Any:
        if value is not None and case.path_parameters:
            case.path_parameters = dict.fromkeys(case.path_parameters, value)
        if value is not None and case.headers:
            case.headers["x-prefect-api-version"] = API_VERSION  # made-up ones would hide all else
        return case

    drawn = st.one_of(*(described.as_strategy(generation_mode=mode) for mode in modes))
    return st.builds(named, drawn, st.one_of(*map(st.just, known or ["fuzz"]), st.none()))


@pytest.mark.slow
@pytest.mark.parametrize("operation", DOCUMENTED, ids=lambda operation: operation.operation_id)
@pytest.mark.filterwarnings("ignore")  # of schemathesis's own making
async def test_operation(operation: Operation, address: str):
    known = (await seeds(address)).get(operation.path.split("/")[1], [])

    @hypothesis.settings(max_examples=EXAMPLES, database=None, suppress_health_check=UNHELPFUL, deadline=None)
    @hypothesis.given(case=cases(operation, known))
    def holds(case: Any) -> None:
        answer = case.call(base_url=address)
        assert answer.status_code < SERVER_ERROR, f"{case.as_curl_command()}: {answer.text}"
        if answer.status_code == operation.status and operation.returns not in (None, Any):
            assert_matches(operation, answer.content)
        elif answer.headers.get("content-type") == "application/json":
            json.loads(answer.content)

    await asyncio.to_thread(holds)
