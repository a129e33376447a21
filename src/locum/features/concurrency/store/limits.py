"""Every statement about concurrency limits."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Float,
    Integer,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    cast,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy import literal_column as sql
from sqlalchemy.dialects.postgresql import ARRAY, insert

from locum.domain.ids import new_id
from locum.filters.concurrency import ACTIVE_SLOTS, HELD, live
from locum.infra.db import (
    Executor,
    Row,
    UniqueConflict,
    json_array_of,
    json_list,
    json_object,
    prepare,
    select_page,
)
from locum.tables.base import Instant
from locum.tables.concurrency import concurrency_limit, concurrency_slot

_TAG = "tag:"
_STAMPS: dict[str, Any] = {
    "id": concurrency_limit.c.id,
    "created": concurrency_limit.c.created,
    "updated": concurrency_limit.c.updated,
}
_SHOWN: dict[str, Any] = {
    **_STAMPS,
    "active": concurrency_limit.c.active,
    "name": concurrency_limit.c.name,
    "limit": concurrency_limit.c.limit,
    "active_slots": ACTIVE_SLOTS,
    "slot_decay_per_second": concurrency_limit.c.slot_decay_per_second,
}
PROJECTION = json_object(concurrency_limit, _SHOWN)
MADE = json_object(
    concurrency_limit,
    {
        **_SHOWN,
        "denied_slots": cast(func.floor(concurrency_limit.c.denied_slots), Integer),
        "avg_slot_occupancy_seconds": func.coalesce(
            concurrency_limit.c.avg_slot_occupancy_seconds, sql("2.0"), type_=Float(53)
        ),
    },
)
_HOLDER: ColumnElement[str] = func.to_json(concurrency_slot.c.holder_id).cast(Text)
OF_TAG = json_object(
    concurrency_limit,
    {
        **_STAMPS,
        "tag": func.substr(concurrency_limit.c.name, len(_TAG) + 1, type_=Text()),
        "concurrency_limit": concurrency_limit.c.limit,
        "active_slots": json_array_of(
            _HOLDER,
            concurrency_slot,
            (concurrency_slot.c.concurrency_limit_id == concurrency_limit.c.id)
            & (concurrency_slot.c.holder_type == sql("'task_run'"))
            & live(func.now()),
            concurrency_slot.c.id,
        ),
    },
)
"""A limit as the operations by tag answer with it."""

_CHANGEABLE: dict[str, Any] = {
    "active": Boolean(),
    "name": Text(),
    "limit": Integer(),
    "slot_decay_per_second": Float(53),
    "taken_slots": Float(53),
    "denied_slots": Float(53),
    "counted": Instant,
}
_ANNOUNCED = (
    concurrency_limit.c.id,
    concurrency_limit.c.name,
    concurrency_limit.c.limit,
    concurrency_limit.c.active,
    concurrency_limit.c.slot_decay_per_second,
)
_ID, _NAME = bindparam("limit_id", type_=Uuid), bindparam("name", type_=Text)
_BY_ID = concurrency_limit.c.id == _ID
_BY_NAME = concurrency_limit.c.name == _NAME
# An id and a name never meet: the one that is not wanted is null.
_BY_EITHER = or_(_BY_ID, _BY_NAME)
_NAMED = concurrency_limit.c.name == any_(bindparam("names", type_=ARRAY(Text)))
_OF_A_TAG = concurrency_limit.c.name.startswith(sql(f"'{_TAG}'"))
_LIMIT, _OFFSET = bindparam("limit", type_=BigInteger), bindparam("offset", type_=BigInteger)
_COUNTED = (
    *_ANNOUNCED,
    concurrency_limit.c.avg_slot_occupancy_seconds,
    concurrency_limit.c.taken_slots,
    concurrency_limit.c.denied_slots,
    concurrency_limit.c.counted,
    func.clock_timestamp(type_=Instant).label("now"),
)


def _listing(projection: ColumnElement[str], *conditions: ColumnElement[bool]) -> Any:
    page = select_page(concurrency_limit).where(*conditions).order_by(concurrency_limit.c.name)
    return prepare(json_list(projection, page.limit(_LIMIT).offset(_OFFSET), concurrency_limit))


def _given(*columns: Column[Any]) -> dict[str, Any]:
    return {column.name: bindparam(f"given_{column.name}", type_=column.type) for column in columns}


_GET = prepare(select(PROJECTION).select_from(concurrency_limit).where(_BY_EITHER))
_GET_MADE = prepare(select(MADE).select_from(concurrency_limit).where(_BY_ID))
_GET_OF_TAG = prepare(select(OF_TAG).select_from(concurrency_limit).where(_BY_EITHER, _OF_A_TAG))
_LIST = _listing(PROJECTION)
_LIST_OF_TAGS = _listing(OF_TAG, _OF_A_TAG)
_ASKED = or_(concurrency_limit.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))), _NAMED)
_OWN = (
    select(concurrency_slot.c.id)
    .where(
        or_(
            concurrency_slot.c.lease_id == bindparam("lease_id", type_=Uuid),
            and_(
                concurrency_slot.c.concurrency_limit_id == concurrency_limit.c.id,
                concurrency_slot.c.holder_id == bindparam("holder_id", type_=Uuid),
            ),
        ),
        live(_COUNTED[-1]),
    )
    .exists()
)
_SEEN = prepare(
    select(*_COUNTED, concurrency_limit.c.turn, HELD.label("held"), _OWN.label("own"))
    .where(_ASKED)
    .order_by(concurrency_limit.c.name)
)
_HOLD = prepare(
    select(concurrency_limit.c.id).where(_ASKED).order_by(concurrency_limit.c.id).with_for_update(key_share=True)
)
_ANY = prepare(select(exists().where(_NAMED)))
_MINIMAL = prepare(
    select(concurrency_limit.c.id, concurrency_limit.c.name, concurrency_limit.c.limit)
    .where(_NAMED)
    .order_by(concurrency_limit.c.id)
)
# Whoever counts slots in order to take some holds the limits, always in the order of their ids.
_LOCK = prepare(select(*_COUNTED).where(_NAMED).order_by(concurrency_limit.c.id).with_for_update(key_share=True))
_LOCK_ONE = prepare(select(*_COUNTED).where(_BY_EITHER).with_for_update(key_share=True))
_INSERT = prepare(
    insert(concurrency_limit)
    .values(
        _given(
            concurrency_limit.c.id,
            concurrency_limit.c.name,
            concurrency_limit.c.active,
            concurrency_limit.c.limit,
            concurrency_limit.c.slot_decay_per_second,
            concurrency_limit.c.taken_slots,
            concurrency_limit.c.denied_slots,
        )
    )
    .returning(*_ANNOUNCED)
)
_PUT = prepare(
    insert(concurrency_limit)
    .values(id=_ID, name=_NAME, limit=bindparam("slots", type_=Integer))
    .on_conflict_do_update(
        index_elements=["name"], set_={"limit": bindparam("slots", type_=Integer), "updated": func.now()}
    )
    .returning(*_ANNOUNCED, OF_TAG.label("json"))
)
_RESIZE = prepare(
    update(concurrency_limit).where(_BY_ID).values(limit=bindparam("slots", type_=Integer), updated=func.now())
)
_DELETE = prepare(
    delete(concurrency_limit)
    .where(concurrency_limit.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
    .returning(*_ANNOUNCED)
)
_DELETE_ONE = prepare(delete(concurrency_limit).where(_BY_EITHER).returning(*_ANNOUNCED))


async def get(ex: Executor, *, limit_id: UUID | None = None, name: str | None = None) -> str | None:
    """The limit of that id, or of that name, as JSON text."""
    return await ex.value(_GET, limit_id=limit_id, name=name)


async def get_made(ex: Executor, limit_id: UUID) -> str:
    """A limit as it is answered when it is made."""
    made: str = await ex.value(_GET_MADE, limit_id=limit_id)
    return made


async def get_of_tag(ex: Executor, *, limit_id: UUID | None = None, tag: str | None = None) -> str | None:
    """The limit of that id, or of that tag, as JSON text; None where it is not of a tag."""
    return await ex.value(_GET_OF_TAG, limit_id=limit_id, name=None if tag is None else name_of(tag))


async def page(ex: Executor, limit: int, offset: int, *, of_tags: bool = False) -> bytes:
    """Some limits by name, all or those of tags, as a JSON array."""
    found: bytes = await ex.value(_LIST_OF_TAGS if of_tags else _LIST, limit=limit, offset=offset)
    return found


def name_of(tag: str) -> str:
    """The name of the limit of a tag."""
    return _TAG + tag


def tag_of(name: str) -> str:
    """The tag of the limit of that name."""
    return name.removeprefix(_TAG)


async def any_named(ex: Executor, names: Sequence[str]) -> bool:
    """Whether there is a limit of one of these names."""
    found: bool = await ex.value(_ANY, names=list(names))
    return found


async def minimal(ex: Executor, names: Sequence[str]) -> list[Row]:
    """Id, name and size of the limits of these names."""
    return await ex.rows(_MINIMAL, names=list(names))


async def lock(tx: Executor, names: Sequence[str]) -> list[Row]:
    """The limits of these names with what their slots are counted from, held until the transaction ends."""
    return await tx.rows(_LOCK, names=list(names))


async def seen(
    ex: Executor,
    *,
    ids: Collection[UUID] = (),
    names: Collection[str] = (),
    lease_id: UUID | None = None,
    holder_id: UUID | None = None,
) -> list[Row]:
    """The limits of these ids and names by name, with what their slots are counted from, and their `turn`.

    `own` says whether the lease is live, or the holder has a slot of that limit.
    """
    return await ex.rows(_SEEN, ids=list(ids), names=list(names), lease_id=lease_id, holder_id=holder_id)


async def hold(tx: Executor, *, ids: Collection[UUID] = (), names: Collection[str] = ()) -> None:
    """Hold the limits of these ids and names until the transaction ends."""
    await tx.run(_HOLD, ids=list(ids), names=list(names))


async def lock_one(tx: Executor, *, limit_id: UUID | None = None, name: str | None = None) -> Row | None:
    """The limit of that id, or of that name, held until the transaction ends."""
    return await tx.row(_LOCK_ONE, limit_id=limit_id, name=name)


async def insert_new(tx: Executor, given: Mapping[str, Any]) -> Row:
    """Insert a limit; what an announcement shows of it. Raises UniqueConflict where there is one of that name."""
    made = await tx.row(_INSERT, **{f"given_{name}": value for name, value in given.items()})
    if made is None:
        raise UniqueConflict("The limit was not made.", "")
    return made


async def change(tx: Executor, limit_id: UUID, given: Mapping[str, Any]) -> Row | None:
    """Change columns of a limit; what an announcement shows of it. Raises UniqueConflict where the name is taken."""
    values = {name: bindparam(f"new_{name}", type_=_CHANGEABLE[name]) for name in given}
    statement = update(concurrency_limit).where(_BY_ID).values(**values, updated=func.now()).returning(*_ANNOUNCED)
    return await tx.row(statement, limit_id=limit_id, **{f"new_{name}": value for name, value in given.items()})


async def put_row(tx: Executor, name: str, slots: int) -> tuple[Row, bool]:
    """Make a limit, or resize the one of that name: what is announced, `json` of its tag; whether it is new."""
    made = new_id()
    row = await tx.row(_PUT, limit_id=made, name=name, slots=slots)
    if row is None:
        raise UniqueConflict("The limit was not made.", "")
    return row, row["id"] == made


async def put(tx: Executor, name: str, slots: int) -> UUID:
    """Make a limit, or resize the one of that name; its id."""
    row, _ = await put_row(tx, name, slots)
    found: UUID = row["id"]
    return found


async def resize(tx: Executor, limit_id: UUID, slots: int) -> None:
    """Give a limit another number of slots."""
    await tx.run(_RESIZE, limit_id=limit_id, slots=slots)


async def delete_many(tx: Executor, ids: Sequence[UUID]) -> None:
    """Delete limits; deployments that have them lose them."""
    await tx.run(_DELETE, ids=list(ids))


async def delete_one(tx: Executor, *, limit_id: UUID | None = None, name: str | None = None) -> Row | None:
    """Delete the limit of that id, or of that name; what an announcement shows of it."""
    return await tx.row(_DELETE_ONE, limit_id=limit_id, name=name)
