"""What the traffic detector says of silences: chance, outage, no data, and what it learns of them."""

from __future__ import annotations

import math
from datetime import date, datetime

import pytest

from tests.detectors.traffic.flow import DAY, HOUR, Flow
from watchtower.detectors.traffic.capacity import NEVER


@pytest.mark.parametrize(
    ("per_second", "at_least", "at_most"),
    [
        (6.0, 10, 10),  # sixty a poll: one empty poll is enough
        (1.0, 10, 30),  # the limit is sixteen seconds
        (1 / 6, 70, 120),  # ten a minute
        (1 / 60, 600, 1200),  # one a minute: twelve minutes at best
    ],
)
def test_silence_is_seen_about_as_soon_as_the_rate_allows(
    per_second: float, at_least: float, at_most: float
) -> None:
    flow = Flow().learn(2, per_second)
    flow.poll(1)
    assert at_least <= flow.silent_after() <= at_most


def test_chance_alone_does_not_page() -> None:
    flow = Flow()
    flow.learn(0.2, 0.5)
    dice_says = [flow.learn(10 / DAY, 0.5, seed).facts["traffic.silent"] for seed in range(30_000)]
    assert sum(bool(said) for said in dice_says) <= 1


def test_nights_are_given_more_time_than_days() -> None:
    flow = Flow().learn(3.25, 1.0, swing=0.8)
    noon = flow.silent_after()
    flow.learn(0.5, 1.0, swing=0.8)
    assert flow.silent_after() >= 4 * noon


def test_a_burstier_flow_is_given_more_time() -> None:
    calm, bursty = Flow().learn(1, 0.3), Flow()
    for n in range(8640):
        bursty.poll(30.0 if n % 10 == 9 else 0.0)
    assert bursty.silent_after() > 1.5 * calm.silent_after()


def test_fewer_false_pages_take_longer() -> None:
    often, seldom = Flow(false_pages="1 per 1d").learn(1, 0.3), Flow(false_pages="1 per 3650d").learn(1, 0.3)
    assert often.silent_after() < seldom.silent_after()


def test_an_outage_does_not_teach_that_silence_is_normal() -> None:
    flow = Flow().learn(2, 0.5)
    before = flow.silent_after()
    flow.polls([0] * 2000)
    flow.learn(0.2, 0.5)
    assert flow.silent_after() <= before * 1.5


def test_a_silence_that_comes_every_night_is_a_habit_from_the_second_on() -> None:
    flow = Flow()
    woken = []
    for night in range(8):
        flow.learn(16 / 24, 1.0, seed=night)
        night_long = flow.polls([0] * int(8 * HOUR / 10))
        woken.append(any(facts["traffic.silent"] for facts in night_long))
    assert woken == [True] + [False] * 7
    assert night_long[0]["traffic.known"] is True
    assert {facts["traffic.expected"] for facts in night_long} == {0.0}


def test_the_onset_is_the_beginning_of_the_first_empty_poll() -> None:
    flow = Flow().learn(1, 1.0)
    flow.poll(3)
    began = flow.at
    flow.silent_after()
    assert flow.facts["traffic.onset"] == began
    assert flow.facts["traffic.silent_for"] == flow.at - began
    assert flow.facts["traffic.missing"] == pytest.approx(flow.at - began, rel=0.2)
    assert float(flow.facts["traffic.anomaly_score"] or 0) > 5.5
    assert flow.poll(4)["traffic.silent"] is False
    assert flow.facts["traffic.onset"] == began, "four requests do not prove that it is back"
    flow.learn(0.02, 1.0)
    assert flow.facts["traffic.onset"] is None


def test_unknown_is_neither_zero_nor_recovery() -> None:
    flow = Flow().learn(1, 1.0)
    flow.poll(3)
    assert all(facts["traffic.silent"] is None for facts in flow.polls([None] * 500))
    assert flow.poll(0)["traffic.silent_for"] == 10.0
    flow.silent_after()
    flow.poll(None)
    assert flow.poll(0)["traffic.silent"] is True


def test_nothing_is_said_of_a_flow_that_is_not_known() -> None:
    flow = Flow()
    facts = flow.polls([0] * 5000)[-1]
    assert (facts["traffic.known"], facts["traffic.silent"], facts["traffic.expected"]) == (False, None, None)


def test_what_is_declared_counts_from_the_first_poll() -> None:
    assert Flow(expect_at_least="60 per 1m").silent_after() <= 30.0


@pytest.mark.parametrize("seen", [True, False])
def test_a_fixed_rule_alone_is_what_it_says(seen: bool) -> None:
    flow = Flow(zero_for="1m")
    if seen:
        flow.learn(1, 5.0)
        flow.poll(1)
    assert flow.silent_after() == 60.0


def test_a_fixed_rule_beside_the_learnt_one_either_counts() -> None:
    both = {"zero_for": "1m", "false_pages": "1 per 90d"}
    assert Flow(**both).learn(1, 5.0).silent_after() <= 10.0
    assert Flow(**both).learn(1, 1 / 60).silent_after() <= 60.0


def test_a_drop_to_a_third_is_low_until_a_person_says_otherwise() -> None:
    flow = Flow().learn(3, 5.0)
    flow.learn(0.01, 1.5)
    assert (flow.facts["traffic.low"], flow.facts["traffic.silent"]) == (True, False)
    assert float(flow.facts["traffic.missing"] or 0) > 0
    flow.learn(0.2, 1.5)
    assert flow.facts["traffic.low"] is True
    assert flow.facts["traffic.expected"] == pytest.approx(5.0, rel=0.2)


