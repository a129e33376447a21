"""What wakes those who poll."""

import asyncio

from locum.infra.bell import Bell


async def test_a_ring_ends_the_wait():
    bell = Bell()
    waits = asyncio.create_task(bell.wait(60))
    await asyncio.sleep(0)
    assert not waits.done()
    bell.ring()
    await asyncio.wait_for(waits, 1)


async def test_a_ring_before_the_wait_is_heard_once():
    bell = Bell()
    bell.ring()
    bell.ring()
    await asyncio.wait_for(bell.wait(60), 1)
    waits = asyncio.create_task(bell.wait(60))
    await asyncio.sleep(0)
    assert not waits.done()
    waits.cancel()


async def test_silence_ends_it_too():
    await asyncio.wait_for(Bell().wait(0), 1)
