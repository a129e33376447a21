"""Keeps a table's daily partitions: days ahead are made, days past their time are dropped whole.

What fits no day (a client's clock years off, a day that was not made in time) lies in the default partition. When its
day is made after all it moves there; when it is past its time it is deleted.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Table, text

from locum.infra.db import Db, Executor, Tx
from locum.infra.loop import Report

_NAMES = text("""
    SELECT relid::regclass::text AS name FROM pg_partition_tree(CAST(:table AS regclass)) WHERE isleaf
""")
_DELETED_AT_ONCE = 5000


@dataclass(frozen=True)
class DailyPartitions:
    """A loop that keeps the partitions of `table`, which is partitioned by the range of `column`; None keeps all."""

    table: Table
    column: str
    keep: timedelta | None
    ahead: int = 3

    async def run_once(self, db: Db, now: datetime) -> Report:
        """Make what is missing, drop what is past its time, delete a batch of what lies outside of the days."""
        there = await self._days(db)
        wanted = {now.date() + timedelta(days=n) for n in range(-1, self.ahead + 1)}
        for day in sorted(wanted - there):
            await db.transact(lambda tx, day=day: self._make(tx, day))
        if self.keep is None:
            return Report(len(wanted - there))
        past = {day for day in there if day < (now - self.keep).date()}
        for day in sorted(past):
            await db.transact(lambda tx, day=day: self._drop(tx, day))
        deleted = await db.run(text(self._delete_stray()), before=now - self.keep)
        return Report(len(wanted - there) + len(past) + deleted, full=deleted >= _DELETED_AT_ONCE)

    async def _days(self, db: Executor) -> set[date]:
        found: set[date] = set()
        for row in await db.rows(_NAMES, table=self.table.name):
            tail = str(row["name"]).strip('"').removeprefix(f"{self.table.name}_")
            if tail.isdigit():
                found.add(datetime.strptime(tail, "%Y%m%d").replace(tzinfo=UTC).date())
        return found

    async def _make(self, tx: Tx, day: date) -> None:
        parent, child = self.table.name, self._child(day)
        start, end = (datetime.combine(when, time(), UTC).isoformat() for when in (day, day + timedelta(days=1)))
        inside = f"{self.column} >= '{start}' AND {self.column} < '{end}'"
        moved = f'DELETE FROM "{parent}_default" WHERE {inside} RETURNING *'  # noqa: S608 - names of ours
        # Attached, not created in place: that would lock the whole table. Rows of the day that came early move along.
        for statement in (
            "SET LOCAL lock_timeout = '2s'",
            f'CREATE TABLE "{child}" (LIKE "{parent}" INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
            f'LOCK TABLE "{parent}_default" IN SHARE ROW EXCLUSIVE MODE',
            f'WITH moved AS ({moved}) INSERT INTO "{child}" SELECT * FROM moved',  # noqa: S608 - names of ours
            f"ALTER TABLE \"{parent}\" ATTACH PARTITION \"{child}\" FOR VALUES FROM ('{start}') TO ('{end}')",
        ):
            await tx.run(text(statement.replace(":", "\\:")))

    async def _drop(self, tx: Tx, day: date) -> None:
        await tx.run(text("SET LOCAL lock_timeout = '2s'"))
        await tx.run(text(f'DROP TABLE "{self._child(day)}"'))

    def _delete_stray(self) -> str:
        stray = f'"{self.table.name}_default"'
        chosen = f"SELECT ctid FROM {stray} WHERE {self.column} < :before LIMIT {_DELETED_AT_ONCE}"  # noqa: S608 - names of ours
        return f"DELETE FROM {stray} WHERE ctid = ANY(ARRAY({chosen}))"  # noqa: S608 - names of ours

    def _child(self, day: date) -> str:
        return f"{self.table.name}_{day:%Y%m%d}"
