"""Reads a request's body into the type that the handler asks for, and says what is wrong with it as the peer does."""

import inspect
import json
import re
from collections.abc import Callable
from copy import deepcopy
from functools import lru_cache
from typing import Any, cast

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import PydanticUndefined

from locum.domain.errors import BadRequest

_UNKNOWN = "extra_forbidden"
_TOO_MANY = "too_many_problems"
_TOLD = 10_000
"""How many problems of one body are told: a body may have millions, and each costs a kilobyte while it is told."""
_WHOLE_DIGITS = 308
"""Longer whole numbers no double holds: PostgreSQL stores them in JSON, but not every reader takes them back."""
_STRIDE = 103
_MAYBE_LONG = re.compile(rb"\d{3}")
"""A longer row of digits shows as three in every 103rd byte, which is quicker to see than the row itself."""
Ignored = Callable[[], None]
"""Called when fields that no model knows were passed over."""


class Embedded(BaseModel):
    """A body whose fields are arguments of their own.

    Unknown ones are ignored, null means absent, and where all are optional the whole body may be.
    """


class RequestInvalid(Exception):
    """The request does not have the form that the operation asks for; `errors` and `body` are what is answered."""

    def __init__(self, errors: list[Any], body: Any = None) -> None:
        """`errors` are in pydantic's form, each `loc` beginning with body, path or query."""
        super().__init__("request invalid")
        self.errors = errors
        self.body = body


class _Refused(Exception):
    """What is wrong with a body, before the rest of the request is looked at."""

    def __init__(self, errors: list[Any], body: Any) -> None:
        super().__init__("body refused")
        self.errors = errors
        self.body = body


def missing(*place: str) -> dict[str, Any]:
    """What is said of a part that is required and not there."""
    return {"type": "missing", "loc": list(place), "msg": "Field required", "input": None}


@lru_cache(maxsize=256)
def is_json(content_type: bytes | None) -> bool:
    """Whether a body of that type is read as JSON; one without a type is."""
    if content_type is None:
        return True
    main, _, kind = content_type.split(b";")[0].strip().lower().partition(b"/")
    return main == b"application" and (kind == b"json" or kind.endswith(b"+json"))


class BodyReader:
    """Reads bodies of one type: from the bytes where they are right, and step by step to say what is wrong."""

    def __init__(self, hint: Any, default: Any = PydanticUndefined) -> None:
        """`default` is the body's where it is absent, if it may be."""
        adapter: TypeAdapter[Any] = TypeAdapter(hint)
        self.hint = hint
        self.default = default
        self._validator = adapter.validator
        self._fields = hint.model_fields if is_model(hint) and issubclass(hint, Embedded) else None
        self.optional = default is not PydanticUndefined or (
            self._fields is not None and not any(field.is_required() for field in self._fields.values())
        )

    def read(
        self,
        body: bytes,
        errors: list[Any],
        *,
        as_json: bool = True,
        ignored: Ignored | None = None,
        context: object = None,
    ) -> Any:
        """The value and, where something was added to `errors`, the body as it is shown to the caller.

        `context` is what validators may look at.
        """
        first: ValidationError | None = None
        if body and as_json and not (b"NaN" in body or b"Infinity" in body or _MAYBE_LONG.search(body[::_STRIDE])):
            try:
                return self._validator.validate_json(body, context=context), None
            except ValidationError as error:
                first = error
        try:
            parsed: Any = _parsed(body, first) if as_json else body.decode("utf-8", "replace")
        except _Refused as refused:
            errors += refused.errors
            return None, refused.body
        if parsed is None and self.optional:
            return (self.hint() if self.default is PydanticUndefined else self.default), None
        found = self._refusals(parsed)
        if found:
            errors += found
            return None, parsed
        return self._validated(parsed, errors, ignored, context), parsed

    def shown(self, body: bytes) -> Any:
        """A body with nothing wrong in it, as it is shown where something else is wrong."""
        return json.loads(body) if body else None

    def _refusals(self, parsed: Any) -> list[Any]:
        if self._fields is None:
            return [] if parsed is not None else [missing("body")]
        if isinstance(parsed, dict):
            return []
        wanted = self._fields if parsed is not None else {n: f for n, f in self._fields.items() if f.is_required()}
        return [missing("body", field.alias or name) for name, field in wanted.items()]

    def _validated(self, parsed: Any, errors: list[Any], ignored: Ignored | None, context: object) -> Any:
        if self._fields is not None:
            parsed = {key: value for key, value in parsed.items() if value is not None}
        try:
            return self._validator.validate_python(parsed, from_attributes=True, context=context)
        except ValidationError as error:
            problems = located(error, ("body",))
        if ignored is not None and any(problem["type"] in {_UNKNOWN, _TOO_MANY} for problem in problems):
            try:
                value = self._leniently(parsed, problems, context)
            except ValidationError as error:
                problems = located(error, ("body",))
            else:
                ignored()
                return value
        if self._fields is not None:
            problems = [{**p, "input": None} if p["type"] == "missing" and len(p["loc"]) <= 2 else p for p in problems]
        errors += problems
        return None

    def _leniently(self, parsed: Any, problems: list[Any], context: object) -> Any:
        """The value without unknown fields. Models that hold fields of any name keep those where that can be told."""
        if all(problem["type"] == _UNKNOWN for problem in problems):
            try:
                kept = _without(parsed, [p["loc"][1:] for p in problems])
                return self._validator.validate_python(kept, context=context)
            except ValidationError:
                pass  # the place led through a union, where steps name models and not keys
        return self._validator.validate_python(parsed, extra="ignore", context=context)


