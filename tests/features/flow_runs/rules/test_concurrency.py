from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from locum.domain.orchestration import Decision, DeploymentSlots, FlowRunFacts, SetStateStatus, SlotLimit, Terms, govern
from locum.domain.orchestration.effects import EndLease, RenewLease, TakeSlots
from locum.domain.states import State, StateType
from locum.features.flow_runs.policy import CORE, FORCED, MARK_LATE
from tests.factories.transitions import ATTEMPT, DEPLOYMENT, LATER, NOW, RUN, flow_run, flow_transition, state

LIMIT = SlotLimit(id=ATTEMPT, name="deployment:x", size=2, turn=7)
TERMS = Terms(lease=timedelta(seconds=99), slot_wait=timedelta(seconds=40))
NEW_CLIENT, OLD_CLIENT = "3.9.1", "3.4.10"


def limited(*, cancels_new: bool = False, grace: timedelta | None = None, **limit: Any) -> FlowRunFacts:
    slots = DeploymentSlots(limit=replace(LIMIT, **limit), cancels_new=cancels_new, grace=grace)
    return flow_run(deployment_id=DEPLOYMENT, slots=slots)


def leased(kind: str, **more: Any) -> State:
    return state(kind, deployment_concurrency_lease_id=str(RUN), **more)


def decided(
    initial: State | None, kind: str, run: FlowRunFacts, client: str | None = NEW_CLIENT, **proposed: Any
) -> Decision[FlowRunFacts]:
    asked = flow_transition(initial, state(kind, **proposed), run, client_version=client, terms=TERMS)
    return govern(CORE, asked)


def lease_of(decision: Decision[FlowRunFacts]) -> UUID | None:
    assert decision.state is not None
    return decision.state.state_details.deployment_concurrency_lease_id


class TestCarrying:
    def test_a_lease_is_carried_on(self):
        for policy in (CORE, FORCED):
            kept = govern(policy, flow_transition(leased("PENDING"), state("RUNNING"))).state
            assert kept is not None
            assert kept.state_details.deployment_concurrency_lease_id == RUN

    def test_unless_another_is_proposed(self):
        proposed = state("CANCELLING", deployment_concurrency_lease_id=str(ATTEMPT))
        assert lease_of(govern(CORE, flow_transition(leased("RUNNING"), proposed))) == ATTEMPT

    def test_a_run_begins_with_the_lease_that_it_waited_with(self):
        proposed = state("RUNNING", deployment_concurrency_lease_id=str(ATTEMPT))
        assert lease_of(govern(CORE, flow_transition(leased("PENDING"), proposed))) == RUN


class TestTaking:
    @pytest.mark.parametrize("kind", [None, "SCHEDULED", "FAILED", "COMPLETED"])
    def test_a_slot_under_a_new_lease(self, kind: str | None):
        decision = decided(leased(kind) if kind else None, "PENDING", limited())
        lease = lease_of(decision)
        assert lease not in {None, RUN}
        assert lease is not None
        assert decision.effects == (TakeSlots((LIMIT,), lease, TERMS.lease),)

    def test_as_long_as_the_deployment_says(self):
        decision = decided(None, "PENDING", limited(grace=timedelta(hours=1)))
        assert [one.lasts for one in decision.effects if isinstance(one, TakeSlots)] == [timedelta(hours=1)]

    def test_none_free(self):
        decision = decided(state("SCHEDULED"), "PENDING", limited(has_room=False))
        assert (decision.status, decision.effects) == (SetStateStatus.REJECT, ())
        assert decision.state is not None
        assert (decision.state.type, decision.state.name) == (StateType.SCHEDULED, "AwaitingConcurrencySlot")
        assert decision.run.next_scheduled_start_time == NOW + TERMS.slot_wait

    def test_none_free_and_new_runs_are_cancelled(self):
        decision = decided(state("SCHEDULED"), "PENDING", limited(has_room=False, cancels_new=True))
        assert decision.state is not None
        assert (decision.state.type, decision.effects) == (StateType.CANCELLED, ())
        assert decision.state.message == "Deployment concurrency limit reached."

    def test_a_limit_of_none(self):
        decision = decided(state("SCHEDULED"), "PENDING", limited(size=0, has_room=False))
        assert (decision.status, decision.state) == (SetStateStatus.ABORT, None)

    def test_a_deployment_that_was_deleted(self):
        run = flow_run(deployment_id=DEPLOYMENT, deployment_exists=False)
        assert decided(state("SCHEDULED"), "PENDING", run).status is SetStateStatus.ABORT

    @pytest.mark.parametrize(
        ("run", "client"),
        [
            (limited(active=False, has_room=False), NEW_CLIENT),
            (limited(has_room=False), "3.0.2"),
            (flow_run(deployment_id=DEPLOYMENT), NEW_CLIENT),
            (flow_run(), NEW_CLIENT),
        ],
    )
    def test_none_needed(self, run: FlowRunFacts, client: str):
        decision = decided(state("SCHEDULED"), "PENDING", run, client)
        assert (decision.status, decision.effects, lease_of(decision)) == (SetStateStatus.ACCEPT, (), None)

    def test_not_by_force(self):
        asked = flow_transition(state("SCHEDULED"), state("PENDING"), limited(has_room=False))
        decision = govern(FORCED, asked)
        assert (decision.status, decision.effects) == (SetStateStatus.ACCEPT, ())

    def test_not_twice(self):
        assert decided(leased("PENDING"), "PENDING", limited()).effects == ()
        assert decided(leased("PENDING"), "PENDING", limited(), name="Submitting").effects == ()


