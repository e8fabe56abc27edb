"""What goes out is judged against what is expected of it: a payday is no loss, a wrong discount is one within two polls."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.scenarios.stage import Played, written
from watchtower.core.indicators import Amount, Basis

CHECKS = """
[flow.discounts]
amount_per_request = "12.00 CNY"
outflow = true
weight = 0.0

[[check]]
name = "discounts"
flow = "discounts"
probe = "push"
every = "60s"

[check.detect]
events = [
  { monthly = [10], hours = "00:00-02:00", factor = 2.0 },
  { from = "2026-03-10T02:00:00Z", to = "2026-03-10T04:00:00Z" },
]
"""
RULES = """
[[rule]]
name = "money-goes-out"
match = { flow = "discounts" }
when = "traffic.surge && traffic.ratio > 1.2"
severity = "matrix"
"""


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Three days: discounts of a hundred and twenty usual ones a minute."""
    it = Played(written(tmp_path_factory.mktemp("plan"), CHECKS, RULES), "2026-03-06T12:00")
    play(it, "2026-03-09T12:00")
    assert it.course == []
    return it


@pytest.fixture
def it(learnt: Played) -> Played:
    return learnt.copy()


def play(it: Played, end: str, times: Callable[[float], float] = lambda at: 1.0) -> None:
    it.until(end, {"discounts": lambda at: 120.0 * times(at)})


def loss(it: Played) -> tuple[Amount, Amount]:
    found = it.replay.engine.state.numbers["INC-1"]
    assert found.loss is not None
    assert found.loss_projected is not None
    return found.loss, found.loss_projected


def test_a_wrong_discount_of_five_minutes(it: Played) -> None:
    play(it, "2026-03-09T12:02", lambda at: 7.5)
    assert it.of("opened")[0][0] in ("12:01", "12:02")
    lost, projected = loss(it)
    assert lost.basis is Basis.ESTIMATED
    assert float(lost.point) == pytest.approx(2 * 6.5 * 120 * 12, rel=0.1)
    assert float(projected.point - lost.point) == pytest.approx(30 * 6.5 * 120 * 12, rel=0.1)
    assert it.levels[0][1] == "P1/P1", "280,800 within half an hour"
    play(it, "2026-03-09T12:05", lambda at: 7.5)
    play(it, "2026-03-09T12:40")
    lost, projected = loss(it)
    assert float(lost.point) == pytest.approx(5 * 6.5 * 120 * 12, rel=0.1)
    assert projected.point == lost.point, "nothing more goes out"
    assert "12:05" <= it.of("mitigated")[0][0] <= "12:10"
    assert len(it.of("opened")) == 1


def test_twice_the_usual_on_a_declared_payday_is_no_loss_nor_is_a_campaign_of_unknown_size(
    it: Played,
) -> None:
    play(it, "2026-03-10T00:00")
    play(it, "2026-03-10T02:00", lambda at: 2.0)
    play(it, "2026-03-10T04:00", lambda at: 4.0)
    assert it.course == []


def test_a_wrong_discount_on_a_declared_payday_is_a_loss(it: Played) -> None:
    play(it, "2026-03-10T00:00")
    play(it, "2026-03-10T01:00", lambda at: 2.0)
    assert it.course == []
    play(it, "2026-03-10T01:05", lambda at: 15.0)
    assert it.of("opened")[0][0] in ("01:01", "01:02")
    assert float(loss(it)[0].point) == pytest.approx(5 * 13 * 120 * 12, rel=0.1)


def test_what_went_out_before_a_restart_is_not_forgotten(it: Played) -> None:
    play(it, "2026-03-09T12:04", lambda at: 7.5)
    before = loss(it)[0].point
    it.restart()
    play(it, "2026-03-09T12:06", lambda at: 7.5)
    assert loss(it)[0].point >= before


def test_a_new_surge_days_later_begins_at_nothing(it: Played) -> None:
    play(it, "2026-03-09T12:05", lambda at: 7.5)
    play(it, "2026-03-09T18:00")
    play(it, "2026-03-09T18:02", lambda at: 7.5)
    found = it.replay.engine.state.numbers["INC-2"].loss
    assert found is not None
    assert found.point < Decimal(2 * 7 * 120 * 12)
