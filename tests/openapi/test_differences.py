from copy import deepcopy
from typing import Any

import pytest

from openapi.differences import compare
from openapi.structure import bare, structure

PEERS: dict[str, Any] = structure(
    {
        "openapi": "3.1.0",
        "info": {"title": "t"},
        "paths": {
            "/things/{id}": {
                "get": {
                    "operationId": "read",
                    "summary": "prose",
                    "tags": ["Things"],
                    "parameters": [
                        {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "title": "Id"}},
                        {"name": "q", "in": "query", "required": False, "schema": {"type": "integer"}},
                    ],
                    "responses": {
                        "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}
                    },
                },
                "delete": {"operationId": "remove", "responses": {"204": {"description": "prose"}}},
            }
        },
        "components": {
            "schemas": {
                "Thing": {
                    "title": "Thing",
                    "description": "prose",
                    "type": "object",
                    "properties": {
                        "title": {"type": "string", "title": "Title"},
                        "kind": {"$ref": "#/components/schemas/Kind"},
                    },
                    "required": ["title", "kind"],
                },
                "Kind": {"enum": ["a", "b"], "type": "string"},
            }
        },
    }
)


def test_a_property_named_title_is_no_prose():
    assert bare({"title": "X", "properties": {"title": {"title": "Y", "type": "string"}}}) == {
        "properties": {"title": {"type": "string"}}
    }


def test_order_means_nothing():
    ours = deepcopy(PEERS)
    schemas, get = ours["components"]["schemas"], ours["paths"]["/things/{id}"]["get"]
    schemas["Kind"]["enum"].reverse()
    schemas["Thing"]["required"].reverse()
    get["parameters"].reverse()
    report = compare(ours, PEERS)
    assert report.clean
    assert sorted(report.same) == ["DELETE /things/{id}", "GET /things/{id}"]


def test_what_is_missing_and_extra():
    ours = deepcopy(PEERS)
    ours["paths"]["/more"] = {"get": ours["paths"]["/things/{id}"].pop("delete")}
    ours["components"]["schemas"]["More"] = {"type": "object"}
    report = compare(ours, PEERS)
    assert (report.missing, report.extra, report.extra_components) == (["DELETE /things/{id}"], ["GET /more"], ["More"])


def test_a_component_that_differs_is_told_once_and_taints_who_reaches_it():
    ours = deepcopy(PEERS)
    ours["components"]["schemas"]["Kind"]["enum"].append("c")
    report = compare(ours, PEERS)
    assert report.components == {"Kind": ['enum: ours ["a", "b", "c"], peer ["a", "b"]']}
    assert report.operations == {"GET /things/{id}": ["through 1 components: Kind"]}


def test_a_component_of_another_name_is_missing():
    ours = deepcopy(PEERS)
    schemas = ours["components"]["schemas"]
    schemas["Sort"] = schemas.pop("Kind")
    schemas["Thing"]["properties"]["kind"]["$ref"] = "#/components/schemas/Sort"
    report = compare(ours, PEERS)
    assert (report.missing_components, list(report.components)) == (["Kind"], ["Thing"])


@pytest.mark.parametrize(
    ("part", "value", "where"),
    [
        ("required", True, "parameters.query q.required"),
        ("schema", {"type": "string"}, "parameters.query q.schema.type"),
        ("name", "p", "parameters.query q"),
    ],
)
def test_parameters(part: str, value: Any, where: str):
    ours = deepcopy(PEERS)
    ours["paths"]["/things/{id}"]["get"]["parameters"][1][part] = value
    lines = compare(ours, PEERS).operations["GET /things/{id}"]
    assert any(line.startswith(f"{where}: ") for line in lines)


def test_only_the_operations_of_a_tag():
    assert compare(PEERS, PEERS, {"Things"}).same == ["GET /things/{id}"]