def test_a_person_can_say_that_it_is_the_new_normal() -> None:
    flow = Flow().learn(3, 5.0)
    assert flow.detector.new_normal(flow.at) is False
    flow.learn(0.03, 1.5)
    assert flow.facts["traffic.low"] is True
    assert flow.detector.new_normal(flow.at) is True
    flow.learn(0.02, 1.5)
    assert flow.facts["traffic.low"] is False
    assert flow.facts["traffic.expected"] == pytest.approx(1.5, rel=0.3)


def test_too_much_is_a_surge() -> None:
    flow = Flow().learn(3, 2.0)
    flow.learn(0.01, 10.0)
    assert (flow.facts["traffic.surge"], flow.facts["traffic.low"]) == (True, False)


def test_growth_by_a_fifth_a_day_is_followed() -> None:
    flow = Flow()
    for day in range(6):
        flow.learn(1, 1.0 + 0.2 * day, seed=day)
        assert (flow.facts["traffic.low"], flow.facts["traffic.surge"]) == (False, False)
    assert flow.facts["traffic.expected"] == pytest.approx(2.0, rel=0.1)


def test_in_quiet_hours_nothing_is_judged() -> None:
    flow = Flow(quiet=["12:00-14:00"]).learn(2.5, 1.0)
    assert not any(facts["traffic.silent"] for facts in flow.polls([0] * 700))
    assert flow.silent_after() <= 240.0


def test_a_campaign_is_no_surge_and_teaches_no_season() -> None:
    day = "2023-11-17T{}:00:00+00:00"
    span = {
        "from": datetime.fromisoformat(day.format("00")),
        "to": datetime.fromisoformat(day.format("12")),
        "factor": 5.0,
    }
    flow = Flow(events=[span]).learn(2, 1.0)
    flow.learn(0.5, 5.0)
    assert flow.facts["traffic.surge"] is False
    flow.learn(0.1, 1.0)
    assert flow.facts["traffic.expected"] == pytest.approx(1.0, rel=0.3)


def test_days_off_have_a_season_of_their_own() -> None:
    flow = Flow().learn(3, 2.0)  # Wednesday to Friday
    flow.learn(2, 0.5)
    flow.learn(5, 2.0)
    flow.learn(20 / 1440, 0.5)
    assert flow.facts["traffic.expected"] == pytest.approx(0.5, rel=0.5)


def test_capacity_and_the_time_to_it() -> None:
    flow = Flow(capacity="600 per 1m").learn(0.5, 5.0)
    assert (flow.facts["traffic.over_capacity"], flow.facts["traffic.capacity_in"]) == (False, NEVER)
    for n in range(30):
        flow.poll(50.0 + n)
    left = flow.facts["traffic.capacity_in"]
    assert isinstance(left, float)
    assert 100 < left < 500
    flow.polls([120.0] * 10)
    assert (flow.facts["traffic.over_capacity"], flow.facts["traffic.capacity_in"]) == (True, 0.0)
    flow.polls([50.0] * 60)  # an alert on it ends: "not known" would keep it for ever
    assert (flow.facts["traffic.over_capacity"], flow.facts["traffic.capacity_in"]) == (False, NEVER)


def test_the_share_that_succeeds() -> None:
    flow = Flow()
    for _ in range(60):
        flow.poll(10.0, errors=1.0)
    assert flow.facts["traffic.success_ratio"] == pytest.approx(0.9)
    assert Flow().poll(10.0)["traffic.success_ratio"] is None


@pytest.mark.parametrize(
    ("requests", "errors", "told"),
    [(1, 1, None), (4, 4, None), (5, 5, 0.0), (99, 4, None), (100, 4, 0.96), (1, 0, 1.0), (0, 0, None)],
)
def test_few_failures_of_few_requests_tell_no_share(requests: int, errors: int, told: float | None) -> None:
    assert Flow().poll(requests, errors=float(errors))["traffic.success_ratio"] == told


def test_it_says_why_it_would_page() -> None:
    flow = Flow().learn(1, 1.0)
    view = flow.detector.view(flow.at)
    assert 10.0 <= view["pages_after_seconds"] <= 30.0
    assert view["expected_per_second"] == pytest.approx(1.0, rel=0.2)
    assert math.isclose(view["dispersion"], 1.0, abs_tol=0.2)


def test_a_holiday_is_a_day_off_and_a_make_up_day_is_worked() -> None:
    told = {"days_off": [date(2023, 11, 22)], "work_days": [date(2023, 11, 25)]}
    flow = Flow(**told).learn(3, 2.0)  # Wednesday 15 to Friday 17
    flow.learn(2, 0.5)
    flow.learn(2, 2.0)
    flow.learn(20 / 1440, 0.5)  # Wednesday 22, a holiday
    assert flow.facts["traffic.expected"] == pytest.approx(0.5, rel=0.3)
    flow.learn(1 - 20 / 1440, 0.5)
    flow.learn(2, 2.0)
    flow.learn(20 / 1440, 2.0)  # Saturday 25, worked
    assert flow.facts["traffic.expected"] == pytest.approx(2.0, rel=0.3)
