"""The rule engine: a transition and a policy in, a decision and its effects out; knows no table."""

from locum.domain.orchestration.answers import (
    OrchestrationResult,
    SetStateStatus,
    StateAbortDetails,
    StateAcceptDetails,
    StateRejectDetails,
    StateResponseDetails,
    StateWaitDetails,
)
from locum.domain.orchestration.engine import Decision, govern
from locum.domain.orchestration.facts import EnclosingFlowRun, FlowRunFacts, RunFacts, TaskRunFacts
from locum.domain.orchestration.rules import Aftermath, Policy, Rule, Settled, Transition, Verdict
from locum.domain.orchestration.run_policies import FlowRunPolicy, TaskRunPolicy

__all__ = [
    "Aftermath",
    "Decision",
    "EnclosingFlowRun",
    "FlowRunFacts",
    "FlowRunPolicy",
    "OrchestrationResult",
    "Policy",
    "Rule",
    "RunFacts",
    "SetStateStatus",
    "Settled",
    "StateAbortDetails",
    "StateAcceptDetails",
    "StateRejectDetails",
    "StateResponseDetails",
    "StateWaitDetails",
    "TaskRunFacts",
    "TaskRunPolicy",
    "Transition",
    "Verdict",
    "govern",
]
