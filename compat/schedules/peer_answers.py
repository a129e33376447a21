"""Asks the peer's own schedule classes for dates; runs in the peer's environment.

Reads from stdin a JSON list of {"schedule": {...}, "start": "...", "n": 3, "end": null}, and writes to stdout
{"python": [3, 11], "answers": [...]}: per case a list of moments in UTC in the peer's order, or {"error": "..."}.
"""

from __future__ import annotations

import json
import sys
import warnings
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

warnings.simplefilter("ignore")

from pydantic import TypeAdapter  # noqa: E402

schemas: Any = import_module("prefect.server.schemas.schedules")
SCHEDULE: TypeAdapter[Any] = TypeAdapter(schemas.SCHEDULE_TYPES)


def answer(case: dict[str, Any]) -> list[str] | dict[str, str]:
    end = case.get("end")
    try:
        schedule = SCHEDULE.validate_json(json.dumps(case["schedule"]))
        dates = schedule._get_dates_generator(  # noqa: SLF001 (what the peer's scheduler calls)
            n=case["n"],
            start=datetime.fromisoformat(case["start"]),
            end=datetime.fromisoformat(end) if end else None,
        )
        return [date.astimezone(UTC).isoformat() for date in dates]
    except Exception as error:  # noqa: BLE001 (an error is an answer)
        return {"error": f"{type(error).__name__}: {error}"[:300]}


if __name__ == "__main__":
    answers = [answer(case) for case in json.load(sys.stdin)]
    json.dump({"python": sys.version_info[:2], "answers": answers}, sys.stdout)
