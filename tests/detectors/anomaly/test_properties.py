"""What holds of the anomaly detector for every gauge there may be."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from tests.detectors.anomaly.gauges import DAY_ROWS, detector, feed, observation, restarted, steady

LIMIT = 8 * 1024
KEYS = {"min_history": "5h"}  # 60 rows of five minutes

whole = st.integers(-1000, 1000).map(float)
missing = st.just(None)
gauges = st.lists(st.one_of(whole, whole, whole, missing), min_size=1, max_size=200)
seasons = st.sampled_from(["auto", "none", "daily", "weekly"])


@effort(max_examples=60, deadline=None)
@given(gauges, seasons, st.data())
def test_a_restart_at_any_moment_changes_nothing(
    values: list[float | None], season: str, data: st.DataObject
) -> None:
    keys = {**KEYS, "seasonality": season}
    cut = data.draw(st.integers(0, len(values)))
    through = detector(**keys)
    history = steady(100)
    feed(through, history)
    expected = feed(through, values, first=100)
    stopped = detector(**keys)
    feed(stopped, history)
    before = feed(stopped, values[:cut], first=100)
    resumed = restarted(stopped, **keys)
    after = feed(resumed, values[cut:], first=100 + cut)
    assert before + after == expected
    assert json.dumps(resumed.state()) == json.dumps(through.state())


@effort(max_examples=40, deadline=None)
@given(gauges)
def test_a_replay_is_the_same_to_the_byte(values: list[float | None]) -> None:
    one, other = detector(**KEYS), detector(**KEYS)
    assert json.dumps(feed(one, values)) == json.dumps(feed(other, values))
    assert json.dumps(one.state()) == json.dumps(other.state())


@effort(max_examples=60, deadline=None)
@given(st.lists(st.tuples(whole, st.sampled_from(["up", "down", "unknown"])), max_size=200))
def test_nothing_is_claimed_while_it_cannot_be_told(rows: list[tuple[float, str]]) -> None:
    watching = detector(**KEYS)
    for row, (value, outcome) in enumerate(rows):
        said = watching.update(observation(row, value, outcome))
        if outcome == "unknown":
            assert set(said.values()) == {None}
        elif not said["anomaly.known"]:
            assert {name for name, fact in said.items() if fact is not None} == {"anomaly.known"}


@effort(max_examples=60, deadline=None)
@given(
    st.lists(whole, min_size=100, max_size=250),
    st.sampled_from([2.0**-8, 0.5, 4.0, 2.0**20, -1.0, -8.0]),
    st.integers(-5000, 5000),
)
def test_another_unit_or_another_zero_changes_nothing(values: list[float], times: float, plus: int) -> None:
    plain = feed(detector(**KEYS), values)
    moved = feed(detector(**KEYS), (times * value + plus for value in values))
    up, down = ("anomaly.high", "anomaly.low") if times > 0 else ("anomaly.low", "anomaly.high")
    for one, other in zip(plain, moved, strict=True):
        assert one["anomaly.known"] == other["anomaly.known"]
        if one["anomaly.known"]:
            assert other["anomaly.score"] == pytest.approx(one["anomaly.score"], abs=1e-6)
            assert (other[up], other[down]) == (one["anomaly.high"], one["anomaly.low"])
            expected = one["anomaly.expected"]
            assert isinstance(expected, float)
            assert other["anomaly.expected"] == pytest.approx(
                times * expected + plus, rel=1e-5, abs=1e-3 * abs(times)
            )


@effort(max_examples=40, deadline=None)
@given(st.lists(st.floats(-1e30, 1e30), min_size=1, max_size=150))
def test_every_number_is_borne(values: list[float]) -> None:
    for facts in feed(detector(**KEYS), values):
        score = facts["anomaly.score"]
        assert score is None or (isinstance(score, float) and 0 <= score <= 1)


@pytest.mark.parametrize("rows", [99, 30 * DAY_ROWS], ids=["while heights are laid out", "after a month"])
def test_the_state_stays_small(rows: int) -> None:
    watching = detector()
    feed(watching, (value * 1.2345e-7 for value in steady(rows)))
    assert len(json.dumps(watching.state())) <= LIMIT


def test_a_state_of_another_version_is_ignored() -> None:
    watching = detector()
    watching.restore({"version": 999})
    assert watching.state() == detector().state()


def test_other_seasons_start_anew() -> None:
    before = detector(seasonality="none")
    feed(before, steady(3 * DAY_ROWS))
    assert restarted(before, seasonality="weekly").state() == detector(seasonality="weekly").state()


def test_another_gauge_starts_anew() -> None:
    before = detector(measurement="latency")
    feed(before, steady(3 * DAY_ROWS))
    after = restarted(before, measurement="depth")
    assert after.state() == detector(measurement="depth").state()
