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
from locum.domain.orchestration.facts import (
    DEFAULT_TERMS,
    DeploymentSlots,
    EnclosingFlowRun,
    FlowRunFacts,
    Need,
    RunFacts,
    SlotLimit,
    TaskRunFacts,
    Terms,
)
from locum.domain.orchestration.rules import Aftermath, Policy, Rule, Settled, Transition, Verdict
from locum.domain.orchestration.run_policies import FlowRunPolicy, TaskRunPolicy

__all__ = [
    "DEFAULT_TERMS",
    "Aftermath",
    "Decision",
    "DeploymentSlots",
    "EnclosingFlowRun",
    "FlowRunFacts",
    "FlowRunPolicy",
    "Need",
    "OrchestrationResult",
    "Policy",
    "Rule",
    "RunFacts",
    "SetStateStatus",
    "Settled",
    "SlotLimit",
    "StateAbortDetails",
    "StateAcceptDetails",
    "StateRejectDetails",
    "StateResponseDetails",
    "StateWaitDetails",
    "TaskRunFacts",
    "TaskRunPolicy",
    "Terms",
    "Transition",
    "Verdict",
    "govern",
]
