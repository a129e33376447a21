"""Gives each scenario a site of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from compat.scenarios.site import Site, Zygote, environment_for


@pytest.fixture(scope="session")
def environment(locum_api: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the client's processes find in their environment."""
    return environment_for(locum_api, tmp_path_factory.mktemp("prefect-home"))


@pytest.fixture(scope="session")
def zygote(client_python: Path, environment: dict[str, str]) -> Iterator[Zygote]:
    """The client, ready to be forked."""
    zygote = Zygote(client_python, environment)
    yield zygote
    zygote.end()


@pytest.fixture
def site(locum_api: str, client_python: Path, tmp_path: Path, zygote: Zygote, environment: dict[str, str]) -> Site:
    """A working place with an empty folder."""
    return Site(locum_api, client_python, tmp_path, zygote, environment)
