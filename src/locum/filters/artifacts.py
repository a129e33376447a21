"""Filters of artifacts, and of the latest artifact of each key."""

from pydantic import Field

from locum.filters.fields import Ids, Like, NotTexts, Texts
from locum.filters.language import Criterion, Group
from locum.tables.artifacts import artifact, artifact_collection


class _Exists(Criterion):
    exists_: bool | None = Field(default=None, description="Whether only those with a key, or only those without one")


class ArtifactFilterId(Ids, on=artifact.c.id):
    """Artifacts by id."""


class ArtifactFilterKey(Texts, Like, _Exists, on=artifact.c.key):
    """Artifacts by key."""


class ArtifactFilterFlowRunId(Ids, on=artifact.c.flow_run_id):
    """Artifacts by the flow run that made them."""


class ArtifactFilterTaskRunId(Ids, on=artifact.c.task_run_id):
    """Artifacts by the task run that made them."""


class ArtifactFilterType(Texts, NotTexts, on=artifact.c.type):
    """Artifacts by type."""


class ArtifactFilter(Group):
    """Artifacts that satisfy what is given here."""

    id: ArtifactFilterId | None = Field(default=None, description="By id")
    key: ArtifactFilterKey | None = Field(default=None, description="By key")
    flow_run_id: ArtifactFilterFlowRunId | None = Field(default=None, description="By flow run")
    task_run_id: ArtifactFilterTaskRunId | None = Field(default=None, description="By task run")
    type: ArtifactFilterType | None = Field(default=None, description="By type")


class ArtifactCollectionFilterLatestId(Ids, on=artifact_collection.c.latest_id):
    """Latest artifacts by id."""


class ArtifactCollectionFilterKey(Texts, Like, _Exists, on=artifact_collection.c.key):
    """Latest artifacts by key."""


class ArtifactCollectionFilterFlowRunId(Ids, on=artifact_collection.c.flow_run_id):
    """Latest artifacts by the flow run that made them."""


class ArtifactCollectionFilterTaskRunId(Ids, on=artifact_collection.c.task_run_id):
    """Latest artifacts by the task run that made them."""


class ArtifactCollectionFilterType(Texts, NotTexts, on=artifact_collection.c.type):
    """Latest artifacts by type."""


class ArtifactCollectionFilter(Group):
    """Latest artifacts that satisfy what is given here."""

    latest_id: ArtifactCollectionFilterLatestId | None = Field(default=None, description="By id")
    key: ArtifactCollectionFilterKey | None = Field(default=None, description="By key")
    flow_run_id: ArtifactCollectionFilterFlowRunId | None = Field(default=None, description="By flow run")
    task_run_id: ArtifactCollectionFilterTaskRunId | None = Field(default=None, description="By task run")
    type: ArtifactCollectionFilterType | None = Field(default=None, description="By type")
