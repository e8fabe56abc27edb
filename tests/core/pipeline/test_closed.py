"""While a flow is closed its detector evaluates nothing: what it said before begins no alert."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.core.builders import Story, pages, plan, rule, traffic_check, whys
from watchtower.detectors.traffic import Traffic
from watchtower.detectors.traffic.timetable import Timetable

ORDERS = traffic_check(zero_for=60.0)
CLOSED = {"orders": Timetable(Traffic.Settings.model_validate({"hours": {"mon-sun": "closed"}}))}
SILENT = rule("silent", "traffic.silent", ORDERS)
OF_A_FLOW = rule("silent", 'flow == "" && traffic.silent', ORDERS)
DOWN = rule("down", 'outcome == "up"', ORDERS)
BUSY = rule("busy", "traffic.silent || requests > 100.0", ORDERS)


def silent_story() -> Story:
    """Silent for two minutes, and no rule that looks at it."""
    story = Story(plan([ORDERS], []))
    story.up("orders", requests=5.0)
    for _ in range(12):
        story.wait(10).up("orders", requests=0.0)
    return story


@pytest.mark.parametrize(
    ("asks", "closed", "paged"), [(SILENT, False, True), (SILENT, True, False), (OF_A_FLOW, True, False), (BUSY, True, True), (DOWN, True, True)],
    ids=["open", "closed", "closed, of a flow", "what was measured counts", "the outcome counts"],
)  # fmt: skip
def test_a_rule_that_is_added(asks: object, closed: bool, paged: bool) -> None:
    story = silent_story()
    added = plan([ORDERS], [asks])  # type: ignore[list-item]
    story.engine.replace_plan(replace(added, timetables=CLOSED if closed else {}), story.at)
    assert bool(pages(story.wait(10).up("orders", requests=0.0))) is paged


def test_an_alert_goes_on_after_closing() -> None:
    story = silent_story()
    story.engine.replace_plan(plan([ORDERS], [SILENT]), story.at)
    story.wait(10).up("orders", requests=0.0)
    story.engine.replace_plan(replace(story.engine.plan, timetables=CLOSED), story.at)
    story.wait(10).up("orders", requests=0.0)
    assert [one.state for one in story.engine.state.alerts.values()] == ["firing"]


def test_nobody_is_reminded_while_it_is_closed_and_the_time_counts_anew_from_the_opening() -> None:
    made = plan([ORDERS], [SILENT], remind_every=300)
    begin = datetime.fromtimestamp(Story(made).at + 400, UTC).isoformat()
    hour = {"deploys": [{"from": begin, "for": "1h"}]}
    story = Story(replace(made, timetables={"orders": Timetable(Traffic.Settings.model_validate(hour))}))
    story.up("orders", requests=5.0)
    told: list[tuple[float, str]] = []
    for second in range(10, 4500, 10):
        story.wait(10).up("orders", requests=0.0)
        story.tick()
        story.deliver_all()
        told += [(second, one) for one in pages(story.decisions) if one.endswith("sms")]
        told += [(second, "closed") for one in whys(story.decisions) if one == "closed"]
        story.decisions.clear()
    assert told == [
        (60, "new P1 li sms"),
        (360, "reminder P1 li sms"),
        (660, "closed"),
        (4290, "reminder P1 li sms"),
    ]
