"""The figures of a month, against a month that was worked out by hand."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.review.past import DAY, DEC, MIN, NOV, november, record
from watchtower.core.reviews.record import DetectionSource
from watchtower.model import Severity
from watchtower.review.metrics import Figures, Ratio, Recurrence, Spread, figures, spread


def figures_of_november() -> Figures:
    return figures(november(), NOV, DEC, DEC)


def test_drills_false_pages_warnings_and_our_own_troubles_are_counted_by_themselves() -> None:
    it = figures_of_november()
    assert (it.incidents, it.drills, it.warnings, it.own) == (3, 1, 1, 1)
    assert it.false_pages == Ratio(1, 6)  # of those that anybody was paged for, without the drill


def test_times_are_from_the_onset_by_level_and_for_all() -> None:
    levels = {figures.level: figures for figures in figures_of_november().levels}
    assert list(levels) == [Severity.P0, Severity.P1, Severity.P2, None]
    assert levels[Severity.P0].times["mitigate"] == Spread(1, 480.0, 480.0, 480.0)
    assert levels[None].times["detect"] == Spread(3, 40.0, 80.0, 140 / 3)
    assert levels[None].times["identify_cause"] == Spread(2, 170.0, 226.0, 170.0)  # INC-2 was never located
    assert levels[None].times["resolve"].median == 1800.0


def test_one_five_ten_each_by_itself_and_all_three() -> None:
    it = figures_of_november()
    assert (it.detected, it.acknowledged, it.cause_identified, it.mitigated) == (
        Ratio(2, 3), Ratio(2, 3), Ratio(2, 3), Ratio(2, 3),
    )  # fmt: skip
    assert it.all_three == Ratio(2, 3)
    assert it.all_three_acknowledged == Ratio(2, 3)


@pytest.mark.parametrize(
    ("spans", "kept"),
    [
        ({"opened_at": 60}, "detected"),
        ({"opened_at": 61}, ""),
        ({"opened_at": 61, "acknowledged_at": 300}, "acknowledged"),
        ({"opened_at": 61, "acknowledged_at": 301}, ""),
        ({"opened_at": 61, "cause_identified_at": 300}, "cause_identified"),
        ({"opened_at": 61, "mitigated_at": 600}, "mitigated"),
        ({"opened_at": 61, "mitigated_at": 601}, ""),
    ],
)
def test_the_limits_of_one_five_ten(spans: dict[str, float], kept: str) -> None:
    it = figures([record(1, 3, "P1", resolved_at=9000, **spans)], NOV, DEC, DEC)
    names = ("detected", "acknowledged", "cause_identified", "mitigated")
    assert [name for name in names if getattr(it, name).kept] == ([kept] if kept else [])
    assert it.all_three == Ratio(0, 1)


def test_what_can_still_be_kept_is_not_counted_yet() -> None:
    open_one = record(1, 3, "P1", opened_at=30, acknowledged_at=100)
    at = open_one.onset + 4 * MIN
    it = figures([open_one], NOV, DEC, at)
    assert (it.acknowledged, it.cause_identified, it.mitigated, it.all_three) == (
        Ratio(1, 1), Ratio(), Ratio(), Ratio(),
    )  # fmt: skip
    later = figures([open_one], NOV, DEC, at + 2 * MIN)
    assert (later.cause_identified, later.mitigated, later.all_three) == (Ratio(0, 1), Ratio(), Ratio(0, 1))


def test_minutes_count_for_urgent_levels_only() -> None:
    it = figures([record(1, 3, "P3", opened_at=9000, resolved_at=99_000)], NOV, DEC, DEC)
    assert (it.incidents, it.detected, it.mitigated) == (1, Ratio(), Ratio())


def test_by_what_they_were_seen() -> None:
    it = figures_of_november()
    assert it.sources == {"traffic": 1, "customer": 1, "dependency": 1}
    assert it.self_detected == Ratio(2, 3)


def test_cadence_steps_duties_levels_and_the_live_estimate() -> None:
    it = figures_of_november()
    assert (it.cadence, it.steps, it.duties) == (Ratio(3, 4), Ratio(9, 10), Ratio(1, 2))
    assert (it.level_changes, it.late_raises) == (1 / 3, Ratio(1, 3))
    assert it.estimate_error == Spread(1, 0.25, 0.25, 0.25)
    assert (it.amounts, it.losses, it.flow_minutes, it.no_data_minutes) == (("1200.50 CNY",), (), 10.0, 10.0)
    assert it.pages == Ratio(13, 14)
    assert it.reviews == Ratio(1, 2)


def test_actions_on_time_and_those_that_are_overdue() -> None:
    it = figures_of_november()
    assert it.actions == Ratio(1, 2)
    assert it.overdue == ("INC-1 A2 wang: renew by machine",)
    early = figures(november(), NOV, DEC, NOV + 11 * DAY)
    assert (early.actions, early.overdue) == (Ratio(1, 1), ())


def test_a_cause_that_came_again_within_the_six_months_before() -> None:
    assert figures_of_november().repeats == (
        Recurrence("bad-deploy", ("INC-8", "INC-2")),
        Recurrence("certificate", ("INC-1", "INC-3")),
    )
    assert figures([r for r in november() if r.incident != "INC-2"], NOV, DEC, DEC).repeats == (
        Recurrence("certificate", ("INC-1", "INC-3")),
    )


@pytest.mark.parametrize(
    ("days_left", "acknowledged", "kept"),
    [(13.5, 60, Ratio(1, 1)), (3.1, 60, Ratio(1, 1)), (3.0, 60, Ratio(0, 1)), (1.0, None, Ratio(0, 1)), (13.5, None, Ratio()),
     (None, 60, Ratio())],
)  # fmt: skip
def test_a_warning_is_kept_when_somebody_acts_before_three_days_are_left(
    days_left: float | None, acknowledged: float | None, kept: Ratio
) -> None:
    it = record(1, 3, "P3", source=DetectionSource.WARNING, days_left=days_left, acknowledged_at=acknowledged)
    assert figures([it], NOV, DEC, DEC).ladder == kept


def test_a_month_without_incidents_has_figures_too() -> None:
    it = figures([], NOV, DEC, DEC)
    assert it.levels[0].times["detect"] == Spread()
    assert (it.incidents, it.detected.share, it.level_changes) == (0, None, None)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50))
def test_a_spread_lies_within_its_values(values: list[float]) -> None:
    it = spread(values)
    assert it.median is not None
    assert it.p90 is not None
    assert min(values) <= it.median <= it.p90 <= max(values)


@given(st.permutations(november()))
def test_the_order_of_records_changes_nothing(records: list[object]) -> None:
    assert figures(records, NOV, DEC, DEC).levels == figures_of_november().levels  # type: ignore[arg-type]


@given(st.lists(st.floats(NOV, DEC - 1), max_size=6))
def test_the_parts_of_a_month_add_up(cuts: list[float]) -> None:
    edges = sorted([NOV, *cuts, DEC])
    parts = [figures(november(), a, b, DEC) for a, b in pairwise(edges)]
    assert sum(part.incidents for part in parts) == figures_of_november().incidents
