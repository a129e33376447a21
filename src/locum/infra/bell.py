"""Wakes what polls: it looks every so often, and at once when this process knows that there is something to see."""

import asyncio


class Bell:
    """One waits, anybody rings; a ring that nobody waited for is heard by the next wait."""

    def __init__(self) -> None:
        """Silent so far."""
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """End the wait."""
        self._rung.set()

    async def wait(self, seconds: float) -> None:
        """Until it rings, or for so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            return
        self._rung.clear()