class TestBeginning:
    def test_the_lease_is_renewed(self):
        decision = decided(leased("PENDING"), "RUNNING", limited(held=True, has_room=False))
        assert (lease_of(decision), decision.effects) == (RUN, (RenewLease(RUN, TERMS.lease),))

    def test_the_lease_is_renewed_for_one_who_comes_too_early(self):
        decision = decided(leased("PENDING", scheduled_time=LATER), "RUNNING", limited(held=True))
        assert (decision.status, decision.effects) == (SetStateStatus.WAIT, (RenewLease(RUN, TERMS.lease),))

    def test_another_slot_for_a_lost_one(self):
        decision = decided(leased("PENDING"), "RUNNING", limited())
        lease = lease_of(decision)
        assert lease not in {None, RUN}
        assert lease is not None
        assert decision.effects == (TakeSlots((LIMIT,), lease, TERMS.lease),)

    def test_no_slot_is_taken_for_one_who_comes_too_early(self):
        decision = decided(leased("PENDING", scheduled_time=LATER), "RUNNING", limited())
        assert (decision.status, decision.effects) == (SetStateStatus.WAIT, ())

    def test_a_lost_slot_that_others_have_taken(self):
        decision = decided(leased("PENDING"), "RUNNING", limited(has_room=False))
        assert decision.status is SetStateStatus.REJECT
        assert decision.state is not None
        assert (decision.state.type, decision.effects) == (StateType.CANCELLED, (EndLease(RUN),))

    @pytest.mark.parametrize(
        ("initial", "run"),
        [
            (state("PENDING"), limited(has_room=False)),
            (leased("PENDING"), flow_run(deployment_id=DEPLOYMENT)),
            (leased("PENDING"), limited(active=False)),
            (leased("PAUSED"), limited(has_room=False)),
        ],
    )
    def test_nothing_to_renew(self, initial: State, run: FlowRunFacts):
        decision = decided(initial, "RUNNING", run)
        assert (decision.status, decision.effects) == (SetStateStatus.ACCEPT, ())

    @pytest.mark.parametrize("client", [None, "2.20.1", OLD_CLIENT, "3.4.11rc1", "3.4.11.dev2", "next"])
    def test_old_clients_hold_their_slot_for_good(self, client: str | None):
        for kind in ("RUNNING", "CANCELLING"):
            decision = decided(leased("PENDING"), kind, limited(held=True), client)
            assert decision.effects == (RenewLease(RUN, None),)

    def test_old_clients_go_on_without_a_slot(self):
        decision = decided(leased("PENDING"), "RUNNING", limited(has_room=False), OLD_CLIENT)
        assert (decision.status, decision.effects) == (SetStateStatus.ACCEPT, ())

    @pytest.mark.parametrize("client", ["3.4.11", "3.4.11+5.gabc", "3.5.0rc1", "4.0.0"])
    def test_newer_clients_renew(self, client: str):
        assert decided(leased("PENDING"), "RUNNING", limited(held=True), client).effects == (
            RenewLease(RUN, TERMS.lease),
        )


class TestGivingBack:
    @pytest.mark.parametrize("ends", ["COMPLETED", "FAILED", "CRASHED", "CANCELLED", "PAUSED", "SCHEDULED"])
    @pytest.mark.parametrize("policy", [CORE, FORCED])
    def test_when_the_run_ends_or_waits(self, ends: str, policy: Any):
        asked = flow_transition(leased("RUNNING"), state(ends), limited())
        assert govern(policy, asked).effects == (EndLease(RUN),)

    @pytest.mark.parametrize("kind", ["PENDING", "RUNNING", "CANCELLING"])
    def test_from_every_state_that_holds_one(self, kind: str):
        asked = flow_transition(leased(kind), state("CANCELLED"), limited())
        assert govern(CORE, asked).effects == (EndLease(RUN),)

    @pytest.mark.parametrize("kind", ["SCHEDULED", "PAUSED", "FAILED", "CANCELLED"])
    def test_not_from_others(self, kind: str):
        asked = flow_transition(leased(kind), state("CANCELLED"), limited())
        assert govern(CORE, asked).effects == ()

    def test_not_where_the_process_retries(self):
        policy = limited().with_policy(retries=1)
        decision = govern(CORE, flow_transition(leased("RUNNING"), state("FAILED"), policy))
        assert (lease_of(decision), decision.effects) == (RUN, ())

    def test_but_where_it_is_rescheduled(self):
        asked = flow_transition(leased("RUNNING"), state("SCHEDULED", "AwaitingRetry"), limited())
        assert govern(CORE, asked).effects == (EndLease(RUN),)

    def test_not_where_the_run_stays_as_it_is(self):
        assert govern(CORE, flow_transition(leased("CANCELLING"), state("COMPLETED"), limited())).effects == ()

    def test_nothing_without_a_lease(self):
        assert govern(CORE, flow_transition(state("RUNNING"), state("COMPLETED"), limited())).effects == ()


class TestLateness:
    def late(self, run: FlowRunFacts) -> State | None:
        return govern(MARK_LATE, flow_transition(state("SCHEDULED"), state("SCHEDULED", "Late"), run)).state

    def test_late_runs_of_a_full_deployment_that_cancels_new_ones(self):
        found = self.late(limited(has_room=False, cancels_new=True))
        assert found is not None
        assert found.type is StateType.CANCELLED

    @pytest.mark.parametrize(
        "run",
        [
            limited(cancels_new=True),
            limited(has_room=False),
            limited(has_room=False, cancels_new=True, active=False),
            flow_run(deployment_id=DEPLOYMENT),
        ],
    )
    def test_others_are_late(self, run: FlowRunFacts):
        found = self.late(run)
        assert found is not None
        assert found.name == "Late"
