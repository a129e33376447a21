"""Tokens against cross-site request forgery: one for each client, neither of which is kept as it is told."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Identity, Index, LargeBinary, Named, Table

from locum.tables.base import Identified, Instant, metadata


class CsrfTokenColumns(Identified):
    """Columns of `csrf_token`.

    `client` and `token` are digests, so that a row has one size whatever a client calls itself, and a dump of the
    table admits nobody. `number` counts the tokens given: only so many of the latest are kept.
    """

    client: Named[bytes] = Column(LargeBinary)
    token: Named[bytes] = Column(LargeBinary)
    expiration: Named[datetime] = Column(Instant)
    number: Named[int] = Column(BigInteger, Identity(always=False))


csrf_token = Table("csrf_token", metadata, CsrfTokenColumns)
Index("uq_csrf_token__client", csrf_token.c.client, unique=True)
Index("ix_csrf_token__expiration", csrf_token.c.expiration)
Index("ix_csrf_token__number", csrf_token.c.number)
