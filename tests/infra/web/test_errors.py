import json

import pytest

from locum.domain import errors as domain
from locum.infra.db import UniqueConflict
from locum.infra.web.bodies import RequestInvalid
from locum.infra.web.errors import method_not_allowed, reply_to, reply_to_invalid


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (domain.BadRequest("why"), 400),
        (domain.Unauthorized("why"), 401),
        (domain.Forbidden("why"), 403),
        (domain.NotFound("why"), 404),
        (domain.Conflict("why"), 409),
        (UniqueConflict("why", "uq"), 409),
        (domain.TooLarge("why"), 413),
        (domain.Invalid("why"), 422),
        (domain.Locked("why"), 423),
    ],
)
def test_domain_errors(error: domain.DomainError, status: int):
    reply = reply_to(error)
    assert (reply.status, json.loads(reply.body)) == (status, {"detail": "why"})


def test_unavailable_asks_for_a_retry():
    reply = reply_to(domain.Unavailable("away", retry_after=0.4))
    assert reply.status == 503
    assert dict(reply.headers) == {b"retry-after": b"1"}
    assert json.loads(reply.body) == {"exception_message": "away"}


def test_the_older_shape():
    assert json.loads(reply_to(domain.NotFound("why", bare=True)).body) == {"exception_message": "why"}


def test_method_not_allowed_lists_each_method_once():
    reply = method_not_allowed(["POST", "GET", "POST"])
    assert (reply.status, reply.headers) == (405, ((b"allow", b"GET, POST"),))


@pytest.mark.parametrize("body", [None, {"a": [1, None]}, {"a": 2**70}, float("inf"), "text", {1: 2}])
def test_invalid_shows_whatever_was_sent(body: object):
    reply = reply_to_invalid(RequestInvalid([{"type": "missing", "loc": ["body"], "msg": "m", "input": body}], body))
    answer = json.loads(reply.body)
    assert reply.status == 422
    assert answer["exception_message"] == "Invalid request received."
    assert answer["exception_detail"][0]["loc"] == ["body"]
    assert "request_body" in answer
