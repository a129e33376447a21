"""The command line as a person sees it: processes that start, say where they are, and end in order."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from locum.infra.migrations import upgrade
from locum.infra.postgres import EmbeddedPostgres
from locum.infra.settings import Settings
from locum.tables.migrations import LOCATION
from tests import databases

LOCUM = str(Path(sys.executable).with_name("locum"))
ADDRESS = re.compile(r"API +(http://\S+)")


def environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LOCUM_", "PREFECT_"))}
    return kept | {"LOCUM_HOME": str(home), "PREFECT_HOME": str(home / "none")}


@contextmanager
def running(home: Path, *arguments: str) -> Generator[tuple[subprocess.Popen[str], str]]:
    """A server as a process of its own, and the address that it printed."""
    command = [LOCUM, "server", "start", "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment(home), cwd=home) as process:
        try:
            assert process.stdout is not None
            printed = ""
            while not (found := ADDRESS.search(printed)):
                line = process.stdout.readline()
                assert line, "the server ended before it was up"
                printed += line
            yield process, found[1]
        finally:
            process.kill()


def ended(process: subprocess.Popen[str], number: signal.Signals) -> int:
    process.send_signal(number)
    return process.wait(30)


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with databases.home() as home:
        yield home
        server = EmbeddedPostgres(home / "postgres")
        if server.pid() is not None:  # what a failed test left running
            server.start()
            server.stop()


class TestServer:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_starts_and_leaves_nothing_running(self, home: Path, number: signal.Signals):
        with running(home) as (process, address):
            assert httpx.get(f"{address}/health").text == "true"
            assert httpx.get(f"{address}/ready").json() == {"message": "OK"}
            assert EmbeddedPostgres(home / "postgres").pid() is not None
            assert ended(process, number) == 0
        assert EmbeddedPostgres(home / "postgres").pid() is None

    def test_survives_being_killed(self, home: Path):
        with running(home) as (process, address):
            made = httpx.post(f"{address}/flows/", json={"name": "kept"}).json()
            process.kill()
        with running(home) as (process, address):
            assert httpx.get(f"{address}/flows/{made['id']}").json()["name"] == "kept"
            assert ended(process, signal.SIGTERM) == 0
        assert EmbeddedPostgres(home / "postgres").pid() is None

    def test_brings_its_postgresql_back(self, home: Path):
        with running(home) as (process, address):
            postmaster = EmbeddedPostgres(home / "postgres").pid()
            assert postmaster is not None
            os.kill(postmaster, signal.SIGKILL)
            while EmbeddedPostgres(home / "postgres").pid() in {None, postmaster}:
                pass
            while httpx.get(f"{address}/ready").status_code != 200:
                pass
            assert ended(process, signal.SIGTERM) == 0
        assert EmbeddedPostgres(home / "postgres").pid() is None

    async def test_finishes_requests_before_it_ends(self, tmp_path: Path, own_url: str):
        connection = await databases.connect(own_url)
        answers: list[httpx.Response] = []
        with running(tmp_path, "--no-loops", "--database-url", own_url) as (process, address):
            asking = threading.Thread(
                target=lambda: answers.append(httpx.post(f"{address}/flows/", json={"name": "slow"}, timeout=30))
            )
            async with connection.transaction():
                await connection.execute("LOCK TABLE flow")
                asking.start()
                waiting = (
                    "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database "
                    "WHERE NOT granted AND relation = 'flow'::regclass AND datname = current_database()"
                )
                while not await connection.fetchval(waiting):
                    pass
                process.send_signal(signal.SIGTERM)
                with pytest.raises(subprocess.TimeoutExpired):
                    process.wait(0.5)
            asking.join(30)
            assert answers[0].status_code == 201
            assert process.wait(30) == 0
        await connection.close()

    async def test_two_that_start_at_once_upgrade_a_database_of_the_first_release(
        self, tmp_path: Path, empty_url: str, settings: Settings
    ):
        await upgrade(settings, empty_url, LOCATION, "0001")
        connection = await databases.connect(empty_url)
        await connection.execute("INSERT INTO flow (id, name) VALUES (gen_random_uuid(), 'kept')")
        await connection.close()
        with ThreadPoolExecutor() as starting, ExitStack() as both:
            started = [
                starting.submit(both.enter_context, running(tmp_path, "--no-loops", "--database-url", empty_url))
                for _ in range(2)
            ]
            for process, address in [one.result() for one in started]:
                assert httpx.get(f"{address}/flows/name/kept").status_code == 200
                assert ended(process, signal.SIGTERM) == 0

    async def test_workers_share_the_port(self, tmp_path: Path, own_url: str):
        with running(tmp_path, "--workers", "2", "--database-url", own_url) as (process, address):
            assert [httpx.get(f"{address}/health").text for _ in range(8)] == ["true"] * 8
            assert ended(process, signal.SIGINT) == 0
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{address}/health")


class TestProblems:
    def told(self, home: Path, *arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [LOCUM, *arguments],
            capture_output=True,
            text=True,
            env=environment(home),
            cwd=home,
            check=False,
        )
        return done.returncode, done.stderr

    def test_a_busy_port(self, tmp_path: Path):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            code, said = self.told(tmp_path, "server", "start", "--port", port)
        assert (code, said) == (
            1,
            f"locum: port {port} on 127.0.0.1 is taken: stop what listens there, or choose another with --port.\n",
        )

    def test_a_database_out_of_reach(self, tmp_path: Path):
        url = "postgresql://u@127.0.0.1:1/d"
        code, said = self.told(tmp_path, "server", "start", "--port", "0", "--database-url", url)
        assert code == 1
        assert said.startswith("locum: cannot reach PostgreSQL at 127.0.0.1:1:")
        assert said.count("\n") == 1

    def test_help_loads_next_to_nothing(self, tmp_path: Path):
        script = "import sys; import locum.app.cli; print([m for m in ('sqlalchemy', 'pydantic') if m in sys.modules])"
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path)
        assert done.stdout == "[]\n"


class TestDatabase:
    def test_reset_asks_first(self, tmp_path: Path):
        done = subprocess.run(
            [LOCUM, "database", "reset"],
            input="n\n",
            capture_output=True,
            text=True,
            env=environment(tmp_path),
            cwd=tmp_path,
            check=False,
        )
        assert done.returncode == 1
        assert not (tmp_path / "postgres").exists()

    async def test_reset_empties(self, tmp_path: Path, own_url: str):
        connection = await databases.connect(own_url)
        await connection.execute("INSERT INTO flow (id, name) VALUES (gen_random_uuid(), 'gone')")
        subprocess.run(
            [LOCUM, "database", "reset", "-y", "--database-url", own_url],
            env=environment(tmp_path),
            cwd=tmp_path,
            check=True,
            capture_output=True,
        )
        assert await connection.fetchval("SELECT count(*) FROM flow") == 0
        await connection.close()
