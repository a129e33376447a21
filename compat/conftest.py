"""Starts one locum and one peer for the whole run; pytest's workers find them by address."""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path

import httpx
import pytest

from compat.environments import PEER, python_of
from compat.servers import Server, discard, start_locum, start_peer, temporary_data, wait_until_healthy
from compat.twin.coverage import Coverage

_started: list[Server] = []


def _places(config: pytest.Config) -> list[Path]:
    return [Path(argument.split("::")[0]).resolve() for argument in config.args]


def _wants_peer(config: pytest.Config) -> bool:
    here = Path(__file__).parent
    return any(p in (here, here.parent) or {here / "twin", here / "tours"} & {p, *p.parents} for p in _places(config))


def pytest_configure(config: pytest.Config) -> None:
    """Starts what no variable points at, in the process that leads the workers."""
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    if _wants_peer(config):
        config.pluginmanager.register(Coverage())
    if not os.environ.get("COMPAT_LOCUM_URL"):
        _started.append(start_locum(temporary_data("locum")))
        os.environ["COMPAT_LOCUM_URL"] = _started[-1].api
        os.environ["COMPAT_LOCUM_OUTPUT"] = str(_started[-1].log)
    if not os.environ.get("COMPAT_PEER_URL") and _wants_peer(config):
        _started.append(start_peer(temporary_data("peer")))
        os.environ["COMPAT_PEER_URL"] = _started[-1].api
        os.environ["COMPAT_PEER_OUTPUT"] = str(_started[-1].log)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """The older clients are tried only when they are asked for: their environments take minutes to make."""
    old = Path(__file__).parent / "old_clients"
    asked = any(old == place or old in place.parents for place in _places(config))
    return True if collection_path == old and not asked else None


def pytest_unconfigure(config: pytest.Config) -> None:
    """Ends what was started here."""
    if hasattr(config, "workerinput"):
        return
    for server in _started:
        server.stop()
        discard(server.data)
    _started.clear()


def _answering(which: str) -> str:
    url = os.environ[f"COMPAT_{which}_URL"].rstrip("/")
    try:
        wait_until_healthy(url)
    except RuntimeError as error:
        output = Path(os.environ.get(f"COMPAT_{which}_OUTPUT", os.devnull))
        pytest.fail(f"{error}\n{output.read_text(errors='replace')[-3000:]}", pytrace=False)
    return url


@pytest.fixture(scope="session")
def locum_api() -> str:
    """The address of the server under proof, once it answers."""
    return _answering("LOCUM")


@pytest.fixture(scope="session")
def peer_api() -> str:
    """The address of the peer, once it answers."""
    url = _answering("PEER")
    # The peer makes its default pool with the first queue that is asked for, and two at once collide.
    while httpx.post(f"{url}/work_queues/", json={"name": uuid.uuid4().hex}).status_code != 201:
        time.sleep(0.2)
    return url


@pytest.fixture(scope="session")
def client_python() -> Path:
    """The interpreter of the newest real client."""
    return python_of(PEER)
