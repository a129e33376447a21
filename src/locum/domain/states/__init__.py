"""States of runs: their types, their wire models, and the named states that the server itself makes."""

from locum.domain.states.details import StateDetails
from locum.domain.states.models import State, StateCreate, has_persisted_result, storable
from locum.domain.states.types import TERMINAL, StateType

__all__ = [
    "TERMINAL",
    "State",
    "StateCreate",
    "StateDetails",
    "StateType",
    "has_persisted_result",
    "storable",
]
