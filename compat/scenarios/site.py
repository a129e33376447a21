"""A user's working place: a folder, the real client pointed at the server, and REST to read back what is held."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import textwrap
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from compat.servers import clean_environment

PATIENCE = float(os.environ.get("COMPAT_PATIENCE", "1"))  # a factor on every time limit, for a busy machine
PEER_TWICE = bool(os.environ.get("COMPAT_PEER_TWICE"))  # the scenarios are tried out on the peer
QUIET = {
    "COLUMNS": "240",
    "NO_COLOR": "1",
    "TERM": "dumb",
    "PREFECT_CLI_COLORS": "false",
    "PREFECT_CLI_WRAP_LINES": "false",
    "PREFECT_CLI_PROMPT": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
    "PREFECT_RUNNER_POLL_FREQUENCY": "1",
    "PREFECT_WORKER_QUERY_SECONDS": "1",
    "PREFECT_LOGGING_TO_API_BATCH_INTERVAL": "0.3",
    "PYTHONUNBUFFERED": "1",
    "PYTHONPATH": "",
}


def unique(stem: str) -> str:
    """A name that nothing else has."""
    return f"{stem}-{uuid.uuid4().hex[:8]}"


def until(probe: Callable[[], Any], what: str, seconds: float = 60, every: float = 0.3) -> Any:
    """The first true thing that `probe` gives."""
    deadline = time.monotonic() + seconds * PATIENCE
    while True:
        got = probe()
        if got:
            return got
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what} (last: {str(got)[:200]})"
        time.sleep(every)


class Zygote:
    """The client, imported once and forked for each command and each program."""

    def __init__(self, python: Path, environment: dict[str, str]) -> None:
        """Nothing is started before the first job."""
        self._python, self._environment = python, environment
        self._process: subprocess.Popen[str] | None = None

    def run(self, folder: Path, seconds: float = 120, **job: object) -> tuple[int, str, str]:
        """The exit code of `arguments=[...]` or `program=FILE`, and what was printed on stdout and stderr."""
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        out, err = (folder / f"{uuid.uuid4().hex}.{kind}" for kind in ("out", "err"))
        process.stdin.write(json.dumps({**job, "folder": str(folder), "out": str(out), "err": str(err)}) + "\n")
        process.stdin.flush()
        answered, _, _ = select.select([process.stdout], [], [], seconds * PATIENCE)
        if not answered:
            self.end()
        code = int(process.stdout.readline() or "-1") if answered else -1
        printed = [file.read_text(errors="replace") if file.exists() else "" for file in (out, err)]
        assert answered, f"not done within {seconds:.0f} s: {job}\n{printed[0][-1500:]}\n{printed[1][-3000:]}"
        return code, printed[0], printed[1]

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None:
            self._process = subprocess.Popen(
                [str(self._python), str(Path(__file__).with_name("zygote.py"))],
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                text=True,
            )
        return self._process

    def end(self) -> None:
        """Ends the process that all is forked from, and what it is waiting for."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


class Site:
    """The working place of one scenario."""

    def __init__(self, api: str, python: Path, folder: Path, zygote: Zygote, environment: dict[str, str]) -> None:
        """Everything that the scenario writes stays in the folder."""
        self.api, self.python, self.folder = api, python, folder
        self._zygote, self.environment = zygote, environment
        self._http = httpx.Client(base_url=api, timeout=30 * PATIENCE, trust_env=False)

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """One REST request, without the client."""
        return self._http.request(method, path, json=body, **options)

    def read(self, path: str, body: Any = None) -> Any:
        """What a GET answers, or a POST when there is a body; any refusal fails the scenario."""
        answer = self.ask("GET" if body is None else "POST", path, body)
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text[:400]}"
        return answer.json()

    def write(self, name: str, text: str) -> Path:
        """A file in the folder."""
        place = self.folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(textwrap.dedent(text))
        return place

    def program(self, text: str, name: str = "program.py", seconds: float = 120) -> Any:
        """Runs a program with the client; what it prints last, a line of JSON, is given back."""
        place = self.write(name, text)
        code, out, err = self._zygote.run(place.parent, seconds, program=str(place))
        assert code == 0, f"exit code {code}\n{out[-1500:]}\n{err[-3000:]}"
        lines = [line for line in out.splitlines() if line.strip()]
        return json.loads(lines[-1]) if lines and lines[-1][:1] in '{["0123456789' else None

    def cli(self, *arguments: object, fails: bool = False) -> str:
        """Runs `prefect ARGUMENTS` and gives what it printed; it must succeed (or fail, if so said)."""
        code, *both = self._zygote.run(self.folder, arguments=[str(a) for a in arguments])
        printed = "".join(both)
        assert (code != 0) == fails, f"prefect {' '.join(map(str, arguments))}: exit code {code}\n{printed[-1500:]}"
        return printed

    def cli_json(self, *arguments: object) -> Any:
        """The same for a command that prints JSON."""
        printed = self.cli(*arguments)
        return json.loads(printed[min(printed.index(c) for c in "[{" if c in printed) :])

    @contextmanager
    def background(self, *arguments: object, **environment: str) -> Iterator[Path]:
        """A child process with the client for as long as the block; gives the file with its output."""
        log = self.folder / f"{uuid.uuid4().hex}.log"
        with log.open("wb") as out:
            child = subprocess.Popen(
                [str(self.python), *map(str, arguments)],
                cwd=self.folder,
                env={**self.environment, **environment},
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        try:
            yield log
        except BaseException as error:
            error.add_note(f"--- last output of {arguments}:\n{log.read_text(errors='replace')[-3000:]}")
            raise
        finally:
            child.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                child.wait(45)
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()

    # What is read back again and again.

    def flow_run(self, run_id: object) -> dict[str, Any]:
        """A flow run."""
        return self.read(f"/flow_runs/{run_id}")

    def flow_runs(self, **body: Any) -> list[dict[str, Any]]:
        """Flow runs by filters: `flow_runs(flows={...}, sort=...)`."""
        return self.read("/flow_runs/filter", body)

    def task_runs(self, run_id: object) -> list[dict[str, Any]]:
        """The task runs of a flow run."""
        return self.read("/task_runs/filter", {"task_runs": {"flow_run_id": {"any_": [run_id]}}, "limit": 200})

    def states(self, run_id: object, of: str = "flow") -> list[tuple[str, str]]:
        """The types and names of a run's states, oldest first."""
        rows = self.read(f"/{of}_run_states/?{of}_run_id={run_id}")
        return [(s["type"], s["name"]) for s in sorted(rows, key=lambda s: s["timestamp"])]

    def logs(self, run_id: object) -> list[dict[str, Any]]:
        """The log lines of a flow run, oldest first."""
        return self.read("/logs/filter", {"logs": {"flow_run_id": {"any_": [run_id]}}, "sort": "TIMESTAMP_ASC"})

    def in_state(self, run_id: object, kind: str, seconds: float = 90) -> dict[str, Any]:
        """The flow run, once its state is of that type."""

        def probe() -> dict[str, Any] | None:
            got = self.flow_run(run_id)
            return got if got["state_type"] == kind else None

        return until(probe, f"flow run {run_id} {kind}", seconds)


def environment_for(api: str, home: Path) -> dict[str, str]:
    """The environment of a user whose client is pointed at that server."""
    return clean_environment(PREFECT_API_URL=api, PREFECT_HOME=str(home), **QUIET)
