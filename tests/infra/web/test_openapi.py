import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import pytest
from pydantic import BaseModel, ConfigDict, Field

from locum.infra.web import Answer, Call, Embedded, Header, Operation, Query, openapi
from tests.factories.answers import assert_matches


class Part(BaseModel):
    size: int = Field(default=1, description="How large")
    price: Decimal = Decimal(0)


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    part: Part | None = None


class CountThings(Embedded):
    part: Part | None = None
    limit: int = 5


async def create(body: Thing, call: Call) -> Answer:
    """Create a thing."""


async def create_many(body: list[Thing]) -> Answer: ...
async def count(body: CountThings) -> Answer: ...
async def read(
    id: UUID,
    page_token: Annotated[str, Query("Where to go on", "page-token")],
    since: datetime = datetime(2020, 1, 1, tzinfo=UTC),
    until: datetime | None = None,
    x_from: Annotated[bool, Header("Who asks")] = False,
) -> Answer: ...
async def template(body: str = "") -> Answer: ...
async def remove(rest: str) -> Answer: ...
async def attach(body: bytes) -> Answer: ...


OPERATIONS = (
    Operation("POST", "/things/", create, tag="Things", status=201, returns=Thing, summary="Make one"),
    Operation("POST", "/things/many", create_many, returns=list[Thing]),
    Operation("POST", "/things/count", count, returns=int),
    Operation("GET", "/things/{id}", read, returns=Any, deprecated=True),
    Operation("POST", "/template", template),
    Operation("DELETE", "/files/{rest:path}", remove, status=204, returns=None, versioned=False),
    Operation("POST", "/files/", attach, tag=("Files", "Things")),
    Operation("GET", "/hidden", remove, documented=False),
)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi(OPERATIONS)


def test_is_json(document: dict[str, Any]):
    assert json.loads(json.dumps(document)) == document


def test_paths_and_ids(document: dict[str, Any]):
    ids = {(path, method): o["operationId"] for path, ways in document["paths"].items() for method, o in ways.items()}
    assert ids == {
        ("/things/", "post"): "create_things__post",
        ("/things/many", "post"): "create_many_things_many_post",
        ("/things/count", "post"): "count_things_count_post",
        ("/things/{id}", "get"): "read_things__id__get",
        ("/template", "post"): "template_template_post",
        ("/files/{rest}", "delete"): "remove_files__rest__delete",
        ("/files/", "post"): "attach_files__post",
    }


def test_an_operation(document: dict[str, Any]):
    assert document["paths"]["/things/"]["post"] == {
        "tags": ["Things"],
        "summary": "Make one",
        "description": "Create a thing.",
        "operationId": "create_things__post",
        "parameters": [
            {
                "name": "x-prefect-api-version",
                "in": "header",
                "required": False,
                "schema": {"type": "string", "title": "X-Prefect-Api-Version"},
            }
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing-Input"}}},
        },
        "responses": {
            "201": {
                "description": "Success",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing-Output"}}},
            },
            "422": {
                "description": "Validation Error",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/HTTPValidationError"}}},
            },
        },
    }


def test_parameters(document: dict[str, Any]):
    parameters = document["paths"]["/things/{id}"]["get"]["parameters"]
    assert parameters[:-1] == [
        {
            "name": "id",
            "in": "path",
            "required": True,
            "schema": {"type": "string", "format": "uuid", "title": "Id"},
        },
        {
            "name": "page-token",
            "in": "query",
            "required": True,
            "schema": {"type": "string", "description": "Where to go on", "title": "Page-Token"},
            "description": "Where to go on",
        },
        {
            "name": "since",
            "in": "query",
            "required": False,
            "schema": {"type": "string", "format": "date-time", "default": "2020-01-01T00:00:00Z", "title": "Since"},
        },
        {
            "name": "until",
            "in": "query",
            "required": False,
            "schema": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}], "title": "Until"},
        },
        {
            "name": "x-from",
            "in": "header",
            "required": False,
            "schema": {"type": "boolean", "default": False, "description": "Who asks", "title": "X-From"},
            "description": "Who asks",
        },
    ]


def test_bodies_made_of_arguments(document: dict[str, Any]):
    body = document["paths"]["/things/count"]["post"]["requestBody"]
    name = "Body_count_things_count_post"
    assert body == {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}
    assert document["components"]["schemas"][name] == {
        "type": "object",
        "title": name,
        "properties": {
            "part": {"anyOf": [{"$ref": "#/components/schemas/Part-Input"}, {"type": "null"}]},
            "limit": {"type": "integer", "title": "Limit", "default": 5},
        },
    }


def test_other_bodies(document: dict[str, Any]):
    many = document["paths"]["/things/many"]["post"]["requestBody"]
    text = document["paths"]["/template"]["post"]["requestBody"]
    assert many["content"]["application/json"]["schema"]["items"] == {"$ref": "#/components/schemas/Thing-Input"}
    assert text == {"content": {"application/json": {"schema": {"type": "string", "default": "", "title": "Body"}}}}


def test_bytes_and_two_tags(document: dict[str, Any]):
    operation = document["paths"]["/files/"]["post"]
    assert operation["tags"] == ["Files", "Things"]
    assert operation["requestBody"]["content"]["application/json"]["schema"] == {
        "type": "string",
        "contentMediaType": "application/octet-stream",
        "title": "Body",
    }


def test_answers(document: dict[str, Any]):
    assert document["paths"]["/things/{id}"]["get"]["deprecated"] is True
    assert document["paths"]["/things/{id}"]["get"]["responses"]["200"]["content"]["application/json"] == {
        "schema": {"title": "Response Read Things  Id  Get"}
    }
    assert document["paths"]["/files/{rest}"]["delete"]["responses"]["204"] == {"description": "Success"}
    assert "content" not in document["paths"]["/template"]["post"]["responses"]["200"]


def test_models_are_split_only_where_they_differ(document: dict[str, Any]):
    schemas = document["components"]["schemas"]
    assert set(schemas) == {
        "Body_count_things_count_post",
        "HTTPValidationError",
        "Part-Input",
        "Part-Output",
        "Thing-Input",
        "Thing-Output",
        "ValidationError",
    }


class TestAssertMatches:
    CREATE, _, COUNT, *_ = OPERATIONS

    @pytest.mark.parametrize("body", [{"name": "a", "part": None}, {"name": "a", "part": {"size": 1, "price": "1.5"}}])
    def test_right(self, body: Any):
        assert_matches(self.CREATE, json.dumps(body).encode())

    @pytest.mark.parametrize(
        "body",
        [
            pytest.param({"name": "a"}, id="a property left out"),
            pytest.param({"name": "a", "part": None, "more": 1}, id="a property too many"),
            pytest.param({"name": "a", "part": {"size": 1}}, id="left out inside"),
            pytest.param({"name": 1, "part": None}, id="of another type"),
            pytest.param([], id="of another kind"),
        ],
    )
    def test_wrong(self, body: Any):
        with pytest.raises(AssertionError):
            assert_matches(self.CREATE, body)

    def test_a_number(self):
        assert_matches(self.COUNT, b"5")
