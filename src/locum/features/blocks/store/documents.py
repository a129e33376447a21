"""Every statement about block documents; with each document come those it refers to, whatever the depth."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Executable,
    Select,
    Text,
    Uuid,
    any_,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    select,
    update,
)

from locum.domain.ids import new_id
from locum.features.blocks.store.reaching import reached_from
from locum.features.blocks.store.types import PROJECTION as TYPE
from locum.filters.sorting import BlockDocumentSort
from locum.filters.statements import LIMIT, OFFSET, Clauses, Restriction, Shaped, count_of
from locum.infra.db import Executor, Row, prepare
from locum.tables.blocks import block_document, block_document_reference, block_schema, block_type

_COLUMNS = tuple(
    block_document.c[name]
    for name in (
        "id",
        "created",
        "updated",
        "name",
        "data",
        "is_anonymous",
        "block_type_name",
        "block_type_id",
        "block_schema_id",
    )
)
_DOCUMENT_ID = bindparam("document_id", type_=Uuid)
_SCHEMA_ID = bindparam("block_schema_id", type_=Uuid)


def _with_referred(roots: Select[Any]) -> Executable:
    """Those documents and all that they refer to: a row for each way it is reached, roots with a `place`."""
    reference = block_document_reference.c
    reached = reached_from(
        roots, reference.parent_block_document_id, reference.reference_block_document_id, reference.name
    )
    return (
        select(
            *_COLUMNS,
            TYPE.label("block_type"),
            block_schema.c.fields["secret_fields"].label("secret_fields"),
            reached.c.parent_id,
            reached.c.field,
            reached.c.place,
        )
        .select_from(
            reached.join(block_document, block_document.c.id == reached.c.id)
            .join(block_type, block_type.c.id == block_document.c.block_type_id)
            .join(block_schema, block_schema.c.id == block_document.c.block_schema_id)
        )
        .order_by(reached.c.place)
    )


def _page(clauses: Clauses, sort: BlockDocumentSort) -> Executable:
    page = select(block_document.c.id).where(*clauses).order_by(*sort.order).limit(LIMIT).offset(OFFSET).subquery()
    return _with_referred(select(page.c.id))


def _count(clauses: Clauses) -> Select[int]:
    return count_of(block_document, clauses)


_PAGE = Shaped(_page)
_COUNT = Shaped(_count)
_BY_ID = prepare(_with_referred(select(block_document.c.id).where(block_document.c.id == _DOCUMENT_ID)))
_BY_IDS = prepare(
    _with_referred(select(block_document.c.id).where(block_document.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))))
)
_BY_NAME = prepare(
    _with_referred(
        select(block_document.c.id)
        .join(block_type, block_type.c.id == block_document.c.block_type_id)
        .where(
            block_type.c.slug == bindparam("slug", type_=Text),
            block_document.c.name == bindparam("name", type_=Text),
        )
    )
)
_LOCK = prepare(
    select(
        block_document.c.data,
        block_document.c.block_type_id,
        block_document.c.block_schema_id,
        block_schema.c.fields["secret_fields"].label("secret_fields"),
    )
    .join(block_schema, block_schema.c.id == block_document.c.block_schema_id)
    .where(block_document.c.id == _DOCUMENT_ID)
    .with_for_update(of=block_document)
)
_INSERT = prepare(
    insert(block_document).values(
        id=bindparam("id", type_=Uuid),
        name=bindparam("name", type_=Text),
        data=bindparam("data", type_=Text),
        is_anonymous=bindparam("is_anonymous", type_=Boolean),
        block_type_id=bindparam("block_type_id", type_=Uuid),
        block_type_name=bindparam("block_type_name", type_=Text),
        block_schema_id=_SCHEMA_ID,
    )
)
_UPDATE = prepare(
    update(block_document)
    .where(block_document.c.id == _DOCUMENT_ID)
    .values(
        data=bindparam("new_data", type_=Text),
        block_schema_id=bindparam("new_schema_id", type_=Uuid),
        updated=func.now(),
    )
)
_DELETE = prepare(delete(block_document).where(block_document.c.id == _DOCUMENT_ID))
_REFER = prepare(
    insert(block_document_reference).values(
        id=bindparam("id", type_=Uuid),
        parent_block_document_id=bindparam("parent_id", type_=Uuid),
        reference_block_document_id=bindparam("reference_id", type_=Uuid),
        name=bindparam("name", type_=Text),
    )
)
_FORGET = prepare(
    delete(block_document_reference).where(block_document_reference.c.parent_block_document_id == _DOCUMENT_ID)
)


def _reaches() -> Executable:
    start = select(bindparam("reference_id", type_=Uuid).label("id")).cte("reached", recursive=True)
    further = select(block_document_reference.c.reference_block_document_id).join(
        start, block_document_reference.c.parent_block_document_id == start.c.id
    )
    reached = start.union(further)
    found: ColumnElement[bool] = reached.c.id == bindparam("parent_id", type_=Uuid)
    return select(literal_column("true", Boolean)).select_from(reached).where(found).limit(1)


_REACHES = prepare(_reaches())


async def page(tx: Executor, restriction: Restriction, sort: BlockDocumentSort, limit: int, offset: int) -> list[Row]:
    """The first documents that the filters let through, with those they refer to."""
    statement, values = _PAGE(restriction, sort)
    return await tx.rows(statement, **values, limit=limit, offset=offset)


async def count(tx: Executor, restriction: Restriction) -> int:
    """How many documents the filters let through."""
    statement, values = _COUNT(restriction)
    found: int = await tx.value(statement, **values)
    return found


async def by_id(tx: Executor, document_id: UUID) -> list[Row]:
    """One document, with those it refers to."""
    return await tx.rows(_BY_ID, document_id=document_id)


async def by_ids(tx: Executor, ids: Iterable[UUID]) -> list[Row]:
    """Those documents, as far as they exist, with those they refer to."""
    return await tx.rows(_BY_IDS, ids=list(ids))


async def by_name(tx: Executor, slug: str, name: str) -> list[Row]:
    """The document of that name and type, with those it refers to."""
    return await tx.rows(_BY_NAME, slug=slug, name=name)


async def lock(tx: Executor, document_id: UUID) -> Row | None:
    """A document's data, type, schema and what is secret, which nobody else changes until the transaction ends."""
    return await tx.row(_LOCK, document_id=document_id)


