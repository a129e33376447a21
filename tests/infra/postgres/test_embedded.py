"""The embedded PostgreSQL: who starts it, who stops it, what outlives whom."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from locum.infra.postgres import DatabaseProblem, EmbeddedPostgres, ensure_database
from tests import databases

HOLD = """
import sys
from pathlib import Path
from locum.infra.postgres.embedded import EmbeddedPostgres
EmbeddedPostgres(Path(sys.argv[1]), durable=False).start()
print("up", flush=True)
sys.stdin.read()
"""


# Computes for about a second without looking up, whatever becomes of its server.
BUSY = "SELECT count(*) FROM generate_series(1, 3000000) a"


async def running(server: EmbeddedPostgres, words: str) -> bool:
    connection = await databases.connect(server.url("postgres"))
    sql = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%' || $1 || '%' AND pid <> pg_backend_pid()"
    try:
        return bool(await connection.fetchval(sql, words))
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with databases.home() as directory:
        yield directory / "postgres"


@pytest.fixture
def server(home: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(home, durable=False)
    yield server
    server.stop()


class TestSharing:
    def test_the_last_one_out_stops_it(self, server: EmbeddedPostgres, home: Path):
        server.start()
        second = EmbeddedPostgres(home, durable=False)
        second.start()
        assert second.pid() == server.pid()
        assert server.stop() is False
        assert second.stop() is True
        assert second.pid() is None

    def test_it_outlives_a_killed_user_and_is_taken_over(self, server: EmbeddedPostgres, home: Path):
        with subprocess.Popen(
            [sys.executable, "-c", HOLD, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == b"up\n"
            other.kill()
        left = EmbeddedPostgres(home, durable=False).pid()
        assert left is not None
        server.start()
        assert server.pid() == left
        assert server.stop() is True

    def test_it_comes_back_after_being_killed_itself(self, server: EmbeddedPostgres):
        server.start()
        pid = server.pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        while server.pid() is not None:  # the signal is sent, not yet obeyed
            pass
        again = EmbeddedPostgres(server.directory, durable=False)
        server.stop()
        again.start()
        assert again.pid() not in {None, pid}
        assert again.stop() is True

    async def test_it_waits_for_what_a_killed_one_left_busy(self, server: EmbeddedPostgres):
        server.start()
        pid = server.pid()
        assert pid is not None
        connection = await databases.connect(server.url("postgres"))
        busy = asyncio.create_task(connection.execute(BUSY))
        while not await running(server, "generate_series"):
            pass
        os.kill(pid, signal.SIGKILL)
        while server.pid() is not None:  # the signal is sent, not yet obeyed
            pass
        again = EmbeddedPostgres(server.directory, durable=False)
        await asyncio.to_thread(again.start)
        assert again.pid() not in {None, pid}
        busy.cancel()
        await asyncio.gather(busy, return_exceptions=True)
        connection.terminate()
        server.stop()
        again.stop()
        assert again.pid() is None

    async def test_the_database_is_made_once(self, server: EmbeddedPostgres):
        server.start()
        first = await ensure_database(server)
        assert await ensure_database(server) == first


class TestProblems:
    def test_data_of_another_version(self, tmp_path: Path):
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "PG_VERSION").write_text("12\n")
        with pytest.raises(DatabaseProblem, match="is of PostgreSQL 12"):
            EmbeddedPostgres(tmp_path).start()

    def test_a_directory_that_cannot_be(self):
        with pytest.raises(DatabaseProblem, match="LOCUM_HOME"):
            EmbeddedPostgres(Path("/proc/locum")).start()

    def test_a_setting_that_it_refuses(self, home: Path, server: EmbeddedPostgres):
        server.stop()
        with pytest.raises(DatabaseProblem, match=r"did not start: .*work_mem"):
            EmbeddedPostgres(home, options={"work_mem": "nonsense"}).start()
