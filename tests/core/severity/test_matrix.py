"""Which numbers are which level, and what is said of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.severity.numbers import P0, P1, P2, P3, P4, POLICY, about, flow, judged, level, money, numbers
from watchtower.core.indicators import Basis, Recovery
from watchtower.core.plan.severity import MatrixRows, SeverityPolicy
from watchtower.model import Tier

QUIET = flow(impact=0.0)
"""A flow that is known not to suffer: no floor, nothing unknown."""


@pytest.mark.parametrize(
    ("row", "values"),
    [
        ("affected_users", (100_000, 10_000, 1_000, 100)),
        ("scope_share", (0.5, 0.25, 0.1, 0.02)),
        ("affected_users_share", (0.5, 0.1, 0.05, 0.01)),
        ("day_share", (0.1, 0.02, 0.005, 0.001)),
        ("flow_minutes", (120, 30, 10, 3)),
        ("loss", (1_000_000, 100_000, 10_000, 1_000)),
        ("loss_projected", (1_000_000, 100_000, 10_000, 1_000)),
    ],
)
def test_each_row_has_its_thresholds_and_reaches_them_exactly(row: str, values: tuple[float, ...]) -> None:
    for wanted, value in zip((P0, P1, P2, P3), values, strict=True):
        for number, expected in ((value, wanted), (value * 0.999, None if wanted is P3 else _milder(wanted))):
            found = numbers(QUIET, affected_requests=about(1e6), **{row: _as(row, number)})
            assert level(found) is expected, (row, number)


def _milder(one: object) -> object:
    return {P0: P1, P1: P2, P2: P3}[one]  # type: ignore[index]


def _as(row: str, number: float) -> object:
    if row.startswith("loss"):
        return money(str(number))
    return float(number) if row == "flow_minutes" else about(number)


FLOOR = """
core        down      P0 P1 P2
core        degraded  P1 P2 P3
supporting  down      P2 P3 P3
supporting  degraded  P3 P4 P4
peripheral  down      P3 P4 P4
peripheral  degraded  P4 P4 P4
"""


@pytest.mark.parametrize("line", FLOOR.strip().splitlines(), ids=lambda line: "-".join(line.split()[:2]))
def test_floor(line: str) -> None:
    tier, how, *levels = line.split()
    for urgency, wanted in zip(("peak", "normal", "off_peak"), levels, strict=True):
        for impact in (0.8, 1.0) if how == "down" else (0.1, 0.79):
            assert level(numbers(flow(impact=impact, urgency=urgency, tier=Tier(tier)))) == wanted


def test_the_floor_waits_for_confirmation() -> None:
    assert level(numbers(flow(urgency="peak", confirmed=False))) is None


def test_a_share_of_few_users_is_no_catastrophe() -> None:
    """One user of a flow with one request a minute is 100 %: the gate holds it at P3, a hundred users make P1."""
    every = {"scope_share": about(1.0), "affected_users_share": about(1.0)}
    for users, wanted in ((0.5, None), (1, P3), (20, P2), (99, P2), (100, P1), (1000, P0)):
        assert level(numbers(QUIET, affected_users=about(users), **every)) is wanted, users


def test_without_a_count_of_users_the_requests_stand_in_for_them() -> None:
    assert level(numbers(QUIET, scope_share=about(1.0), affected_requests=about(150))) is P1


def test_without_any_count_a_share_goes_as_far_as_what_is_unknown_is_assumed_to_be() -> None:
    assert level(numbers(QUIET, scope_share=about(1.0))) is P2
    assert level(numbers(replace(QUIET, payment=True), scope_share=about(1.0))) is P1


def test_unknown_losses_of_a_core_flow_are_p2_and_of_a_payment_flow_p1() -> None:
    unknown = flow(impact=0.05, missing=None)
    assert level(numbers(unknown)) is P2
    assert level(numbers(replace(unknown, payment=True))) is P1
    assert level(numbers(replace(unknown, tier=Tier.SUPPORTING))) is None
    assert level(None, assumed=P2) is P2


def test_what_people_enter_stands_by_itself() -> None:
    assert level(numbers(QUIET, manual={"data_breach": True})) is P0
    assert level(numbers(QUIET, manual={"data_breach": False})) is None
    table = SeverityPolicy(matrix=MatrixRows(complaints={P1: 100.0, P2: 10.0}))
    assert level(numbers(QUIET, manual={"complaints": 100}), policy=table) is P1
    assert level(numbers(QUIET, manual={"complaints": 100})) is None


def test_a_duty_that_is_triggered_is_p1_at_least() -> None:
    assert level(numbers(QUIET, duties=("mas.notice",))) is P1
    assert level(numbers(QUIET, duties_apart=("mas.notice",))) is None


def test_three_independent_groups_raise_by_one_and_correlated_rows_count_once() -> None:
    reach = {"affected_users": about(10_000), "scope_share": about(0.3), "affected_users_share": about(0.2)}
    assert level(numbers(QUIET, **reach)) is P1, "three rows, one group"
    two = {**reach, "flow_minutes": 30.0}
    assert level(numbers(QUIET, **two)) is P1
    assert level(numbers(QUIET, **two, loss=money("100000"))) is P0
    assert level(numbers(QUIET, **two, loss=money("99999"))) is P1, "money holds P2 only"
    assert level(numbers(QUIET, affected_users=about(100), flow_minutes=3.0, loss=money("1000"))) is P3, (
        "not at P3"
    )


@pytest.mark.parametrize(
    ("recovery", "minutes", "wanted"),
    [
        ("none", 9.9, P2), ("none", 10, P1), ("failed", 10, P1), ("unproven", 29, P2), ("unproven", 30, P1),
        ("ready", 600, P2),
    ],
    ids=str,
)  # fmt: skip
def test_recovery(recovery: str, minutes: float, wanted: object) -> None:
    found = numbers(flow(impact=0.5), at=minutes * 60, recovery=Recovery(recovery), recovery_since=0.0)
    assert level(found) is wanted
    assert level(replace(found, bad=False)) is P2, "over: nothing is needed any more"


def test_a_young_baseline_alone_is_held_at_p2_until_a_second_signal_or_three_minutes() -> None:
    young = numbers(flow(urgency="peak", confident=False), at=1000.0, affected_users=about(20_000))
    held = judged(young)
    assert (held.level, held.wanted, held.held) == (P2, P0, True)
    assert level(replace(young, signals=2)) is P0
    assert level(young, held_since=821.0) is P2
    assert level(young, held_since=820.0) is P0
    assert level(young, fixed=P1) is P1, "what does not rest on the estimate stands"


def test_what_people_counted_is_no_weak_estimate() -> None:
    entered = about(20_000, basis=Basis.MANUAL)
    assert level(numbers(flow(impact=0.0, confident=False), affected_users=entered)) is P1


def test_other_currencies_are_changed_where_a_rate_is_known() -> None:
    from decimal import Decimal

    rated = SeverityPolicy(currency="CNY", rates={"USD": Decimal(7)})
    assert level(numbers(QUIET, loss=money("20000", "USD")), policy=rated) is P1
    assert level(numbers(QUIET, loss=money("20000", "CNY")), policy=rated) is P2


def test_a_sentence_that_a_manager_understands() -> None:
    hurt = flow(urgency="off_peak", flow_minutes=30.0)
    found = judged(numbers(hurt, affected_users=about(12_000), flow_minutes=30.0))
    assert found.sentence.en == (
        "P1 because checkout, a core flow, has been down for 30 full minutes (P1 from 30); "
        "12,000 users (P1 from 10,000)."
    )
    assert found.sentence.zh == (
        "P1：核心业务“下单支付”累计等效全中断时长 30 分钟（30 起为 P1）；受影响用户 12,000 人（10,000 起为 P1）。"
    )
    assert [cell.indicator for cell in found.decided] == ["flow_minutes", "affected_users"]


def test_the_weightiest_reason_comes_first() -> None:
    found = judged(
        numbers(
            flow(urgency="peak"),
            affected_users=about(100_000),
            loss=money("2000000"),
            manual={"data_breach": True},
        )
    )
    assert [cell.indicator for cell in found.decided] == ["data_breach", "loss", "floor", "affected_users"]
    assert found.sentence.en.endswith("; and 1 more.")


def test_doubt_is_told() -> None:
    found = judged(numbers(QUIET, affected_users=about(12_000, 10_500, 13_800, Basis.ESTIMATED)))
    assert "12,000 users (10,500 to 13,800, estimated; P1 from 10,000)" in found.sentence.en


def test_a_value_just_below_a_threshold_is_not_shown_as_if_it_were_on_it() -> None:
    cell = judged(numbers(QUIET, affected_users=about(9_999.9))).cells[0]
    assert (cell.measured.en, cell.level, cell.threshold.en) == ("9,999 users", P2, "P2 from 1,000")


def test_every_row_that_is_known_is_shown_with_what_the_next_level_needs() -> None:
    cells = {cell.indicator: cell for cell in judged(numbers(QUIET, affected_users=about(50))).cells}
    assert (cells["affected_users"].level, cells["affected_users"].threshold.en) == (None, "P3 from 100")
    assert P4 not in {cell.level for cell in cells.values()}


def test_a_flow_of_two_per_cent_is_no_p0_by_being_down() -> None:
    small = judged(numbers(flow(urgency="peak", weight=0.02)))
    assert small.level is P1
    assert small.sentence.en == (
        "P1 because checkout, a core flow, is down at peak hours (at least P1: it is 2% of the product, and worse from 10%)."
    )
    assert level(numbers(flow(urgency="peak", weight=0.1))) is P0
    everywhere = POLICY.model_copy(update={"floor": POLICY.floor.model_copy(update={"weight": {}})})
    assert judged(numbers(flow(urgency="peak", weight=0.02)), everywhere).level is P0


def test_what_adds_up_tells_nothing_of_the_present() -> None:
    long = flow(impact=0.3, urgency="off_peak", flow_minutes=200.0)
    found = judged(numbers(long, flow_minutes=200.0, affected_users=about(200_000), loss=money("2000000")))
    assert (found.level, found.present) == (P0, P3)
    assert found.present_sentence.en.startswith("P3 because checkout, a core flow, is degraded by 30%")
    leak = numbers(QUIET, loss=money("2000000"), loss_projected=money("2150000"))
    assert judged(leak).present is P1, "by what half an hour more would lose"
    young = flow(urgency="peak", confident=False)
    assert judged(numbers(young)).present is P2, "an estimate of low confidence is held here too"
