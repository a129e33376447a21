"""Rows that a statement is given: an array for each column, so that any number of them is one statement."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import JSON, ColumnElement, Text, bindparam, func
from sqlalchemy.dialects.postgresql import ARRAY


class GivenRows:
    """Rows to select from. `c` are their columns by name; JSON ones are given as text."""

    def __init__(self, name: str, columns: Mapping[str, Any]) -> None:
        """`columns` have a type each; two sets of rows in one statement need two names."""
        self._name = name
        as_text = {column for column, kind in columns.items() if isinstance(kind, JSON)}
        arrays = [
            bindparam(self._parameter(column), type_=ARRAY(Text() if column in as_text else kind))
            for column, kind in columns.items()
        ]
        self.source = func.unnest(*arrays).table_valued(*columns, name=name).render_derived(name=name)
        self.c: Mapping[str, ColumnElement[Any]] = {
            column: self.source.c[column].cast(kind) if column in as_text else self.source.c[column]
            for column, kind in columns.items()
        }

    def values(self, rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
        """The parameters that carry rows, which may have more than these columns."""
        every = list(rows)
        return {self._parameter(column): [row[column] for row in every] for column in self.c}

    def _parameter(self, column: str) -> str:
        return f"{self._name}_{column}"
