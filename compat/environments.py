"""Makes the environments that the black-box proof runs in: the newest real client with the peer, and older clients.

Run it by any Python >= 3.11 from the repository's root; it needs nothing but the standard library:

    python -m compat.environments peer              makes .peer-venv (client, peer, pytest)
    python -m compat.environments old [VERSION...]  makes .peer-clients/VERSION for each older client
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PEER = Path(os.environ.get("COMPAT_PEER_VENV", ROOT / ".peer-venv"))
OLD = Path(os.environ.get("COMPAT_OLD_CLIENTS", ROOT / ".peer-clients"))
OLD_VERSIONS = ("3.0.11", "3.2.15", "3.4.25", "3.6.29", "3.8.8")


def python_of(directory: Path) -> Path:
    """The interpreter of the environment in that directory."""
    return directory / "bin" / "python"


def peer_constraints() -> Path:
    """The pinned packages of the peer's environment."""
    return ROOT / "compat" / "constraints-peer.txt"


def old_constraints(version: str) -> Path:
    """The pinned packages of one older client's environment."""
    return ROOT / "compat" / "old_clients" / f"constraints-{version}.txt"


def _uv() -> str | None:
    beside = Path(sys.executable).with_name("uv")
    return str(beside) if beside.exists() else shutil.which("uv")


def _stamp(constraints: Path) -> str:
    interpreter = f"{sys.version_info.major}.{sys.version_info.minor}"
    return hashlib.sha256(interpreter.encode() + constraints.read_bytes()).hexdigest()


def _install(python: Path, constraints: Path) -> None:
    # The file names every package, so nothing is resolved: a pin that contradicts a package's own wish (certifi,
    # where a registry lags behind) needs no override.
    wanted = ["--no-deps", "-r", str(constraints)]
    if "--hash=" in constraints.read_text():
        wanted = ["--require-hashes", *wanted]
    uv = _uv()
    if uv:
        command = [uv, "pip", "install", "-q", "--compile-bytecode", "--python", str(python), *wanted]
    else:
        command = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *wanted]
    subprocess.run(command, check=True)


def make(directory: Path, constraints: Path) -> bool:
    """Makes the environment, unless it is there already with just these packages; tells whether it had to."""
    mark = directory / "compat-stamp"
    stamp = _stamp(constraints)
    if mark.exists() and mark.read_text() == stamp and python_of(directory).exists():
        return False
    shutil.rmtree(directory, ignore_errors=True)
    uv = _uv()
    if uv:
        subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(directory)], check=True)
    else:
        venv.create(directory, with_pip=True, symlinks=True)
    _install(python_of(directory), constraints)
    mark.write_text(stamp)
    return True


def main(arguments: list[str]) -> int:
    """The command line described above."""
    parser = argparse.ArgumentParser(prog="python -m compat.environments", usage=__doc__)
    parser.add_argument("which", choices=("peer", "old"))
    parser.add_argument("versions", nargs="*", default=None)
    chosen = parser.parse_args(arguments)
    if chosen.which == "peer":
        wanted = [(PEER, peer_constraints())]
    else:
        wanted = [(OLD / v, old_constraints(v)) for v in (chosen.versions or OLD_VERSIONS)]
    for directory, constraints in wanted:
        made = make(directory, constraints)
        sys.stdout.write(f"{'made' if made else 'have'} {directory}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
