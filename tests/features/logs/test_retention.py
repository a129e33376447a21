"""How long logs are kept: as long as their run, unless a time is set."""

from datetime import timedelta
from typing import Any

import pytest

from locum.features.logs.loops import backgrounds
from locum.infra.settings import read_settings


@pytest.mark.parametrize(("told", "kept"), [({}, None), ({"LOCUM_LOGS_RETENTION_PERIOD": "P30D"}, timedelta(days=30))])
def test_how_long(told: dict[str, str], kept: timedelta | None):
    loop: Any
    (loop,) = (background.loop for background in backgrounds(read_settings(told)))
    assert loop.keep == kept