async def insert_one(tx: Executor, given: Mapping[str, Any]) -> UUID:
    """Insert a document. Raises UniqueConflict where one of its type has the name."""
    document_id = new_id()
    await tx.run(_INSERT, id=document_id, **given)
    return document_id


async def update_one(tx: Executor, document_id: UUID, data: str, schema_id: UUID) -> None:
    """Replace the data (a token) and the schema."""
    await tx.run(_UPDATE, document_id=document_id, new_data=data, new_schema_id=schema_id)


async def delete_one(tx: Executor, document_id: UUID) -> None:
    """Delete a document; those that referred to it do no longer."""
    await tx.run(_DELETE, document_id=document_id)


async def refer(tx: Executor, parent_id: UUID, name: str, reference_id: UUID) -> None:
    """Note that a document holds another in a field."""
    await tx.run(_REFER, id=new_id(), parent_id=parent_id, name=name, reference_id=reference_id)


async def forget_references(tx: Executor, document_id: UUID) -> None:
    """Note that a document holds no other."""
    await tx.run(_FORGET, document_id=document_id)


async def reaches(tx: Executor, reference_id: UUID, parent_id: UUID) -> bool:
    """Whether a document holds another, itself included, at whatever depth."""
    return bool(await tx.value(_REACHES, reference_id=reference_id, parent_id=parent_id))
