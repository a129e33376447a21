"""What a round cost is divided by its requests, after the idle burden is taken off."""

import os
import subprocess
import sys

import orjson

from bench.events import task_events
from bench.measure import Round, Usage, cost
from bench.proc import alive, cpu_seconds, tree
from bench.report import Line, Setting, render

BURN = "import time\nwhile time.process_time() < 0.2: pass"


class TestCost:
    def test_idle_use_is_subtracted(self):
        idle = Usage(wall=1, server=0.1, postgres=0.05, statements=2)
        played = Round(100, Usage(wall=10, server=2, postgres=1, statements=320), 5, [0.001, 0.003, 0.002])
        found = cost([played], idle)
        assert round(found.server_ms, 6) == 10
        assert round(found.postgres_ms, 6) == 5
        assert found.statements == 3
        assert found.latency_ms == 2
        assert found.per_second == 20


class TestProcesses:
    def test_children_belong_to_the_tree_and_keep_their_time_when_they_end(self):
        before = cpu_seconds(os.getpid())
        with subprocess.Popen([sys.executable, "-c", BURN]) as child:
            assert child.pid in tree(os.getpid())
        assert cpu_seconds(os.getpid()) - before > 0.15
        assert not alive(child.pid)


class TestReport:
    def test_a_missed_target_says_so(self):
        one = cost([Round(1, Usage(1, 0.001, 0, 1), 1, [0.1])], Usage(1, 0, 0, 0))
        two = cost([Round(1, Usage(1, 0.010, 0, 1), 1, [0.1])], Usage(1, 0, 0, 0))
        idle = Usage(1, 0, 0, 0)
        setting = Setting(("locum", "peer"), (idle, idle), "statements", 1, 1, 1, gzip=False)
        text = render([Line("lifecycle", one, two), Line("count", one, two)], setting)
        assert "15x MISSED" in text
        assert "10.0x" in text


def test_a_task_run_says_three_things():
    names = [orjson.loads(event)["event"] for event in task_events("x", 1)]
    assert names == ["prefect.task-run.Pending", "prefect.task-run.Running", "prefect.task-run.Completed"]
