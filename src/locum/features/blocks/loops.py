"""Background work on blocks: the types that every server has."""

from datetime import datetime, timedelta

from locum.features.blocks.commands import installing
from locum.features.blocks.store import types
from locum.features.blocks.system import SYSTEM
from locum.infra.db import Db, Tx
from locum.infra.loop import Background, Report
from locum.infra.settings import Settings

_EVERY = timedelta(days=1).total_seconds()


class Installer:
    """Installs the system's block types where one is missing, or was made by a client and so is not protected."""

    async def run_once(self, db: Db, now: datetime) -> Report:
        """Install what is missing."""
        wanted = {told["slug"] for told, _, _ in SYSTEM}
        if wanted <= await types.protected_slugs(db):
            return Report()

        async def work(tx: Tx) -> None:
            await installing.install(tx, now)

        await db.transact(work)
        return Report(len(wanted))


def backgrounds(settings: Settings) -> tuple[Background, ...]:
    """The installer, where the settings let it run."""
    if not settings.register_blocks_on_start:
        return ()
    return (Background("system blocks", Installer(), every=_EVERY),)
