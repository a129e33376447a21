"""Wire models of variables."""

import re
from typing import Annotated, Any, ClassVar
from uuid import UUID

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
)

from locum.domain.moments import Moment
from locum.filters import ties
from locum.filters.body import Filters, NullIsDefault, Offset
from locum.filters.sorting import VariableSort
from locum.filters.ties import Target
from locum.filters.variables import VariableFilter

_NAME_AT_MOST = 255
_VALUE_AT_MOST = 5000
_NAME = re.compile(r"[a-z0-9_-]*\n?\Z")
_TAGS = "Tags of the variable"


def _named(name: str) -> str:
    if not _NAME.match(name):
        msg = "Variable name must only contain lowercase letters, numbers, and dashes or underscores."
        raise ValueError(msg)
    return name


def _small(value: Any) -> Any:
    try:
        text = orjson.dumps(value)
    except TypeError as error:
        msg = "Variable value must be serializable to JSON"
        raise ValueError(msg) from error
    if value is not None and len(text) > _VALUE_AT_MOST:
        raise ValueError(f"Variable value must be less than {_VALUE_AT_MOST} characters")
    return value


VariableName = Annotated[
    str,
    AfterValidator(_named),
    Field(max_length=_NAME_AT_MOST, description="Name of the variable, unique", examples=["my_variable"]),
]
"""Lower case letters, digits, dashes and underscores."""

VariableValue = Annotated[
    StrictStr | StrictInt | StrictBool | StrictFloat | dict[str, Any] | list[Any] | None, BeforeValidator(_small)
]
"""Any JSON of a moderate size."""


class VariableCreate(BaseModel):
    """What is needed to make a variable."""

    model_config = ConfigDict(extra="forbid")

    name: VariableName
    value: VariableValue = Field(description="Value of the variable; any JSON", examples=["my-value"])
    tags: list[str] = Field(default_factory=list[str], description=_TAGS, examples=[["one", "another"]])


class VariableUpdate(BaseModel):
    """What may be changed of a variable; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    name: VariableName | None = None
    value: VariableValue = Field(default=None, description="Value of the variable; any JSON", examples=["my-value"])
    tags: list[str] | None = Field(default=None, description=_TAGS, examples=[["one", "another"]])


class Variable(BaseModel):
    """A variable as it is answered."""

    id: UUID
    created: Moment | None
    updated: Moment | None
    name: str = Field(description="Name of the variable, unique", max_length=_NAME_AT_MOST, examples=["my-variable"])
    value: VariableValue = Field(description="Value of the variable; any JSON", examples=["my-value"])
    tags: list[str] = Field(default_factory=list[str], description=_TAGS, examples=[["one", "another"]])


class CountVariables(Filters):
    """Which variables to count."""

    target: ClassVar[Target] = ties.VARIABLES
    variables: VariableFilter | None = Field(default=None, description="Filter by variables")


class FilterVariables(Offset, CountVariables):
    """Which variables to list."""

    sort: Annotated[VariableSort, NullIsDefault] = VariableSort.NAME_ASC
