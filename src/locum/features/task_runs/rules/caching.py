"""Rules about results that are remembered under a cache key."""

from typing import ClassVar

from locum.domain.ids import new_id
from locum.domain.orchestration import Aftermath, Need, Rule, Settled, TaskRunFacts, Transition, Verdict
from locum.domain.orchestration.effects import RememberResult
from locum.domain.orchestration.rules import StateTypes, reject
from locum.domain.states import StateType


class UseRememberedResult(Rule[TaskRunFacts]):
    """A task run does not run whose result is remembered."""

    TO: ClassVar[StateTypes] = frozenset({StateType.RUNNING})
    NEEDS: ClassVar[frozenset[Need]] = frozenset({Need.CACHE})

    def before(self, asked: Transition[TaskRunFacts]) -> Verdict[TaskRunFacts] | None:
        """Put the remembered state in the place of Running."""
        details, remembered = asked.proposed.state_details, asked.run.cached
        if remembered is None or not details.cache_key or details.refresh_cache:
            return None
        copy = remembered.but(id=new_id(), name="Cached", timestamp=asked.now)
        return reject("Retrieved state from cache", copy)


class RememberResults(Rule[TaskRunFacts]):
    """A completed state with a cache key is remembered under it."""

    TO: ClassVar[StateTypes] = frozenset({StateType.COMPLETED})

    def before(self, asked: Transition[TaskRunFacts]) -> Verdict[TaskRunFacts] | None:
        """Complain about a key that is too long; like the peer, take the state all the same."""
        longest = asked.terms.cache_key_length
        if len(asked.proposed.state_details.cache_key or "") <= longest:
            return None
        reason = f"Cache key exceeded maximum allowed length of {longest} characters."
        return reject(reason, asked.proposed)

    def after(self, settled: Settled[TaskRunFacts]) -> Aftermath[TaskRunFacts] | None:
        """Remember it."""
        state = settled.written
        if state is None or not state.state_details.cache_key:
            return None
        details = state.state_details
        effect = RememberResult(state.state_details.cache_key, details.cache_expiration, state.id)
        return Aftermath(effects=(effect,))
