"""CSRF tokens, which nobody needs."""

import httpx


class TestCreateToken:
    async def test_is_refused_so_that_clients_go_on_without(self, client: httpx.AsyncClient):
        answer = await client.get("/csrf-token", params={"client": "me"})
        assert (answer.status_code, answer.json()) == (422, {"detail": "CSRF protection is disabled."})

    async def test_who_asks_must_be_said(self, client: httpx.AsyncClient):
        answer = await client.get("/csrf-token")
        assert answer.status_code == 422
        assert answer.json()["exception_message"] == "Invalid request received."
