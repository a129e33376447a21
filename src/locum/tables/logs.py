"""Log lines of runs, partitioned by their time; they go with their run, or with the partition past its time."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Index, Named, SmallInteger, Table, Text, TypedColumns, func

from locum.tables.base import Id, Instant, metadata


class LogColumns(TypedColumns):
    """Columns of `log`. The id sorts by arrival; the key holds the timestamp because partitions need it."""

    id: Named[UUID] = Column(Id, primary_key=True)
    timestamp: Named[datetime] = Column(Instant, primary_key=True)
    created: Named[datetime] = Column(Instant, server_default=func.now())
    name: Named[str] = Column(Text)
    level: Named[int] = Column(SmallInteger)
    flow_run_id: Named[UUID | None] = Column(Id)
    task_run_id: Named[UUID | None] = Column(Id)
    message: Named[str] = Column(Text)


log = Table("log", metadata, LogColumns, postgresql_partition_by="RANGE (timestamp)")
Index("ix_log__flow_run_id_timestamp", log.c.flow_run_id, log.c.timestamp)
Index("ix_log__task_run_id_timestamp", log.c.task_run_id, log.c.timestamp)
Index("ix_log__timestamp", log.c.timestamp)
