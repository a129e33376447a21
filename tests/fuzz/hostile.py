"""What nobody means to send: text, numbers, nesting, bytes, headers and methods that have broken servers before."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

from tests.fuzz.wire import ABSENT, Request

Path = tuple[str | int, ...]


def nested(depth: int) -> Any:
    """Lists in lists."""
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


TEXTS = (
    "\0", "a\0b", "\ud800", "a\udfff\ud83db", "\uffff", "\u202e", "\U0001f600" * 50, "x" * 100_000, "\r\n", "",
    " ", "%", "%00", "a/b", "..", "../..", "?", "#", "\\", '"', "'; --", "${x}", "{{ x }}", "{% for %}", "[", "(" * 200,
    "NaN", "1e400", "-1", "null", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999-14:00", "2026-02-30",
    "P999999999D", "Mars/Olympus", "00000000-0000-0000-0000-000000000000", "filter", "__proto__", "latin \xff\xfe",
)  # fmt: skip
NUMBERS = (
    0, -1, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 10**30, 10**400, 1e308, -1e308, 5e-324, -0.0, float("nan"),
    float("inf"), float("-inf"), True,
)  # fmt: skip
SHAPES: tuple[Any, ...] = (
    None, [], {}, {"": ""}, [None], [[]], {"\0": 1}, {"\ud800": 1}, {"__proto__": {}}, {"$ref": "#"}, {"a" * 10_000: 1},
    {"$ref": {"block_document_id": "00000000-0000-0000-0000-000000000000"}}, nested(90), nested(500),
    list(range(5000)), {"type": "object", "properties": {"a": {"$ref": "#/properties/a"}}},
    {"__prefect_kind": "jinja", "template": "{{ "}, {"__prefect_kind": "json", "value": "{"}, {"interval": 1e-300},
    {"cron": "* * * * * * * *"}, {"rrule": "FREQ=SECONDLY;COUNT=99999999999999999999"},
)  # fmt: skip
BODIES = (
    b"", b"{", b"null", b"true", b'"', b"\xff\xfe\x00", b"\xef\xbb\xbf{}", b"[" * 100_000, b'{"a":' * 50_000,
    b"1e999999", b"9" * 5000, b"\0", b"{} {}", b'{"name":"a","name":1}',
    '{"name":"ü"}'.encode("utf-16"), b'{"name":"\\ud800"}',
    b'{"name":"\\u0000"}', b'{"name":NaN}', b'{"limit":-0}', b"name=a&b=c", b'{"a":1,}', b"'a'", b'["\x80"]',
)  # fmt: skip
VERSIONS = (
    "",
    "0",
    "0.8",
    "0.8.4.1",
    "0.0.0",
    "99.99.99",
    "a.b.c",
    "-1.0.0",
    "1e1.0.0",
    "9" * 5000,
    b"\xff\xfe",
    "0.8.4 ",
)
HEADERS: dict[str, Sequence[str | bytes]] = {
    "x-prefect-api-version": VERSIONS,
    "user-agent": ("", "prefect/", "prefect/99999999999999999999.0.0 (API 0.8.4)", "x" * 5000, b"\xff"),
    "accept-encoding": ("gzip;q=nan", "*", ",,,,", "identity;q=0", b"\xff"),
    "authorization": ("", "Basic", "Basic =", "Bearer \t", b"Basic \xff"),
    "origin": ("null", "http://[", b"\xff"),
    "prefect-csrf-client": ("", "x" * 5000, b"\xff"),
    "prefect-csrf-token": ("", b"\xff"),
    "x-request-id": ("x" * 5000, "{}", b"\xff"),
    "if-none-match": ("*", b"\xff"),
    "range": ("bytes=0-0", "bytes=-"),
    "cookie": ("=", b"\xff"),
}
TYPES = (
    "", "text/plain", "application/xml", "application/json; charset=utf-16", "application/x-www-form-urlencoded", "/",
    "multipart/form-data", "application/vnd.x+json", "application/json;", b"\xff",
)  # fmt: skip
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")
LONGEST_IN_A_PATH = 3000


def spoil(request: Request, chance: random.Random) -> Request:
    """The request with one part made hostile."""
    ways: list[Callable[[Request, random.Random], Request]] = [_header]
    if request.arguments:
        ways += [_argument] * 3
    if request.query:
        ways += [_query] * 3
    if request.body is not ABSENT:
        ways += [_leaf] * 8 + [_raw] * 2 + [_member]
    return chance.choice(ways)(request, chance)


def spoilt(value: Any, chance: random.Random) -> Any:
    """The value with one part of it, or the whole, made hostile."""
    return _put(value, chance.choice(list(_places(value))), anything(chance))


def distort(request: Request, chance: random.Random) -> Request:
    """The request in a form that the operation does not have: another method, type or path, or a body too many."""
    way = chance.randrange(5)
    if way == 0:
        return replace(request, method=chance.choice(METHODS), valid=False)
    if way == 1:
        return replace(request, headers={**request.headers, "content-type": chance.choice(TYPES)}, valid=False)
    if way == 2:
        return replace(request, path=chance.choice([request.path + "/", request.path.rstrip("/"), "/" + request.path]))
    if way == 3:
        return replace(request, body=ABSENT, raw=None if request.body is not ABSENT else b'{"a":1}', valid=False)
    return replace(request, query={**request.query, chance.choice(TEXTS)[:50]: chance.choice(TEXTS)[:500]})


def anything(chance: random.Random) -> Any:
    """One hostile value."""
    return chance.choice(chance.choice((TEXTS, NUMBERS, SHAPES)))


def _header(request: Request, chance: random.Random) -> Request:
    name = chance.choice(list(HEADERS))
    return replace(request, headers={**request.headers, name: chance.choice(HEADERS[name])})


def _argument(request: Request, chance: random.Random) -> Request:
    name = chance.choice(sorted(request.arguments))
    return replace(request, arguments={**request.arguments, name: chance.choice(TEXTS)[:LONGEST_IN_A_PATH]})


def _query(request: Request, chance: random.Random) -> Request:
    name = chance.choice(sorted(request.query))
    return replace(request, query={**request.query, name: chance.choice([*TEXTS, *NUMBERS[:7]])})


def _raw(request: Request, chance: random.Random) -> Request:
    return replace(request, raw=chance.choice(BODIES), valid=False)


def _leaf(request: Request, chance: random.Random) -> Request:
    return replace(request, body=spoilt(request.body, chance))


def _member(request: Request, chance: random.Random) -> Request:
    """A field too many, deep within or at the top."""
    places = [path for path in _places(request.body) if isinstance(_at(request.body, path), dict)] or [()]
    place = chance.choice(places)
    name = chance.choice([text for text in TEXTS if len(text) < LONGEST_IN_A_PATH])
    found = _at(request.body, place)
    members = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    return replace(request, body=_put(request.body, place, {**members, name: anything(chance)}))


def _places(value: Any, path: Path = ()) -> Iterator[Path]:
    yield path
    if isinstance(value, dict):
        for name, part in cast("dict[str, Any]", value).items():
            yield from _places(part, (*path, name))
    elif isinstance(value, list):
        for number, part in enumerate(cast("list[Any]", value)):
            yield from _places(part, (*path, number))


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def _put(value: Any, path: Path, new: Any) -> Any:
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = _put(value[path[0]], path[1:], new)
    return copy
