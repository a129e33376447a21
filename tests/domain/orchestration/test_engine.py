from dataclasses import replace
from typing import ClassVar
from uuid import UUID

from locum.domain.orchestration import (
    Aftermath,
    FlowRunFacts,
    Policy,
    Rule,
    SetStateStatus,
    Settled,
    Transition,
    govern,
)
from locum.domain.orchestration.bookkeeping import book_flow_run, stamp_flow_run_state
from locum.domain.orchestration.rules import StateTypes, Verdict, abort, reject, wait
from locum.domain.states import StateType
from tests.factories.transitions import ATTEMPT, NOW, flow_run, flow_transition, state

Flow = FlowRunFacts
ASKED = flow_transition(state("PENDING"), state("RUNNING", at=NOW))


class Says(Rule[Flow]):
    """Gives the verdict that it was made with, and tells whether it was heard and whether it followed up."""

    def __init__(self, verdict: Verdict[Flow] | None = None) -> None:
        self.verdict = verdict
        self.heard = False
        self.followed = False

    def before(self, asked: Transition[Flow]) -> Verdict[Flow] | None:
        self.heard = True
        return self.verdict

    def after(self, settled: Settled[Flow]) -> Aftermath[Flow] | None:
        self.followed = True
        return None


class SaysAboutRunning(Says):
    TO: ClassVar[StateTypes] = frozenset({StateType.RUNNING})


class SaysAlways(Says):
    ALWAYS: ClassVar[bool] = True


def policy(*rules: Rule[Flow]) -> Policy[Flow]:
    return Policy(rules=rules, stamp=stamp_flow_run_state, book=book_flow_run)


class TestAnswers:
    def test_accepts_what_nobody_objects_to(self):
        decision = govern(policy(Says()), ASKED)
        assert (decision.status, decision.result().details.type) == (SetStateStatus.ACCEPT, "accept_details")
        assert decision.state is decision.current
        assert decision.run.run_count == 1

    def test_rejects_into_another_state(self):
        decision = govern(policy(Says(reject("no", state("FAILED", at=NOW)))), ASKED)
        assert (decision.status, decision.details.model_dump()) == (
            SetStateStatus.REJECT,
            {"type": "reject_details", "reason": "no"},
        )
        assert decision.state is not None
        assert decision.state.type is StateType.FAILED
        assert decision.run.end_time == NOW

    def test_rejects_and_stays(self):
        decision = govern(policy(Says(reject("no"))), ASKED)
        assert (decision.status, decision.state, decision.current) == (SetStateStatus.REJECT, None, ASKED.initial)
        assert not decision.run_changed

    def test_aborts(self):
        decision = govern(policy(Says(abort("no"))), ASKED)
        assert (decision.status, decision.state) == (SetStateStatus.ABORT, None)

    def test_waits(self):
        decision = govern(policy(Says(wait(7, "soon"))), ASKED)
        assert decision.details.model_dump() == {"type": "wait_details", "delay_seconds": 7, "reason": "soon"}


class TestOrder:
    def test_a_rule_is_not_heard_about_what_it_does_not_govern(self):
        rule = SaysAboutRunning()
        govern(policy(rule), flow_transition(state("RUNNING"), state("FAILED")))
        assert not rule.heard
        assert not rule.followed

    def test_a_rule_is_not_heard_after_the_state_was_replaced(self):
        later = Says()
        govern(policy(Says(reject("no", state("FAILED"))), later), ASKED)
        assert not later.heard

    def test_a_rule_is_not_heard_after_an_objection(self):
        later = Says(reject("too late"))
        decision = govern(policy(Says(abort("no")), later), ASKED)
        assert not later.heard
        assert decision.status is SetStateStatus.ABORT

    def test_a_rule_is_heard_after_another_state_of_the_type_was_put_in_place(self):
        later = Says()
        govern(policy(Says(reject("no", state("RUNNING", "Other"))), later), ASKED)
        assert later.heard

    def test_a_rule_sees_what_earlier_ones_changed(self):
        class Renames(Rule[Flow]):
            def before(self, asked: Transition[Flow]) -> Verdict[Flow] | None:
                return Verdict(state=asked.proposed.but(name=f"{asked.run.run_count}"))

        decision = govern(policy(Says(Verdict(run=flow_run(run_count=41))), Renames()), ASKED)
        assert decision.state is not None
        assert decision.state.name == "41"
        assert decision.run.run_count == 42

    def test_always_follows_up(self):
        always = SaysAlways()
        govern(policy(always, Says(abort("no"))), ASKED)
        assert always.followed


class TestFizzling:
    """A rule that a later one overruled neither follows up nor leaves its mark on the run."""

    CHANGE: ClassVar[Verdict[Flow]] = Verdict(run=flow_run(run_count=41))

    def test_overruled(self):
        first = Says(self.CHANGE)
        decision = govern(policy(first, Says(abort("no"))), ASKED)
        assert not first.followed
        assert decision.run == ASKED.run

    def test_overruled_by_another_state(self):
        decision = govern(policy(Says(self.CHANGE), Says(reject("no", state("FAILED", at=NOW)))), ASKED)
        assert decision.run.run_count == 0

    def test_what_the_one_that_overrules_changed_stands(self):
        overrules = replace(reject("no", state("FAILED")), run=flow_run(run_count=41, infrastructure_pid="1"))
        decision = govern(policy(Says(self.CHANGE), Says(), SaysAboutRunning(overrules)), ASKED)
        assert (decision.run.run_count, decision.run.infrastructure_pid) == (0, "1")

    def test_the_one_that_overrules_leaves_its_mark(self):
        verdict = replace(reject("no", state("FAILED")), run=flow_run(run_count=41))
        decision = govern(policy(SaysAboutRunning(verdict)), ASKED)
        assert decision.run.run_count == 41

    def test_the_one_that_overrules_follows_up_only_where_it_governs_the_outcome(self):
        anything, running = Says(reject("no")), SaysAboutRunning(reject("no"))
        govern(policy(anything), ASKED)
        govern(policy(running), ASKED)
        assert anything.followed
        assert not running.followed


class TestRepeats:
    def test_a_replaced_proposal_is_known_by_its_transition_id(self):
        asked = flow_transition(state("PENDING"), state("RUNNING", transition_id=str(ATTEMPT)))
        decision = govern(policy(Says(reject("no", state("FAILED")))), asked)
        assert decision.state is not None
        assert decision.state.state_details.transition_id == ATTEMPT

    def test_a_replacement_keeps_an_id_of_its_own(self):
        other = UUID(int=9)
        asked = flow_transition(state("PENDING"), state("RUNNING", transition_id=str(ATTEMPT)))
        decision = govern(policy(Says(reject("no", state("FAILED", transition_id=str(other))))), asked)
        assert decision.state is not None
        assert decision.state.state_details.transition_id == other


def test_clients_that_name_no_version_speak_the_newest():
    assert flow_transition(None, state("RUNNING")).speaks(0, 8, 4)
    assert not flow_transition(None, state("RUNNING"), api_version=(0, 8, 3)).speaks(0, 8, 4)
