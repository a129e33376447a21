"""Values held against schemas for the UI, which is told all that is wrong."""

from __future__ import annotations

from typing import Any

from compat.twin.recorder import Recorder
from compat.twin.registry import case

SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Parameters",
    "required": ["n", "inner"],
    "properties": {
        "n": {"type": "integer", "minimum": 3},
        "word": {"type": "string", "default": "w", "maxLength": 4},
        "free": {"type": "string"},
        "many": {"type": "array", "items": {"type": "integer"}, "maxItems": 3},
        "either": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "inner": {"$ref": "#/definitions/Inner"},
        "pair": {"type": "array", "items": [{"type": "integer"}, {"type": "string"}]},
    },
    "definitions": {
        "Inner": {
            "type": "object",
            "required": ["x"],
            "properties": {"x": {"type": "string", "enum": ["a", "b"]}, "deep": {"type": "object"}},
            "additionalProperties": False,
        }
    },
}
GOOD: dict[str, Any] = {"n": 3, "inner": {"x": "a"}}


def _ask(t: Recorder, *, schema: Any = SCHEMA, **values: Any) -> None:
    t.post("/ui/schemas/validate", {"schema": schema, "values": values})


@case
def values_that_conform(t: Recorder) -> None:
    _ask(t, **GOOD)
    _ask(t, **GOOD, word="w", free=None, many=[1, 2], either=None, pair=[1, "x"], unknown=1)
    _ask(t, schema={})
    _ask(t, schema={"type": "object"}, a=1)


@case
def values_that_do_not(t: Recorder) -> None:
    _ask(t)
    _ask(t, n="x", inner={})
    _ask(t, n=2.5, inner={"x": "c", "y": 1}, word="too long", many=[1, "x", None, 4])
    _ask(t, n=1, inner=None, either="x", pair=["x", 1], free=1, word=None)
    _ask(t, n=True, inner=[{}])


@case
def values_to_be_filled_in(t: Recorder) -> None:
    _ask(t, n={"__prefect_kind": "json", "value": "7"}, inner={"x": {"__prefect_kind": "json", "value": '"a"'}})
    _ask(t, n={"__prefect_kind": "json", "value": "{"}, inner=GOOD["inner"])
    _ask(t, n={"__prefect_kind": "json"}, inner=GOOD["inner"])
    _ask(t, n={"__prefect_kind": "json", "value": '"x"'}, inner=GOOD["inner"])
    _ask(
        t,
        n={"__prefect_kind": "jinja", "template": "{{ x }}"},
        inner={"x": {"__prefect_kind": "jinja", "template": "y"}},
    )
    _ask(t, n={"__prefect_kind": "jinja", "template": "{{ x"}, inner=GOOD["inner"])
    _ask(t, n={"__prefect_kind": "jinja"}, inner=GOOD["inner"], word={"__prefect_kind": "none"})
    _ask(t, n={"__prefect_kind": "none", "value": 4}, inner={"__prefect_kind": "none", "value": {"x": "b"}})
    _ask(t, n={"__prefect_kind": "other", "value": 4}, inner=GOOD["inner"], many=[{"__prefect_kind": "json"}, 2])
    _ask(t, **GOOD, either={"__prefect_kind": "jinja", "template": "{% for %}"}, many=[{"__prefect_kind": "none"}])
    t.post("/ui/schemas/validate", {"schema": SCHEMA, "values": {"__prefect_kind": "json"}})


@case
def values_from_variables(t: Recorder) -> None:
    name = t.name("v").replace("-", "_")
    t.post("/variables/", {"name": name, "value": 5})
    _ask(t, n={"__prefect_kind": "workspace_variable", "variable_name": name}, inner=GOOD["inner"])
    _ask(t, **GOOD, word={"__prefect_kind": "workspace_variable", "variable_name": name})
    _ask(t, **GOOD, word={"__prefect_kind": "workspace_variable", "variable_name": f"{name}_none"})
    _ask(t, **GOOD, word={"__prefect_kind": "workspace_variable"})


@case
def schemas_that_are_none(t: Recorder) -> None:
    _ask(t, schema={"type": "thing"}, a=1)
    _ask(t, schema={"properties": {"a": {"type": "integer", "minimum": "x"}}}, a=1)
    _ask(t, schema={"$ref": "#"}, a=1)
    _ask(t, schema={"properties": {"a": {"$ref": "#/definitions/None"}}}, a=1)
    t.post("/ui/schemas/validate", {"schema": SCHEMA})
    t.post("/ui/schemas/validate", {"values": {}})
    t.post("/ui/schemas/validate", {"schema": [], "values": 1})
    t.post("/ui/schemas/validate", {})
