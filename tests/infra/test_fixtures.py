"""The fixtures that all tests lean on."""

from sqlalchemy import insert, select

from locum.domain.ids import new_id
from locum.infra.db import Db, Tx
from locum.tables.flows import flow


class TestIsolation:
    async def test_a_transaction_is_undone(self, tx: Tx, shared_db: Db):
        await tx.run(insert(flow).values(id=new_id(), name="undone"))
        assert await shared_db.rows(select(flow.c.id)) == []

    async def test_rows_are_gone_in_the_next_test(self, db: Db):
        await db.run(insert(flow).values(id=new_id(), name="once"))
        assert len(await db.rows(select(flow.c.id))) == 1

    async def test_rows_of_the_previous_test_are_gone(self, db: Db):
        assert await db.rows(select(flow.c.id)) == []

    async def test_a_database_of_ones_own(self, own_db: Db, db: Db):
        await own_db.run(insert(flow).values(id=new_id(), name="own"))
        assert await db.rows(select(flow.c.id)) == []
