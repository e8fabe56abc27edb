"""Votes of several locations: who pages whom, through the real engine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.core.builders import moves, pages, queued, rule
from tests.core.locations.outlook import HK, THREE, Views, at_one, outlook, seen_from
from watchtower.core.events import IncidentChanged
from watchtower.core.incident.kinds import LOCATION
from watchtower.core.locations.votes import verdict
from watchtower.model import AlertState, Outcome

BANK = seen_from(*THREE)
UP, DOWN, UNKNOWN = Outcome.UP, Outcome.DOWN, Outcome.UNKNOWN


def test_the_table_is_total_and_never_both():
    for total in range(1, 7):
        for quorum in range(1, total + 1):
            for down in range(total + 1):
                for up in range(total + 1 - down):
                    said = verdict(down, up, total, quorum)
                    most_down = total - up
                    assert (said is DOWN) == (down >= quorum)
                    assert (said is UP) == (most_down < quorum)


def test_the_table_of_the_docs_is_the_one_that_runs():
    page = (Path(__file__).parents[3] / "docs" / "locations.md").read_text()
    rows = re.findall(r"^\| (\d) \| (\d) \| (\d) \| (\w+) \|$", page, re.MULTILINE)
    votes = [(down, up) for down in range(4) for up in range(4 - down)]
    assert rows == [(str(d), str(u), str(3 - d - u), str(verdict(d, u, 3, 2))) for d, u in votes]


def test_one_of_three_alone_pages_nobody_and_two_do():
    views = Views(outlook(BANK))
    assert views.rounds(3, inside="up", hk="up", sg="up") == []
    assert moves(views.rounds(3, inside="up", hk="down", sg="up")) == []
    found = views.round(inside="up", hk="down", sg="down")
    assert moves(found) == ["firing bank"]
    (page, *_) = queued(found)
    assert page.message.because[0].text.en == "down from Hong Kong and sg (no answer in time); inside says up"
    assert page.message.because[0].text.zh == "异常：香港、sg（超时无响应）；正常：inside"
    assert moves(views.round(inside="up", hk="up", sg="down")) == ["resolved bank"]


def test_a_page_comes_with_the_second_vote_and_not_with_the_end_of_the_round():
    views = Views(outlook(BANK))
    views.rounds(2, inside="up", hk="up", sg="up")
    views.wait(1.0)
    assert views.vote("hk", "down") == []
    assert moves(views.vote("inside", "down")) == ["firing bank"]


@pytest.mark.parametrize("cut", THREE)
def test_one_location_cut_off_is_one_incident_about_it_and_none_about_targets(cut):
    checks = [seen_from(*THREE, name=name) for name in ("bank", "cards", "login")]
    views = Views(outlook(*checks))
    there = [name for name in THREE if name != cut]
    for _ in range(3):
        for check in checks:
            views.round(check.name, **dict.fromkeys(THREE, "up"))
    views.decisions.clear()
    for _ in range(6):
        for check in checks:
            views.round(check.name, **dict.fromkeys(there, "up"))
    assert [
        d.incident.key for d in views.decisions if isinstance(d, IncidentChanged) and d.reason == "opened"
    ] == [f"location:{cut}"]
    alert = views.engine.state.alerts[LOCATION, cut, ""]
    assert alert.text.en.endswith("3 checks are made there; all of them go on from other locations")
    views.decisions.clear()
    views.round("bank", **dict.fromkeys(THREE, "up"))
    assert (
        alert.key not in views.engine.state.alerts
        or views.engine.state.alerts[alert.key].state is AlertState.RESOLVED
    )
    assert "resolved P3 li email" in pages(views.decisions) or views.engine.state.pages


def test_what_comes_twice_or_late_changes_nothing():
    views = Views(outlook(BANK))
    views.rounds(2, inside="up", hk="up", sg="up")
    views.wait(1.0)
    assert moves(views.vote("hk", "down") + views.vote("sg", "down")) == ["firing bank"]
    assert [views.vote("hk", "down"), views.vote("sg", "up", ago=2.0), views.vote("hk", "up", ago=5.0)] == [
        [],
        [],
        [],
    ]
    assert views.vote("tokyo", "up") == []


def test_votes_grow_old_and_without_a_quorum_nothing_is_known():
    views = Views(outlook(BANK))
    views.rounds(2, inside="up", hk="up", sg="up")
    found = views.rounds(2, inside="up", hk="down", sg="down")
    assert moves(found) == ["firing bank"]
    views.alive(HK, "hk-1")
    for _ in range(12):  # workers live, and what they see does not come
        views.alive("hk", "hk-1"), views.alive("sg", "sg-1")
        found = views.round(inside="up")
        assert "resolved bank" not in moves(found)
    alert = views.engine.state.alerts["watchtower-no-data", "bank", ""]
    assert alert.state is AlertState.FIRING
    assert alert.text.en == "No data from bank: inside says up; Hong Kong and sg say nothing"


def test_a_rule_may_look_at_one_location_alone():
    slow = at_one(HK, rule("slow", "latency > 2.0", BANK, text="{{ latency }}"))
    views = Views(outlook(BANK, rules=[slow, rule("all", "latency > 2.0", BANK)]))
    for _ in range(3):
        views.wait(10.0)
        for location, latency in (("inside", 0.01), ("hk", 3.0), ("sg", 0.3)):
            views.vote(location, "up", latency=latency)
    assert [(a.rule, a.state) for a in views.engine.state.alerts.values()] == [("slow", AlertState.FIRING)]
    assert next(iter(views.engine.state.alerts.values())).text.en == "Hong Kong: 3"


def test_a_number_is_the_one_that_a_quorum_reaches():
    views = Views(outlook(BANK))
    for location, latency in (("inside", 0.01), ("hk", 3.0), ("sg", 0.3)):
        views.vote(location, "up", latency=latency, status=200.0, remote_ip=f"192.0.2.{latency}")
    measured = views.engine.state.last["bank", ""].reading.measurements
    assert (measured["latency"], measured["status"], measured["remote_ip"]) == (0.3, 200.0, None)
    assert measured["locations.up_from"] == "inside, hk, sg"
