"""Runs `prefect ...` commands and programs, each in a fork of this process, which has the client imported already.

A job is a line of JSON on stdin: {"folder": ..., "out": FILE, "err": FILE} with {"arguments": [...]} for a command or
{"program": FILE} for a program; its exit code is a line on stdout.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import runpy
import sys
import threading
import traceback

import prefect.blocks.system
import prefect.filesystems  # noqa: F401 - imported before the fork, as is all that programs use
from prefect.cli import app


def _carry_out(job: dict[str, object]) -> int:
    os.chdir(str(job["folder"]))
    silence = os.open(os.devnull, os.O_RDONLY)
    out, err = (os.open(str(job[name]), os.O_WRONLY | os.O_CREAT | os.O_APPEND) for name in ("out", "err"))
    for target, source in ((0, silence), (1, out), (2, err)):
        os.dup2(source, target)
    try:
        if "program" in job:
            sys.argv = [str(job["program"])]
            sys.path.insert(0, str(job["folder"]))
            runpy.run_path(str(job["program"]), run_name="__main__")
        else:
            sys.argv = ["prefect", *job["arguments"]]
            app()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - what an interpreter does at its end
        traceback.print_exc()
        return 1
    return 0


def _end(code: int) -> None:
    # As an interpreter ends, but for taking apart every module, which takes longer than most commands.
    threading._shutdown()  # noqa: SLF001
    atexit._run_exitfuncs()  # noqa: SLF001
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main() -> None:
    """Serves jobs until stdin ends."""
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                _end(_carry_out(json.loads(line)))
            finally:
                os._exit(1)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.write(f"{code}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
