"""Statements as text and arguments, compiled once per shape."""

import re
from typing import Any

import pytest
from sqlalchemy import Column as SqlColumn
from sqlalchemy import Integer, MetaData, Select, Table, Text, any_, bindparam, func, literal, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY

from locum.infra.db import prepare
from locum.infra.db import statement as module
from locum.infra.db.statement import Compiler

thing = Table("thing", MetaData(), SqlColumn("id", Integer), SqlColumn("name", Text))


class TestPrepared:
    def test_arguments_stand_where_the_text_has_them(self):
        prepared = prepare(
            select(thing.c.id).where(thing.c.name == bindparam("name"), thing.c.id > bindparam("least", type_=Integer))
        )
        assert prepared.sql.count("$") == 2
        names = prepared.arguments({"least": 1, "name": "a"})
        assert names == ["a", 1]

    def test_values_in_the_statement_are_kept(self):
        prepared = prepare(select(thing.c.id).where(thing.c.name == "it's", thing.c.id == bindparam("id")))
        assert prepared.arguments({"id": 5}) == ["it's", 5]

    def test_lists_in_the_statement_are_written_out(self):
        prepared = prepare(select(thing.c.id).where(thing.c.name.in_(["a", "b"]), thing.c.id == bindparam("id")))
        in_place = re.sub(
            r"\$(\d+)\S*?(?=[,)]|$)", lambda at: repr(prepared.arguments({"id": 5})[int(at[1]) - 1]), prepared.sql
        )
        assert "IN ('a', 'b')" in in_place
        assert in_place.endswith("= 5")

    def test_one_parameter_in_two_places(self):
        prepared = prepare(text("SELECT :it, :other, :it"))
        assert prepared.sql == "SELECT $1, $2, $1"
        assert prepared.arguments({"it": 1, "other": 2}) == [1, 2]

    def test_a_name_that_it_does_not_have(self):
        with pytest.raises(KeyError, match="nmae"):
            prepare(select(thing.c.id).where(thing.c.name == bindparam("name"))).arguments({"nmae": "a"})


class TestCompiler:
    @pytest.fixture
    def compiled(self, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
        """What was compiled, in order."""
        found: list[Any] = []
        compile_ = module._compile  # pyright: ignore[reportPrivateUsage]

        def noted(statement: Any, key: Any = None) -> Any:
            found.append(statement)
            return compile_(statement, key)

        monkeypatch.setattr(module, "_compile", noted)
        return found

    @staticmethod
    def _by(name: str, ids: list[int]) -> Select[int]:
        return select(thing.c.id).where(thing.c.name == name, thing.c.id == any_(literal(ids, ARRAY(Integer))))

    def test_each_shape_is_compiled_once(self, compiled: list[Any]):
        compiler = Compiler()
        rendered = [compiler.render(self._by(f"n{n}", list(range(n))), {}) for n in range(5)]
        assert len(compiled) == 1
        assert {sql for sql, _ in rendered} == {rendered[0][0]}
        assert [list(arguments) for _, arguments in rendered] == [[f"n{n}", list(range(n))] for n in range(5)]
        compiler.render(self._by("n", []).limit(1), {})
        assert len(compiled) == 2

    def test_given_parameters_come_beside_those_in_the_statement(self):
        statement = update(thing).where(thing.c.id == bindparam("which")).values(name=func.upper("a"))
        for which in (1, 2):
            sql, arguments = Compiler().render(statement, {"which": which})
            assert sorted(map(str, arguments)) == [str(which), "a"]
            assert sql.startswith("UPDATE thing SET name=upper(")

    def test_lists_are_written_out_anew_each_time(self):
        compiler = Compiler()
        for names in (["a"], ["a", "b"], []):
            sql, arguments = compiler.render(select(thing.c.id).where(thing.c.name.in_(names)), {})
            assert list(arguments) == names
            assert sql.count("$") == len(names)

    def test_no_more_than_so_many_shapes_are_kept(self, compiled: list[Any], monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(module, "_SHAPES_KEPT", 3)
        compiler = Compiler()
        shapes = [select(*(thing.c.id.label(f"i{n}") for n in range(size))) for size in range(1, 6)]
        for shape in shapes:
            compiler.render(shape, {})
        compiler.render(shapes[-1], {})
        assert len(compiled) == 5
        compiler.render(shapes[0], {})
        assert len(compiled) == 6
