"""What the silence means, as seen from outside; and hours that are busy, quiet, or none of anybody's business."""

from __future__ import annotations

from datetime import UTC
from functools import partial
from pathlib import Path

import pytest

from tests.scenarios.stage import Played, written
from watchtower.brief.brief import brief
from watchtower.brief.sheet import plain, sheet_of
from watchtower.core.indicators import Urgency
from watchtower.model import AlertState, Language, Outcome
from watchtower.texts.phrases import Tongue

CHECKS = """
[flow.agents]
title = { en = "Agents", zh = "代理接入" }
inside = ["agents-health"]
outside = ["agents-page", "agents-dns"]
quorum = 2

[[check]]
name = "agents-requests"
flow = "agents"
probe = "push"
every = "60s"

[[check]]
name = "agents-health"
flow = "agents"
probe = "tcp"
address = "127.0.0.1:4000"
every = "60s"

[[check]]
name = "agents-page"
flow = "agents"
probe = "http"
url = "https://agents.example/"
every = "60s"

[[check]]
name = "agents-dns"
flow = "agents"
probe = "tcp"
address = "agents.example:443"
every = "60s"
"""
RULES = """
[[rule]]
name = "flow-silent"
match = { check = "agents-requests" }
when = "traffic.silent"
severity = "matrix"

[[rule]]
name = "flow-unreachable"
match = { check = "agents-requests" }
when = "reach.unreachable"
severity = "matrix"
summary = { en = "{{ reach.because }}", zh = "{{ reach.because_zh }}" }
"""
DAY = "2026-03-09T"


def play(it: Played, end: str, *, rate: float = 120.0, outside: Outcome = Outcome.UP) -> None:
    last = it.epoch(end)
    while it.at < last:
        it.at += 60.0
        it.see("agents-health", {})
        for view in ("agents-page", "agents-dns"):
            it.see(view, {}, outcome=outside)
        it.see("agents-requests", {"requests": it._poisson(rate)}, 60.0)


def text(it: Played, language: Language) -> str:
    state = it.replay.engine.state
    alerts = state.alerts_of("INC-1", AlertState.FIRING)
    found = brief(it.plan, state.incidents["INC-1"], state.histories["INC-1"], alerts, (), it.at)
    return "\n".join(plain(sheet_of(found, Tongue(language, UTC, it.at))))


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """A week and half a day."""
    it = Played(written(tmp_path_factory.mktemp("plan"), CHECKS, RULES), "2026-03-02T00:00")
    it.learn(DAY + "06:00", {"agents-requests": lambda at: 120.0})
    play(it, DAY + "12:00")
    return it


def test_silence_that_outside_views_share_is_told_as_users_who_cannot_reach_us(learnt: Played) -> None:
    it = learnt.copy()
    play(it, DAY + "12:10", rate=0.0, outside=Outcome.DOWN)
    assert list(it.histories) == ["INC-1"], "one incident, whatever it is seen by"
    assert it.of("opened") == [("12:01", "opened")]
    assert "Users cannot reach us: requests stopped, the service itself is well" in text(it, Language.EN)
    assert "用户无法访问" in text(it, Language.ZH)


def test_a_plain_rule_on_silence_is_told_where_the_trouble_lies_too(tmp_path: Path) -> None:
    it = Played(written(tmp_path, CHECKS, SILENT), "2026-03-02T00:00")
    it.learn(DAY + "06:00", {"agents-requests": lambda at: 120.0})
    play(it, DAY + "12:00")
    play(it, DAY + "12:10", rate=0.0, outside=Outcome.DOWN)
    known = it.histories["INC-1"].notes.known
    assert len(known) == 1, "said once"
    assert known[0].by == "watchtower"
    assert "reach" in known[0].text
    assert "无法" in known[0].zh


def test_silence_that_outside_views_do_not_see_is_not(learnt: Played) -> None:
    it = learnt.copy()
    play(it, DAY + "12:10", rate=0.0)
    assert it.of("opened") == [("12:01", "opened")]
    assert "cannot reach us" not in text(it, Language.EN)


PLAIN = """
[flow.agents]

[[check]]
name = "agents-requests"
flow = "agents"
probe = "push"
every = "60s"
{detect}
"""
SILENT = RULES.partition('[[rule]]\nname = "flow-unreachable"')[0]


def test_hours_that_are_declared_quiet_open_nothing(tmp_path: Path) -> None:
    quiet = PLAIN.format(detect='detect = { quiet = ["02:00-05:30"] }')
    it = Played(written(tmp_path, quiet, SILENT), "2026-03-02T00:00")
    it.learn(DAY + "00:00", {"agents-requests": lambda at: 120.0})
    it.until(DAY + "02:00", {"agents-requests": lambda at: 120.0})
    it.until(DAY + "05:30", {"agents-requests": lambda at: 0.0})
    assert it.course == []
    it.until(DAY + "06:00", {"agents-requests": lambda at: 120.0})
    assert it.course == []
    it.until(DAY + "06:10", {"agents-requests": lambda at: 0.0})
    assert [what for _, what in it.course if what == "opened"] == ["opened"], "the rest of the day counts"


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """A week and a night of a flow that has quiet hours and busy ones."""
    it = Played(written(tmp_path_factory.mktemp("plan"), PLAIN.format(detect=""), SILENT), "2026-03-02T00:00")
    it.learn(f"{DAY}00:00", {"agents-requests": partial(busy, it)})
    it.until(f"{DAY}03:00", {"agents-requests": partial(busy, it)})
    return it


def busy(it: Played, at: float) -> float:
    now = it.hour(at)
    return 30.0 if now < 6 else 300.0 if 12 <= now < 18 else 120.0


@pytest.mark.parametrize(
    ("hour", "urgency", "level"),
    [("03", Urgency.OFF_PEAK, "P2"), ("08", Urgency.NORMAL, "P1"), ("14", Urgency.PEAK, "P0")],
    ids=["night", "morning", "afternoon"],
)
def test_the_same_silence_weighs_by_how_busy_the_hour_is(
    nights: Played, hour: str, urgency: Urgency, level: str
) -> None:
    it = nights.copy()
    it.until(f"{DAY}{hour}:00", {"agents-requests": partial(busy, it)})
    it.until(f"{DAY}{hour}:05", {"agents-requests": lambda at: 0.0})
    numbers = it.replay.engine.state.numbers["INC-1"]
    assert numbers.flows[0].urgency is urgency
    assert it.levels[0][1] == f"{level}/{level}"
