"""CPU time and identity of process trees, read from /proc."""

import os
import platform
import time
from pathlib import Path

PROC = Path("/proc")
TICK = os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the third on (state, ppid, ...); empty if the process is gone."""
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return text[text.rindex(")") + 2 :].split()


def tree(root: int) -> list[int]:
    """The process and all of its living descendants."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [root]
    for pid in found:
        found.extend(children.get(pid, []))
    return found


def cpu_seconds(root: int) -> float:
    """User and system time of the tree so far, with that of children that have ended.

    /proc/PID/stat counts in ticks of 10 ms, too coarse for a round of cheap requests; the kernel keeps the same sum in
    nanoseconds behind the process's CPU clock, so living processes are read there.
    """
    total = 0.0
    for pid in tree(root):
        fields = _stat(pid)
        if not fields:
            continue
        try:
            own = time.clock_gettime((~pid << 3) | 2)
        except OSError:
            own = (int(fields[11]) + int(fields[12])) / TICK
        total += own + (int(fields[13]) + int(fields[14])) / TICK
    return total


def alive(pid: int) -> bool:
    """Whether the process runs (a zombie does not)."""
    fields = _stat(pid)
    return bool(fields) and fields[0] != "Z"


def machine() -> str:
    """One line that says what the numbers were measured on."""
    model = "unknown CPU"
    for line in (PROC / "cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    kib = int((PROC / "meminfo").read_text().split(maxsplit=2)[1])
    return (
        f"{os.cpu_count()} cores of {model}, {kib / 2**20:.1f} GiB, Linux {platform.release()}, "
        f"Python {platform.python_version()}"
    )


def load() -> float:
    """How busy the machine was during the last minute."""
    return os.getloadavg()[0]