def _without(parsed: Any, places: list[list[int | str]]) -> Any:
    """A copy without the fields in those places."""
    kept = deepcopy(parsed)
    for *steps, last in places:
        inner = kept
        for step in steps:
            try:
                inner = inner[step]
            except (KeyError, IndexError, TypeError):
                break
        if isinstance(inner, dict):
            inner.pop(last, None)  # pyright: ignore[reportUnknownMemberType]  (JSON as it came)
    return kept


def _parsed(body: bytes, first: ValidationError | None) -> Any:
    """The body as Python values. Raises _Refused where it isn't JSON, BadRequest where it is beyond all reading."""
    if not body:
        return None
    try:
        text = body.decode(json.detect_encoding(body))
        parsed: Any = json.loads(text.removeprefix("\ufeff"), parse_constant=_constant, parse_int=_whole)
        # what cannot be encoded again holds half of a surrogate pair, which no column can
        json.dumps(parsed, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        problem = {
            "type": "json_invalid",
            "loc": ["body", error.pos],
            "msg": "JSON decode error",
            "input": {},
            "ctx": {"error": error.msg},
        }
        raise _Refused([problem], body.decode("utf-8", "replace")) from error
    except (RecursionError, ValueError) as error:
        msg = "There was an error parsing the body"
        raise BadRequest(msg) from error
    if first is not None and _too_deep(first):
        msg = "There was an error parsing the body"
        raise BadRequest(msg)
    return parsed


def _constant(name: str) -> Any:
    """NaN and the infinities: Python would take them, JSON has none."""
    msg = f"{name} is not JSON"
    raise ValueError(msg)


def _whole(digits: str) -> int:
    if len(digits.removeprefix("-")) > _WHOLE_DIGITS:
        msg = "a number beyond all that can be stored"
        raise ValueError(msg)
    return int(digits)


def _too_deep(error: ValidationError) -> bool:
    if error.error_count() > 1:
        return False
    problem = error.errors(include_url=False, include_input=False)[0]
    return problem["type"] == "json_invalid" and "recursion" in problem["msg"]


def located(error: ValidationError, place: tuple[str, ...]) -> list[Any]:
    """The problems of a validation, each `loc` beginning with `place`; of too many only how many there are."""
    if (count := error.error_count()) > _TOLD:
        msg = f"{count} problems were found, more than are told one by one"
        return [{"type": _TOO_MANY, "loc": list(place), "msg": msg, "input": None}]
    found: list[Any] = []
    for problem in error.errors(include_url=False):
        entry: dict[str, Any] = {**problem, "loc": [*place, *problem["loc"]]}
        if "ctx" in entry:
            entry["ctx"] = {key: _shown(value) for key, value in entry["ctx"].items()}
        found.append(entry)
    return found


def _shown(value: Any) -> Any:
    """A context value as JSON can hold it; the peer shows an exception as an empty object."""
    return cast("dict[str, Any]", {}) if isinstance(value, Exception) else value


def is_model(hint: Any) -> bool:
    """Whether a hint is a pydantic model's class."""
    return inspect.isclass(hint) and issubclass(hint, BaseModel)
