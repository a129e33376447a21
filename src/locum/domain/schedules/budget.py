"""What a schedule may cost: a count of steps, so that no rule can hold up a loop or a request."""

STEPS = 100_000
"""Steps (days looked at, moments considered) that one question may take: about a tenth of a second, and the days of
270 years, where the rarest dates that people ask for (a leap day on a Monday) are at most 40 years apart."""


class ScheduleRefused(ValueError):
    """The schedule cannot be kept: it never fires, or takes too long to tell when."""


class Budget:
    """Steps that are left; whoever looks at one more day or moment spends one first."""

    __slots__ = ("left",)

    def __init__(self, steps: int = STEPS) -> None:
        self.left = steps

    def spend(self, steps: int = 1) -> None:
        """Take steps off; refuses the schedule when none are left."""
        self.left -= steps
        if self.left < 0:
            raise ScheduleRefused("The schedule has no date within reach")
