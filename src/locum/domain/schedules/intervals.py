"""Fire times of an interval schedule: whole days follow the clock on the wall, anything shorter follows elapsed time.

The comparisons are those of the wall clock, as the peer's are on Python 3.11 and 3.12, so that in the hour which is
repeated when clocks go back only one of two equal readings counts; docs/quirks.md says what follows from it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from locum.domain.schedules.zones import shifts

CANDIDATES = 1000
_NEAR = 4096
_ZERO = timedelta(0)


def interval_dates(
    interval: timedelta, anchor: datetime, place: ZoneInfo, *, start: datetime, n: int, end: datetime | None
) -> Iterator[datetime]:
    """Fire times from `start` on, at most `n` and none after `end`, in the zone given."""
    try:
        series = _Series(interval, anchor.astimezone(place), place)
        date = series.first(start.astimezone(place))
        last = _wall(end.astimezone(place)) if end else None
        seen: set[datetime] = set()
        for _ in range(CANDIDATES + 2):
            wall = _wall(date)
            if last and wall > last:
                return
            if wall not in seen:
                seen.add(wall)
                yield date
            if len(seen) >= n:
                return
            date = series.next(date)
    except OverflowError:
        # Past the year 9999 there is no date left to give.
        return


def _wall(moment: datetime) -> datetime:
    """What a clock on the wall shows."""
    return moment.replace(tzinfo=None, fold=0)


class _Series:
    """The dates of one schedule: `anchor` and steps of `days` on the wall clock plus `rest` of elapsed time."""

    def __init__(self, interval: timedelta, anchor: datetime, place: ZoneInfo) -> None:
        self.interval = interval
        self.days = interval.days
        self.rest = interval - timedelta(days=interval.days)
        self.anchor = anchor
        self.place = place
        self.offset = 0
        self.before_anchor = False

    def first(self, start: datetime) -> datetime:
        """The first date at or after `start`."""
        whole_days = self.days != 0 and self.rest == _ZERO
        ahead = _wall(start) >= _wall(self.anchor)
        if whole_days and ahead and self.place.key != "UTC":
            date = self._seek(start)
        else:
            self.before_anchor = whole_days and not ahead
            date = self._estimate(start)
        for _ in range(_NEAR):
            if _wall(date) >= _wall(start):
                return date
            date = self.next(date)
        return self._elapsed_from(start)

    def next(self, date: datetime) -> datetime:
        """The date after `date`."""
        if self.before_anchor and self.offset < 0:
            # Counted back from the anchor, so that a skipped time does not move the dates that follow it.
            self.offset += 1
            return self._jump(self.offset)
        if self.days:
            return self._later(_wall(date) + self.interval)
        return (date.astimezone(UTC) + self.rest).astimezone(self.place)

    def _estimate(self, start: datetime) -> datetime:
        """A date at or shortly before `start`, by division."""
        apart = start.astimezone(UTC) - self.anchor.astimezone(UTC)
        self.offset = int(apart.total_seconds() / self.interval.total_seconds())
        date = self._jump(self.offset)
        for _ in range(_NEAR):
            if _wall(date) <= _wall(start):
                return date
            self.offset -= 1
            date = self._jump(self.offset)
        return self._elapsed_from(start)

    def _elapsed_from(self, start: datetime) -> datetime:
        """The first date not before `start` by elapsed time alone.

        Intervals far below a second would step through a repeated hour for minutes, so they do not try.
        """
        return self._elapsed(-((self.anchor.astimezone(UTC) - start.astimezone(UTC)) // self.interval))

    def _jump(self, count: int) -> datetime:
        if count and self.days and self.rest == _ZERO:
            return self._later(_wall(self.anchor) + self.interval * count)
        return self._elapsed(count)

    def _elapsed(self, count: int) -> datetime:
        return (self.anchor.astimezone(UTC) + self.interval * count).astimezone(self.place)

    def _later(self, wall: datetime) -> datetime:
        """The moment of a wall clock reading: the later of two, and moved forward by the gap where there is none."""
        moment = wall.replace(tzinfo=self.place, fold=1)
        gap = (moment.utcoffset() or _ZERO) - (moment.replace(fold=0).utcoffset() or _ZERO)
        return moment + gap if gap > _ZERO else moment

    def _seek(self, start: datetime) -> datetime:
        """The first date from the anchor on that is not before `start`, when each follows from the one before it.

        A date that falls into skipped time is moved forward, and all later ones keep the new reading. Only such dates
        have to be looked for; between them it is arithmetic.
        """
        wall = _wall(self.anchor)
        anchored, until = self._utc(self.anchor), self._utc(start)
        for year in range(self.anchor.year - 1 or 1, start.year + 1):
            for shift in shifts(self.place, year):
                if anchored < shift.at < until and shift.gap > _ZERO:
                    wall = self._through_gap(wall, shift.at + shift.before, shift.at + shift.after)
        count = max(0, (_wall(start) - wall) // self.interval - 1)
        date = self._later(wall + self.interval * count) if count else self._at(wall)
        while self._utc(date) < until:
            date = self._later(_wall(date) + self.interval)
        return date

    def _through_gap(self, wall: datetime, opening: datetime, closing: datetime) -> datetime:
        """Where the series stands after skipped time: unchanged, or moved forward if one of its dates fell into it."""
        ahead = opening - wall
        count = -(-ahead // self.interval)
        date = wall + self.interval * count
        return date + (closing - opening) if count > 0 and date < closing else wall

    def _at(self, wall: datetime) -> datetime:
        return self.anchor if wall == _wall(self.anchor) else self._later(wall)

    @staticmethod
    def _utc(moment: datetime) -> datetime:
        return moment.astimezone(UTC).replace(tzinfo=None)
