"""Walks over all operations, where ids and names that one answers are what the next is asked for."""

import asyncio

import pytest

from tests.fuzz.campaign import Campaign
from tests.fuzz.conftest import EXAMPLES

STEPS = 50


@pytest.mark.slow
@pytest.mark.parametrize("journey", range(2 * EXAMPLES))
async def test_journey(journey: int, campaign: Campaign):
    await asyncio.to_thread(campaign.wander, STEPS, journey)
    assert len(campaign.succeeded) > STEPS / 10, "a walk on which little succeeds shows little"
