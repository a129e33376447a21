"""The views of what can be installed: from a Prefect distribution where there is one, else of our own."""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import orjson

from locum.features.collections.workers import OWN_WORKERS

WORKERS = "aggregate-worker-metadata"
VIEWS = frozenset({"aggregate-block-metadata", "aggregate-flow-metadata", WORKERS, "demo-flows"})

_FOLDER = ("server", "api", "collections_data", "views")


@lru_cache(maxsize=len(VIEWS))
def read_view(view: str) -> bytes:
    """A view as JSON text. Views of which nothing is known are empty: nothing is fetched from elsewhere."""
    found = _installed(view)
    if view == WORKERS:
        found = found or OWN_WORKERS
        # agents are gone; no worker of that type could be started
        found.get("prefect", {}).pop("prefect-agent", None)
    return orjson.dumps(found or {})


def _installed(view: str) -> dict[str, Any]:
    """What a Prefect distribution beside us ships; it is looked for, not imported."""
    try:
        spec = find_spec("prefect")
    except (ImportError, ValueError):
        return {}
    for place in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(place, *_FOLDER, f"{view}.json")
        try:
            held: Any = orjson.loads(path.read_bytes())
        except (OSError, orjson.JSONDecodeError):
            continue
        if isinstance(held, dict):
            return cast("dict[str, Any]", held)
    return {}
