import json
from collections.abc import AsyncIterator
from typing import Any, ClassVar
from uuid import UUID

import asyncpg
import pytest
from pydantic import BaseModel, ConfigDict
from sqlalchemy import insert, select

from locum.domain.errors import NotFound, Unavailable
from locum.domain.ids import new_id
from locum.infra.db import Db, Tx
from locum.infra.web import Answer, Call, Cors, Operation, Reply, reply_json
from locum.tables.flows import flow
from tests.factories.web import application, client

ID = "01890a5d-ac96-774b-bcce-b302099a8057"


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str


async def ping() -> Answer:
    return b"true"


async def read(id: UUID) -> Answer:
    return f'{{"id":"{id}"}}'


async def create(body: Thing) -> Answer:
    return reply_json({"name": body.name}, 201)


async def remove(id: UUID) -> Answer:
    return None


async def page() -> Answer:
    return Reply("<p>", headers=((b"x-more", b"1"),), content_type=b"text/html")


async def lost() -> Answer:
    raise NotFound("Thing not found")


async def away() -> Answer:
    raise Unavailable("The database is not available.", retry_after=1)


async def broken() -> Answer:
    raise RuntimeError("a bug")


async def large(call: Call) -> Answer:
    return b'"' + b"a" * 1000 + b'"'


OPERATIONS = (
    Operation("GET", "/ping", ping, versioned=False),
    Operation("GET", "/things/{id}", read),
    Operation("DELETE", "/things/{id}", remove, status=204),
    Operation("POST", "/things/", create),
    Operation("POST", "/notes/", create, keeps_nul=True),
    Operation("GET", "/page", page),
    Operation("GET", "/lost", lost),
    Operation("GET", "/away", away),
    Operation("GET", "/broken", broken),
    Operation("GET", "/large", large),
)


class TestAnswers:
    async def test_bytes(self):
        async with client(OPERATIONS) as web:
            answer = await web.get("/ping")
        assert (answer.status_code, answer.content) == (200, b"true")
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["content-length"] == "4"

    async def test_text_and_a_path_argument(self):
        async with client(OPERATIONS) as web:
            assert (await web.get(f"/things/{ID}")).json() == {"id": ID}

    async def test_nothing(self):
        async with client(OPERATIONS) as web:
            answer = await web.delete(f"/things/{ID}")
        assert (answer.status_code, answer.content) == (204, b"")
        assert not {"content-type", "content-length"} & set(answer.headers)

    async def test_a_reply_of_its_own(self):
        async with client(OPERATIONS) as web:
            answer = await web.get("/page")
        assert (answer.text, answer.headers["content-type"], answer.headers["x-more"]) == ("<p>", "text/html", "1")

    async def test_a_status_of_its_own(self):
        async with client(OPERATIONS) as web:
            answer = await web.post("/things/", json={"name": "a"})
        assert (answer.status_code, answer.json()) == (201, {"name": "a"})

    async def test_with_and_without_the_trailing_slash(self):
        async with client(OPERATIONS) as web:
            assert (await web.post("/things", json={"name": "a"})).status_code == 201
            assert (await web.get("/ping/")).status_code == 200

    async def test_each_has_an_id(self):
        async with client(OPERATIONS) as web:
            ids = {(await web.get("/ping")).headers["x-request-id"] for _ in range(3)}
        assert len(ids) == 3


class TestErrors:
    @pytest.mark.parametrize("path", ["/nope", "/things/abc", "/", "//ping"])
    async def test_unknown_paths(self, path: str):
        async with client(OPERATIONS) as web:
            answer = await web.get(path)
        assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})

    @pytest.mark.parametrize(
        "url", ["http://x/ping", "http://x/apiping", "http://x/apix/ping", "http://x/api", "http://x/"]
    )
    async def test_outside_the_prefix(self, url: str):
        async with client(OPERATIONS) as web:
            assert (await web.get(url)).status_code == 404

    async def test_a_prefix_of_ones_own(self):
        async with client(OPERATIONS, prefix="/team/api") as web:
            assert (await web.get("http://x/team/api/ping")).status_code == 200
            assert (await web.get("http://x/api/ping")).status_code == 404

    async def test_unknown_methods(self):
        async with client(OPERATIONS) as web:
            answer = await web.put(f"/things/{ID}")
        assert (answer.status_code, answer.json()) == (405, {"detail": "Method Not Allowed"})
        assert answer.headers["allow"] == "DELETE, GET"

    async def test_domain_errors(self):
        async with client(OPERATIONS) as web:
            answer = await web.get("/lost")
        assert (answer.status_code, answer.json()) == (404, {"detail": "Thing not found"})

    async def test_a_database_away(self):
        async with client(OPERATIONS) as web:
            answer = await web.get("/away")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")

    async def test_bugs_are_logged_and_not_told(self, caplog: pytest.LogCaptureFixture):
        async with client(OPERATIONS) as web:
            answer = await web.get("/broken")
        assert (answer.status_code, answer.json()) == (500, {"exception_message": "Internal Server Error"})
        assert "a bug" in caplog.text

    async def test_invalid_bodies(self):
        async with client(OPERATIONS) as web:
            answer = await web.post("/things/", json={"name": "a", "more": 1})
        assert answer.status_code == 422
        assert answer.json() == {
            "exception_message": "Invalid request received.",
            "exception_detail": [
                {
                    "type": "extra_forbidden",
                    "loc": ["body", "more"],
                    "msg": "Extra inputs are not permitted",
                    "input": 1,
                }
            ],
            "request_body": {"name": "a", "more": 1},
        }


