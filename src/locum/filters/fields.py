"""The operator fields that many criteria share, to be mixed into them."""

from uuid import UUID

from pydantic import Field

from locum.domain.moments import Moment
from locum.filters.language import Criterion, Joined


class Ids(Criterion):
    """By a list of ids."""

    any_: list[UUID] | None = Field(default=None, description="The ids wanted")


class NotIds(Criterion):
    """By a list of ids to leave out."""

    not_any_: list[UUID] | None = Field(default=None, description="The ids not wanted")


class Texts(Criterion):
    """By a list of texts, each matched whole."""

    any_: list[str] | None = Field(
        default=None, description="The values wanted, matched whole", examples=[["one", "another"]]
    )


class NotTexts(Criterion):
    """By a list of texts to leave out."""

    not_any_: list[str] | None = Field(default=None, description="The values not wanted")


class Like(Criterion):
    """By a text within, whatever its case."""

    like_: str | None = Field(
        default=None, description="A text to be found within, whatever its case", examples=["nightly"]
    )


class Nullable(Criterion):
    """By whether there is a value at all."""

    is_null_: bool | None = Field(
        default=None, description="Whether only those without a value, or only those with one"
    )


class Span(Criterion):
    """By a span of time, both ends included."""

    before_: Moment | None = Field(default=None, description="This moment or earlier")
    after_: Moment | None = Field(default=None, description="This moment or later")


class Tagged(Joined, Criterion):
    """By tags."""

    all_: list[str] | None = Field(default=None, description="Tags that must all be there", examples=[["etl", "daily"]])
    is_null_: bool | None = Field(default=None, description="Whether only those without tags, or only those with some")


class TaggedAny(Criterion):
    """By tags of which one is enough."""

    any_: list[str] | None = Field(
        default=None, description="Tags of which one must be there", examples=[["etl", "daily"]]
    )
