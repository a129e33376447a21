"""Binds the parts of a request to a handler's arguments, and says what is wrong with them as the peer does."""

import inspect
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import PydanticUndefined

from locum.infra.db import Db, Tx
from locum.infra.web.call import Call

_MISSING = {"type": "missing", "msg": "Field required", "input": None}


class Embedded(BaseModel):
    """A body whose fields are arguments of their own: unknown ones are ignored, and where all are optional it may be absent."""


@dataclass(frozen=True)
class Query:
    """Marks a query argument and describes it; `alias` is its name on the wire where that differs."""

    description: str = ""
    alias: str | None = None


@dataclass(frozen=True)
class Header:
    """Marks an argument that comes from a header and describes it; `alias` is its name on the wire, if not the argument's."""

    description: str = ""
    alias: str | None = None


class RequestInvalid(Exception):
    """The request does not have the form that the operation asks for; `errors` and `body` are what is answered."""

    def __init__(self, errors: list[Any], body: Any = None) -> None:
        """`errors` are in pydantic's form, each `loc` beginning with body, path or query."""
        super().__init__("request invalid")
        self.errors = errors
        self.body = body


@dataclass(frozen=True)
class Parameter:
    """One path, query or header argument, for binding and for the OpenAPI document."""

    name: str
    wire_name: str
    place: str
    annotation: Any
    adapter: TypeAdapter[Any]
    default: Any
    description: str

    @property
    def bare(self) -> Any:
        """The annotation without marks and constraints."""
        return get_args(self.annotation)[0] if get_origin(self.annotation) is Annotated else self.annotation

    @property
    def required(self) -> bool:
        """Whether a request must carry it."""
        return self.default is PydanticUndefined


class Signature:
    """What a handler asks for, read once from its parameters."""

    def __init__(self, handler: Callable[..., Any], path_names: tuple[str, ...]) -> None:
        """Raises TypeError where the handler asks for something that no request has."""
        self.parameters: list[Parameter] = []
        self.wants_call: str | None = None
        self.wants_db: str | None = None
        self.wants_tx: str | None = None
        self.body: Any = None
        self.body_default: Any = PydanticUndefined
        self.body_optional = False
        self._body_adapter: TypeAdapter[Any] | None = None
        hints = get_type_hints(handler, include_extras=True)
        for name, parameter in inspect.signature(handler).parameters.items():
            self._take(name, hints[name], parameter.default, path_names)
        if self.wants_db and self.wants_tx:
            msg = f"{handler.__name__} wants both a pool and a transaction"
            raise TypeError(msg)

    def _take(self, name: str, hint: Any, default: Any, path_names: tuple[str, ...]) -> None:
        if hint is Call:
            self.wants_call = name
        elif hint is Db:
            self.wants_db = name
        elif hint is Tx:
            self.wants_tx = name
        elif name == "body":
            self.body = hint
            self._body_adapter = TypeAdapter(hint)
            if default is not inspect.Parameter.empty:
                self.body_default = default
            self.body_optional = self.body_default is not PydanticUndefined or _all_optional(hint)
        else:
            mark = next((m for m in get_args(hint)[1:] if isinstance(m, Query | Header)), Query())
            place = "path" if name in path_names else "header" if isinstance(mark, Header) else "query"
            self.parameters.append(
                Parameter(
                    name=name,
                    wire_name=mark.alias or (name.replace("_", "-") if place == "header" else name),
                    place=place,
                    annotation=hint,
                    adapter=TypeAdapter(_without_mark(hint)),
                    default=PydanticUndefined if default is inspect.Parameter.empty else default,
                    description=mark.description,
                )
            )

    def bind(
        self,
        path: Mapping[str, str],
        query: bytes,
        body: bytes,
        headers: Iterable[tuple[bytes, bytes]] = (),
        *,
        lenient: bool = False,
    ) -> dict[str, Any]:
        """The handler's arguments from the request. Raises RequestInvalid with everything that is wrong.

        `lenient` ignores fields that the models do not know: the client is newer than this server.
        """
        arguments: dict[str, Any] = {}
        errors: list[Any] = []
        if self.parameters:
            given = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)) if query else {}
            for parameter in self.parameters:
                source = path if parameter.place == "path" else given
                if parameter.place == "header":
                    source = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
                self._bind_one(parameter, source, arguments, errors)
        parsed: Any = None
        if self._body_adapter is not None:
            if not body:
                self._bind_absent(arguments, errors)
            else:
                try:
                    arguments["body"] = self._body_adapter.validate_json(body)
                except ValidationError as error:
                    parsed = self._bind_again(error, body, arguments, errors, lenient=lenient)
        if errors:
            raise RequestInvalid(errors, parsed)
        return arguments

    def _bind_one(
        self, parameter: Parameter, source: Mapping[str, str], arguments: dict[str, Any], errors: list[Any]
    ) -> None:
        value = source.get(parameter.wire_name)
        if value is None:
            if parameter.required:
                errors.append({**_MISSING, "loc": [parameter.place, parameter.wire_name]})
            else:
                arguments[parameter.name] = parameter.default
            return
        try:
            if "\x00" in value:
                msg = "text must not contain NUL"
                raise ValueError(msg)
            arguments[parameter.name] = parameter.adapter.validate_python(value)
        except ValidationError as error:
            errors.extend(located(error, (parameter.place, parameter.wire_name)))
        except ValueError as error:
            errors.append(
                {
                    "type": "value_error",
                    "loc": [parameter.place, parameter.wire_name],
                    "msg": str(error),
                    "input": value,
                }
            )

    def _bind_absent(self, arguments: dict[str, Any], errors: list[Any]) -> None:
        if self.body_optional:
            empty = self.body_default is PydanticUndefined
            arguments["body"] = self.body() if empty else self.body_default
        else:
            errors.append({**_MISSING, "loc": ["body"]})

    def _bind_again(
        self, first: ValidationError, body: bytes, arguments: dict[str, Any], errors: list[Any], *, lenient: bool
    ) -> Any:
        """Validate the parsed body, whose errors are those that the peer reports; give what was parsed."""
        adapter = self._body_adapter
        if adapter is None:
            return None
        try:
            parsed: Any = json.loads(body)
        except json.JSONDecodeError as error:
            text = body.decode("utf-8", "replace")
            errors.append(
                {
                    "type": "json_invalid",
                    "loc": ["body", error.pos],
                    "msg": "JSON decode error",
                    "input": {},
                    "ctx": {"error": error.msg},
                }
            )
            return text
        except (RecursionError, UnicodeDecodeError, ValueError):
            errors.extend(located(first, ("body",), with_input=False))
            return None
        if first.errors(include_url=False, include_input=False)[0]["type"] == "json_invalid":
            errors.extend(located(first, ("body",), with_input=False))
            return None
        try:
            arguments["body"] = adapter.validate_python(parsed)
        except ValidationError as error:
            if lenient and _only_unknown_fields(error):
                for problem in error.errors(include_url=False, include_context=False):
                    _drop(parsed, problem["loc"])
                return self._bind_again(first, json.dumps(parsed).encode(), arguments, errors, lenient=False)
            errors.extend(located(error, ("body",)))
        return parsed


