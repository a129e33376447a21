"""Who proposes a transition of a run, and on what terms."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from locum.domain.orchestration import DEFAULT_TERMS, Terms, Transition
from locum.domain.orchestration.rules import R
from locum.domain.states import State
from locum.infra.web import Call


@dataclass(frozen=True)
class Caller:
    """Who proposes a transition: when, the versions that some rules ask for, and what the settings say."""

    now: datetime
    client_version: str | None = None
    api_version: tuple[int, int, int] | None = None
    terms: Terms = DEFAULT_TERMS

    def proposes(self, state: State, run: R, initial: State | None) -> Transition[R]:
        """The transition of a run in `initial` that is asked for."""
        return Transition(
            run=run,
            initial=initial,
            proposed=state,
            now=self.now,
            api_version=self.api_version,
            client_version=self.client_version,
            terms=self.terms,
            chance=random.random(),  # noqa: S311  (jitter is no secret)
        )


def caller_of(call: Call) -> Caller:
    """Who makes this request."""
    settings = call.settings
    terms = Terms(
        lease=timedelta(seconds=settings.concurrency.initial_deployment_lease_duration),
        slot_wait=timedelta(seconds=settings.deployments.concurrency_slot_wait_seconds),
        tag_wait=settings.tasks.tag_concurrency_slot_wait_seconds,
        cache_key_length=settings.tasks.max_cache_key_length,
    )
    return Caller(call.now, call.client_version, call.api_version, terms)
