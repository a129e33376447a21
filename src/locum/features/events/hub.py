"""What the events' sockets and operations share within one process."""

from collections.abc import Sequence

from locum.features.events.following import Follower
from locum.features.events.intake import Intake, Recorder
from locum.features.events.pages import PageTokens
from locum.infra.db import Db
from locum.infra.keys import Keys


class EventHub:
    """The way in, the way out to those who listen, and the way from one page to the next."""

    def __init__(self, db: Db, keys: Keys, recorders: Sequence[Recorder] = ()) -> None:
        """`keys` are the server's own; `recorders` keep rows that follow from events."""
        self.page_tokens = PageTokens(keys)
        self.follower = Follower(db)
        self.intake = Intake(db, recorders, self.follower.wake)
