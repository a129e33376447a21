"""What hangs on rows through references, whatever the depth: documents within documents, schemas within schemas."""

from typing import Any
from uuid import UUID

from sqlalchemy import CTE, BigInteger, Column, Select, Text, Uuid, func, null, select


def reached_from(roots: Select[Any], parent: Column[UUID], child: Column[UUID], field: Column[str]) -> CTE:
    """Those rows and all that they refer to: one for each way it is reached.

    `id` is what is reached, `parent_id` and `field` are from where, and roots have a `place` in their order instead.
    """
    first = roots.add_columns(func.row_number().over().label("place")).cte("roots")
    reached = select(
        first.c.id, null().cast(Uuid).label("parent_id"), null().cast(Text).label("field"), first.c.place
    ).cte("reached", recursive=True)
    further = select(child, parent, field, null().cast(BigInteger)).join(reached, parent == reached.c.id)
    # a union drops what was reached before, so that what refers to itself in a circle ends
    return reached.union(further)
