"""The version header, and what a client makes of what the server tells about itself."""

from __future__ import annotations

import pytest

from compat.scenarios.site import Site

HEADER = "x-prefect-api-version"
MEET = """
    import json
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        trouble = client.api_healthcheck()
        client.raise_for_api_version_mismatch()
        print(json.dumps({"trouble": str(trouble), "version": client.api_version(), "hello": client.hello().status_code}))
"""


@pytest.mark.parametrize("value", ["0.8.0", "0.8.4", "0.8.99", "0.9.0", "1.0.0", "0.840.0", ""])
def test_a_version_that_is_served(site: Site, value: str) -> None:
    """The oldest served version, later ones, and no version at all."""
    assert site.ask("POST", "/flows/filter", {"limit": 1}, headers={HEADER: value}).is_success


@pytest.mark.parametrize("value", ["0.7.9", "0.0.1", "0.7.99"])
def test_a_version_that_is_too_old(site: Site, value: str) -> None:
    """The answer names both versions."""
    answer = site.ask("POST", "/flows/filter", {"limit": 1}, headers={HEADER: value})
    assert answer.status_code == 400
    detail = f"The request specified API version {value} but this server requires version 0.8.0 or higher."
    assert answer.json() == {"detail": detail}


@pytest.mark.parametrize("value", ["8", "0.8", "a.b.c", "0.8.4.1", "v0.8.4", "..", "0.8.4-rc1"])
def test_what_is_no_version(site: Site, value: str) -> None:
    """The answer repeats what was sent."""
    answer = site.ask("GET", "/flows/name/x", headers={HEADER: value})
    assert answer.status_code == 400
    assert answer.json()["detail"].endswith(f"but received {value}")


def test_the_client_is_content(site: Site) -> None:
    """The client compares the server's version with its own on first use."""
    told = site.program(MEET)
    assert told["trouble"] == "None"
    assert told["hello"] == 200
    assert told["version"] == site.read("/admin/version")
    assert told["version"].startswith("3.")
    assert site.read("/health") is True
    assert site.read("/ready")["message"] == "OK"
    assert isinstance(site.read("/admin/settings"), dict)
