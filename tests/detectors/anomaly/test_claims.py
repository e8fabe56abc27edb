"""What the anomaly detector says, of gauges whose truth is known."""

from __future__ import annotations

import math

import pytest

from tests.detectors.anomaly.gauges import (
    DAY_ROWS,
    EVERY,
    claims,
    daily,
    detector,
    feed,
    noise,
    observation,
    settings,
    steady,
)
from watchtower.detectors import DETECTORS
from watchtower.detectors.anomaly import Anomaly
from watchtower.model import Observation, Outcome, Reading


def test_it_is_registered() -> None:
    assert DETECTORS["anomaly"] is Anomaly


def test_a_steady_gauge_is_fine() -> None:
    assert claims(feed(detector(), steady(20 * DAY_ROWS))) == []


def test_a_jump_up_is_high_and_not_low_at_the_first_row() -> None:
    watching = detector()
    feed(watching, steady(4 * DAY_ROWS))
    (said,) = feed(watching, [0.9], first=4 * DAY_ROWS)
    assert (said["anomaly.high"], said["anomaly.low"], said["anomaly.known"]) == (True, False, True)
    assert isinstance(said["anomaly.score"], float)
    assert said["anomaly.score"] >= 0.5
    assert said["anomaly.news"] == said["anomaly.score"]


def test_a_fall_is_low_and_not_high() -> None:
    watching = detector()
    feed(watching, steady(4 * DAY_ROWS))
    (said,) = feed(watching, [-0.5], first=4 * DAY_ROWS)
    assert (said["anomaly.high"], said["anomaly.low"]) == (False, True)


def test_what_was_told_is_no_news_until_it_gets_worse() -> None:
    watching = detector()
    feed(watching, steady(4 * DAY_ROWS))
    first, second, worse = feed(watching, [0.9, 0.5, 1e9], first=4 * DAY_ROWS)
    assert first["anomaly.news"]
    assert second["anomaly.news"] == 0
    assert worse["anomaly.news"]


def test_it_ends_when_the_gauge_is_back() -> None:
    watching = detector()
    feed(watching, steady(4 * DAY_ROWS))
    said = feed(watching, [0.9, *steady(60, first=4 * DAY_ROWS)], first=4 * DAY_ROWS)
    assert said[0]["anomaly.high"] is True
    assert said[-1]["anomaly.high"] is False


def test_a_new_level_that_stays_becomes_the_level() -> None:
    watching = detector()
    feed(watching, steady(4 * DAY_ROWS))
    said = feed(watching, (0.9 + v for v in steady(5 * DAY_ROWS)), first=4 * DAY_ROWS)
    assert said[0]["anomaly.high"] is True
    assert said[-1]["anomaly.high"] is False


def test_a_daily_rush_hour_is_expected_and_its_absence_is_too_low() -> None:
    watching = detector()
    known = feed(watching, daily(21 * DAY_ROWS))
    noon = 20 * DAY_ROWS + 150
    assert claims(known[10 * DAY_ROWS :]) == []
    expected = known[noon]["anomaly.expected"]
    assert isinstance(expected, float)
    assert expected == pytest.approx(1.0, abs=0.2)
    night = known[20 * DAY_ROWS + 20]["anomaly.expected"]
    assert night == pytest.approx(0.2, abs=0.1)


def test_without_seasons_only_the_level_is_expected() -> None:
    said = feed(detector(seasonality="none"), daily(10 * DAY_ROWS))
    noon = said[9 * DAY_ROWS + 150]["anomaly.expected"]
    assert isinstance(noon, float)
    assert noon < 0.5


def test_the_expected_range_holds_what_it_expects_and_nearly_all_that_comes() -> None:
    said = feed(detector(), values := steady(10 * DAY_ROWS))
    known = [(facts, value) for facts, value in zip(said, values, strict=True) if facts["anomaly.known"]]
    inside = 0
    for facts, value in known:
        low, middle, high = (facts[f"anomaly.expected{end}"] for end in ("_low", "", "_high"))
        assert isinstance(low, float)
        assert isinstance(middle, float)
        assert isinstance(high, float)
        assert low <= middle <= high
        inside += low <= value <= high
    assert inside >= 0.999 * len(known)


def test_nothing_is_claimed_before_there_is_enough_history() -> None:
    said = feed(detector(min_history="2d"), [*steady(DAY_ROWS), 99.0, *steady(DAY_ROWS - 2)])
    assert {facts["anomaly.known"] for facts in said} == {False}
    assert {facts["anomaly.score"] for facts in said} == {None}


@pytest.mark.parametrize("value", [None, True, "0.2", float("nan"), float("inf"), -1e300])
def test_what_is_no_number_is_not_judged_and_teaches_nothing(value: object) -> None:
    one, other = detector(), detector()
    feed(one, steady(2 * DAY_ROWS))
    feed(other, steady(2 * DAY_ROWS))
    said = one.update(observation(2 * DAY_ROWS, value))  # type: ignore[arg-type]
    assert set(said.values()) == {None}
    assert one.state() == other.state()


def test_a_stricter_budget_needs_more() -> None:
    values = [*steady(4 * DAY_ROWS), 0.9]
    loose = feed(detector(false_alarms="1 per 1d"), values)[-1]["anomaly.score"]
    strict = feed(detector(false_alarms="1 per 365d"), values)[-1]["anomaly.score"]
    assert isinstance(loose, float)
    assert isinstance(strict, float)
    assert loose > strict


@pytest.mark.parametrize("text", ["", "often", "0 per 1d", "1 per 0s", "-1 per 1d", "1 per 30", 30, None])
def test_a_budget_that_says_nothing_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="false_alarms"):
        settings(false_alarms=text)


def test_the_gauge_is_the_named_one_or_the_first_number() -> None:
    def reading(row: int, **values: float) -> Observation:
        return Observation("gauge", row * EVERY, Reading(Outcome.UP, values))

    named, first = detector(measurement="depth"), detector()
    for row in range(2 * DAY_ROWS):
        for watching in (named, first):
            watching.update(reading(row, latency=0.2, depth=7.0))
    assert named.update(reading(2 * DAY_ROWS, latency=0.2, depth=7.0))["anomaly.expected"] == 7.0
    assert first.update(reading(2 * DAY_ROWS, depth=7.0, latency=0.2))["anomaly.expected"] == 0.2


@pytest.mark.parametrize("tail", [0.5, 1.0, 3.0], ids=["light", "even", "heavy"])
def test_a_gauge_that_is_well_does_not_overspend_the_budget(tail: float) -> None:
    """Independent noise for 60 days; `tail` is how much further the far ones lie."""
    values = [math.copysign(abs(noise(row)) ** -(0.1 * tail), noise(row + 7)) for row in range(60 * DAY_ROWS)]
    said = feed(detector(false_alarms="1 per 1d"), values)
    wrong = claims(said)
    begun = [row for row in wrong if row - 1 not in wrong]
    assert len(begun) <= 59
