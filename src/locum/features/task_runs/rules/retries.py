"""Rules about trying again."""

import math
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

from locum.domain.orchestration import Aftermath, Rule, Settled, TaskRunFacts, TaskRunPolicy, Transition, Verdict
from locum.domain.orchestration.rules import StateTypes, reject
from locum.domain.states import StateType, named


class RetryFailedRuns(Rule[TaskRunFacts]):
    """A failed task run with retries left is to be tried again, unless the client says that it is no use."""

    FROM: ClassVar[StateTypes] = frozenset({StateType.RUNNING})
    TO: ClassVar[StateTypes] = frozenset({StateType.FAILED})

    def before(self, asked: Transition[TaskRunFacts]) -> Verdict[TaskRunFacts] | None:
        """Put AwaitingRetry in the place of Failed."""
        policy, count, proposed = asked.run.empirical_policy, asked.run.run_count, asked.proposed
        if asked.initial is None or proposed.state_details.retriable is False:
            return None
        if policy.retries is None or count > policy.retries:
            return None
        due = asked.now + timedelta(seconds=_delay(policy, count, asked.chance))
        return reject("Retrying", named.awaiting_retry(asked.now, due, proposed.message, proposed.data))


class NameReruns(Rule[TaskRunFacts]):
    """A task run that runs again says so in the name of its state."""

    TO: ClassVar[StateTypes] = frozenset({StateType.RUNNING})

    def before(self, asked: Transition[TaskRunFacts]) -> Verdict[TaskRunFacts] | None:
        """Name it."""
        if asked.initial is None or asked.run.run_count == 0:
            return None
        name = "Retrying" if asked.initial.name == "AwaitingRetry" else "Rerunning"
        return Verdict(state=asked.proposed.but(name=name))


class CountFlowRunAttempts(Rule[TaskRunFacts]):
    """A task run remembers in which attempt of its flow run it ran last."""

    TO: ClassVar[StateTypes] = frozenset({StateType.RUNNING})

    def after(self, settled: Settled[TaskRunFacts]) -> Aftermath[TaskRunFacts] | None:
        """Copy the flow run's count."""
        flow_run = settled.run.flow_run
        if flow_run is None:
            return None
        return Aftermath(run=replace(settled.run, flow_run_run_count=flow_run.run_count))


def _delay(policy: TaskRunPolicy, count: int, chance: float) -> float:
    """Seconds until the attempt after the `count`th."""
    asked = policy.retry_delay
    delay = asked[min(count - 1, len(asked) - 1)] if isinstance(asked, list) and asked else asked
    base = float(delay) if isinstance(delay, int | float) else 0.0
    return stray(base, policy.retry_jitter_factor, chance) if policy.retry_jitter_factor and base > 0 else base


def stray(average: float, factor: float, chance: float) -> float:
    """A delay about `average` and at most `1 + factor` times it: the time between arrivals of a Poisson process.

    Half of them lie below the median, as without the bounds; `chance` in [0, 1) chooses among them.
    """
    most = 1 + factor
    least = 0.0 if most >= 50 else math.log2(2**most / (2**most - 1))
    below, above = -math.expm1(-least), -math.expm1(-most)
    drawn = below + chance * (above - below)
    return -math.log(max(1 - drawn, 1e-10)) * average
