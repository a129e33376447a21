"""The rule that ties a subflow to the task run that stands for it in its parent."""

from typing import ClassVar

from locum.domain.ids import new_id
from locum.domain.orchestration import Aftermath, FlowRunFacts, Rule, Settled
from locum.domain.orchestration.effects import MirrorToParent


class MirrorToParentTask(Rule[FlowRunFacts]):
    """The task run that stands for a subflow is in the subflow's state."""

    ALWAYS: ClassVar[bool] = True

    def after(self, settled: Settled[FlowRunFacts]) -> Aftermath[FlowRunFacts] | None:
        """Hand a copy of the state on."""
        parent, written = settled.run.parent_task_run_id, settled.written
        if parent is None or written is None:
            return None
        copy = written.but(id=new_id()).detailed(child_flow_run_id=settled.run.id)
        return Aftermath(effects=(MirrorToParent(parent, copy),))
