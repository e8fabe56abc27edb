"""What goes on over a restart, a takeover and a reload, and what ends."""

from __future__ import annotations

from dataclasses import replace

from tests.core.builders import moves, pages, rule
from tests.core.locations.outlook import THREE, Views, at_one, outlook, seen_from
from watchtower.core.events import AlertChanged, SilenceAsked
from watchtower.core.incident.kinds import LOCATION, NO_DATA
from watchtower.core.locations.heard import LOST
from watchtower.core.matchers import LabelMatcher
from watchtower.core.pipeline.engine import Engine
from watchtower.detectors import DETECTORS
from watchtower.model import AlertState

BANK = seen_from(*THREE)
UP = dict.fromkeys(THREE, "up")


def taken_over(before: Views) -> Views:
    """Another daemon goes on from what was written."""
    state, after = before.engine.state, Views(before.plan, before.at)
    after.engine = Engine(before.plan, DETECTORS, before.at)
    after.decisions += after.engine.restore(
        list(state.alerts.values()),
        list(state.incidents.values()),
        list(state.pages.values()),
        {},
        1,
        before.at,
    )
    return after


def test_what_fired_goes_on_until_a_quorum_says_up():
    views = Views(outlook(BANK))
    views.rounds(2, inside="up", hk="down", sg="down")
    after = taken_over(views)
    assert moves(after.round(inside="up")) == []
    assert "resolved bank" not in moves(after.rounds(3, inside="up", hk="down"))
    assert "resolved bank" in moves(after.round(inside="up", hk="up", sg="down"))


def test_a_lost_location_stays_lost_over_a_takeover_until_it_is_heard():
    views = Views(outlook(BANK))
    views.rounds(2, **UP)
    views.rounds(6, inside="up", hk="up")
    after = taken_over(views)
    assert after.rounds(8, inside="up", hk="up") == []
    assert moves(after.round(**UP)) == ["resolved sg"]


def test_a_daemon_that_stood_still_takes_nobody_for_lost():
    views = Views(outlook(BANK))
    views.rounds(3, **UP)
    views.wait(600.0).tick()
    views.round(**UP)
    assert not any(key[0] == LOCATION for key in views.engine.state.alerts)


def test_one_of_whom_nothing_was_ever_heard_is_lost():
    views = Views(outlook(BANK))
    for _ in range(int(LOST) + 2):
        for name in ("inside", "hk"):
            views.alive(name, f"{name}-1")
        views.alive("sg")
        views.wait(1.0).tick()
    assert [key for key in views.engine.state.alerts if key[0] == LOCATION] == [(LOCATION, "sg", "")]


def test_a_location_that_is_taken_out_leaves_nothing_that_fires():
    alone = at_one("sg", rule("down-in-sg", 'outcome == "down"', BANK))
    views = Views(outlook(BANK, rules=[rule("down", 'outcome == "down"', BANK), alone]))
    views.rounds(2, **{**UP, "sg": "down"})
    views.rounds(6, inside="up", hk="up")
    assert {key[0] for key, one in views.engine.state.alerts.items() if one.state is AlertState.FIRING} == {
        LOCATION, "down-in-sg",
    }  # fmt: skip
    bank = seen_from("inside", "hk")
    ended = views.engine.replace_plan(outlook(bank), views.at)
    assert {(d.alert.rule, str(d.alert.state)) for d in ended if isinstance(d, AlertChanged)} == {
        (LOCATION, "resolved"), ("down-in-sg", "unwatched"),
    }  # fmt: skip
    views.plan = views.engine.plan
    views.rounds(9, inside="up", hk="up")
    assert not any(one.state is AlertState.FIRING for one in views.engine.state.alerts.values())


def test_a_location_that_is_renamed_has_no_vote_by_its_old_name():
    views = Views(outlook(BANK))
    views.rounds(2, inside="up", hk="down", sg="up")
    views.engine.replace_plan(outlook(seen_from("inside", "hk", "singapore")), views.at)
    assert moves(views.round(inside="up", hk="down", sg="down")) == []
    assert "firing bank" in moves(views.round(inside="up", hk="down", singapore="down"))


def test_two_that_are_lost_are_two_incidents_and_more_severe_and_no_check_is_one():
    checks = [seen_from(*THREE, name=f"c{n}") for n in range(3)]
    views = Views(outlook(*checks))
    for _ in range(2):
        for check in checks:
            views.round(check.name, **UP)
    views.decisions.clear()
    for _ in range(12):
        for check in checks:
            views.round(check.name, inside="up")
    assert sorted(page for page in pages(views.decisions)) == ["new P2 li email", "new P2 li email"]
    assert not any(
        key[0] == NO_DATA and a.state is AlertState.FIRING for key, a in views.engine.state.alerts.items()
    )
    text = views.engine.state.alerts[LOCATION, "hk", ""].text.en
    assert "3 checks are made there; an outage of 3 of them pages nobody" in text


def test_what_one_says_is_down_is_no_data_where_the_others_are_lost():
    views = Views(outlook(BANK))
    views.rounds(2, **UP)
    views.rounds(14, inside="down")
    assert views.engine.state.alerts[NO_DATA, "bank", ""].state is AlertState.FIRING


def test_work_on_a_location_is_silenced_by_its_label():
    views = Views(outlook(BANK))
    views.rounds(2, **UP)
    views.feed(
        SilenceAsked((LabelMatcher("location", "=", "sg"),), views.at, views.at + 3600.0, "li", "new line")
    )
    views.decisions.clear()
    views.rounds(6, inside="up", hk="up")
    assert views.engine.state.alerts[LOCATION, "sg", ""].state is AlertState.FIRING
    assert pages(views.decisions) == []


def test_a_check_without_locations_is_as_ever():
    views = Views(replace(outlook(seen_from(name="plain"))))
    views.wait(1.0)
    assert moves(views.down("plain")) == ["firing plain"]
