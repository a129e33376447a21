"""The sorts that the API offers: each member holds its ORDER BY, which ends in the id so that pages never overlap."""

from enum import StrEnum
from typing import Any, Self

from sqlalchemy import ColumnElement

from locum.tables.artifacts import artifact, artifact_collection
from locum.tables.automations import automation
from locum.tables.blocks import block_document
from locum.tables.deployments import deployment
from locum.tables.flow_runs import flow_run
from locum.tables.flows import flow
from locum.tables.logs import log
from locum.tables.run_times import estimated_run_time
from locum.tables.saved_searches import saved_search
from locum.tables.task_runs import task_run
from locum.tables.variables import variable


class Sort(StrEnum):
    """A sort; `order` is what its statement is ordered by. Nulls are last when ascending, first when descending."""

    order: tuple[ColumnElement[Any], ...]

    def __new__(cls, value: str, *order: ColumnElement[Any]) -> Self:
        """Written `NAME = "NAME", column, ...`."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.order = order
        return member


class FlowSort(Sort):
    """How flows may be sorted."""

    CREATED_DESC = "CREATED_DESC", flow.c.created.desc(), flow.c.id.desc()
    UPDATED_DESC = "UPDATED_DESC", flow.c.updated.desc(), flow.c.id.desc()
    NAME_ASC = "NAME_ASC", flow.c.name.asc(), flow.c.id.asc()
    NAME_DESC = "NAME_DESC", flow.c.name.desc(), flow.c.id.desc()


class FlowRunSort(Sort):
    """How flow runs may be sorted; `START_TIME` is the expected start until there is one."""

    ID_DESC = "ID_DESC", flow_run.c.id.desc()
    START_TIME_ASC = "START_TIME_ASC", flow_run.c.effective_start.asc(), flow_run.c.id.asc()
    START_TIME_DESC = "START_TIME_DESC", flow_run.c.effective_start.desc(), flow_run.c.id.desc()
    EXPECTED_START_TIME_ASC = "EXPECTED_START_TIME_ASC", flow_run.c.expected_start_time.asc(), flow_run.c.id.asc()
    EXPECTED_START_TIME_DESC = "EXPECTED_START_TIME_DESC", flow_run.c.expected_start_time.desc(), flow_run.c.id.desc()
    NAME_ASC = "NAME_ASC", flow_run.c.name.asc(), flow_run.c.id.asc()
    NAME_DESC = "NAME_DESC", flow_run.c.name.desc(), flow_run.c.id.desc()
    NEXT_SCHEDULED_START_TIME_ASC = (
        "NEXT_SCHEDULED_START_TIME_ASC",
        flow_run.c.next_scheduled_start_time.asc(),
        flow_run.c.id.asc(),
    )
    END_TIME_DESC = "END_TIME_DESC", flow_run.c.end_time.desc(), flow_run.c.id.desc()


_DURATION = estimated_run_time(task_run.c)


class TaskRunSort(Sort):
    """How task runs may be sorted; the duration of one that runs grows until it ends."""

    ID_DESC = "ID_DESC", task_run.c.id.desc()
    EXPECTED_START_TIME_ASC = "EXPECTED_START_TIME_ASC", task_run.c.expected_start_time.asc(), task_run.c.id.asc()
    EXPECTED_START_TIME_DESC = "EXPECTED_START_TIME_DESC", task_run.c.expected_start_time.desc(), task_run.c.id.desc()
    NAME_ASC = "NAME_ASC", task_run.c.name.asc(), task_run.c.id.asc()
    NAME_DESC = "NAME_DESC", task_run.c.name.desc(), task_run.c.id.desc()
    NEXT_SCHEDULED_START_TIME_ASC = (
        "NEXT_SCHEDULED_START_TIME_ASC",
        task_run.c.next_scheduled_start_time.asc(),
        task_run.c.id.asc(),
    )
    END_TIME_DESC = "END_TIME_DESC", task_run.c.end_time.desc(), task_run.c.id.desc()
    DURATION_DESC = "DURATION_DESC", _DURATION.desc(), task_run.c.expected_start_time.desc(), task_run.c.id.desc()
    DURATION_ASC = "DURATION_ASC", _DURATION.asc(), task_run.c.expected_start_time.desc(), task_run.c.id.desc()


class DeploymentSort(Sort):
    """How deployments may be sorted."""

    CREATED_DESC = "CREATED_DESC", deployment.c.created.desc(), deployment.c.id.desc()
    UPDATED_DESC = "UPDATED_DESC", deployment.c.updated.desc(), deployment.c.id.desc()
    NAME_ASC = "NAME_ASC", deployment.c.name.asc(), deployment.c.id.asc()
    NAME_DESC = "NAME_DESC", deployment.c.name.desc(), deployment.c.id.desc()


class LogSort(Sort):
    """How logs may be sorted; those of one moment stay in order of arrival."""

    TIMESTAMP_ASC = "TIMESTAMP_ASC", log.c.timestamp.asc(), log.c.id.asc()
    TIMESTAMP_DESC = "TIMESTAMP_DESC", log.c.timestamp.desc(), log.c.id.desc()


class ArtifactSort(Sort):
    """How artifacts may be sorted."""

    CREATED_DESC = "CREATED_DESC", artifact.c.created.desc(), artifact.c.id.desc()
    UPDATED_DESC = "UPDATED_DESC", artifact.c.updated.desc(), artifact.c.id.desc()
    ID_DESC = "ID_DESC", artifact.c.id.desc()
    KEY_DESC = "KEY_DESC", artifact.c.key.desc(), artifact.c.created.desc(), artifact.c.id.desc()
    KEY_ASC = "KEY_ASC", artifact.c.key.asc(), artifact.c.created.asc(), artifact.c.id.asc()


class ArtifactCollectionSort(Sort):
    """How the latest artifacts may be sorted."""

    CREATED_DESC = "CREATED_DESC", artifact_collection.c.created.desc(), artifact_collection.c.id.desc()
    UPDATED_DESC = "UPDATED_DESC", artifact_collection.c.updated.desc(), artifact_collection.c.id.desc()
    ID_DESC = "ID_DESC", artifact_collection.c.id.desc()
    KEY_DESC = "KEY_DESC", artifact_collection.c.key.desc()
    KEY_ASC = "KEY_ASC", artifact_collection.c.key.asc()


class AutomationSort(Sort):
    """How automations may be sorted."""

    CREATED_DESC = "CREATED_DESC", automation.c.created.desc(), automation.c.id.desc()
    UPDATED_DESC = "UPDATED_DESC", automation.c.updated.desc(), automation.c.id.desc()
    NAME_ASC = "NAME_ASC", automation.c.name.asc(), automation.c.id.asc()
    NAME_DESC = "NAME_DESC", automation.c.name.desc(), automation.c.id.desc()


class VariableSort(Sort):
    """How variables may be sorted."""

    CREATED_DESC = "CREATED_DESC", variable.c.created.desc(), variable.c.id.desc()
    UPDATED_DESC = "UPDATED_DESC", variable.c.updated.desc(), variable.c.id.desc()
    NAME_DESC = "NAME_DESC", variable.c.name.desc()
    NAME_ASC = "NAME_ASC", variable.c.name.asc()


class SavedSearchSort(Sort):
    """How saved searches are sorted."""

    NAME_ASC = "NAME_ASC", saved_search.c.name.asc()


class BlockDocumentSort(Sort):
    """How block documents may be sorted."""

    NAME_DESC = "NAME_DESC", block_document.c.name.desc(), block_document.c.id.desc()
    NAME_ASC = "NAME_ASC", block_document.c.name.asc(), block_document.c.id.asc()
    BLOCK_TYPE_AND_NAME_ASC = (
        "BLOCK_TYPE_AND_NAME_ASC",
        block_document.c.block_type_name.asc(),
        block_document.c.name.asc(),
        block_document.c.id.asc(),
    )
