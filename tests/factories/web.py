"""A client of an application made of a few operations, without a server or a socket between them."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx

from locum.domain.clock import now
from locum.infra.web import Application, Operation, Services


def application(operations: Sequence[Operation], db: Any = None, **options: Any) -> Application:
    """An application of these operations; `db` is needed only where a handler asks for it."""
    return Application(operations, (), Services(db=db, settings=None, clock=now), **options)


@asynccontextmanager
async def client(operations: Sequence[Operation], db: Any = None, **options: Any) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of such an application; its paths begin below `/api`."""
    transport = httpx.ASGITransport(application(operations, db, **options))
    async with httpx.AsyncClient(transport=transport, base_url="http://locum/api") as made:
        yield made
