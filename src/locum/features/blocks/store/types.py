"""Every statement about block types."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Executable, Text, Uuid, bindparam, case, delete, func, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.elements import ColumnElement

from locum.domain.ids import new_id
from locum.filters.listing import Listing
from locum.filters.sorting import Sort
from locum.infra.db import Executor, Row, json_object, prepare
from locum.tables.blocks import block_type

SHOWN = ("logo_url", "documentation_url", "description", "code_example")
"""What may be changed of a type."""

PROJECTION = json_object(
    block_type,
    {name: block_type.c[name] for name in ("id", "created", "updated", "name", "slug", *SHOWN, "is_protected")},
)
LISTING = Listing(block_type, PROJECTION)
_ANNOUNCED = tuple(block_type.c[name] for name in ("id", "name", "slug", *SHOWN, "is_protected"))


class TypeSort(Sort):
    """How block types are sorted."""

    NAME_ASC = "NAME_ASC", block_type.c.name.asc(), block_type.c.id.asc()


_BY_ID: ColumnElement[bool] = block_type.c.id == bindparam("type_id", type_=Uuid)
_BY_SLUG: ColumnElement[bool] = block_type.c.slug == bindparam("wanted_slug", type_=Text)
_GET = prepare(select(PROJECTION).select_from(block_type).where(_BY_ID))
_GET_BY_SLUG = prepare(select(PROJECTION).select_from(block_type).where(_BY_SLUG))
_LOCK = prepare(select(*_ANNOUNCED).where(_BY_ID).with_for_update())
_FIND = prepare(select(*_ANNOUNCED).where(_BY_ID))
_ID_OF = prepare(select(block_type.c.id).where(_BY_SLUG))
_PROTECTED = prepare(select(block_type.c.slug).where(block_type.c.is_protected))
_DELETE = prepare(delete(block_type).where(_BY_ID))
_INSERTION = insert(block_type).values(
    id=bindparam("id", type_=Uuid),
    name=bindparam("name", type_=Text),
    slug=bindparam("slug", type_=Text),
    is_protected=bindparam("is_protected", type_=Boolean),
    **{name: bindparam(name, type_=Text) for name in SHOWN},
)
_INSERT = prepare(_INSERTION.returning(PROJECTION.label("json"), *_ANNOUNCED))
_PUT = prepare(
    _INSERTION.on_conflict_do_update(
        index_elements=["slug"],
        set_={
            **{name: _INSERTION.excluded[name] for name in ("name", "is_protected", *SHOWN)},
            "updated": func.now(),
        },
    ).returning(*_ANNOUNCED, literal_column("(xmax = 0)", Boolean).label("is_new"))
)


def _update() -> Executable:
    values = {
        name: case(
            (bindparam(f"sets_{name}", type_=Boolean), bindparam(f"new_{name}", type_=Text)), else_=block_type.c[name]
        )
        for name in SHOWN
    }
    return update(block_type).where(_BY_ID).values(**values, updated=func.now()).returning(*_ANNOUNCED)


_UPDATE = prepare(_update())


async def get(tx: Executor, which: UUID | str) -> str | None:
    """The type of that id, or of that slug, as JSON text."""
    if isinstance(which, UUID):
        return await tx.value(_GET, type_id=which)
    return await tx.value(_GET_BY_SLUG, wanted_slug=which)


async def find(tx: Executor, type_id: UUID) -> Row | None:
    """The type's columns."""
    return await tx.row(_FIND, type_id=type_id)


async def lock(tx: Executor, type_id: UUID) -> Row | None:
    """The type's columns, which nobody else changes until the transaction ends."""
    return await tx.row(_LOCK, type_id=type_id)


async def id_of(tx: Executor, slug: str) -> UUID | None:
    """The id of the type of that slug."""
    return await tx.value(_ID_OF, wanted_slug=slug)


async def protected_slugs(tx: Executor) -> set[str]:
    """The slugs of the types that may not be deleted."""
    return {row["slug"] for row in await tx.rows(_PROTECTED)}


async def insert_one(tx: Executor, given: Mapping[str, Any]) -> Row:
    """Insert a type: its `json` and what an announcement shows. Raises UniqueConflict where one has the slug."""
    row = await tx.row(_INSERT, id=new_id(), **given)
    assert row is not None  # noqa: S101  (an insert returns its row)
    return row


async def put(tx: Executor, given: Mapping[str, Any]) -> Row:
    """Insert a type in place of the one of its slug: what an announcement shows, and whether it `is_new`."""
    row = await tx.row(_PUT, id=new_id(), **given)
    assert row is not None  # noqa: S101  (an upsert returns its row)
    return row


async def update_one(tx: Executor, type_id: UUID, changes: Mapping[str, str | None]) -> Row | None:
    """Change what is given; what an announcement shows."""
    given: dict[str, Any] = {f"sets_{name}": name in changes for name in SHOWN}
    return await tx.row(_UPDATE, type_id=type_id, **given, **{f"new_{name}": changes.get(name) for name in SHOWN})


async def delete_one(tx: Executor, type_id: UUID) -> None:
    """Delete a type with its schemas and documents."""
    await tx.run(_DELETE, type_id=type_id)
