"""Runs `prefect ...` commands, each in a fork of this process, which has the command line imported already.

A job is a line of JSON on stdin: {"arguments": [...], "out": FILE}; its exit code is a line on stdout.
"""

from __future__ import annotations

import json
import os
import sys

from prefect.cli import app


def _carry_out(job: dict[str, object]) -> None:
    out = os.open(str(job["out"]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    silence = os.open(os.devnull, os.O_RDONLY)
    for target, source in ((0, silence), (1, out), (2, out)):
        os.dup2(source, target)
    sys.argv = ["prefect", *job["arguments"]]
    app()


def main() -> None:
    """Serves jobs until stdin ends."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _carry_out(json.loads(line))
            raise SystemExit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.write(f"{code}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
