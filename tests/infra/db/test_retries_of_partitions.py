"""A partition that is attached while rows are on their way to another is no conflict, and is tried again."""

from sqlalchemy import literal, select, text

from locum.infra.db import Db, Tx

ADD = text("ALTER TABLE flow ADD CONSTRAINT passing CHECK (name <> 'refused')")
DROP = text("ALTER TABLE flow DROP CONSTRAINT passing")
INSERT = text("INSERT INTO flow (id, name) VALUES (gen_random_uuid(), 'refused')")


async def test_a_violated_check_is_tried_again(own_db: Db):
    await own_db.run(ADD)
    attempts = 0

    async def work(tx: Tx) -> int:
        nonlocal attempts
        attempts += 1
        if attempts == 2:
            return 1
        return await tx.run(INSERT)

    assert await own_db.transact(work) == 1
    assert attempts == 2
    await own_db.run(DROP)
    assert await own_db.value(select(literal(1))) == 1
