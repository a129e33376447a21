"""Rules about the slots that a task run holds of the limits of its tags, while it runs."""

from typing import ClassVar

from locum.domain.ids import new_id
from locum.domain.orchestration import Aftermath, Need, Rule, Settled, SlotLimit, TaskRunFacts, Transition, Verdict
from locum.domain.orchestration.effects import GiveBackTags, TakeSlots
from locum.domain.orchestration.rules import StateTypes, abort, wait
from locum.domain.states import StateType

_HOLDING = frozenset({StateType.RUNNING, StateType.CANCELLING})


class TakeTagSlots(Rule[TaskRunFacts]):
    """A task run runs once there is a slot for it of the limit of each of its tags; one that it holds will do."""

    TO: ClassVar[StateTypes] = frozenset({StateType.RUNNING})
    NEEDS: ClassVar[frozenset[Need]] = frozenset({Need.SLOTS})

    def before(self, asked: Transition[TaskRunFacts]) -> Verdict[TaskRunFacts] | None:
        """Wait where there is none; stop where there never will be."""
        wanted = _wanted(asked.run)
        for limit in wanted:
            if limit.size == 0:
                tag = _tag_of(limit)
                return abort(
                    f'The concurrency limit on tag "{tag}" is 0 and will deadlock if the task tries to run again.'
                )
        full = [limit for limit in wanted if not limit.has_room]
        if not full:
            return None
        seconds = max(1, round(max(limit.wait for limit in full)))
        return wait(seconds, f"Concurrency limit reached for tags: {', '.join(_tag_of(limit) for limit in wanted)}")

    def after(self, settled: Settled[TaskRunFacts]) -> Aftermath[TaskRunFacts] | None:
        """Take them, until they are given back."""
        wanted = _wanted(settled.asked.run)
        return Aftermath(effects=(TakeSlots(wanted, new_id()),)) if wanted else None


class GiveBackTagSlots(Rule[TaskRunFacts]):
    """A task run that is neither running nor being cancelled has no slots."""

    ALWAYS: ClassVar[bool] = True

    def after(self, settled: Settled[TaskRunFacts]) -> Aftermath[TaskRunFacts] | None:
        """Give back what it holds."""
        written, tags = settled.written, settled.asked.run.tags
        if written is None or written.type in _HOLDING or not tags:
            return None
        return Aftermath(effects=(GiveBackTags(tags),))


def _wanted(run: TaskRunFacts) -> tuple[SlotLimit, ...]:
    return tuple(limit for limit in run.tag_limits if limit.active and not limit.held)


def _tag_of(limit: SlotLimit) -> str:
    return limit.name.removeprefix("tag:")
