"""What a scenario decides is kept as a stream: tests/golden/scenarios.txt."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.golden.__main__ import SCENARIOS, keep_scenario, read
from tests.golden.streams import differs, digests
from tests.scenarios.stage import RECORDERS
from watchtower.core.events import Decision


@pytest.fixture(autouse=True)
def as_before(request: pytest.FixtureRequest) -> Iterator[None]:
    heard: list[Decision] = []
    RECORDERS.append(heard.append)
    yield
    RECORDERS.remove(heard.append)
    if not heard:
        return
    name = request.node.nodeid.removeprefix("tests/scenarios/").replace(" ", "_")
    if os.environ.get("GOLDEN") == "write":
        keep_scenario(name, digests(heard))
    else:
        assert not differs(heard, read(SCENARIOS)[name])
