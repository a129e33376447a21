"""Global concurrency limits; a deployment's own limit is one of them."""

from sqlalchemy import Boolean, Column, Float, Index, Integer, Named, Table, Text

from locum.tables.base import Identified, metadata


class ConcurrencyLimitColumns(Identified):
    """Columns of `concurrency_limit`. Slots in use are counted from leases, never kept here."""

    active: Named[bool] = Column(Boolean, server_default="true")
    name: Named[str] = Column(Text)
    limit: Named[int] = Column(Integer)
    denied_slots: Named[int] = Column(Integer, server_default="0")
    slot_decay_per_second: Named[float] = Column(Float(53), server_default="0")
    avg_slot_occupancy_seconds: Named[float] = Column(Float(53), server_default="2")


concurrency_limit = Table("concurrency_limit", metadata, ConcurrencyLimitColumns)
Index("uq_concurrency_limit__name", concurrency_limit.c.name, unique=True)
