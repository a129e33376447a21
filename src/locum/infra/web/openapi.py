"""The OpenAPI 3.1 document of a list of operations, in the form that the peer's framework gives its own."""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from pydantic import TypeAdapter, create_model
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import CoreSchema, PydanticUndefined

from locum.infra.web.arguments import Embedded, Parameter, is_model
from locum.infra.web.operation import Operation

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
            "detail": {"items": {"$ref": REF.format(model="ValidationError")}, "type": "array", "title": "Detail"}
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


def openapi(operations: Sequence[Operation], *, title: str, version: str) -> Document:
    """The document of all documented operations; costs some hundred milliseconds, so keep it."""
    documented = [operation for operation in operations if operation.documented]
    schemas, definitions = _schemas(documented)
    paths: Document = {}
    for operation in documented:
        paths.setdefault(operation.shown_path, {})[operation.method.lower()] = _described(operation, schemas)
    document: Document = {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
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
        for parameter in operation.signature.parameters:
            inputs.append(((identity, _place(parameter)), "validation", _core_schema(parameter.adapter)))
        if operation.signature.body is not None:
            adapter: TypeAdapter[Any] = TypeAdapter(_named_body(operation))
            inputs.append(((identity, _BODY), "validation", _core_schema(adapter)))
        if operation.returns is not None:
            answer: TypeAdapter[Any] = TypeAdapter(operation.returns)
            inputs.append(((identity, _ANSWER), "serialization", _core_schema(answer)))
    found, definitions = GenerateJsonSchema(ref_template=REF).generate_definitions(inputs)
    return {key: schema for (key, _), schema in found.items()}, dict(definitions)


def _core_schema(adapter: TypeAdapter[Any]) -> CoreSchema:
    return adapter.core_schema  # pyright: ignore[reportReturnType]  (a CoreSchema once the adapter is built)


def _named_body(operation: Operation) -> Any:
    """The body's type; an embedded one under the name that the contract gives it."""
    hint = operation.signature.body
    if is_model(hint) and issubclass(hint, Embedded):
        return create_model(f"Body_{operation.operation_id}", __base__=hint)
    return hint


def _described(operation: Operation, schemas: Mapping[_Key, JsonSchemaValue]) -> Document:
    signature, identity = operation.signature, operation.operation_id
    described: Document = {"tags": [operation.tag]} if operation.tag else {}
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
        described["requestBody"] = _request_body(operation, schemas[identity, _BODY])
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


def _request_body(operation: Operation, schema: JsonSchemaValue) -> Document:
    signature = operation.signature
    shown = dict(schema)
    if signature.body_default is not PydanticUndefined:
        shown["default"] = TypeAdapter(signature.body).dump_python(signature.body_default, mode="json")
    return {
        "required": None if signature.body_optional else True,
        "content": {_JSON: {"schema": _titled(shown, _BODY)}},
    }


def _place(parameter: Parameter) -> str:
    return f"{parameter.place}:{parameter.wire_name}"


def _titled(schema: JsonSchemaValue, name: str) -> Document:
    """The schema with a title, unless a component has it."""
    return schema if "$ref" in schema else {**schema, "title": name.replace("_", " ").title()}


def _without_none(value: Any) -> Any:
    """The document without what is None: a default of null is left out, as in the peer's."""
    if isinstance(value, dict):
        items: Iterable[tuple[str, Any]] = value.items()  # pyright: ignore[reportUnknownMemberType,reportUnknownVariableType]
        return {key: _without_none(part) for key, part in items if part is not None}
    if isinstance(value, list):
        return [_without_none(part) for part in value]  # pyright: ignore[reportUnknownVariableType]
    return value
