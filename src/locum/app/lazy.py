"""The one way to load a module late, for what most starts do not need: it would cost each of them its imports."""

import gc
from collections.abc import Callable
from importlib import import_module
from typing import Any, cast


def load(target: str) -> Callable[..., Any]:
    """The function that `package.module:name` names."""
    module, _, name = target.partition(":")
    # Hardly anything that an import makes is garbage; looking for it takes a twentieth of the start.
    gc.disable()
    try:
        return cast("Callable[..., Any]", getattr(import_module(module), name))
    finally:
        gc.enable()
