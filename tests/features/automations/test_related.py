"""What a client asks of automations before they are there."""

from httpx import AsyncClient


async def test_a_deployment_has_none(client: AsyncClient):
    answer = await client.get("/automations/related-to/prefect.deployment.00000000-0000-4000-8000-000000000000")

    assert answer.status_code == 200
    assert answer.json() == []
