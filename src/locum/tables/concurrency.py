"""Global concurrency limits, and who holds their slots; a deployment's own limit is one of them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    Named,
    Table,
    Text,
    TypedColumns,
    func,
)

from locum.tables.base import Id, Identified, Instant, metadata


class ConcurrencyLimitColumns(Identified):
    """Columns of `concurrency_limit`. Slots in use are counted from `concurrency_slot`, unless they decay.

    A limit with a decay is a rate: `taken_slots` were in use at `counted`, and are fewer by the second since.
    `denied_slots` were waited for at `counted`, and are fewer since as well. How long slots are held on average is not
    known before the first was given back. `turn` is another whenever slots are taken or a lease is renewed.
    """

    active: Named[bool] = Column(Boolean, server_default="true")
    name: Named[str] = Column(Text)
    limit: Named[int] = Column(Integer)
    slot_decay_per_second: Named[float] = Column(Float(53), server_default="0")
    avg_slot_occupancy_seconds: Named[float | None] = Column(Float(53))
    taken_slots: Named[float] = Column(Float(53), server_default="0")
    denied_slots: Named[float] = Column(Float(53), server_default="0")
    counted: Named[datetime] = Column(Instant, server_default=func.now())
    turn: Named[int] = Column(BigInteger, server_default="0")


class ConcurrencySlotColumns(TypedColumns):
    """Columns of `concurrency_slot`: slots of one limit that are held, under a lease or (by old clients) without.

    They are held until `expires_at`, or until they are given back where it is null. A lease over several limits is as
    many rows; one whose limit was deleted stays, so that its holder may renew it.
    """

    id: Named[UUID] = Column(Id, primary_key=True)
    created: Named[datetime] = Column(Instant, server_default=func.now())
    lease_id: Named[UUID | None] = Column(Id)
    concurrency_limit_id: Named[UUID | None] = Column(Id, ForeignKey("concurrency_limit.id", ondelete="SET NULL"))
    slots: Named[int] = Column(Integer)
    holder_type: Named[str | None] = Column(Text)
    holder_id: Named[UUID | None] = Column(Id)
    expires_at: Named[datetime | None] = Column(Instant)


concurrency_limit = Table("concurrency_limit", metadata, ConcurrencyLimitColumns)
Index("uq_concurrency_limit__name", concurrency_limit.c.name, unique=True)

concurrency_slot = Table("concurrency_slot", metadata, ConcurrencySlotColumns)
Index("ix_concurrency_slot__concurrency_limit_id", concurrency_slot.c.concurrency_limit_id)
Index("ix_concurrency_slot__lease_id", concurrency_slot.c.lease_id)
Index("ix_concurrency_slot__expires_at", concurrency_slot.c.expires_at)