class TestBodies:
    async def test_without_a_type(self):
        async with client(OPERATIONS) as web:
            assert (await web.post("/things/", content=b'{"name": "a"}')).status_code == 201

    async def test_in_parts(self):
        async def parts() -> AsyncIterator[bytes]:
            yield b'{"na'
            yield b'me": "a"}'

        async with client(OPERATIONS) as web:
            assert (await web.post("/things/", content=parts())).status_code == 201

    async def test_of_another_type(self):
        async with client(OPERATIONS) as web:
            answer = await web.post("/things/", content=b'{"name": "a"}', headers={"content-type": "text/plain"})
        assert answer.status_code == 422

    async def test_too_large(self):
        async with client(OPERATIONS, body_limit=100) as web:
            answer = await web.post("/things/", json={"name": "a" * 100})
        assert (answer.status_code, list(answer.json())) == (413, ["detail"])

    async def test_a_nul_is_refused(self):
        async with client(OPERATIONS) as web:
            answer = await web.post("/things/", json={"name": "a\0b"})
        assert (answer.status_code, answer.json()["exception_detail"][0]["loc"]) == (422, ["body"])

    async def test_a_nul_is_stripped_where_the_rest_must_not_be_lost(self):
        async with client(OPERATIONS) as web:
            assert (await web.post("/notes/", json={"name": "a\0b"})).json() == {"name": "ab"}

    async def test_a_client_that_went_away_gets_no_answer(self):
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        scope: dict[str, Any] = {
            "type": "http",
            "method": "POST",
            "path": "/api/things/",
            "query_string": b"",
            "headers": [],
        }
        await application(OPERATIONS)(scope, receive, send)
        assert sent == []


class TestVersions:
    async def test_checked(self):
        async with client(OPERATIONS) as web:
            answer = await web.get(f"/things/{ID}", headers={"x-prefect-api-version": "0.7.0"})
        assert answer.status_code == 400

    async def test_not_checked_where_the_operation_has_none(self):
        async with client(OPERATIONS) as web:
            assert (await web.get("/ping", headers={"x-prefect-api-version": "x"})).status_code == 200

    async def test_unknown_fields_of_newer_clients_are_ignored_and_counted(self):
        async with client(OPERATIONS) as web:
            answer = await web.post(
                "/things/", json={"name": "a", "more": 1}, headers={"x-prefect-api-version": "0.9.0"}
            )
            metrics = (await web.get("http://x/metrics")).text
        assert answer.status_code == 201
        assert "locum_unknown_fields_ignored_total 1.0" in metrics


class TestCompression:
    async def test_of_a_large_answer(self):
        async with client(OPERATIONS) as web:
            answer = await web.get("/large", headers={"accept-encoding": "gzip"})
        assert answer.headers["content-encoding"] == "gzip"
        assert int(answer.headers["content-length"]) < 200
        assert len(answer.json()) == 1000

    async def test_not_for_whom_does_not_take_it(self):
        async with client(OPERATIONS) as web:
            answer = await web.get("/large", headers={"accept-encoding": "identity"})
        assert "content-encoding" not in answer.headers
        assert answer.headers["vary"] == "Accept-Encoding"

    async def test_not_of_a_small_answer(self):
        async with client(OPERATIONS) as web:
            assert "content-encoding" not in (await web.get("/ping", headers={"accept-encoding": "gzip"})).headers


