"""Reads cron expressions as the peer does: five fields, six with seconds, seven with a year; names and aliases."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

MAX_LENGTH = 6500
LAST = 99
"""Stands for `l`: the last day of the month, or the last such weekday in it."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_ALIASES = {
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_MINUTE, _HOUR, _DAY, _MONTH, _WEEKDAY, _SECOND, _YEAR = range(7)
_BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6), (0, 59), (1970, 2099))
_NAMES: dict[int, dict[str, int]] = {
    _MONTH: {name: number for number, name in enumerate(_MONTHS, 1)},
    _WEEKDAY: {name: number for number, name in enumerate(_WEEKDAYS)},
}
# Other spellings of a value, and the numbers of fields for which they hold.
_SAME_AS = {(_DAY, 0, 6): 1, (_WEEKDAY, 7, 5): 0}

_RANGE = re.compile(r"([^-]+)-([^-/]+)(?:/(\d+))?")
_NUMBER = re.compile(r"\d+")
_NTH = re.compile(rf"((?:{'|'.join(_WEEKDAYS)})-(?:{'|'.join(_WEEKDAYS)})|\w+)#(\d+)")
_LAST_WEEKDAY = re.compile(r"l(\d+)")
_HASHED = re.compile(r"([hr])(?:\((\d+)-(\d+)\))?(?:/(\d+))?")


class CronInvalid(ValueError):
    """Not a cron expression."""


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron expression: the values allowed per field in order, None where all are."""

    minutes: tuple[int, ...] | None
    hours: tuple[int, ...] | None
    days: tuple[int, ...] | None
    months: tuple[int, ...] | None
    weekdays: tuple[int, ...] | None
    seconds: tuple[int, ...] | None
    years: tuple[int, ...] | None
    nth: tuple[tuple[int, int], ...]
    by_seconds: bool
    random: bool


@lru_cache(maxsize=4096)
def parse_cron(expression: str) -> Cron:
    """Read an expression; `random` tells that a field asks for a random value, which no schedule can keep."""
    if len(expression) > MAX_LENGTH:
        raise CronInvalid("too long")
    lowered = expression.lower()
    texts = _ALIASES.get(lowered, lowered).split()
    if not 5 <= len(texts) <= 7:
        raise CronInvalid("five, six or seven fields are needed")
    fields = [_Field(position, texts) for position in range(len(texts))]
    weekdays = fields[_WEEKDAY]
    plain = weekdays.values - {day for day, _ in weekdays.nth}
    if weekdays.nth and plain and len(weekdays.values) + weekdays.any_value != 7:
        raise CronInvalid("plain and nth weekdays do not mix")
    allowed = [field.allowed() for field in fields]
    allowed += [None] * (7 - len(allowed))
    return Cron(
        *allowed,
        nth=tuple(sorted(weekdays.nth)),
        by_seconds=len(texts) > 5,
        random=any(field.random for field in fields),
    )


class _Field:
    """One field while it is being read."""

    def __init__(self, position: int, texts: list[str]) -> None:
        self.position = position
        self.texts = texts
        self.low, self.high = _BOUNDS[position]
        self.values: set[int] = set()
        self.nth: set[tuple[int, int]] = set()
        self.any_value = False
        self.random = False
        text = texts[position]
        hashed = _HASHED.fullmatch(text)
        if hashed:
            self._check_random(hashed)
            text = "*"
        if text == "?" and position in (_DAY, _WEEKDAY):
            text = "*"
        if "?" in text:
            raise CronInvalid("a question mark stands alone, for a day")
        for item in text.split(","):
            self._item(item)

    def allowed(self) -> tuple[int, ...] | None:
        """The values in order, None if all are allowed."""
        if self.any_value:
            return None
        if len(self.values) == self.high - self.low + 1:
            # A list of all days still restricts the day as long as the other day field has no star.
            other = {_DAY: _WEEKDAY, _WEEKDAY: _DAY}.get(self.position)
            if other is None or "*" in self.texts[other]:
                return None
        return tuple(sorted(self.values))

    def _check_random(self, match: re.Match[str]) -> None:
        kind, begin, end, divisor = match.groups()
        if kind == "h" or (begin and int(begin) >= int(end)) or (divisor and int(divisor) == 0):
            raise CronInvalid("hashed values need something to hash")
        self.random = True

    def _item(self, item: str) -> None:
        nth: int | None = None
        if self.position == _WEEKDAY:
            item, nth = self._weekday(item)
        text = re.sub(r"^\*(?=/.)", f"{self.low}-{self.high}", item)
        match = _RANGE.fullmatch(text) or _RANGE.fullmatch(re.sub(r"^(.+)/(.+)$", rf"\1-{self.high}/\2", item))
        if match:
            for value in self._range(*match.groups()):
                self._add(value, nth)
        elif item == "*":
            self.any_value = True
        elif item == "l" and self.position == _DAY:
            self.values.add(LAST)
        else:
            self._add(self._same(self._number(item)), nth)

    def _weekday(self, item: str) -> tuple[str, int | None]:
        """An item of the weekday field without its `#n` or `l`, and which of the weekdays in the month it means."""
        match = _NTH.fullmatch(item)
        if match:
            nth = int(match[2])
            if not 1 <= nth <= 5:
                raise CronInvalid("there are at most five of a weekday in a month")
            return match[1], nth
        match = _LAST_WEEKDAY.fullmatch(item)
        return (match[1], LAST) if match else (item, None)

    def _add(self, value: int, nth: int | None) -> None:
        if not self.low <= value <= self.high:
            raise CronInvalid("out of range")
        self.values.add(value)
        if nth is not None:
            self.nth.add((value, nth))

    def _number(self, text: str) -> int:
        if _NUMBER.fullmatch(text) and len(text) < 10:
            return int(text)
        try:
            return _NAMES[self.position][text]
        except KeyError as error:
            raise CronInvalid(f"{text} is not acceptable") from error

    def _same(self, value: int) -> int:
        return _SAME_AS.get((self.position, value, len(self.texts)), value)

    def _range(self, first: str, last: str, every: str | None) -> Iterator[int]:
        """The values from first to last, around the end of the field if need be."""
        if last == "l" and self.position == _DAY:
            last = "31"
        low, high = self._same(self._number(first)), self._same(self._number(last))
        step = 1 if every is None else self._number(every) if len(every) < 10 else self.high + 1
        if step == 0 or max(low, high) > self.high:
            raise CronInvalid("out of range")
        if low == high:
            # As the peer reads it, `sun-sun` is the whole week, and so `59/15` is every quarter of an hour.
            return iter(range(self.low, self.high + 1, step))
        if low < high:
            return iter(range(low, high + 1, step))
        rising = range(low, self.high + 1, step)
        left_over = self.high - rising[-1]
        carried = (
            step - left_over if left_over < step and rising[-1] - self.low + step > self.high - self.low + 1 else 0
        )
        return iter([*rising, *range(self.low + carried, high + 1, step)])
