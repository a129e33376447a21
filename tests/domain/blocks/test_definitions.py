"""Checksums of block schemas, and the definitions they keep."""

from typing import Any

from locum.domain.blocks.definitions import checksum, nested_fields, own_definitions

BLOCK: dict[str, Any] = {"title": "Inner", "block_type_slug": "inner", "properties": {"x": {"type": "string"}}}
MODEL: dict[str, Any] = {"title": "Model", "properties": {"far": {"$ref": "#/definitions/Far"}}}
FAR: dict[str, Any] = {"enum": [1], "items": [{"$ref": "#/definitions/Model"}]}
DEFINITIONS: dict[str, Any] = {"Inner": BLOCK, "Model": MODEL, "Far": FAR, "Unused": {"title": "Unused"}}
FIELDS: dict[str, Any] = {
    "title": "Outer",
    "properties": {
        "one": {"$ref": "#/definitions/Inner"},
        "either": {"anyOf": [{"$ref": "#/definitions/Inner"}, {"$ref": "#/definitions/Model"}]},
        "model": {"$ref": "#/definitions/Model"},
    },
}


def test_what_clients_work_out_too():
    fields = {**FIELDS, "é": [{"secret_fields": ["kept in lists"]}]}
    assert checksum(fields) == "sha256:d62c1145cd1d33b8d742a52b722c51c1e4d89522443e21f9b82eb723ee9a3c6f"


def test_secrets_order_and_nested_blocks_make_no_difference():
    mark = checksum({**FIELDS, "definitions": {"Model": MODEL, "Far": FAR}})
    assert mark == checksum({"definitions": DEFINITIONS, **FIELDS, "secret_fields": ["one"]})
    assert mark != checksum(FIELDS)
    assert checksum(FIELDS) == checksum({**FIELDS, "definitions": {"Inner": BLOCK}})


def test_definitions_in_a_circle_are_found_once():
    assert own_definitions(FIELDS, DEFINITIONS) == {"Model": MODEL, "Far": FAR}


def test_the_block_of_a_field():
    assert nested_fields(FIELDS, DEFINITIONS, "one", "whatever") == BLOCK
    assert nested_fields(FIELDS, DEFINITIONS, "either", "inner") == BLOCK
    assert nested_fields(FIELDS, DEFINITIONS, "either", "none") is None
    assert nested_fields({}, DEFINITIONS, "one", "inner") is None