class TestCors:
    PREFLIGHT: ClassVar = {"origin": "http://a.example", "access-control-request-method": "POST"}

    async def test_every_answer_carries_it(self):
        async with client(OPERATIONS) as web:
            for path in ("/ping", "/nope", "/broken"):
                answer = await web.get(path, headers={"origin": "http://a.example"})
                assert answer.headers["access-control-allow-origin"] == "*"

    async def test_asked_beforehand(self):
        async with client(OPERATIONS) as web:
            answer = await web.options(
                "/things/", headers={**self.PREFLIGHT, "access-control-request-headers": "content-type"}
            )
        assert answer.status_code == 200
        assert "POST" in answer.headers["access-control-allow-methods"]
        assert answer.headers["access-control-allow-headers"] == "content-type"

    async def test_of_listed_origins_only(self):
        cors = Cors(origins="http://a.example, http://b.example", methods="GET", headers="x-one")
        async with client(OPERATIONS, cors=cors) as web:
            known = await web.get("/ping", headers={"origin": "http://b.example"})
            unknown = await web.get("/ping", headers={"origin": "http://c.example"})
            refused = await web.options(
                "/ping", headers={**self.PREFLIGHT, "origin": "null", "access-control-request-headers": "x-two"}
            )
        assert known.headers["access-control-allow-origin"] == "http://b.example"
        assert "access-control-allow-origin" not in unknown.headers
        assert known.headers["vary"] == unknown.headers["vary"] == "Origin"
        assert (refused.status_code, refused.text) == (400, "Disallowed CORS origin, method, headers")

    async def test_options_without_a_question_is_a_method_like_any_other(self):
        async with client(OPERATIONS) as web:
            assert (await web.options("/ping")).status_code == 405


class TestPages:
    async def test_metrics(self):
        async with client(OPERATIONS) as web:
            await web.get(f"/things/{ID}")
            await web.get("/nope")
            await web.request("BREW", "/pot")
            text = (await web.get("http://x/metrics")).text
        assert 'locum_request_seconds_count{method="GET",route="/things/{id}",status="200"} 1.0' in text
        assert 'route="unknown",status="404"' in text
        assert not any(word in text for word in ("nope", "BREW", "pot"))

    @pytest.mark.parametrize("url", ["http://x/openapi.json", "http://x/api/openapi.json"])
    async def test_the_document(self, url: str):
        async with client(OPERATIONS) as web:
            assert "/things/{id}" in (await web.get(url)).json()["paths"]


def adding(name: str, failures: list[Exception]) -> Operation:
    async def add(tx: Tx, body: Thing) -> Answer:
        await tx.run(insert(flow).values(id=new_id(), name=body.name))
        if failures:
            raise failures.pop()
        return json.dumps(name)

    return Operation("POST", "/flows/", add)


class TestTransactions:
    async def added(self, db: Db, failures: list[Exception]) -> int:
        async with client([adding("done", failures)], db) as web:
            return (await web.post("/flows/", json={"name": "a"})).status_code

    async def test_committed_before_the_answer(self, db: Db):
        assert await self.added(db, []) == 200
        assert await db.value(select(flow.c.name)) == "a"

    @pytest.mark.parametrize("kind", [asyncpg.SerializationError, asyncpg.DeadlockDetectedError])
    async def test_run_anew_where_others_were_in_the_way(self, db: Db, kind: type[Exception]):
        assert await self.added(db, [kind("one"), kind("two")]) == 200
        assert len(await db.rows(select(flow.c.name))) == 1

    async def test_undone_by_a_domain_error(self, db: Db):
        assert await self.added(db, [NotFound("no")]) == 404
        assert await db.rows(select(flow.c.name)) == []

    async def test_undone_by_a_bug(self, db: Db):
        assert await self.added(db, [RuntimeError("bug")]) == 500
        assert await db.rows(select(flow.c.name)) == []

    async def test_given_up_after_some_attempts(self, db: Db):
        failures: list[Exception] = [asyncpg.SerializationError("again") for _ in range(100)]
        assert await self.added(db, failures) == 503
        assert failures


class TestOneStatement:
    async def test_runs_alone_on_the_pool(self, db: Db):
        async def count(db: Db) -> Answer:
            return reply_json(len(await db.rows(select(flow.c.id))))

        async with client([Operation("GET", "/count", count)], db) as web:
            assert (await web.get("/count")).json() == 0

    async def test_a_number_that_no_column_holds_is_the_callers_fault(self, db: Db):
        async def skip(db: Db, offset: int) -> Answer:
            return reply_json(len(await db.rows(select(flow.c.id).offset(offset))))

        async with client([Operation("GET", "/skip", skip)], db) as web:
            assert (await web.get("/skip", params={"offset": 2**63})).status_code == 422
