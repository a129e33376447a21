"""Bodies of the operations that list and count: filters of the target and its neighbours, sort, and page."""

from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticUseDefault

from locum.domain.errors import Invalid
from locum.filters.deployments import DeploymentFilter
from locum.filters.flow_runs import FlowRunFilter
from locum.filters.flows import FlowFilter
from locum.filters.statements import Restriction
from locum.filters.task_runs import TaskRunFilter
from locum.filters.ties import Target, restrict
from locum.filters.work_pools import WorkPoolFilter
from locum.filters.work_queues import WorkQueueFilter
from locum.infra.web.arguments import Embedded

_LAST_OFFSET = 2**63 - 1
_FILTERED = frozenset(
    {
        "artifacts",
        "automations",
        "block_documents",
        "block_schemas",
        "block_types",
        "deployments",
        "flow_runs",
        "flows",
        "logs",
        "task_runs",
        "variables",
        "work_pools",
        "work_queues",
        "workers",
    }
)


class _NullUnsaid:
    """Keeps out of the document that null is taken: the contract does not say so, but clients send it."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        shown = handler(schema)
        kinds = [kind for kind in shown.get("anyOf", []) if kind != {"type": "null"}]
        return {**{key: value for key, value in shown.items() if key != "anyOf"}, **kinds[0]} if kinds else shown


def _default_for_null(value: Any) -> Any:
    if value is None:
        raise PydanticUseDefault
    return value


NullUnsaid = _NullUnsaid()
"""Marks an optional field of which the document does not say that null is taken."""

NullIsDefault = BeforeValidator(_default_for_null)
"""Marks a field for which null means its default."""


class Filters(Embedded):
    """A body that restricts its `target`."""

    target: ClassVar[Target]
    filters: ClassVar[tuple[tuple[str, str], ...]] = ()

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Note which fields are filters, and what each filters."""
        super().__pydantic_init_subclass__(**kwargs)
        named = ((field, "work_queues" if field == "work_pool_queues" else field) for field in cls.model_fields)
        cls.filters = tuple((field, name) for field, name in named if name in _FILTERED)

    def restriction(self) -> Restriction:
        """What the filters of this body ask of the target."""
        given = self.__dict__
        return restrict(self.target, {name: given[field] for field, name in self.filters})


class Limited(Embedded):
    """A body that says how many rows it wants at most."""

    limit: Annotated[int | None, NullUnsaid] = Field(
        default=None, description="How many at most; the server's default, which is also the most, unless given"
    )

    def limit_within(self, default: int) -> int:
        """The limit, or the default, which is also the largest allowed. Raises Invalid beyond it."""
        return limit_within(self.limit, default)


def limit_within(limit: int | None, default: int) -> int:
    """The limit asked for, or the default, which is also the largest allowed. Raises Invalid beyond it."""
    if limit is None:
        return default
    if limit < 0:
        msg = "Invalid limit: must be greater than or equal to 0."
        raise Invalid(msg)
    if limit > default:
        msg = f"Invalid limit: must be less than or equal to {default}."
        raise Invalid(msg)
    return limit


class Bulk(Embedded):
    """A body that acts on as many rows at once as the peer allows."""

    limit: Annotated[int, Field(ge=1, le=50, description="How many at most"), NullIsDefault] = 50


class Offset(Limited):
    """A body that asks for rows from an offset on."""

    offset: Annotated[int, Field(ge=0, description="How many to pass over"), NullIsDefault] = 0

    @property
    def start(self) -> int:
        """The offset, as far as PostgreSQL can count."""
        return min(self.offset, _LAST_OFFSET)


class Paged(Limited):
    """A body that asks for a page by number."""

    page: Annotated[int, Field(ge=1, description="Which page, the first being 1"), NullIsDefault] = 1

    def start(self, limit: int) -> int:
        """The offset at which the page begins, as far as PostgreSQL can count."""
        return min((self.page - 1) * limit, _LAST_OFFSET)


def pages_of(count: int, limit: int) -> int:
    """How many pages there are; none if a page holds nothing."""
    return -(-count // limit) if limit else 0


_Flows = Field(default=None, description="Filter by flows")
_FlowRuns = Field(default=None, description="Filter by flow runs")
_TaskRuns = Field(default=None, description="Filter by task runs")
_Deployments = Field(default=None, description="Filter by deployments")
_WorkPools = Field(default=None, description="Filter by work pools")
_WorkQueues = Field(default=None, description="Filter by work queues")


class ByRuns(Filters):
    """Filters of flows, their runs and deployments."""

    flows: FlowFilter | None = _Flows
    flow_runs: FlowRunFilter | None = _FlowRuns
    task_runs: TaskRunFilter | None = _TaskRuns
    deployments: DeploymentFilter | None = _Deployments


class ByRunsUnsaid(Filters):
    """The same filters, where the document does not say that null is taken."""

    flows: Annotated[FlowFilter | None, NullUnsaid] = _Flows
    flow_runs: Annotated[FlowRunFilter | None, NullUnsaid] = _FlowRuns
    task_runs: Annotated[TaskRunFilter | None, NullUnsaid] = _TaskRuns
    deployments: Annotated[DeploymentFilter | None, NullUnsaid] = _Deployments


class ByRunsAndPools(ByRuns):
    """Those filters and one of work pools."""

    work_pools: WorkPoolFilter | None = _WorkPools


class ByAll(ByRunsAndPools):
    """Those filters and one of work queues, by the name that most bodies give it."""

    work_pool_queues: WorkQueueFilter | None = _WorkQueues


class ByAllForHistory(ByRunsAndPools):
    """The same filters, by the names that histories give them."""

    work_queues: WorkQueueFilter | None = _WorkQueues
