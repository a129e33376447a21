import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from locum.domain.errors import BadRequest
from locum.infra.db import Db, Tx
from locum.infra.web import Call, Embedded, Header, Query, RequestInvalid
from locum.infra.web.arguments import Signature

ID = UUID("01890a5d-ac96-774b-bcce-b302099a8057")


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")

    size: int


class Loose(BaseModel):
    model_config = ConfigDict(extra="allow")

    kind: str


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    part: Part | None = None
    loose: Loose | None = None
    parts: list[Part | Loose] = []
    labels: dict[str, Any] = {}


class Restriction(Embedded):
    part: Part | None = None
    limit: int = Field(default=5, ge=0)


class Change(Embedded):
    state: Part
    force: bool = False


class Unit(Enum):
    DAY = "day"
    HOUR = "hour"


async def thing(body: Thing) -> None: ...
async def things(body: Sequence[Thing]) -> None: ...
async def free(body: dict[str, Any]) -> None: ...
async def restricted(body: Restriction) -> None: ...
async def change(body: Change) -> None: ...
async def template(body: str = "") -> None: ...
async def by_unit(unit: Unit, body: Change, since: datetime) -> None: ...
async def queried(
    page_token: Annotated[str, Query("", "page-token")],
    deep: bool = False,
    limit: Annotated[int, Field(ge=1, le=200)] = 200,
    from_ui: Annotated[bool | None, Header(alias="x-prefect-ui")] = False,
) -> None: ...


THING, THINGS, FREE = (Signature(handler, ()) for handler in (thing, things, free))
RESTRICTED, CHANGE, TEMPLATE = (Signature(handler, ()) for handler in (restricted, change, template))
BY_UNIT, QUERIED = Signature(by_unit, ("unit",)), Signature(queried, ())


def bind(
    signature: Signature,
    body: bytes = b"",
    *,
    path: Mapping[str, str] | None = None,
    query: bytes = b"",
    headers: Mapping[bytes, bytes] | None = None,
    as_json: bool = True,
    ignored: Callable[[], None] | None = None,
) -> dict[str, Any]:
    return signature.bind(path or {}, query, body, headers or {}, as_json=as_json, ignored=ignored)


def refused(signature: Signature, body: bytes = b"", **more: Any) -> RequestInvalid:
    with pytest.raises(RequestInvalid) as raised:
        bind(signature, body, **more)
    return raised.value


def missing(*place: str) -> dict[str, Any]:
    return {"type": "missing", "loc": list(place), "msg": "Field required", "input": None}


NOT_A_MODEL = {
    "type": "model_attributes_type",
    "loc": ["body"],
    "msg": "Input should be a valid dictionary or object to extract fields from",
}


