"""The OpenAPI 3.1 document of a list of operations, in the form that the peer's framework gives its own."""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, cast

from pydantic import TypeAdapter, create_model
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import CoreSchema, PydanticUndefined, core_schema

from locum.infra.web.arguments import Parameter
from locum.infra.web.bodies import BodyReader, Embedded, is_model
from locum.infra.web.operation import Operation
from locum.infra.web.versions import PARITY_VERSION

Document = dict[str, Any]
_Key = tuple[str, str]
_Mode = Literal["validation", "serialization"]

REF = "#/components/schemas/{model}"
_JSON = "application/json"
_NO_CONTENT = 204
_ANSWER = "answer"
_BODY = "body"

_VERSION_HEADER: Document = {
    "name": "x-prefect-api-version",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "title": "X-Prefect-Api-Version"},
}

_INVALID: Document = {
    "description": "Validation Error",
    "content": {_JSON: {"schema": {"$ref": REF.format(model="HTTPValidationError")}}},
}

_ERRORS: Document = {
    "HTTPValidationError": {
        "properties": {
            # the peer's document knows lists only, but its own answers hold text where a rule is broken
            "detail": {
                "anyOf": [
                    {"items": {"$ref": REF.format(model="ValidationError")}, "type": "array"},
                    {"type": "string"},
                ],
                "title": "Detail",
            }
        },
        "type": "object",
        "title": "HTTPValidationError",
    },
    "ValidationError": {
        "properties": {
            "loc": {
                "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
                "type": "array",
                "title": "Location",
            },
            "msg": {"type": "string", "title": "Message"},
            "type": {"type": "string", "title": "Error Type"},
            "input": {"title": "Input"},
            "ctx": {"type": "object", "title": "Context"},
        },
        "type": "object",
        "required": ["loc", "msg", "type"],
        "title": "ValidationError",
    },
}


class _Generator(GenerateJsonSchema):
    """Writes schemas as pydantic does, and bytes as the peer's framework does."""

    def bytes_schema(self, schema: core_schema.BytesSchema) -> JsonSchemaValue:
        """Bytes come as text of any content."""
        shown: JsonSchemaValue = {"type": "string", "contentMediaType": "application/octet-stream"}
        self.update_with_validations(shown, schema, self.ValidationsMapping.bytes)
        return shown


def openapi(operations: Sequence[Operation]) -> Document:
    """The document of all documented operations; costs some hundred milliseconds, so keep it."""
    documented = [operation for operation in operations if operation.documented]
    schemas, definitions = _schemas(documented)
    paths: Document = {}
    for operation in documented:
        paths.setdefault(operation.shown_path, {})[operation.method.lower()] = _described(operation, schemas)
    document: Document = {
        "openapi": "3.1.0",
        "info": {"title": "locum", "version": PARITY_VERSION},
        "paths": paths,
        "components": {"schemas": dict(sorted({**definitions, **_ERRORS}.items()))},
    }
    return _without_none(document)


def _schemas(operations: Iterable[Operation]) -> tuple[Mapping[_Key, JsonSchemaValue], Document]:
    """The schema of every part of every operation, and the components they refer to.

    All are made together: only so are names given once, and split into input and output where those differ.
    """
    inputs: list[tuple[_Key, _Mode, CoreSchema]] = []
    for operation in operations:
        identity = operation.operation_id
        inputs.extend(
            ((identity, _place(parameter)), "validation", parameter.adapter.core_schema)
            for parameter in operation.signature.parameters
        )
        if operation.signature.body is not None:
            adapter: TypeAdapter[Any] = TypeAdapter(_named_body(operation.signature.body, identity))
            inputs.append(((identity, _BODY), "validation", adapter.core_schema))
        if operation.returns is not None:
            answer: TypeAdapter[Any] = TypeAdapter(operation.returns)
            inputs.append(((identity, _ANSWER), "serialization", answer.core_schema))
    found, definitions = _Generator(ref_template=REF).generate_definitions(inputs)
    return {key: schema for (key, _), schema in found.items()}, {str(name): made for name, made in definitions.items()}


def _named_body(body: BodyReader, identity: str) -> Any:
    """The body's type; an embedded one under the name that the contract gives it."""
    if is_model(body.hint) and issubclass(body.hint, Embedded):
        return create_model(f"Body_{identity}", __base__=body.hint)
    return body.hint


def _described(operation: Operation, schemas: Mapping[_Key, JsonSchemaValue]) -> Document:
    signature, identity = operation.signature, operation.operation_id
    tags = [operation.tag] if isinstance(operation.tag, str) else list(operation.tag)
    described: Document = {"tags": tags or None}
    described["summary"] = operation.summary or operation.handler.__name__.replace("_", " ").capitalize()
    described["description"] = inspect.getdoc(operation.handler)
    described["operationId"] = identity
    if operation.deprecated:
        described["deprecated"] = True
    parameters = [_parameter(p, schemas[identity, _place(p)]) for p in signature.parameters]
    if operation.versioned:
        parameters.append(_VERSION_HEADER)
    if parameters:
        described["parameters"] = parameters
    if signature.body is not None:
        described["requestBody"] = _request_body(signature.body, schemas[identity, _BODY])
    answered: Document = {"description": "Success"}
    if operation.returns is not None and operation.status != _NO_CONTENT:
        schema = _titled(schemas[identity, _ANSWER], f"Response {identity}")
        answered["content"] = {_JSON: {"schema": schema}}
    described["responses"] = {str(operation.status): answered}
    if parameters or signature.body is not None:
        described["responses"]["422"] = _INVALID
    return described


def _parameter(parameter: Parameter, schema: JsonSchemaValue) -> Document:
    shown = dict(schema)
    if parameter.description:
        shown["description"] = parameter.description
    if not parameter.required:
        shown["default"] = parameter.adapter.dump_python(parameter.default, mode="json")
    return {
        "name": parameter.wire_name,
        "in": parameter.place,
        "required": parameter.required,
        "schema": _titled(shown, parameter.wire_name),
        "description": parameter.description or None,
    }


def _request_body(body: BodyReader, schema: JsonSchemaValue) -> Document:
    shown = dict(schema)
    if body.default is not PydanticUndefined:
        shown["default"] = TypeAdapter(body.hint).dump_python(body.default, mode="json")
    return {"required": None if body.optional else True, "content": {_JSON: {"schema": _titled(shown, _BODY)}}}


def _place(parameter: Parameter) -> str:
    return f"{parameter.place}:{parameter.wire_name}"


def _titled(schema: JsonSchemaValue, name: str) -> Document:
    """The schema with a title, unless a component has it."""
    return schema if "$ref" in schema else {**schema, "title": name.replace("_", " ").title()}


def _without_none(value: Any) -> Any:
    """The document without what is None: a default of null is left out, as in the peer's."""
    if isinstance(value, dict):
        return {key: _without_none(part) for key, part in cast("Document", value).items() if part is not None}
    if isinstance(value, list):
        return [_without_none(part) for part in cast("list[Any]", value)]
    return value
