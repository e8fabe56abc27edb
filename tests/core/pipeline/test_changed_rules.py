"""A rule that is changed while its alert fires: its severity holds from the next poll on."""

from __future__ import annotations

import pytest

from tests.core.builders import Story, http_check, pages, plan, rule

BANK = http_check("bank", "checkout")


def of_severity(severity: str, name: str = "down") -> Story:
    story = Story(plan([BANK], [rule(name, 'outcome == "down"', BANK, severity=severity)]))
    story.down("bank")
    story.deliver_all()
    return story.wait(10)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("P3", "P1", ["upgrade P1 li email", "upgrade P1 li sms"]),
        ("P1", "P3", ["downgrade P3 li email", "downgrade P3 li sms"]),
        ("P2", "P2", []),
    ],
)
def test_people_hear_of_it(before: str, after: str, told: list[str]) -> None:
    story = of_severity(before)
    story.engine.replace_plan(of_severity(after).plan, story.at)
    assert sorted(pages(story.down("bank"))) == told
    story.deliver_all()
    assert pages(story.wait(10).down("bank")) == [], "once"
    (incident,) = story.engine.state.incidents.values()
    assert (incident.severity, incident.record) == (after, min(before, after))


def test_what_is_pending_or_over_has_it_when_it_fires() -> None:
    story = of_severity("P3")
    story.up("bank")
    story.deliver_all()
    story.engine.replace_plan(of_severity("P1").plan, story.at)
    assert pages(story.up("bank")) == []
    assert "new P1 li sms" in pages(story.wait(10).down("bank"))
