from locum.domain.orchestration import govern
from locum.domain.orchestration.effects import MirrorToParent
from locum.features.flow_runs.policy import CORE, FORCED
from tests.factories.transitions import NOW, PARENT, RUN, flow_run, flow_transition, state

SUBFLOW = flow_run(parent_task_run_id=PARENT)


def test_the_parent_task_run_is_put_into_the_same_state():
    for policy in (CORE, FORCED):
        decision = govern(policy, flow_transition(state("PENDING"), state("RUNNING", at=NOW), SUBFLOW))
        (effect,) = decision.effects
        assert decision.state is not None
        assert isinstance(effect, MirrorToParent)
        assert (effect.task_run_id, effect.state.type) == (PARENT, decision.state.type)
        assert effect.state.id != decision.state.id
        assert effect.state.state_details.child_flow_run_id == RUN
        assert decision.state.state_details.child_flow_run_id is None
        assert decision.state.state_details.task_run_id == PARENT


def test_not_if_nothing_changed():
    assert govern(CORE, flow_transition(state("COMPLETED"), state("CRASHED"), SUBFLOW)).effects == ()
