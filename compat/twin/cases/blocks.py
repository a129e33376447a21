"""Blocks: types, schemas with nested ones, documents with secrets and references; storage by default."""

from __future__ import annotations

from typing import Any

from compat.twin.making import NOBODY
from compat.twin.recorder import Answer, Recorder
from compat.twin.registry import case

FIELDS: dict[str, Any] = {
    "title": "Engine",
    "type": "object",
    "properties": {"host": {"type": "string"}, "key": {"type": "string"}, "more": {"type": "object"}},
    "required": ["host"],
    "secret_fields": ["key", "more.deep", "all.*"],
    "block_schema_references": {},
}
DATA: dict[str, Any] = {
    "host": "h",
    "key": "hush",
    "more": {"deep": "hush", "plain": 1, "none": None},
    "all": {"a": "hush", "b": {"c": 1}},
    "empty": {},
    "list": [1, {"a": None}],
}


def _type(t: Recorder, stem: str = "type", **fields: Any) -> Answer:
    return t.post("/block_types/", {"name": t.name(stem), "slug": t.name(stem), **fields})


def _schema(t: Recorder, type_id: str, stem: str = "type", **fields: Any) -> Answer:
    inner = {**FIELDS, "block_type_slug": t.name(stem)}
    return t.post("/block_schemas/", {"fields": inner, "block_type_id": type_id, **fields})


def _document(t: Recorder, stem: str = "type", name: str = "doc", **fields: Any) -> Answer:
    kind = _type(t, stem).id
    ids = {"block_type_id": kind, "block_schema_id": _schema(t, kind, stem).id}
    return t.post("/block_documents/", {"name": t.name(name), "data": DATA, **ids, **fields})


@case
def types(t: Recorder) -> None:
    more = {"logo_url": "l", "documentation_url": "d", "description": "a <b> & c", "code_example": "x < y"}
    made = _type(t, **more)
    t.get(f"/block_types/{made.id}")
    t.get(f"/block_types/slug/{t.name('type')}")
    _type(t)
    for body in ({"description": "<new>"}, {"logo_url": None}, {}):
        t.patch(f"/block_types/{made.id}", body)
        t.get(f"/block_types/{made.id}")
    t.delete(f"/block_types/{made.id}")
    t.get(f"/block_types/{made.id}")
    t.delete(f"/block_types/{made.id}")


@case
def types_refused(t: Recorder) -> None:
    for bad in ({"slug": "A"}, {"slug": "a_b"}, {"name": "a/b"}, {"name": "Prefect x"}, {"name": "PREFECTx"}):
        t.post("/block_types/", {"name": t.name("n"), "slug": t.name("s"), **bad})
    for field in ("surprise", "is_protected"):
        t.post("/block_types/", {"name": t.name("n"), "slug": t.name("s"), field: True})
    t.post("/block_types/", {})
    t.get(f"/block_types/{NOBODY}")
    t.get(f"/block_types/slug/{t.name('none')}")
    t.get(f"/block_types/slug/{t.name('none')}/block_documents")
    t.get(f"/block_types/slug/{t.name('none')}/block_documents/name/x")
    t.patch(f"/block_types/{NOBODY}", {})
    t.patch(f"/block_types/{NOBODY}", {"name": "x"})
    t.delete(f"/block_types/{NOBODY}")


@case
def types_filtered(t: Recorder) -> None:
    one, two = _type(t, "a"), _type(t, "b")
    _schema(t, one.id, "a", capabilities=[t.name("can"), "other"])
    mine = {"block_types": {"name": {"like_": t.name("")}}}
    t.post("/block_types/filter", mine)
    t.post("/block_types/filter", {"block_types": {"slug": {"any_": [t.name("b")]}}})
    t.post("/block_types/filter", {**mine, "block_schemas": {"block_capabilities": {"all_": [t.name("can")]}}})
    t.post("/block_types/filter", {**mine, "block_schemas": {"block_type_id": {"any_": [two.id]}}})
    for page in ({"limit": 1}, {"limit": 1, "offset": 1}, {"limit": 201}, {"offset": -1}):
        t.post("/block_types/filter", {**mine, **page})
    t.post("/block_types/filter", {"block_types": {"operator": "and_"}})


