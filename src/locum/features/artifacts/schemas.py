"""Wire models of artifacts."""

import re
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from locum.domain.moments import Moment
from locum.filters import ties
from locum.filters.artifacts import ArtifactCollectionFilter, ArtifactFilter
from locum.filters.body import ByRunsUnsaid, NullIsDefault, NullUnsaid, Offset
from locum.filters.sorting import ArtifactCollectionSort, ArtifactSort
from locum.filters.ties import Target

_METADATA_AT_MOST = 500
_KEY = re.compile(r"[a-z0-9-]*\n?\Z")


def _keyed(key: str) -> str:
    if not _KEY.match(key):
        msg = "Artifact key must only contain lowercase letters, numbers, and dashes."
        raise ValueError(msg)
    return key


def _shortened(metadata: dict[str, str]) -> dict[str, str]:
    return {
        name: value if len(value) <= _METADATA_AT_MOST else f"{value[:_METADATA_AT_MOST]}..."
        for name, value in metadata.items()
    }


Key = Annotated[str, AfterValidator(_keyed)]
"""Lower case letters, digits and dashes."""

Metadata = Annotated[dict[str, str], AfterValidator(_shortened)]
"""Text by name; long ones are cut."""

Data = dict[str, Any] | Any | None
"""Any JSON."""

_KEY_IS = "What artifacts of the same thing have in common"
_TYPE_IS = "What kind of data it holds, say `markdown` or `table`"
_DESCRIPTION_IS = "What it is, in Markdown"
_DATA_IS = "What it shows; its form depends on the type"
_METADATA_IS = "Further facts: text by name"
_FLOW_RUN_IS = "The flow run that made it"
_TASK_RUN_IS = "The task run that made it"


class ArtifactCreate(BaseModel):
    """What is needed to make an artifact."""

    model_config = ConfigDict(extra="forbid")

    key: Key | None = Field(default=None, description=_KEY_IS)
    type: str | None = Field(default=None, description=_TYPE_IS)
    description: str | None = Field(default=None, description=_DESCRIPTION_IS)
    data: Data = Field(default=None, description=_DATA_IS)
    metadata_: Metadata | None = Field(default=None, description=_METADATA_IS)
    flow_run_id: UUID | None = Field(default=None, description=_FLOW_RUN_IS)
    task_run_id: UUID | None = Field(default=None, description=_TASK_RUN_IS)


class ArtifactUpdate(BaseModel):
    """What may be changed of an artifact; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    data: Data = None
    description: str | None = None
    metadata_: Metadata | None = None


class _Shown(BaseModel):
    type: str | None = Field(default=None, description=_TYPE_IS)
    description: str | None = Field(default=None, description=_DESCRIPTION_IS)
    data: Data = Field(default=None, description=_DATA_IS)
    metadata_: dict[str, str] | None = Field(default=None, description=_METADATA_IS)
    flow_run_id: UUID | None = Field(default=None, description=_FLOW_RUN_IS)
    task_run_id: UUID | None = Field(default=None, description=_TASK_RUN_IS)


class Artifact(_Shown):
    """An artifact as it is answered."""

    # the contract promises none of its fields
    model_config = ConfigDict(json_schema_extra={"required": []})

    id: UUID
    created: Moment | None
    updated: Moment | None
    key: str | None = Field(default=None, description=_KEY_IS)


class ArtifactCollection(_Shown):
    """The latest artifact of a key."""

    id: UUID
    created: Moment | None
    updated: Moment | None
    key: str = Field(description=_KEY_IS)
    latest_id: UUID = Field(description="Id of the artifact")


class CountArtifacts(ByRunsUnsaid):
    """Which artifacts to count."""

    target: ClassVar[Target] = ties.ARTIFACTS
    artifacts: Annotated[ArtifactFilter | None, NullUnsaid] = Field(default=None, description="Filter by artifacts")


class FilterArtifacts(Offset, CountArtifacts):
    """Which artifacts to list."""

    sort: Annotated[ArtifactSort, NullIsDefault] = ArtifactSort.ID_DESC


class CountLatestArtifacts(ByRunsUnsaid):
    """Which of the latest artifacts to count."""

    target: ClassVar[Target] = ties.LATEST_ARTIFACTS
    artifacts: Annotated[ArtifactCollectionFilter | None, NullUnsaid] = Field(
        default=None, description="Filter by latest artifacts"
    )


class FilterLatestArtifacts(Offset, CountLatestArtifacts):
    """Which of the latest artifacts to list."""

    sort: Annotated[ArtifactCollectionSort, NullIsDefault] = ArtifactCollectionSort.ID_DESC