class TestModelBody:
    def test_bound(self):
        assert bind(THING, b'{"name": "a", "part": {"size": 1}}') == {"body": Thing(name="a", part=Part(size=1))}

    @pytest.mark.parametrize("body", [b"", b"null"])
    def test_absent(self, body: bytes):
        error = refused(THING, body)
        assert (error.errors, error.body) == ([missing("body")], None)

    @pytest.mark.parametrize("value", [[], "x", 5])
    def test_of_another_kind(self, value: Any):
        error = refused(THING, json.dumps(value).encode())
        assert (error.errors, error.body) == ([{**NOT_A_MODEL, "input": value}], value)

    def test_every_problem_is_told(self):
        error = refused(THING, b'{"part": {"size": "x", "more": 1}, "other": 2}')
        assert [(problem["type"], problem["loc"]) for problem in error.errors] == [
            ("missing", ["body", "name"]),
            ("int_parsing", ["body", "part", "size"]),
            ("extra_forbidden", ["body", "part", "more"]),
            ("extra_forbidden", ["body", "other"]),
        ]
        assert error.body == {"part": {"size": "x", "more": 1}, "other": 2}

    def test_of_too_many_problems_only_the_number_is_told(self):
        error = refused(THINGS, b"[%s1]" % (b"1," * 20_000))
        message = "20001 problems were found, more than are told one by one"
        assert error.errors == [{"type": "too_many_problems", "loc": ["body"], "msg": message, "input": None}]

    @pytest.mark.parametrize(
        ("body", "position", "message"),
        [
            (b'{"name": ', 9, "Expecting value"),
            (b'{"name": "a"} x', 14, "Extra data"),
            (b"{", 1, "Expecting property name enclosed in double quotes"),
            (b'{"name": "a\x00"}', 11, "Invalid control character at"),
        ],
    )
    def test_that_is_not_json(self, body: bytes, position: int, message: str):
        error = refused(THING, body)
        problem: dict[str, Any] = {
            "type": "json_invalid",
            "loc": ["body", position],
            "msg": "JSON decode error",
            "input": {},
        }
        assert (error.errors, error.body) == ([{**problem, "ctx": {"error": message}}], body.decode())

    @pytest.mark.parametrize(
        "body",
        [
            pytest.param(b'{"name": "a\xff"}', id="not UTF-8"),
            pytest.param(b'{"name": "\\ud800"}', id="half a surrogate pair"),
            pytest.param(b'{"labels": {"\\udc00": 1}}', id="half a surrogate pair as a key"),
            pytest.param(b"[" * 10_000 + b"]" * 10_000, id="10k deep"),
            pytest.param(b'{"name": "a", "labels": ' + b'{"a":' * 300 + b"1" + b"}" * 301, id="300 deep"),
            pytest.param(b'{"name": "a", "labels": {"a": ' + b"9" * 5000 + b"}}", id="5000 digits"),
            pytest.param(b'{"name": "a", "labels": {"a": NaN}}', id="NaN"),
            pytest.param(b'{"name": "a", "labels": {"a": -Infinity}}', id="infinite"),
            pytest.param(b'{"name": "a", "labels": {"a": -1%s}}' % (b"0" * 308), id="beyond a double"),
        ],
    )
    def test_beyond_all_reading(self, body: bytes):
        with pytest.raises(BadRequest, match="There was an error parsing the body"):
            bind(THING, body)

    def test_text_may_speak_of_nan(self):
        assert bind(THING, b'{"name": "NaN and Infinity"}')["body"].name == "NaN and Infinity"

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
    def test_in_another_encoding(self, encoding: str):
        assert bind(THING, '{"name": "ü"}'.encode(encoding))["body"].name == "ü"

    def test_the_last_of_equal_keys_counts(self):
        assert bind(THING, b'{"name": 5, "name": "a"}')["body"].name == "a"

    def test_of_a_type_that_is_not_json(self):
        error = refused(THING, b'{"name": "a"}', as_json=False)
        assert (error.errors, error.body) == ([{**NOT_A_MODEL, "input": '{"name": "a"}'}], '{"name": "a"}')


class TestNewerClients:
    def test_their_unknown_fields_are_ignored_and_told(self):
        told: list[int] = []
        body = b'{"name": "a", "part": {"size": 1, "more": 1}, "other": 2}'
        bound = bind(THING, body, ignored=lambda: told.append(1))
        assert (bound["body"], told) == (Thing(name="a", part=Part(size=1)), [1])

    def test_nothing_is_told_where_nothing_was_ignored(self):
        told: list[int] = []
        bind(THING, b'{"name": "a"}', ignored=lambda: told.append(1))
        assert told == []

    def test_fields_of_any_name_stay_where_they_are_allowed(self):
        body = b'{"name": "a", "loose": {"kind": "k", "more": 1}, "other": 2}'
        assert bind(THING, body, ignored=lambda: None)["body"].loose.model_extra == {"more": 1}

    def test_unknown_fields_within_a_union(self):
        body = b'{"name": "a", "parts": [{"size": 1, "more": 1}], "other": 2}'
        assert bind(THING, body, ignored=lambda: None)["body"].parts == [Part(size=1)]

    def test_however_many_there_are(self):
        body = b'[%s{"name": "a"}]' % (b'{"name": "a", "other": 2},' * 20_000)
        assert len(bind(THINGS, body, ignored=lambda: None)["body"]) == 20_001

    def test_other_problems_remain(self):
        error = refused(THING, b'{"other": 1}', ignored=lambda: None)
        assert error.errors == [{**missing("body", "name"), "input": {"other": 1}}]