@case
def protected_types(t: Recorder) -> None:
    t.post("/block_types/install_system_block_types")
    found = t.get("/block_types/slug/secret", only="status")
    t.delete(f"/block_types/{found.id}")
    schemas = t.post("/block_schemas/filter", {"block_schemas": {"block_type_id": {"any_": [found.id]}}}, only="status")
    t.delete(f"/block_schemas/{schemas[0]['id']}")
    for slug in ("webhook", "local-file-system"):
        t.get(f"/block_types/slug/{slug}", only="status")


@case
def schemas(t: Recorder) -> None:
    kind = _type(t).id
    made = _schema(t, kind, capabilities=["b", "a"])
    t.get(f"/block_schemas/{made.id}")
    _schema(t, kind)
    t.get(f"/block_schemas/checksum/{made['checksum']}")
    second = _schema(t, kind, version="2")
    t.get(f"/block_schemas/checksum/{made['checksum']}")
    t.get(f"/block_schemas/checksum/{made['checksum']}?version=non-versioned")
    t.get(f"/block_schemas/checksum/{made['checksum']}?version=3")
    mine = {"block_type_id": {"any_": [kind]}}
    for more in (
        {},
        {"id": {"any_": [made.id]}},
        {"version": {"any_": ["2"]}},
        {"block_capabilities": {"all_": ["a"]}},
    ):
        t.post("/block_schemas/filter", {"block_schemas": {**mine, **more}})
    for page in ({"limit": 1}, {"limit": 1, "offset": 1}, {"limit": 201}):
        t.post("/block_schemas/filter", {"block_schemas": mine, **page})
    t.delete(f"/block_schemas/{second.id}")
    t.get(f"/block_schemas/{second.id}")
    t.delete(f"/block_schemas/{second.id}")
    t.get("/block_capabilities/", only="status")


@case
def schemas_refused(t: Recorder) -> None:
    t.post("/block_schemas/", {"fields": FIELDS, "block_type_id": NOBODY})
    t.post("/block_schemas/", {"fields": FIELDS})
    t.post("/block_schemas/", {"fields": [], "block_type_id": _type(t).id})
    t.get(f"/block_schemas/{NOBODY}")
    t.get(f"/block_schemas/checksum/{t.name('none')}")
    unknown = {"a": {"block_type_slug": t.name("none"), "block_schema_checksum": "sha256:x"}}
    fields = {**FIELDS, "title": t.name("x"), "block_schema_references": unknown}
    t.post("/block_schemas/", {"fields": fields, "block_type_id": _type(t, "other").id})


def _nested(t: Recorder) -> tuple[Answer, dict[str, Any]]:
    """A schema that holds a block, one of two blocks, and a model that is none; the inner ones are made with it."""
    for stem in ("inner", "left", "right"):
        _type(t, stem)
    inner = {
        stem: {
            "title": stem.title(),
            "type": "object",
            "properties": {stem: {"type": "string"}},
            "block_type_slug": t.name(stem),
            "secret_fields": [stem],
            "block_schema_references": {},
        }
        for stem in ("inner", "left", "right")
    }
    told = {
        stem: {"block_type_slug": t.name(stem), "block_schema_checksum": f"sha256:{t.uuid(number)}"}
        for number, stem in enumerate(inner)
    }
    fields = {
        "title": "Outer",
        "type": "object",
        "block_type_slug": t.name("outer"),
        "properties": {
            "one": {"$ref": "#/definitions/Inner"},
            "either": {"anyOf": [{"$ref": "#/definitions/Left"}, {"$ref": "#/definitions/Right"}]},
            "model": {"$ref": "#/definitions/Model"},
        },
        "definitions": {
            "Model": {"title": "Model", "type": "object", "properties": {"m": {"$ref": "#/definitions/Far"}}},
            "Far": {"title": "Far", "enum": [t.name("far")]},
            "Unused": {"title": "Unused"},
            **{stem.title(): each for stem, each in inner.items()},
        },
        "secret_fields": ["one.inner"],
        "block_schema_references": {"one": told["inner"], "either": [told["left"], told["right"]]},
    }
    outer = t.post("/block_schemas/", {"fields": fields, "block_type_id": _type(t, "outer").id}, only="status")
    return outer, fields


