"""Binds the parts of a request to a handler's arguments, and says what is wrong with them as the peer does."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticUndefined

from locum.infra.db import Db, Tx
from locum.infra.web.bodies import BodyReader, Embedded, Ignored, RequestInvalid, located, missing
from locum.infra.web.call import Call

__all__ = ["Embedded", "Header", "Parameter", "Query", "RequestInvalid", "Signature"]

_PLACES = ("path", "query", "header")


@dataclass(frozen=True)
class Query:
    """Marks a query argument and describes it; `alias` is its name on the wire where that differs."""

    description: str = ""
    alias: str | None = None


@dataclass(frozen=True)
class Header:
    """Marks an argument that a header carries and describes it; `alias` is its name on the wire where that differs."""

    description: str = ""
    alias: str | None = None


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

    def bind(self, value: str | None, arguments: dict[str, Any], errors: list[Any]) -> None:
        """Add the argument, or what is wrong with it."""
        if value is None:
            if self.required:
                errors.append(missing(self.place, self.wire_name))
            else:
                arguments[self.name] = self.default
            return
        try:
            arguments[self.name] = self.adapter.validator.validate_python(value)
        except ValidationError as error:
            errors += located(error, (self.place, self.wire_name))
            return
        if "\x00" in value:
            msg = "Value error, text must not contain NUL"
            errors.append({"type": "value_error", "loc": [self.place, self.wire_name], "msg": msg, "input": value})


class Signature:
    """What a handler asks for, read once from its parameters."""

    def __init__(self, handler: Callable[..., Any], path_names: tuple[str, ...]) -> None:
        """Raises TypeError where the handler asks for something that no request has."""
        self.parameters: list[Parameter] = []
        self.wants_call: str | None = None
        self.wants_db: str | None = None
        self.wants_tx: str | None = None
        self.body: BodyReader | None = None
        hints = get_type_hints(handler, include_extras=True)
        for name, parameter in inspect.signature(handler).parameters.items():
            default = PydanticUndefined if parameter.default is inspect.Parameter.empty else parameter.default
            self._take(name, hints[name], default, path_names)
        if self.wants_db and self.wants_tx:
            msg = f"{handler.__name__} wants both a pool and a transaction"
            raise TypeError(msg)
        # problems are reported in this order, whatever the order of the arguments
        self.parameters.sort(key=lambda parameter: _PLACES.index(parameter.place))

    def _take(self, name: str, hint: Any, default: Any, path_names: tuple[str, ...]) -> None:
        if hint is Call:
            self.wants_call = name
        elif hint is Db:
            self.wants_db = name
        elif hint is Tx:
            self.wants_tx = name
        elif name == "body":
            self.body = BodyReader(hint, default)
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
                    default=default,
                    description=mark.description,
                )
            )

    def bind(
        self,
        path: Mapping[str, str],
        query: bytes,
        body: bytes,
        headers: Mapping[bytes, bytes],
        *,
        as_json: bool = True,
        ignored: Ignored | None = None,
        context: object = None,
    ) -> dict[str, Any]:
        """The handler's arguments from the request. Raises RequestInvalid with everything that is wrong.

        With `ignored`, fields that the models do not know are passed over: the client is newer than this server.
        `context` is what the validators of a body may look at.
        """
        arguments: dict[str, Any] = {}
        errors: list[Any] = []
        shown: Any = None
        if self.parameters:
            given = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)) if query else {}
            for parameter in self.parameters:
                if parameter.place == "path":
                    value = path.get(parameter.wire_name)
                elif parameter.place == "query":
                    value = given.get(parameter.wire_name)
                else:
                    held = headers.get(parameter.wire_name.encode())
                    value = None if held is None else held.decode("latin-1")
                parameter.bind(value, arguments, errors)
        if self.body is not None:
            wrong = bool(errors)
            arguments["body"], shown = self.body.read(body, errors, as_json=as_json, ignored=ignored, context=context)
            if wrong and shown is None:
                shown = self.body.shown(body)
        if errors:
            raise RequestInvalid(errors, shown)
        return arguments


def _without_mark(hint: Any) -> Any:
    if get_origin(hint) is not Annotated:
        return hint
    base, *marks = get_args(hint)
    kept = [mark for mark in marks if not isinstance(mark, Query | Header)]
    return Annotated[(base, *kept)] if kept else base
