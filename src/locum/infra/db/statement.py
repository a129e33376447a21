"""Turns SQLAlchemy Core statements into the text and arguments that asyncpg takes, compiling each shape once."""

from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, cast

from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.sql.cache_key import CacheKey
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.sql.expression import Executable

_DIALECT = PGDialect_asyncpg()
_SHAPES_KEPT = 2000


class Prepared:
    """A statement whose text is made once, when the module that holds it is read."""

    __slots__ = ("_fixed", "_names", "sql")

    def __init__(self, statement: Executable) -> None:
        """Compile now; values that the statement holds itself are kept with it."""
        compiled = _compile(statement)
        self._fixed: Mapping[str, Any] = compiled.construct_params(_check=False)
        if compiled.post_compile_params:
            expanded = compiled.construct_expanded_state(dict(self._fixed))
            self.sql = expanded.statement
            self._fixed = expanded.parameters
            self._names = tuple(expanded.positiontup or ())
        else:
            self.sql = str(compiled)
            self._names = tuple(compiled.positiontup or ())

    def arguments(self, params: Mapping[str, Any]) -> list[Any]:
        """The positional arguments of one call; a name that the statement does not have is a KeyError."""
        fixed = self._fixed
        if unknown := params.keys() - fixed.keys():
            msg = f"the statement has no parameter {sorted(unknown)}"
            raise KeyError(msg)
        return [params[name] if name in params else fixed[name] for name in self._names]


def prepare(statement: Executable) -> Prepared:
    """Compile a statement once, for a module's constant."""
    return Prepared(statement)


class Compiler:
    """Compiles statements built per request, and remembers the text of the shapes it has seen."""

    def __init__(self) -> None:
        """Start with an empty memory."""
        self._shapes: OrderedDict[Hashable, tuple[str, SQLCompiler]] = OrderedDict()

    def render(self, statement: Executable, params: Mapping[str, Any]) -> tuple[str, Sequence[Any]]:
        """The SQL text and the positional arguments of one statement."""
        element = cast("ClauseElement", statement)
        key = element._generate_cache_key()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  (the shape key has no public name)
        if key is None:
            return _written_out(_compile(statement), params)
        known = self._shapes.get(key.key)
        if known is None:
            compiled = _compile(statement, key)
            if compiled.post_compile_params:
                return _written_out(compiled, params)
            known = self._shapes[key.key] = (str(compiled), compiled)
            if len(self._shapes) > _SHAPES_KEPT:
                self._shapes.popitem(last=False)
        sql, compiled = known
        values = compiled.construct_params(dict(params), extracted_parameters=key.bindparams)
        return sql, [values[name] for name in compiled.positiontup or ()]


def _written_out(compiled: SQLCompiler, params: Mapping[str, Any]) -> tuple[str, Sequence[Any]]:
    """Text and arguments where `IN (...)` lists are written out, so that the text depends on their length."""
    expanded = compiled.construct_expanded_state(dict(params))
    return expanded.statement, [expanded.parameters[name] for name in expanded.positiontup or ()]


def _compile(statement: Executable, key: CacheKey | None = None) -> SQLCompiler:
    return _DIALECT.statement_compiler(_DIALECT, cast("ClauseElement", statement), cache_key=key)
