"""Money goes out while requests, errors and latency are as ever: a coupon that pays out too much, seen by reconciliation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.scenarios.stage import Played, said, written
from watchtower.core.indicators import Basis

CHECKS = """
[flow.coupons]
title = { en = "Coupons", zh = "优惠券" }
amount_per_request = "20.00 CNY"
users_per_request = 0.9
loss = "reconcile.difference"

[flow.orders]
title = { en = "Orders", zh = "下单" }

[[check]]
name = "coupons-requests"
flow = "coupons"
probe = "push"
every = "60s"

[[check]]
name = "orders-requests"
flow = "orders"
probe = "push"
every = "60s"

[[check]]
name = "reconcile"
flow = "coupons"
probe = "command"
command = ["reconcile"]
measure = { difference = "difference" }
every = "60s"
"""
RULES = """
[[rule]]
name = "flow-silent"
match = { probe = "push" }
when = "traffic.silent"
severity = "matrix"

[[rule]]
name = "flow-low"
match = { probe = "push" }
when = "traffic.low"
for = "2m"
severity = "matrix"

[[rule]]
name = "money-out"
match = { check = "reconcile" }
when = "difference > 500.0"
severity = "matrix"
summary = { en = "Books differ by {{ difference }}", zh = "对账差额 {{ difference }}" }
"""


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Nine days of traffic as ever, the books right to within a hundred."""
    it = Played(written(tmp_path_factory.mktemp("plan"), CHECKS, RULES), "2026-03-01T00:00")
    it.learn("2026-03-10T00:00", {"coupons-requests": lambda at: 200.0, "orders-requests": lambda at: 300.0})
    play(it, "2026-03-10T12:00", lambda at: 100.0)
    assert it.course == []
    return it


@pytest.fixture
def it(learnt: Played) -> Played:
    return learnt.copy()


def play(it: Played, end: str, difference: Callable[[float], float]) -> None:
    last = it.epoch(end)
    while it.at < last:
        minute = datetime.fromtimestamp(it.at + 60, UTC).isoformat()[:19]
        it.until(minute, {"coupons-requests": lambda at: 200.0, "orders-requests": lambda at: 300.0})
        it.see("reconcile", {"difference": difference(it.at)})


def test_a_ruinous_rate_is_p0_within_minutes_though_little_is_lost_yet(it: Played) -> None:
    began = it.at
    play(it, "2026-03-10T12:06", lambda at: 100.0 + 40_000.0 * max(0.0, at - began) / 60)
    assert it.of("opened") == [("12:01", "opened")]
    found = it.replay.engine.state.numbers["INC-1"]
    assert found.loss is not None
    assert found.loss_projected is not None
    assert found.loss.basis is Basis.MEASURED
    assert found.loss.point == 240_100, "six minutes of forty thousand"
    assert found.loss_projected.point == 240_100 + 30 * 40_000, "and thirty more at this rate"
    assert [flow.impact for flow in found.flows] == [0.0], "requests come as ever"
    assert it.levels == [("12:01", "P0/P0")]
    (change,) = it.histories["INC-1"].severity.changes
    assert change.sentence.en.startswith("P0 because 1,240,100 CNY lost within 30 minutes at this rate")


def test_a_slow_leak_climbs_by_what_is_lost(it: Played) -> None:
    began = it.at
    play(it, "2026-03-10T14:00", lambda at: 100.0 + 200.0 * max(0.0, at - began) / 60)
    assert it.of("opened") == [("12:03", "opened")]
    assert it.levels == [("12:03", "P1/P1")], "where money flows nothing begins milder"
    assert [detail[:2] for _, detail in said(it.logged, "severity.computed")] == ["P3", "P2"]


def test_a_difference_that_begins_anew_at_midnight_has_paid_nothing_back(it: Played) -> None:
    began = it.at
    play(it, "2026-03-10T12:06", lambda at: 100.0 + 40_000.0 * max(0.0, at - began) / 60)
    play(it, "2026-03-10T12:10", lambda at: 0.0)
    found = it.replay.engine.state.numbers["INC-1"]
    assert found.loss is not None
    assert found.loss.point == 240_100
    assert (
        it.do(
            "correct", indicator="loss", value="12000 CNY", reason="double count", evidence="the bank's file"
        )
        == ""
    )
    found = it.replay.engine.state.numbers["INC-1"]
    assert found.loss is not None
    assert found.loss.point == 12_000, "a person with evidence goes before it"


def test_what_was_lost_before_anybody_noticed_counts_from_the_first_page(it: Played) -> None:
    play(it, "2026-03-10T12:01", lambda at: 120_000.0)
    assert it.levels == [("12:01", "P0/P0")]
    found = it.replay.engine.state.numbers["INC-1"]
    assert found.loss_projected is not None
    assert found.loss_projected.point == 120_000 + 30 * 119_900, "it came within the last minute"


def test_users_are_reckoned_by_the_ratio_that_was_measured(it: Played) -> None:
    for minutes in range(120):  # the declared 0.9 is a guess: one user sends four requests
        it.at = it.epoch("2026-03-10T12:00") + 60 * (minutes + 1)
        it.see("orders-requests", {"requests": 300.0}, 60.0)
        it.see("coupons-requests", {"requests": 200.0, "users": 50.0}, 60.0)
        it.see("reconcile", {"difference": 100.0})
    it.until("2026-03-10T14:11", {"coupons-requests": lambda at: 0.0, "orders-requests": lambda at: 300.0})
    found = it.replay.engine.state.numbers["INC-1"]
    assert found.affected_requests is not None
    assert found.affected_users is not None
    assert found.affected_users.point == pytest.approx(found.affected_requests.point * 0.25, rel=0.01)
    assert found.affected_users.upper_bound, "the same user may have tried twice"
