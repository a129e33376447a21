"""Law 2: anyone may read any table; only its owner writes it. Law 4: SQL stays in the store."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from sqlalchemy import Table

from locum import tables
from tests.laws.sources import PACKAGE, Source, called, of_features

WRITERS = {"insert", "update", "delete", "pg_insert", "upsert"}
WRITTEN_OUT = re.compile(r'\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+(?:ONLY\s+)?"?(\w+)"?', re.IGNORECASE)


@cache
def owners() -> dict[str, str]:
    """Which feature each table belongs to: the module that declares it bears the feature's name."""
    found: dict[str, str] = {}
    for module in iter_modules(tables.__path__):
        if not module.ispkg:
            for name, value in vars(import_module(f"locum.tables.{module.name}")).items():
                if isinstance(value, Table):
                    found[name] = module.name
    return found


def written_by_core(source: Source) -> Iterator[tuple[ast.AST, str]]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and called(node) in WRITERS and node.args:
            target = node.args[0]
            name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
            if name in owners():
                yield node, name


def written_out(source: Source) -> Iterator[tuple[ast.AST, str]]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for name in WRITTEN_OUT.findall(node.value):
                if name in owners():
                    yield node, name


def test_only_the_owner_writes_a_table():
    foreign = [
        f"{source.at(node)}: {feature} writes {name} of {owners()[name]}"
        for feature, _, source in of_features()
        for node, name in (*written_by_core(source), *written_out(source))
        if owners()[name] != feature
    ]
    assert foreign == []


def test_sql_files_write_their_own_tables():
    foreign = [
        f"{path.name}: {name}"
        for path in (PACKAGE / "features").rglob("*.sql")
        for name in WRITTEN_OUT.findall(path.read_text(encoding="utf-8"))
        if owners().get(name) not in {None, path.relative_to(PACKAGE / "features").parts[0]}
    ]
    assert foreign == []


def test_sql_stays_in_the_store():
    elsewhere = [
        source.at(node)
        for _, room, source in of_features()
        if room != "store"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sqlalchemy"
    ]
    assert elsewhere == []