@case
def nested_schemas(t: Recorder) -> None:
    outer, fields = _nested(t)
    t.get(f"/block_schemas/{outer.id}", unordered=("$.fields.block_schema_references.either",))
    t.get(f"/block_schemas/checksum/{outer['checksum']}", only="status")
    again = {"fields": fields, "block_type_id": outer["block_type_id"], "version": "2"}
    t.post("/block_schemas/", again, only="status")
    inner = t.get(f"/block_types/slug/{t.name('inner')}").id
    t.post("/block_schemas/filter", {"block_schemas": {"block_type_id": {"any_": [inner]}}})


@case
def documents(t: Recorder) -> None:
    made = _document(t)
    t.get(f"/block_documents/{made.id}")
    t.get(f"/block_documents/{made.id}?include_secrets=true")
    by_type = f"/block_types/slug/{t.name('type')}/block_documents"
    for query in ("", "?include_secrets=true"):
        t.get(by_type + query)
        t.get(f"{by_type}/name/{t.name('doc')}{query}")
    t.get(f"{by_type}/name/none")
    ids = {"block_type_id": made["block_type_id"], "block_schema_id": made["block_schema_id"]}
    t.post("/block_documents/", {"name": t.name("doc"), "data": {}, **ids})
    t.delete(f"/block_documents/{made.id}")
    t.get(f"/block_documents/{made.id}")
    t.delete(f"/block_documents/{made.id}")
    t.patch(f"/block_documents/{made.id}", {"data": {}})


@case
def documents_refused(t: Recorder) -> None:
    kind = _type(t).id
    ids = {"block_type_id": kind, "block_schema_id": _schema(t, kind).id}
    for bad in ({"name": "A b"}, {"name": "a_b"}, {"name": "a/b"}, {"name": ""}, {}, {"name": None}):
        t.post("/block_documents/", {"data": {}, **ids, **bad})
    for reference in ({}, {"block_document_id": "x"}):
        t.post("/block_documents/", {"name": t.name("a"), "data": {"r": {"$ref": reference}}, **ids}, only="status")
    nobody = {"r": {"$ref": {"block_document_id": NOBODY}}}
    t.post("/block_documents/", {"name": t.name("b"), "data": nobody, **ids}, only="status")
    t.post("/block_documents/", {"name": t.name("c"), "data": [], **ids})
    t.post("/block_documents/", {"name": t.name("d"), "surprise": 1, **ids})


@case
def anonymous_documents(t: Recorder) -> None:
    made = _document(t, name="shown")
    ids = {"block_type_id": made["block_type_id"], "block_schema_id": made["block_schema_id"]}
    hidden = t.post("/block_documents/", {"data": {"host": "h"}, "is_anonymous": True, **ids})
    t.get(f"/block_documents/{hidden.id}")
    mine = {"block_type_id": {"any_": [ids["block_type_id"]]}}
    for more in ({}, {"is_anonymous": None}, {"is_anonymous": {"eq_": True}}, {"is_anonymous": {"eq_": None}}):
        t.post("/block_documents/filter", {"block_documents": {**mine, **more}})
        t.post("/block_documents/count", {"block_documents": {**mine, **more}})
    t.post("/block_documents/count", {"block_types": {"slug": {"any_": [t.name("type")]}}})
    t.get(f"/block_types/slug/{t.name('type')}/block_documents")


@case
def documents_filtered(t: Recorder) -> None:
    made = [_document(t, stem, name) for stem, name in (("ta", "z"), ("tb", "a"), ("tc", "m"))]
    mine = {"name": {"any_": [t.name(name) for name in "zam"]}}
    for more in (
        {"id": {"any_": [made[0].id]}},
        {"name": {"like_": t.name("M")}},
        {"block_type_id": {"any_": [NOBODY]}},
    ):
        t.post("/block_documents/filter", {"block_documents": {**mine, **more}})
        t.post("/block_documents/count", {"block_documents": {**mine, **more}})
    for more in (
        {"block_types": {"slug": {"any_": [t.name("tb")]}}},
        {"block_types": {"name": {"like_": "nothing"}}},
        {"block_schemas": {"id": {"any_": [made[2]["block_schema_id"]]}}},
        {"sort": "NAME_DESC"},
        {"sort": "BLOCK_TYPE_AND_NAME_ASC"},
        {"sort": "x"},
        {"include_secrets": True, "limit": 1},
        {"limit": 1, "offset": 1},
        {"limit": 201},
    ):
        t.post("/block_documents/filter", {"block_documents": mine, **more})
    odd = {"operator": "or_", "id": {"any_": [made[0].id]}, "name": {"any_": [t.name("a")]}, "is_anonymous": None}
    t.post("/block_documents/filter", {"block_documents": odd})


