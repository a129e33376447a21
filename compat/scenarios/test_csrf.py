"""CSRF protection switched on: the real client fetches its tokens and works as ever; who has none changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from compat.scenarios.site import Site, Zygote, environment_for, unique, until
from compat.servers import discard, start_locum, temporary_data

RUN = """
    import json
    from prefect import flow, task
    from prefect.logging import get_run_logger
    from prefect.variables import Variable

    @task
    def double(x):
        return 2 * x

    @flow(name="{name}")
    def protected(x: int = 1):
        get_run_logger().info("inside")
        return double(double(x))

    state = protected(5, return_state=True)
    Variable.set("{variable}", {"a": 1}, overwrite=True)
    print(json.dumps({"run": str(state.state_details.flow_run_id), "name": state.name, "value": Variable.get("{variable}")}))
"""


@pytest.fixture(scope="module")
def protected_api() -> Iterator[str]:
    """A server with the protection and an auth string."""
    data = temporary_data("csrf")
    settings = {
        "PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED": "true",
        "PREFECT_SERVER_API_AUTH_STRING": "admin:password",
    }
    server = start_locum(data, **settings)
    try:
        yield server.ready().api
    finally:
        server.stop()
        discard(data)


@pytest.fixture
def protected(protected_api: str, client_python: Path, tmp_path: Path) -> Iterator[Site]:
    """A working place whose client knows the auth string."""
    environment = {
        **environment_for(protected_api, tmp_path / "home"),
        "PREFECT_API_AUTH_STRING": "admin:password",
        "PREFECT_CLIENT_CSRF_SUPPORT_ENABLED": "true",
    }
    zygote = Zygote(client_python, environment)
    yield Site(protected_api, client_python, tmp_path, zygote, environment)
    zygote.end()


def test_the_client_works(protected: Site) -> None:
    """Runs with their states, task runs, logs and events, and a variable, written by a client that knows of tokens."""
    variable = unique("v").replace("-", "_")
    told = protected.program(RUN.replace("{name}", unique("protected")).replace("{variable}", variable))
    assert (told["name"], told["value"]) == ("Completed", {"a": 1})
    assert protected.cli_json("flow-run", "inspect", told["run"], "--output", "json")["state_type"] == "COMPLETED"
    assert protected.cli("variable", "delete", variable)
    until(lambda: "inside" in protected.cli("flow-run", "logs", told["run"]), "the run's log")
    until(lambda: "double" in protected.cli("task-run", "ls"), "its task runs, which come by a socket")


def test_a_client_without_tokens_is_refused(protected: Site) -> None:
    """With its support switched off, the client may read and change nothing."""
    program = """
        import json
        from prefect.client.orchestration import get_client
        from prefect.exceptions import PrefectHTTPStatusError
        from prefect.settings import PREFECT_CLIENT_CSRF_SUPPORT_ENABLED, temporary_settings

        with temporary_settings({PREFECT_CLIENT_CSRF_SUPPORT_ENABLED: False}), get_client(sync_client=True) as client:
            client.hello()
            try:
                client.create_flow_from_name("forged")
            except PrefectHTTPStatusError as error:
                print(json.dumps([error.response.status_code, error.response.json()]))
    """
    assert protected.program(program) == [403, {"detail": "Missing CSRF token."}]


def test_tokens_are_for_those_who_may_come_in(protected_api: str) -> None:
    """The auth string comes first, for tokens too; then a token holds for the client that it was made for."""
    with httpx.Client(base_url=protected_api, trust_env=False) as stranger:
        assert stranger.get("/csrf-token", params={"client": "me"}).status_code == 401
        assert stranger.post("/flows/filter", json={}).status_code == 401
    with httpx.Client(base_url=protected_api, trust_env=False, auth=("admin", "password")) as known:
        token = known.get("/csrf-token", params={"client": "me"}).json()["token"]
        held = {"prefect-csrf-client": "me", "prefect-csrf-token": token}
        assert known.post("/flows/filter", json={}, headers=held).status_code == 200
        forged = known.post("/flows/filter", json={}, headers={**held, "prefect-csrf-client": "you"})
        assert (forged.status_code, forged.json()) == (403, {"detail": "Invalid CSRF token or client identifier."})
