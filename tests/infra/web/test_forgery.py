"""With protection against forged requests on, what changes something needs a token; nothing else does."""

import httpx
import pytest

from locum.domain.errors import Forbidden
from locum.infra.web import Answer, ForgeryGuard, Guard, Operation
from tests.factories.web import client

HELD = {b"prefect-csrf-client": b"me", b"prefect-csrf-token": b"secret"}


async def holds(who: str, token: str) -> bool:
    return (who, token) == ("me", "secret")


async def never_asked(who: str, token: str) -> bool:
    raise AssertionError


class TestForgeryGuard:
    @pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
    async def test_what_changes_nothing_passes_unasked(self, method: str):
        await ForgeryGuard(never_asked).check(method, {})

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
    async def test_who_holds_a_token_passes(self, method: str):
        await ForgeryGuard(holds).check(method, HELD)

    @pytest.mark.parametrize(
        ("headers", "reason"),
        [
            ({}, "Missing CSRF token."),
            ({b"prefect-csrf-client": b"me"}, "Missing CSRF token."),
            ({b"prefect-csrf-token": b"secret"}, "Missing client identifier."),
        ],
    )
    async def test_half_is_refused_unasked(self, headers: dict[bytes, bytes], reason: str):
        with pytest.raises(Forbidden) as caught:
            await ForgeryGuard(never_asked).check("POST", headers)
        assert caught.value.detail == reason

    @pytest.mark.parametrize(
        "headers",
        [
            {**HELD, b"prefect-csrf-token": b"other"},
            {**HELD, b"prefect-csrf-token": b""},
            {**HELD, b"prefect-csrf-token": b"\xff\x00"},
            {**HELD, b"prefect-csrf-client": b"you"},
        ],
    )
    async def test_anything_else_is_refused(self, headers: dict[bytes, bytes]):
        with pytest.raises(Forbidden) as caught:
            await ForgeryGuard(holds).check("POST", headers)
        assert caught.value.detail == "Invalid CSRF token or client identifier."


async def _change() -> Answer:
    return b"true"


class TestApplication:
    OPERATIONS = (Operation("POST", "/thing", _change), Operation("GET", "/thing", _change))

    async def test_asks_before_it_looks_for_the_operation(self):
        async with client(self.OPERATIONS, forgery_guard=ForgeryGuard(holds)) as http:
            held = {name.decode(): value.decode() for name, value in HELD.items()}
            assert (await http.get("/thing")).status_code == 200
            assert (await http.post("/thing", headers=held)).status_code == 200
            refused = [await http.post("/thing"), await http.put("/thing"), await http.delete("/nowhere")]
            assert [answer.status_code for answer in refused] == [403, 403, 403]
            assert refused[0].json() == {"detail": "Missing CSRF token."}

    async def test_strangers_are_turned_away_first(self):
        guards = {"guard": Guard("admin:password"), "forgery_guard": ForgeryGuard(never_asked)}
        async with client(self.OPERATIONS, **guards) as http:
            assert (await http.post("/thing")).status_code == 401
            known = await http.post("/thing", auth=httpx.BasicAuth("admin", "password"))
            assert known.json() == {"detail": "Missing CSRF token."}
