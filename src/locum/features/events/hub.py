"""What the events' sockets and operations share within one process."""

from collections.abc import Sequence

from locum.features.events.following import Follower
from locum.features.events.intake import Intake, Recorder
from locum.infra.db import Db


class EventHub:
    """The way in, and the way out to those who listen."""

    def __init__(self, db: Db, recorders: Sequence[Recorder] = ()) -> None:
        """`recorders` keep rows that follow from events."""
        self.follower = Follower(db)
        self.intake = Intake(db, recorders, self.follower.wake)
