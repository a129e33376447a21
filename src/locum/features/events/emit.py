"""Announces changes: the event is inserted in the transaction, or the very statement, that makes the change true."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from locum.domain.ids import new_id
from locum.features.events.schemas import RESOURCE_ID
from locum.features.events.store.appending import given_events, insert_many, insertion
from locum.infra.db import Executor

__all__ = ["Announcement", "Labels", "emit", "insertion", "insertion_parameters"]

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Announcement:
    """An event that the server itself makes. `resource` holds its labels, `prefect.resource.id` among them."""

    event: str
    occurred: datetime
    resource: Labels
    related: Sequence[Labels] = ()
    payload: Mapping[str, Any] = field(default_factory=dict[str, Any])
    follows: UUID | None = None
    id: UUID = field(default_factory=new_id)


def insertion_parameters(announcements: Sequence[Announcement]) -> dict[str, str]:
    """The values for `insertion`."""
    return given_events(
        {
            "id": one.id,
            "occurred": one.occurred,
            "event": one.event,
            "resource_id": one.resource[RESOURCE_ID],
            "resource": one.resource,
            "related": one.related,
            "payload": one.payload,
            "follows": one.follows,
        }
        for one in announcements
    )


async def emit(tx: Executor, *announcements: Announcement) -> None:
    """Insert the announcements; if the transaction is rolled back, nobody has been told."""
    if announcements:
        await insert_many(tx, insertion_parameters(announcements))
