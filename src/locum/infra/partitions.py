"""Keeps a table's partitions by time: those ahead are made, those past their time are dropped whole.

A partition is a day. Where none is ever dropped it is a month: each partition costs all statements that cannot tell
which ones they need (those by run, say), and they would become ever more.

What fits no partition (a client's clock years off, one that was not made in time) lies in the default partition. When
its own is made after all it moves there; when it is past its time it is deleted.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Table, text

from locum.infra.db import Db, Executor, Tx
from locum.infra.loop import Report

_NAMES = text("""
    SELECT relid::regclass::text AS name FROM pg_partition_tree(CAST(:table AS regclass)) WHERE isleaf
""")
_DELETED_AT_ONCE = 5000
_DAY = timedelta(days=1)
_LONGEST_MONTH = timedelta(days=31)
_MONTH_DIGITS, _DAY_DIGITS = len("YYYYMM"), len("YYYYMMDD")


@dataclass(frozen=True, order=True)
class Period:
    """A day or a month in UTC; `end` is no part of it."""

    start: date
    end: date

    @classmethod
    def of_day(cls, day: date) -> "Period":
        """The day."""
        return cls(day, day + _DAY)

    @classmethod
    def of_month(cls, day: date) -> "Period":
        """The month that the day is in."""
        first = day.replace(day=1)
        return cls(first, (first + _LONGEST_MONTH).replace(day=1))

    @classmethod
    def named(cls, name: str) -> "Period | None":
        """The period of that name; None where it is the name of none."""
        if not name.isdigit() or len(name) not in (_MONTH_DIGITS, _DAY_DIGITS):
            return None
        day = date(int(name[:4]), int(name[4:6]), int(name[6:] or 1))
        return cls.of_month(day) if len(name) == _MONTH_DIGITS else cls.of_day(day)

    @property
    def name(self) -> str:
        """Its date in digits, without the day where it is a month."""
        return f"{self.start:%Y%m%d}" if self.end - self.start == _DAY else f"{self.start:%Y%m}"

    def holds(self, day: date) -> bool:
        """Whether the day is in it."""
        return self.start <= day < self.end


@dataclass(frozen=True)
class Partitions:
    """A loop that keeps the partitions of `table`, which is partitioned by the range of `column`; None keeps all."""

    table: Table
    column: str
    keep: timedelta | None
    ahead: int = 3

    async def run_once(self, db: Db, now: datetime) -> Report:
        """Make what is missing, drop what is past its time, delete a batch of what lies outside of the partitions."""
        there = await self._periods(db)
        missing = self.missing(there, now.date())
        for period in missing:
            await db.transact(lambda tx, period=period: self._make(tx, period))
        if self.keep is None:
            return Report(len(missing))
        past = [period for period in there if period.end <= (now - self.keep).date()]
        for period in past:
            await db.transact(lambda tx, period=period: self._drop(tx, period))
        deleted = await db.run(text(self._delete_stray()), before=now - self.keep)
        return Report(len(missing) + len(past) + deleted, full=deleted >= _DELETED_AT_ONCE)

    def missing(self, there: Collection[Period], today: date) -> list[Period]:
        """What is to be made, so that there is a partition for each day from yesterday until `ahead` days from now.

        A month that has begun in days goes on in days.
        """
        wanted: set[Period] = set()
        for day in (today + n * _DAY for n in range(-1, self.ahead + 1)):
            if any(period.holds(day) for period in there):
                continue
            month = Period.of_month(day)
            in_days = self.keep is not None or any(month.holds(period.start) for period in there)
            wanted.add(Period.of_day(day) if in_days else month)
        return sorted(wanted)

    async def _periods(self, db: Executor) -> list[Period]:
        rows = await db.rows(_NAMES, table=self.table.name)
        names = [str(row["name"]).strip('"').removeprefix(f"{self.table.name}_") for row in rows]
        return sorted(period for name in names if (period := Period.named(name)) is not None)

    async def _make(self, tx: Tx, period: Period) -> None:
        parent, child = self.table.name, self._child(period)
        start, end = (datetime.combine(when, time(), UTC).isoformat() for when in (period.start, period.end))
        inside = f"{self.column} >= '{start}' AND {self.column} < '{end}'"
        moved = f'DELETE FROM "{parent}_default" WHERE {inside} RETURNING *'  # noqa: S608 - names of ours
        # Attached, not created in place: that would lock the whole table. Rows of it that came early move along.
        for statement in (
            "SET LOCAL lock_timeout = '2s'",
            f'CREATE TABLE "{child}" (LIKE "{parent}" INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
            f'LOCK TABLE "{parent}_default" IN SHARE ROW EXCLUSIVE MODE',
            f'WITH moved AS ({moved}) INSERT INTO "{child}" SELECT * FROM moved',  # noqa: S608 - names of ours
            f"ALTER TABLE \"{parent}\" ATTACH PARTITION \"{child}\" FOR VALUES FROM ('{start}') TO ('{end}')",
        ):
            await tx.run(text(statement.replace(":", "\\:")))

    async def _drop(self, tx: Tx, period: Period) -> None:
        await tx.run(text("SET LOCAL lock_timeout = '2s'"))
        await tx.run(text(f'DROP TABLE "{self._child(period)}"'))

    def _delete_stray(self) -> str:
        stray = f'"{self.table.name}_default"'
        chosen = f"SELECT ctid FROM {stray} WHERE {self.column} < :before LIMIT {_DELETED_AT_ONCE}"  # noqa: S608 - names of ours
        return f"DELETE FROM {stray} WHERE ctid = ANY(ARRAY({chosen}))"  # noqa: S608 - names of ours

    def _child(self, period: Period) -> str:
        return f"{self.table.name}_{period.name}"
