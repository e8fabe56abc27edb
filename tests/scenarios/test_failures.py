"""Failures that are counted are facts: their share is the impact at once, poll by poll, through the engine that runs live."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.scenarios.stage import Played, written
from watchtower.core.impact.impact import Impact

EVERY = 10.0
CHECKS = """
[flow.{name}]
title = "{name}"
users_per_request = 0.8
{more}

[[check]]
name = "{name}-requests"
flow = "{name}"
probe = "push"
every = "10s"
"""
RULES = """
[[rule]]
name = "users-fail"
match = { probe = "push" }
when = "traffic.success_ratio < 0.95"
severity = "matrix"

[[rule]]
name = "silent"
match = { probe = "push" }
when = "traffic.silent"
severity = "matrix"
"""


def stage(folder: Path, **flows: str) -> Played:
    """These flows, each with what its table has besides; nothing is known of their traffic."""
    checks = "".join(CHECKS.format(name=name, more=more) for name, more in flows.items())
    return Played(written(folder, checks, RULES), "2026-03-10T12:00")


def fails(
    it: Played, end: str, share: Callable[[float], float] | float, rate: float = 600.0, name: str = "pay"
) -> None:
    """Polls every ten seconds: of so many requests a minute, about this share fails."""
    last = it.epoch(end)
    while it.at < last:
        it.at += EVERY
        requests = it._poisson(rate * EVERY / 60)
        mean = share if isinstance(share, float) else share(it.at)
        errors = min(requests, it._poisson(requests * mean))
        it.see(f"{name}-requests", {"requests": requests, "errors": errors}, EVERY)


def impacts(it: Played) -> list[float]:
    """The impact of the incident's flow each minute, as its log has it."""
    found = []
    for entry in it.logs["INC-1"]:
        if entry.kind == "impact.measured":
            indicators = Impact().after(entry).indicators
            assert indicators is not None
            found.append(indicators.flows[0].impact)
    return found


@pytest.mark.parametrize(("more", "first"), [("", "P2"), ('amount_per_request = "20 CNY"', "P1")])
def test_an_eighth_of_the_requests_failing_for_four_hours_is_no_p4(
    tmp_path: Path, more: str, first: str
) -> None:
    it = stage(tmp_path, pay=more)
    fails(it, "2026-03-10T12:30", 0.002)
    assert it.course == []
    fails(it, "2026-03-10T16:30", 0.12)
    (when, level) = it.levels[0]
    assert when <= "12:34"
    assert level == f"{first}/{first}"
    assert {level[:2] for _, level in it.levels} <= {first, "P1"}
    assert min(impacts(it)) > 0.03
    assert sum(impacts(it)) / len(impacts(it)) == pytest.approx(0.12, abs=0.03)
    assert it.of("mitigated", "resolved") == []


def test_all_of_them_failing_begins_at_the_floor_of_a_flow_that_is_down(tmp_path: Path) -> None:
    it = stage(tmp_path, pay="")
    fails(it, "2026-03-10T12:30", 0.002)
    fails(it, "2026-03-10T12:40", 1.0)
    assert it.levels[0] == ("12:30", "P1/P1"), "by the poll that failed, not by five minutes"
    assert impacts(it)[0] == pytest.approx(1.0, abs=0.1)
    said = it.histories["INC-1"].severity.changes[0].sentence.en
    assert said.startswith("P1 because pay, a core flow, is down at normal hours (at least P1)")


def test_the_residue_of_an_outage_is_one_tail_of_it_and_no_new_p0(tmp_path: Path) -> None:
    """Square and Discover, 2023-02-06: all fails, then a twentieth does for two hours, around the rule's threshold."""
    it = stage(tmp_path, pay="")
    fails(it, "2026-03-10T12:30", 0.004, rate=120.0)
    fails(it, "2026-03-10T15:00", 1.0, rate=120.0)
    assert it.levels[-1][1] == "P0/P0"
    pages = len(it.pages)
    fails(it, "2026-03-10T18:00", 0.05, rate=120.0)
    back = it.of("recurred", "reopened")
    assert len(back) <= 3, back
    assert {level[:2] for when, level in it.levels if when > "15:35"} <= {"P2", "P3"}
    assert it.replay.engine.state.incidents["INC-1"].record == "P0"
    assert sum(kind in ("new", "upgrade") for _, kind, _ in it.pages[pages:]) <= 2


def test_what_failed_is_lost_though_nobody_knows_what_is_usual(tmp_path: Path) -> None:
    it = stage(tmp_path, pay="")
    fails(it, "2026-03-10T12:10", 1.0)
    assert it.levels[0] == ("12:00", "P1/P1")
    found = it.replay.engine.state.numbers["INC-1"]
    assert found.affected_requests is not None
    assert found.affected_requests.point == pytest.approx(6000, rel=0.1)
    assert found.affected_users is not None
    assert found.affected_users.point == pytest.approx(4800, rel=0.1)