class TestEmbeddedBody:
    @pytest.mark.parametrize("body", [b"", b"null", b"{}", b'{"limit": null}', b'{"unknown": 1}'])
    def test_all_optional(self, body: bytes):
        assert bind(RESTRICTED, body) == {"body": Restriction()}

    @pytest.mark.parametrize("body", [b"[]", b"5", b'"x"'])
    def test_of_another_kind_lacks_every_field(self, body: bytes):
        assert refused(RESTRICTED, body).errors == [missing("body", "part"), missing("body", "limit")]

    @pytest.mark.parametrize(("body", "shown"), [(b"", None), (b"null", None), (b"{}", {}), (b'{"state":null}', ...)])
    def test_what_is_required_is_missing(self, body: bytes, shown: Any):
        error = refused(CHANGE, body)
        assert error.errors == [missing("body", "state")]
        assert error.body == ({"state": None} if shown is ... else shown)

    def test_a_problem_inside(self):
        problem = refused(CHANGE, b'{"state": {}}').errors
        assert problem == [{**missing("body", "state", "size"), "input": {}}]


class TestOtherBodies:
    def test_a_list(self):
        assert bind(THINGS, b'[{"name": "a"}]') == {"body": [Thing(name="a")]}

    def test_a_dictionary_absent(self):
        assert refused(FREE).errors == [missing("body")]

    @pytest.mark.parametrize("body", [b"", b"null"])
    def test_a_default(self, body: bytes):
        assert bind(TEMPLATE, body) == {"body": ""}

    def test_in_place_of_the_default(self):
        assert bind(TEMPLATE, b'"x"') == {"body": "x"}


class TestParameters:
    def test_bound(self):
        bound = bind(QUERIED, query=b"page-token=a%20b&deep=true&limit=7", headers={b"x-prefect-ui": b"true"})
        assert bound == {"page_token": "a b", "deep": True, "limit": 7, "from_ui": True}

    def test_defaults(self):
        assert bind(QUERIED, query=b"page-token=") == {
            "page_token": "",
            "deep": False,
            "limit": 200,
            "from_ui": False,
        }

    def test_the_last_of_equal_names_counts(self):
        assert bind(QUERIED, query=b"page-token=a&page-token=b")["page_token"] == "b"

    def test_missing(self):
        assert refused(QUERIED).errors == [missing("query", "page-token")]

    def test_out_of_bounds(self):
        assert refused(QUERIED, query=b"page-token=a&limit=201").errors == [
            {
                "type": "less_than_equal",
                "loc": ["query", "limit"],
                "msg": "Input should be less than or equal to 200",
                "input": "201",
                "ctx": {"le": 200},
            }
        ]

    def test_a_nul(self):
        assert [e["loc"] for e in refused(QUERIED, query=b"page-token=%00").errors] == [["query", "page-token"]]

    def test_path_query_and_body_are_told_in_that_order(self):
        error = refused(BY_UNIT, b"{}", path={"unit": "nope"}, query=b"since=x")
        assert [e["loc"] for e in error.errors] == [["path", "unit"], ["query", "since"], ["body", "state"]]
        assert error.body == {}

    def test_a_right_body_is_shown_beside_a_wrong_path(self):
        body = b'{"state": {"size": 1}}'
        error = refused(BY_UNIT, body, path={"unit": "nope"}, query=b"since=2020-01-01")
        assert ([e["loc"] for e in error.errors], error.body) == ([["path", "unit"]], {"state": {"size": 1}})

    def test_all_right(self):
        bound = bind(BY_UNIT, b'{"state": {"size": 1}}', path={"unit": "day"}, query=b"since=2020-01-01T00:00:00Z")
        assert bound == {
            "unit": Unit.DAY,
            "since": datetime(2020, 1, 1, tzinfo=UTC),
            "body": Change(state=Part(size=1)),
        }


class TestSignature:
    def test_what_the_process_gives(self):
        async def handler(call: Call, db: Db, id: UUID) -> None: ...

        signature = Signature(handler, ("id",))
        assert (signature.wants_call, signature.wants_db, signature.wants_tx) == ("call", "db", None)
        assert bind(signature, path={"id": str(ID)}) == {"id": ID}

    def test_a_pool_and_a_transaction_exclude_each_other(self):
        async def handler(tx: Tx, db: Db) -> None: ...

        with pytest.raises(TypeError, match="both"):
            Signature(handler, ())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(JSON)
def test_any_json_is_bound_or_refused(value: Any):
    body = json.dumps(value).encode()
    for signature in (THING, THINGS, FREE, RESTRICTED, CHANGE, TEMPLATE):
        with contextlib.suppress(RequestInvalid, BadRequest):
            bind(signature, body)


@given(st.binary(max_size=50))
def test_any_bytes_are_bound_or_refused(body: bytes):
    with contextlib.suppress(RequestInvalid, BadRequest):
        bind(THING, body)
