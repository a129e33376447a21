"""The wire models of schedules, under the peer's names; what they let through can be kept."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar

from dateutil.parser import isoparse
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from locum.domain import clock
from locum.domain.schedules.budget import ScheduleRefused
from locum.domain.schedules.cron_fields import Cron, CronInvalid, parse_cron
from locum.domain.schedules.crons import next_reading
from locum.domain.schedules.normalize import anchored_rrule
from locum.domain.schedules.rrule_text import check_rrule
from locum.domain.schedules.rrules import require_occurrence, rule_zone
from locum.domain.schedules.zones import zone_names

STORED = {"stored": True}
"""Validation context for schedules that come out of the database: they were judged when they went in."""

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 (a wall clock)
_ZONE_PATTERN = "|".join(name for name in sorted(zone_names()) if "localtime" not in name)


def _stored(info: ValidationInfo) -> bool:
    # By identity: whoever reads requests hands down a context of its own.
    return info.context is STORED


def _moment(value: Any, handler: ValidatorFunctionWrapHandler) -> datetime:
    """A moment in any of the spellings that clients send; it keeps its offset, and without one it is in UTC."""
    try:
        moment: datetime = handler(value)
    except ValueError as error:
        if not isinstance(value, str):
            raise PydanticCustomError("value_error", "value is not a valid datetime") from error
        moment = _calendar_date(value)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _calendar_date(text: str) -> datetime:
    """A moment given by week or by day of the year, which few write."""
    try:
        if "24:" not in text:
            return isoparse(text)
    except ValueError:
        pass
    raise ValueError(f"Unable to parse string [{text}]")


def _positive(interval: timedelta) -> timedelta:
    if interval <= timedelta(0):
        raise ValueError("interval must be positive")
    return interval


def _known_zone(name: str | None) -> None:
    if name and name not in zone_names():
        raise ValueError(f'Invalid timezone: "{name}" (specify in IANA tzdata format, for example, America/New_York)')


PositiveInterval = Annotated[
    timedelta,
    AfterValidator(_positive),
    WithJsonSchema({"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "string"}]}, mode="validation"),
    WithJsonSchema({"type": "number"}, mode="serialization"),
]
AnchorDate = Annotated[datetime, WrapValidator(_moment)]


class IntervalSchedule(BaseModel):
    """Fires every `interval`, counted from `anchor_date`; whole days follow the wall clock of `timezone`."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", ser_json_timedelta="float")

    interval: PositiveInterval
    anchor_date: AnchorDate = Field(default_factory=clock.now, examples=["2020-01-01T00:00:00Z"])
    timezone: str | None = Field(default=None, examples=["America/New_York"])

    # Its name is part of where the peer says that an error lies.
    @model_validator(mode="after")
    def validate_timezone(self) -> "IntervalSchedule":
        """Without a zone it is in UTC."""
        _known_zone(self.timezone)
        if self.timezone is None:
            self.timezone = "UTC"
        return self


class CronSchedule(BaseModel):
    """Fires when the wall clock of `timezone` matches a cron expression."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    cron: str = Field(examples=["0 0 * * *"])
    timezone: str | None = Field(default=None, examples=["America/New_York"])
    day_or: bool = Field(
        default=True,
        description="Whether one matching day field is enough when both day and day of week are restricted",
    )

    @field_validator("cron")
    @classmethod
    def valid_cron_string(cls, value: str) -> str:
        """Refuses what is not a cron expression, and what would ask for random times."""
        try:
            cron = parse_cron(value)
        except CronInvalid:
            raise ValueError(f'Invalid cron string: "{value}"') from None
        if cron.random:
            raise ValueError(f'Random and Hashed expressions are unsupported, received: "{value}"')
        return value

    @model_validator(mode="after")
    def validate_timezone(self, info: ValidationInfo) -> "CronSchedule":
        """Refuses unknown zones, and expressions that match no day."""
        _known_zone(self.timezone)
        if not _stored(info):
            _require_match(parse_cron(self.cron), self.cron, day_or=self.day_or)
        return self


def _require_match(cron: Cron, text: str, *, day_or: bool) -> None:
    if next_reading(cron, day_or, clock.now().replace(tzinfo=None)) is None:
        # One that names years may be over, but must have been.
        beginning = _EPOCH.replace(year=cron.years[0]) - timedelta(seconds=1) if cron.years else None
        if beginning is None or next_reading(cron, day_or, beginning) is None:
            raise ScheduleRefused(f'Invalid cron string: "{text}" never matches')


class RRuleSchedule(BaseModel):
    """Fires as an iCalendar recurrence rule, or set of rules, says."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    rrule: str
    timezone: Annotated[str, Field(pattern=_ZONE_PATTERN, examples=["America/New_York"])] | None = "UTC"

    @field_validator("rrule")
    @classmethod
    def validate_rrule_str(cls, value: str, info: ValidationInfo) -> str:
        """Refuses what is not a recurrence rule, and what cannot tell soon when it fires."""
        if not _stored(info):
            check_rrule(value)
            require_occurrence(value, clock.now())
        return value

    @field_validator("timezone")
    @classmethod
    def zone_exists(cls, value: str | None) -> str | None:
        """The published pattern lets any text through that has the name of a zone in it."""
        if value is not None and (value not in zone_names() or rule_zone(value) is None):
            _known_zone(value)
            raise ValueError(f'Invalid timezone: "{value}"')
        return value


Schedule = IntervalSchedule | CronSchedule | RRuleSchedule
"""Any schedule; errors are located as the peer's are, which tries the three in this order."""


def anchored(schedule: Schedule) -> Schedule:
    """The schedule as it is stored: a recurrence rule says from when it counts."""
    if not isinstance(schedule, RRuleSchedule):
        return schedule
    text = anchored_rrule(schedule.rrule, schedule.timezone, clock.now())
    return schedule if text == schedule.rrule else schedule.model_copy(update={"rrule": text})


NormalizedSchedule = Annotated[Schedule, AfterValidator(anchored)]
"""The type of a schedule that is being written."""
