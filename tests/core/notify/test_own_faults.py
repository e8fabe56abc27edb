"""Faults of ours that are incidents: templates that were withdrawn, and a time in which nobody watched."""

from __future__ import annotations

from dataclasses import replace

from tests.core.builders import SMS, Story, http_check, pages, plan, queued, rule
from watchtower.core.events import ChannelBroken, Delivered, TemplatesSeen, Unwatched
from watchtower.core.incident.incidents import Incident
from watchtower.core.incident.kinds import IncidentKind
from watchtower.core.notify.own_faults import TOLD
from watchtower.model import IncidentState, Severity

BANK = http_check("bank")


def story() -> Story:
    made = plan([BANK], [rule("down", "outcome == 'down'", BANK)])
    return Story(replace(made, channels={SMS: object(), "email": object()}))


def of_kind(told: Story, kind: IncidentKind) -> list[Incident]:
    return [one for one in told.engine.state.incidents.values() if one.kind is kind]


def test_a_template_that_was_withdrawn_is_known_until_it_is_approved_again() -> None:
    told = story()
    assert told.feed(TemplatesSeen(SMS, {})) == []
    decisions = told.feed(TemplatesSeen(SMS, {"SMS_1": "expired", "SMS_2": "rejected"}))
    assert pages(decisions) == ["new P2 li email"]
    assert {one.text.en for one in queued(decisions)[0].message.because} == {
        "sms cannot send template SMS_1: expired",
        "sms cannot send template SMS_2: rejected",
    }
    assert told.feed(TemplatesSeen(SMS, {"SMS_1": "expired", "SMS_2": "rejected"})) == []
    told.feed(TemplatesSeen(SMS, {"SMS_2": "rejected"}))
    [incident] = of_kind(told, IncidentKind.CHANNEL)
    assert incident.open
    told.feed(TemplatesSeen(SMS, {}))
    assert not of_kind(told, IncidentKind.CHANNEL)[0].open


def test_a_page_that_goes_through_approves_no_template() -> None:
    told = story()
    told.feed(ChannelBroken(SMS, "535", "no", Severity.P2))
    told.feed(TemplatesSeen(SMS, {"SMS_1": "expired"}))
    [page, *_] = told.undelivered()
    told.feed(Delivered(page.id, page.incident, channel=SMS))
    [incident] = of_kind(told, IncidentKind.CHANNEL)
    assert incident.open
    assert [a.series for a in told.engine.state.alerts.values() if a.state == "firing"] == ["SMS_1"]


def test_an_absence_is_told_and_ends_by_itself() -> None:
    told = story()
    since = told.at - 21 * 60.0
    decisions = told.feed(Unwatched(since, Severity.P3))
    assert pages(decisions) == ["new P3 li email"]
    [because] = queued(decisions)[0].message.because
    assert because.text.en.startswith("No data ")
    assert because.text.en.endswith(" UTC (21 min): watchtower did not run")
    assert because.since == since
    again = told.wait(60).feed(Unwatched(told.at - 90.0, Severity.P3))
    assert pages(again) == []
    [alert] = told.engine.state.alerts.values()
    assert alert.text.en.count("No data ") == 2
    told.wait(TOLD).tick()
    [incident] = of_kind(told, IncidentKind.GAP)
    assert incident.state is IncidentState.RESOLVED
