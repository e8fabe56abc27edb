"""A shop that does not open: its incident begins with the opening, whatever was closed before."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

import pytest

from tests.scenarios.stage import Played, written
from watchtower.brief.brief import brief
from watchtower.brief.sheet import plain, sheet_of
from watchtower.core.events import Acknowledged
from watchtower.model import AlertState, Language
from watchtower.texts.phrases import Tongue

CHECKS = """
[flow.shop]

[[check]]
name = "shop-requests"
flow = "shop"
probe = "push"
every = "60s"
{detect}
"""
RULES = """
[[rule]]
name = "flow-silent"
match = { check = "shop-requests" }
when = "traffic.silent"
severity = "matrix"
summary = "No request for {{ traffic.silent_for }}"
"""


@pytest.mark.parametrize(
    "detect",
    [
        "",
        'detect = { hours = { mon-sun = "09:00-17:00" } }',
        'detect = { quiet = ["17:00-09:00"] }',
        'detect = { zero_for = "2m", quiet = ["17:00-09:00"] }',
    ],
    ids=["learnt", "hours", "quiet", "zero_for"],
)
def test_an_opening_that_stays_dead_counts_from_the_opening(tmp_path: Path, detect: str) -> None:
    it = Played(written(tmp_path, CHECKS.format(detect=detect), RULES), "2026-03-09T00:00")
    it.until("2026-03-11T09:00", {"shop-requests": lambda at: 60.0 if 9 <= it.hour(at) < 17 else 0.0})
    before = set(it.histories)
    it.until("2026-03-11T09:10", {"shop-requests": lambda at: 0.0})
    (name,) = set(it.histories) - before
    state = it.replay.engine.state
    assert it.clock(state.incidents[name].onset) == "09:00"
    assert 8.0 <= state.numbers[name].raw_minutes <= 10.0
    alerts = state.alerts_of(name, AlertState.FIRING)
    found = brief(it.plan, state.incidents[name], state.histories[name], alerts, (), it.at)
    text = "\n".join(plain(sheet_of(found, Tongue(Language.EN, UTC, it.at))))
    assert "17 h" not in text
    assert "16 h" not in text


def test_a_night_in_which_it_is_closed_makes_an_outage_no_longer(tmp_path: Path) -> None:
    """It stops half an hour before closing, and opens well: thirty minutes, not sixteen hours."""
    it = Played(
        written(tmp_path, CHECKS.format(detect='detect = { hours = { mon-sun = "09:00-17:00" } }'), RULES),
        "2026-03-10T08:00",
    )
    usual = {"shop-requests": lambda at: 60.0 if 9 <= it.hour(at) < 17 else 0.0}
    it.until("2026-03-11T16:30", usual)
    before = set(it.histories)
    it.until("2026-03-11T16:35", {"shop-requests": lambda at: 0.0})
    it.replay.tell(Acknowledged(max(it.histories), "li"), it.at)
    it.until("2026-03-11T17:05", {"shop-requests": lambda at: 0.0})
    it.until("2026-03-12T08:55", {"shop-requests": lambda at: 0.0}, every=300.0)
    (name,) = set(it.histories) - before
    state = it.replay.engine.state
    assert 28.0 <= state.numbers[name].raw_minutes <= 32.0
    assert state.numbers[name].flow_minutes <= 32.0
    it.until("2026-03-12T09:20", usual)
    assert [when for when, reason in it.course if reason == "mitigated"][-1] <= "09:05"
