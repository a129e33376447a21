"""Walks along recurrence rules on the wall clock: jumps close to the moment asked for, and spends a budget from there.

dateutil walks from the beginning and looks for a match for ever, so only its calendar is used, not its iterator.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from heapq import merge
from itertools import count as counting

from locum.domain.schedules.budget import Budget
from locum.domain.schedules.rrule_text import Recurrence, Rule

_YEARLY, _MONTHLY, _WEEKLY, _DAILY, _HOURLY, _MINUTELY, _SECONDLY = range(7)
_UNIT = {_HOURLY: 3600, _MINUTELY: 60, _SECONDLY: 1}
_LAST_ORDINAL = date.max.toordinal()
_DAY_SECONDS = 86400


def occurrences(
    recurrence: Recurrence, budget: Budget, *, after: datetime | None = None, before: datetime | None = None
) -> Iterator[datetime]:
    """Wall clock readings in order, each once, without those left out.

    With `after` and `before` it is at liberty to leave out readings beyond them, which saves the search.
    """
    wanted = merge(recurrence.dates, *(_Walk(rule, budget, before).readings(after) for rule in recurrence.rules))
    left_out = merge(
        recurrence.but_dates, *(_Walk(rule, budget, before).readings(after) for rule in recurrence.but_rules)
    )
    excluded = next(left_out, None)
    previous: datetime | None = None
    for reading in wanted:
        budget.spend()
        if reading == previous:
            continue
        previous = reading
        while excluded is not None and excluded < reading:
            budget.spend()
            excluded = next(left_out, None)
        if reading != excluded:
            yield reading


class _Walk:
    """One walk along one rule."""

    def __init__(self, rule: Rule, budget: Budget, before: datetime | None) -> None:
        self.rule = rule
        self.by = rule.by
        self.budget = budget
        self.masks = rule.masks()
        self.turned_to: tuple[int, int] | None = None
        limits = [limit.toordinal() for limit in (rule.until, before) if limit]
        self.last_day = min([_LAST_ORDINAL, *limits])
        self.filtered_days = any(
            self.by[name]
            for name in (
                "month",
                "weekno",
                "weekday",
                "nweekday",
                "easter",
                "monthday",
                "nmonthday",
                "yearday",
            )
        )

    def readings(self, after: datetime | None) -> Iterator[datetime]:
        """The rule's readings from its start on, or from shortly before `after`."""
        rule, left = self.rule, self.rule.count
        by_day = rule.frequency < _HOURLY
        first = self._periods_to(after) if after is not None else 0
        if left is not None and first:
            # To know how many are left, those before have to be counted, one by one unless every period counts alike.
            skipped = self._count_before(first)
            first = 0 if skipped is None else first
            left -= skipped or 0
        periods = self._days(first) if by_day else self._moments(first)
        for reading in periods:
            if rule.until and reading > rule.until:
                return
            if reading < rule.dtstart:
                continue
            if left is not None:
                left -= 1
                if left < 0:
                    return
                if after is not None and reading < after:
                    continue
            yield reading

    # -- jumping

    def _periods_to(self, after: datetime) -> int:
        """How many whole periods lie before `after`, less one."""
        rule, start = self.rule, self.rule.dtstart
        if rule.frequency == _YEARLY:
            passed = after.year - start.year
        elif rule.frequency == _MONTHLY:
            passed = (after.year - start.year) * 12 + after.month - start.month
        elif rule.frequency in (_WEEKLY, _DAILY):
            passed = after.toordinal() - start.toordinal()
            passed = passed // 7 if rule.frequency == _WEEKLY else passed
        else:
            passed = (after - start) // timedelta(seconds=_UNIT[rule.frequency])
        return max(0, passed // rule.interval - 1)

    def _count_before(self, first: int) -> int | None:
        """How many readings the periods before that one hold, where it is the same number in each."""
        by, rule = self.by, self.rule
        if self.filtered_days or by["setpos"] or rule.frequency < _DAILY:
            return None
        if rule.frequency >= _HOURLY and any(by[name] for name in ("hour", "minute", "second")[: rule.frequency - 3]):
            return None
        times = self._times(rule.dtstart.time())
        skipped_at_start = sum(time_of_day < rule.dtstart.time() for time_of_day in times)
        return first * len(times) - skipped_at_start

    # -- days: yearly to daily

    def _days(self, first: int) -> Iterator[datetime]:
        times = self._times(None)
        for number in counting(first):
            span = self._span(number)
            if span is None:
                return
            self.budget.spend(1 + len(span))
            base = self.masks.yearordinal
            if base + span.start > self.last_day:
                return
            days = [base + index for index in span if self._passes(index)]
            yield from self._combine(days, times)

    def _span(self, number: int) -> range | None:
        """The days of a period, counted from the first of January of the year turned to; None past the last year."""
        rule, start = self.rule, self.rule.dtstart
        if rule.frequency == _YEARLY:
            year = start.year + number * rule.interval
            return range(self.masks.yearlen) if self._turn(year, start.month) else None
        if rule.frequency == _MONTHLY:
            years, month = divmod(start.month - 1 + number * rule.interval, 12)
            if not self._turn(start.year + years, month + 1):
                return None
            return range(self.masks.mrange[month], self.masks.mrange[month + 1])
        ordinal, length = start.toordinal(), 1
        if rule.frequency == _WEEKLY:
            into_week = (start.weekday() - rule.wkst) % 7
            length = 7 if number else 7 - into_week
            ordinal += number * rule.interval * 7 - (into_week if number else 0)
        else:
            ordinal += number * rule.interval
        if not self._turn_to_day(ordinal):
            return None
        index = ordinal - self.masks.yearordinal
        return range(index, index + length)

    def _turn_to_day(self, ordinal: int) -> bool:
        if ordinal > _LAST_ORDINAL - 7:
            return False
        day = date.fromordinal(ordinal)
        return self._turn(day.year, day.month)

    def _turn(self, year: int, month: int) -> bool:
        # The calendar of a year looks at the next one too, so the last year cannot be had.
        if year >= date.max.year:
            return False
        # Only weekdays counted within the month make the calendar differ from month to month.
        turn_to = (year, month if self.by["nweekday"] else 0)
        if self.turned_to != turn_to:
            self.masks.rebuild(year, month)
            self.turned_to = turn_to
        return True

    def _passes(self, index: int) -> bool:
        """Whether the day lets the rule's restrictions through."""
        by, masks = self.by, self.masks
        if not self.filtered_days:
            return True
        return not (
            (by["month"] and masks.mmask[index] not in by["month"])
            or (by["weekday"] and masks.wdaymask[index] not in by["weekday"])
            or (
                (by["monthday"] or by["nmonthday"])
                and masks.mdaymask[index] not in by["monthday"]
                and masks.nmdaymask[index] not in by["nmonthday"]
            )
            or (masks.nwdaymask and not masks.nwdaymask[index])
            or (by["weekno"] and masks.wnomask and not masks.wnomask[index])
            or (by["easter"] and masks.eastermask and not masks.eastermask[index])
            or (by["yearday"] and not self._day_of_year(index))
        )

    def _day_of_year(self, index: int) -> bool:
        length, wanted = self.masks.yearlen, self.by["yearday"]
        if index >= length:
            index, length = index - length, self.masks.nextyearlen
        return index + 1 in wanted or index - length in wanted

    def _combine(self, days: Sequence[int], times: Sequence[time]) -> Iterator[datetime]:
        """The moments of a period, or those that BYSETPOS picks from them."""
        if not (self.by["setpos"] and times):
            for day in days:
                for time_of_day in times:
                    yield datetime.combine(date.fromordinal(day), time_of_day)
            return
        total = len(days) * len(times)
        positions: Sequence[int] = self.by["setpos"]
        places = {position - 1 if position > 0 else total + position for position in positions}
        for place in sorted(places):
            if 0 <= place < total:
                day, time_of_day = divmod(place, len(times))
                yield datetime.combine(date.fromordinal(days[day]), times[time_of_day])

    # -- moments: hourly to secondly

    def _moments(self, first: int) -> Iterator[datetime]:
        """Readings on a grid of equal steps, jumping over days, hours and minutes that do not match."""
        rule = self.rule
        unit = _UNIT[rule.frequency]
        step = unit * rule.interval
        origin = rule.dtstart.toordinal() * _DAY_SECONDS + _seconds(rule.dtstart.time()) // unit * unit
        at = origin + first * step
        passing = 0
        while True:
            self.budget.spend()
            ordinal, second_of_day = divmod(at, _DAY_SECONDS)
            if ordinal > self.last_day:
                return
            if ordinal != passing:
                if not self._turn_to_day(ordinal):
                    return
                if not self._passes(ordinal - self.masks.yearordinal):
                    at = _on_grid((ordinal + 1) * _DAY_SECONDS, origin, step)
                    continue
                passing = ordinal
            skip_to = self._next_time(second_of_day)
            if skip_to:
                at = _on_grid(ordinal * _DAY_SECONDS + skip_to, origin, step)
                continue
            self.budget.spend()
            yield from self._combine([ordinal], self._times(_time(second_of_day)))
            at += step

    def _next_time(self, second_of_day: int) -> int:
        """Where to look on if this time of day does not match; 0 if it does."""
        by, frequency = self.by, self.rule.frequency
        if by["hour"] and second_of_day // 3600 not in by["hour"]:
            return (second_of_day // 3600 + 1) * 3600
        if frequency >= _MINUTELY and by["minute"] and second_of_day // 60 % 60 not in by["minute"]:
            return (second_of_day // 60 + 1) * 60
        if frequency >= _SECONDLY and by["second"] and second_of_day % 60 not in by["second"]:
            return second_of_day + 1
        return 0

    def _times(self, at: time | None) -> list[time]:
        """The times of day of a matching period, in order."""
        by, frequency = self.by, self.rule.frequency
        hours = sorted(by["hour"]) if frequency < _HOURLY or at is None else [at.hour]
        minutes = sorted(by["minute"]) if frequency < _MINUTELY or at is None else [at.minute]
        seconds = sorted(by["second"]) if frequency < _SECONDLY or at is None else [at.second]
        return [time(hour, minute, second) for hour in hours for minute in minutes for second in seconds]


def _seconds(moment: time) -> int:
    return moment.hour * 3600 + moment.minute * 60 + moment.second


def _time(second_of_day: int) -> time:
    return time(second_of_day // 3600, second_of_day // 60 % 60, second_of_day % 60)


def _on_grid(moment: int, origin: int, step: int) -> int:
    """The first point of the grid that is not before a moment."""
    return origin + -(-(moment - origin) // step) * step
