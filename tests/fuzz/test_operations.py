"""Every operation, given what its schema allows, what it forbids and what is hostile: no 5xx, answers as documented."""

import asyncio

import pytest

from locum.infra.web import Operation
from tests.fuzz.campaign import DOCUMENTED, Campaign
from tests.fuzz.conftest import EXAMPLES


@pytest.mark.slow
@pytest.mark.parametrize("operation", DOCUMENTED, ids=lambda operation: operation.operation_id)
async def test_operation(operation: Operation, campaign: Campaign):
    await asyncio.to_thread(campaign.try_operation, operation, EXAMPLES)