@case
def documents_changed(t: Recorder) -> None:
    made = _document(t)
    secret = f"/block_documents/{made.id}?include_secrets=true"
    hidden = t.get(f"/block_documents/{made.id}")["data"]
    for body in (
        {"data": {"host": "new"}},
        {"data": hidden},
        {"data": {"key": "other", "more": {"deep": "********"}}},
        {"data": {"all": {"a": "********", "x": "y"}}},
        {"merge_existing_data": False, "data": {"host": "only"}},
        {"data": {}},
        {},
        {"merge_existing_data": False},
    ):
        t.patch(f"/block_documents/{made.id}", body)
        t.get(secret)
    newer = _schema(t, made["block_type_id"], version="2").id
    t.patch(f"/block_documents/{made.id}", {"block_schema_id": newer})
    t.get(secret)
    t.patch(f"/block_documents/{made.id}", {"block_schema_id": newer, "data": {"host": "h"}})
    t.get(secret)
    stranger = _type(t, "stranger").id
    other = _schema(t, stranger, "stranger").id
    t.patch(f"/block_documents/{made.id}", {"block_schema_id": other, "data": {"host": "h"}})


@case
def nested_documents(t: Recorder) -> None:
    inner = _document(t, "inner", "in")
    kind = _type(t, "outer").id
    ids = {"block_type_id": kind, "block_schema_id": _schema(t, kind, "outer").id}
    reference = {"$ref": {"block_document_id": inner.id}}
    middle = t.post("/block_documents/", {"name": t.name("mid"), "data": {"host": "m", "one": reference}, **ids})
    held = {"$ref": {"block_document_id": middle.id}}
    outer = t.post("/block_documents/", {"name": t.name("out"), "data": {"two": held, "one": reference}, **ids})
    for query in ("", "?include_secrets=true"):
        t.get(f"/block_documents/{outer.id}{query}")
    circle = {"data": {"back": {"$ref": {"block_document_id": outer.id}}}}
    t.patch(f"/block_documents/{middle.id}", circle)
    t.patch(f"/block_documents/{outer.id}", {"data": {"self": {"$ref": {"block_document_id": outer.id}}}})
    t.patch(f"/block_documents/{outer.id}", {"data": {"host": "h", "two": held}})
    t.get(f"/block_documents/{outer.id}")
    t.patch(f"/block_documents/{middle.id}", {"data": {"one": "plain"}})
    t.get(f"/block_documents/{outer.id}")
    t.delete(f"/block_documents/{middle.id}")
    t.get(f"/block_documents/{outer.id}")


@case
def storage_by_default(t: Recorder) -> None:
    made = _document(t)
    t.send("PUT", "/admin/storage", {"default_result_storage_block_id": made.id})
    t.send("PUT", "/admin/storage", {"default_result_storage_block_id": NOBODY})
    t.send("PUT", "/admin/storage", {})
    t.send("PUT", "/admin/storage", {"default_result_storage_block_id": None})
    able = _schema(t, made["block_type_id"], version="2", capabilities=["write-path"]).id
    ids = {"block_type_id": made["block_type_id"], "block_schema_id": able}
    other = t.post("/block_documents/", {"name": t.name("able"), **ids})
    t.send("PUT", "/admin/storage", {"default_result_storage_block_id": other.id})
    t.get("/admin/storage")
    t.delete(f"/block_documents/{other.id}")
    t.get("/admin/storage")
    t.delete("/admin/storage")
    t.get("/admin/storage")


@case
def events(t: Recorder) -> None:
    made = _document(t)
    t.patch(f"/block_documents/{made.id}", {"data": {"host": "new", "key": "hush again"}})
    t.delete(f"/block_documents/{made.id}")
    kind = made["block_type_id"]
    t.patch(f"/block_types/{kind}", {"description": "new"})
    t.delete(f"/block_types/{kind}")
    for resource, number in ((f"prefect.block-document.{made.id}", 3), (f"prefect.block-type.{kind}", 3)):
        wanted = {"filter": {"resource": {"id": [resource]}, "order": "ASC"}, "limit": 50}
        t.until(lambda a, n=number: a["total"] == n, "POST", "/events/filter", wanted, ignore=("$.events[].received",))
