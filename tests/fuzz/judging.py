"""What is wrong with an answer, given the request that it answers."""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote

import jsonschema_rs

from locum.app.routes import OPERATIONS
from locum.infra.web import Operation, openapi
from locum.infra.web.routing import Routes
from tests.factories.answers import problems
from tests.fuzz.tolerated import tolerated
from tests.fuzz.wire import ABSENT, JSON, Answer, Request

ROUTES = Routes(OPERATIONS)
REFUSALS = frozenset({400, 401, 403, 404, 405, 408, 409, 410, 411, 412, 413, 414, 415, 416, 422, 423, 429, 431})
# The web server's own word where it can make no request of what it was sent; no application hears of it.
UNREADABLE = b"Invalid HTTP request received."


@dataclass(frozen=True)
class Fault:
    """One thing wrong: `kind` for counting, `detail` to read."""

    kind: str
    detail: str


def faults(request: Request, answer: Answer, *, closed: bool = True) -> list[Fault]:
    """All that is wrong; `closed` asks that answers leave no property out and add none."""
    if answer.status == 0:
        return [Fault("no answer", answer.content.decode())]
    if answer.status >= 500:
        return [Fault(f"answers {answer.status}", _shown(answer))]
    if request.method == "HEAD" or 300 <= answer.status < 400:
        return []
    if not answer.is_success:
        return list(_wrong_refusal(answer))
    operation, _, _ = ROUTES.find(request.method, _path(request))
    return [] if operation is None else [*_wrong_success(operation, answer, closed=closed), *_taken(operation, request)]


def _path(request: Request) -> str:
    return unquote(request.target.partition("?")[0], errors="replace")


def _wrong_refusal(answer: Answer) -> list[Fault]:
    if answer.content == UNREADABLE:
        return []
    if answer.status not in REFUSALS:
        return [Fault(f"answers {answer.status}", _shown(answer))]
    body = answer.json()
    if not isinstance(body, dict) or not {"detail", "exception_message"} & set(body):  # pyright: ignore[reportUnknownArgumentType]
        return [Fault("refuses without saying why", _shown(answer))]
    if answer.status == 405 and "allow" not in answer.headers:
        return [Fault("refuses a method without naming others", _shown(answer))]
    return []


def _wrong_success(operation: Operation, answer: Answer, *, closed: bool) -> list[Fault]:
    if operation.status == 204:
        return [Fault("answers with a body where none is due", _shown(answer))] if answer.content else []
    if not answer.headers.get("content-type", "").startswith(JSON) or operation.returns in (None, Any):
        return []
    try:
        parsed = json.loads(answer.content)
    except ValueError:
        return [Fault("answers what is no JSON", _shown(answer))]
    found = problems(operation, parsed, closed=closed)
    return [Fault("the answer breaks its schema", "; ".join(found)[:500])] if found else []


def _taken(operation: Operation, request: Request) -> list[Fault]:
    """A body that its schema forbids was accepted."""
    if not request.valid or request.raw is not None or request.body is ABSENT:
        return []
    schema, validator = _of_bodies(operation)
    try:
        body = json.loads(request.payload or b"", parse_constant=float)
        wrong = [error for error in validator.iter_errors(body) if not tolerated(error, schema, operation)]
    except ValueError:  # what the validator cannot read it cannot judge
        return []
    return [
        Fault("takes what its schema forbids", f"{error.instance_path}: {error.message}"[:500]) for error in wrong[:1]
    ]


@cache
def _of_bodies(operation: Operation) -> tuple[Any, Any]:
    document = openapi([operation])
    body = document["paths"][operation.shown_path][operation.method.lower()].get("requestBody", {"content": {}})
    schema = {**body["content"].get(JSON, {}).get("schema", {}), "components": document["components"]}
    return schema, jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


def _shown(answer: Answer) -> str:
    return answer.content[:300].decode(errors="replace")
