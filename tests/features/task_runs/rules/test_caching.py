from locum.domain.orchestration import SetStateStatus, Terms, govern
from locum.domain.orchestration.effects import RememberResult
from locum.domain.states import StateType
from locum.features.task_runs.policy import CORE
from tests.factories.transitions import LATER, NOW, RUN, state, task_run, task_transition

KEPT = state("COMPLETED", data={"type": "result"}, cache_key="k")


class TestUseRememberedResult:
    def test_puts_it_in_the_place_of_running(self):
        asked = task_transition(state("PENDING"), state("RUNNING", cache_key="k"), task_run(cached=KEPT))
        decision = govern(CORE, asked)
        assert decision.details.model_dump() == {"type": "reject_details", "reason": "Retrieved state from cache"}
        assert decision.state is not None
        assert (decision.state.type, decision.state.name) == (StateType.COMPLETED, "Cached")
        assert decision.state.data == KEPT.data
        assert decision.state.id != KEPT.id
        assert decision.state.timestamp == NOW
        assert decision.state.state_details.task_run_id == RUN

    def test_not_if_it_is_to_be_refreshed(self):
        proposed = state("RUNNING", cache_key="k", refresh_cache=True)
        asked = task_transition(state("PENDING"), proposed, task_run(cached=KEPT))
        assert govern(CORE, asked).status is SetStateStatus.ACCEPT

    def test_nothing_is_remembered(self):
        asked = task_transition(state("PENDING"), state("RUNNING", cache_key="k"))
        assert govern(CORE, asked).status is SetStateStatus.ACCEPT


class TestRememberResults:
    def test_remembers(self):
        proposed = state("COMPLETED", cache_key="k", cache_expiration=LATER)
        decision = govern(CORE, task_transition(state("RUNNING"), proposed))
        assert decision.state is not None
        assert decision.effects == (RememberResult("k", LATER, decision.state.id),)

    def test_not_without_a_key(self):
        assert govern(CORE, task_transition(state("RUNNING"), state("COMPLETED"))).effects == ()

    def test_complains_about_a_long_key_and_takes_the_state(self):
        terms = Terms(cache_key_length=2)
        asked = task_transition(state("RUNNING"), state("COMPLETED", cache_key="kkk"), terms=terms)
        decision = govern(CORE, asked)
        reason = "Cache key exceeded maximum allowed length of 2 characters."
        assert decision.details.model_dump() == {"type": "reject_details", "reason": reason}
        assert decision.state is not None
        assert decision.state.type is StateType.COMPLETED
