"""Gives each tour a site at both servers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from compat.scenarios.site import Site, Zygote, environment_for
from compat.tours.tour import Tour


@pytest.fixture(scope="session")
def zygotes(
    locum_api: str, peer_api: str, client_python: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[tuple[str, Zygote, dict[str, str]]]]:
    """The client, ready to be forked, at both servers."""
    made: list[tuple[str, Zygote, dict[str, str]]] = []
    for api in (locum_api, peer_api):
        environment = environment_for(api, tmp_path_factory.mktemp("prefect-home"))
        made.append((api, Zygote(client_python, environment), environment))
    yield made
    for _, zygote, _ in made:
        zygote.end()


@pytest.fixture
def tour(zygotes: list[tuple[str, Zygote, dict[str, str]]], client_python: Path, tmp_path: Path) -> Tour:
    """Both servers, each with an empty folder."""
    sites: list[Site] = []
    for name, (api, zygote, environment) in zip("ab", zygotes, strict=True):
        folder = tmp_path / name
        folder.mkdir()
        sites.append(Site(api, client_python, folder, zygote, environment))
    return Tour(*sites)
