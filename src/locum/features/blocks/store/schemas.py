"""Every statement about block schemas; with each schema come those nested in it, whatever the depth."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    ColumnElement,
    Executable,
    Select,
    Text,
    Uuid,
    bindparam,
    delete,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert

from locum.domain.ids import new_id
from locum.features.blocks.store.reaching import reached_from
from locum.features.blocks.store.types import PROJECTION as TYPE
from locum.filters.statements import LIMIT, OFFSET, Clauses, Restriction, Shaped
from locum.infra.db import Executor, Row, dump_json, prepare
from locum.tables.blocks import block_schema, block_schema_reference, block_type

_COLUMNS = tuple(
    block_schema.c[name]
    for name in ("id", "created", "updated", "checksum", "fields", "block_type_id", "capabilities", "version")
)


def with_nested(roots: Select[UUID]) -> Executable:
    """Those schemas and all nested in them: a row for each way it is reached, roots with a `place` in their order."""
    reference = block_schema_reference.c
    reached = reached_from(roots, reference.parent_block_schema_id, reference.reference_block_schema_id, reference.name)
    return (
        select(
            *_COLUMNS,
            block_type.c.slug,
            TYPE.label("block_type"),
            reached.c.parent_id,
            reached.c.field.label("name"),
            reached.c.place,
        )
        .select_from(
            reached.join(block_schema, block_schema.c.id == reached.c.id).join(
                block_type, block_type.c.id == block_schema.c.block_type_id
            )
        )
        .order_by(reached.c.place, block_schema.c.created, block_schema.c.id)
    )


_NEWEST = (block_schema.c.created.desc(), block_schema.c.id.desc())


def _page(clauses: Clauses) -> Executable:
    page = select(block_schema.c.id).where(*clauses).order_by(*_NEWEST).limit(LIMIT).offset(OFFSET).subquery()
    return with_nested(select(page.c.id))


def _one(condition: ColumnElement[bool]) -> Executable:
    newest = select(block_schema.c.id).where(condition).order_by(*_NEWEST).limit(1).subquery()
    return with_nested(select(newest.c.id))


_PAGE = Shaped(_page)
_BY_ID = prepare(_one(block_schema.c.id == bindparam("schema_id", type_=Uuid)))
_IDS = func.unnest(bindparam("ids", type_=ARRAY(Uuid))).table_valued("id", name="wanted").render_derived()
_BY_IDS = prepare(with_nested(select(_IDS.c.id)))
_VERSION = bindparam("version", type_=Text)
_BY_CHECKSUM = prepare(
    _one(
        (block_schema.c.checksum == bindparam("checksum", type_=Text))
        & or_(_VERSION.is_(None), block_schema.c.version == _VERSION)
    )
)
_INSERT = prepare(
    insert(block_schema)
    .values(
        id=bindparam("id", type_=Uuid),
        checksum=bindparam("checksum", type_=Text),
        fields=bindparam("fields", type_=JSON),
        capabilities=bindparam("capabilities", type_=JSONB),
        version=_VERSION,
        block_type_id=bindparam("block_type_id", type_=Uuid),
    )
    .on_conflict_do_nothing(index_elements=["checksum", "version"])
    .returning(block_schema.c.id)
)
_REFER = prepare(
    insert(block_schema_reference)
    .values(
        id=bindparam("id", type_=Uuid),
        parent_block_schema_id=bindparam("parent_id", type_=Uuid),
        reference_block_schema_id=bindparam("reference_id", type_=Uuid),
        name=bindparam("name", type_=Text),
    )
    .on_conflict_do_nothing()
)
_TYPE_OF = prepare(
    select(block_schema.c.block_type_id, block_type.c.is_protected, block_schema.c.fields)
    .join(block_type, block_type.c.id == block_schema.c.block_type_id)
    .where(block_schema.c.id == bindparam("schema_id", type_=Uuid))
)
_DELETE = prepare(delete(block_schema).where(block_schema.c.id == bindparam("schema_id", type_=Uuid)))
_CAPABILITY = (
    func.jsonb_array_elements_text(block_schema.c.capabilities)
    .table_valued("value", joins_implicitly=True)
    .render_derived(name="capability")
)
_CAPABILITIES = prepare(select(_CAPABILITY.c.value).select_from(block_schema).distinct().order_by(_CAPABILITY.c.value))


async def page(tx: Executor, restriction: Restriction, limit: int, offset: int) -> list[Row]:
    """The newest schemas that the filters let through, with those nested in them."""
    statement, values = _PAGE(restriction)
    return await tx.rows(statement, **values, limit=limit, offset=offset)


async def by_ids(tx: Executor, ids: Sequence[UUID]) -> list[Row]:
    """Those schemas, with those nested in them."""
    return await tx.rows(_BY_IDS, ids=list(ids))


async def by_id(tx: Executor, schema_id: UUID) -> list[Row]:
    """One schema, with those nested in it."""
    return await tx.rows(_BY_ID, schema_id=schema_id)


async def by_checksum(tx: Executor, checksum: str, version: str | None) -> list[Row]:
    """The newest schema of a checksum, and of a version if one is given, with those nested in it."""
    return await tx.rows(_BY_CHECKSUM, checksum=checksum, version=version)


async def insert_new(tx: Executor, given: Mapping[str, Any]) -> UUID | None:
    """Insert a schema; None where one of its checksum and version exists."""
    columns = {**given, "fields": dump_json(given["fields"]), "capabilities": dump_json(given["capabilities"])}
    return await tx.value(_INSERT, id=new_id(), **columns)


async def refer(tx: Executor, parent_id: UUID, name: str, reference_id: UUID) -> None:
    """Note that a schema holds another in a field."""
    await tx.run(_REFER, id=new_id(), parent_id=parent_id, name=name, reference_id=reference_id)


async def find(tx: Executor, schema_id: UUID) -> Row | None:
    """Whose schema it is, whether that type is protected, and its fields as JSON text."""
    return await tx.row(_TYPE_OF, schema_id=schema_id)


async def delete_one(tx: Executor, schema_id: UUID) -> bool:
    """Delete a schema with its documents; whether there was one."""
    return bool(await tx.run(_DELETE, schema_id=schema_id))


async def capabilities(tx: Executor) -> list[str]:
    """Every capability that some schema has."""
    return [row["value"] for row in await tx.rows(_CAPABILITIES)]