def located(error: ValidationError, place: tuple[str, ...], *, with_input: bool = True) -> list[Any]:
    """The problems of a validation, each `loc` beginning with `place`."""
    found: list[Any] = []
    for problem in error.errors(include_url=False, include_input=with_input):
        entry: dict[str, Any] = {**problem, "loc": [*place, *problem["loc"]]}
        if "ctx" in entry:
            entry["ctx"] = {key: _shown(value) for key, value in entry["ctx"].items()}
        found.append(entry)
    return found


def _shown(value: Any) -> Any:
    """A context value as JSON can hold it; the peer shows an exception as an empty object."""
    return {} if isinstance(value, Exception) else value


def _only_unknown_fields(error: ValidationError) -> bool:
    return all(problem["type"] == "extra_forbidden" for problem in error.errors(include_url=False))


def _drop(parsed: Any, loc: tuple[int | str, ...]) -> None:
    """Remove the field at `loc`; steps that name a member of a union rather than a key are passed over."""
    for step in loc[:-1]:
        try:
            parsed = parsed[step]
        except (KeyError, IndexError, TypeError):
            continue
    if isinstance(parsed, dict):
        parsed.pop(loc[-1], None)  # pyright: ignore[reportUnknownMemberType]  (JSON as it came)


def is_model(hint: Any) -> bool:
    """Whether a hint is a pydantic model's class."""
    return inspect.isclass(hint) and issubclass(hint, BaseModel)


def _all_optional(hint: Any) -> bool:
    if not (inspect.isclass(hint) and issubclass(hint, Embedded)):
        return False
    return not any(info.is_required() for info in hint.model_fields.values())


def _without_mark(hint: Any) -> Any:
    if get_origin(hint) is not Annotated:
        return hint
    base, *marks = get_args(hint)
    kept = [mark for mark in marks if not isinstance(mark, Query | Header)]
    return Annotated[(base, *kept)] if kept else base  # pyright: ignore[reportInvalidTypeForm]
