"""What is declared of a flow is said, and until when; so is a zone that is missing where the day has a shape."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.detectors.traffic.flow import HOUR, START, Flow
from watchtower.explain.say import Say
from watchtower.explain.traffic import rows
from watchtower.model import Language

SHANGHAI = ZoneInfo("Asia/Shanghai")


def told(flow: Flow, at: float, language: Language = Language.EN) -> Mapping[str, str]:
    view: dict[str, Any] = dict(flow.detector.view(at))
    for name, value in view.items():
        if name.endswith("_at") and value is not None:
            view[name] = datetime.fromtimestamp(value, UTC).isoformat()
    return dict(rows(view, flow.every, Say(language, SHANGHAI, at)))


DECLARED = [
    ({"hours": {"mon-sun": "09:00-17:30"}}, 0.5, "nothing: it is closed by `hours`, until 09:00"),
    ({"deploys": [{"at": "09:00", "for": "30m"}]}, 1.2, "nothing: a pause of `deploys` lasts, until 09:30"),
    ({"quiet": ["08:00-10:00"]}, 1.2, "nothing: these are quiet hours, until 10:00"),
    ({"events": [{"monthly": [16], "factor": 3.0}]}, 1.2, "; declared in `events`, until "),
]


@pytest.mark.parametrize(("settings", "hours", "text"), DECLARED, ids=[row[2] for row in DECLARED])
def test_what_is_declared_is_said_with_its_end(settings: dict[str, Any], hours: float, text: str) -> None:
    # START is a Wednesday, 08:00 in Shanghai; a day later it is the 16th.
    flow = Flow(60.0, zone="Asia/Shanghai", **settings).learn(1.0 + 0.5 / 24.0, 1.0)
    assert text in told(flow, START + (24.0 + hours) * HOUR)["Expected now"]


def test_a_zone_that_is_missing_is_said_where_the_day_has_a_shape() -> None:
    shaped = Flow(60.0).learn(3.0, 1.0, swing=0.9)
    assert "`zone` is not declared" in told(shaped, shaped.at)["Zone"]
    assert "未声明 `zone`" in told(shaped, shaped.at, Language.ZH)["时区"]
    for well in (Flow(60.0).learn(3.0, 1.0), Flow(60.0, zone="UTC").learn(3.0, 1.0, swing=0.9)):
        assert "Zone" not in told(well, well.at)
