"""How long does it last? What is used, what is a top-up, which threshold is reached, and what cannot be known."""

from __future__ import annotations

import math

import pytest
from pydantic import ValidationError

from tests.detectors.runway.account import DAY, HOUR, START, Account, settings
from watchtower.detectors.runway import Runway
from watchtower.model import Observation, Outcome, Reading, Value


def test_even_use_lasts_as_long_as_division_says() -> None:
    account = Account(1000.0)
    account.use(50.0, days=4)
    assert account.number("burn_per_day") == pytest.approx(50.0)
    assert account.number("days_left") == pytest.approx(800.0 / 50.0)
    assert account.number("days_low") == account.number("days_high") == pytest.approx(16.0)


def test_too_little_history_is_not_known() -> None:
    account = Account(1000.0)
    account.poll()
    account.use(50.0, days=5 / 24)
    assert account.facts["runway.known"] is False
    assert account.facts["runway.days_left"] is None
    assert account.facts["runway.step"] is None
    assert account.facts["runway.exhausted"] is False
    assert account.use(50.0, days=1 / 24)["runway.known"] is True


def test_a_top_up_is_no_negative_use() -> None:
    account = Account(1000.0)
    account.use(100.0, days=3)
    account.left += 5000.0
    account.use(100.0, days=1 / 48)
    assert account.facts["runway.topped_up"] is True
    assert account.number("burn_per_day") == pytest.approx(100.0)
    assert account.number("days_left") == pytest.approx(account.left / 100.0)
    assert account.use(100.0, days=1 / 48)["runway.topped_up"] is False


def test_what_was_used_while_a_top_up_came_is_not_taken_for_no_use() -> None:
    # Polled once in twelve hours, topped up every other time: half of all intervals show a rise.
    account = Account(1000.0, every=DAY / 2)
    for _ in range(8):
        account.use(100.0, days=0.5)
        account.left += 500.0
        account.use(100.0, days=0.5)
    assert account.number("burn_per_day") == pytest.approx(100.0)


@pytest.mark.parametrize(
    ("days", "burn"),
    [
        # use on each day, today last
        ([50, 50, 50, 50, 50, 50, 50, 100], 100),  # the last day
        ([50, 50, 50, 50, 50, 100, 100, 40], 80),  # three days
        ([50, 50, 50, 50, 50, 20, 20, 20], 50),  # the day ahead, a week ago: a Monday after a weekend
        ([10, 90, 10, 10, 10, 10, 10, 10], 90),  # the day ahead was the dear one
    ],
)
def test_the_greatest_of_three_days_the_last_day_and_the_day_ahead_a_week_ago(
    days: list[float], burn: float
) -> None:
    account = Account(10_000.0)
    account.at -= 1.0  # polled just before the hour, so that a day of the table is a day of the buckets
    account.poll()
    for use in days:
        account.use(use, days=1)
    assert account.number("burn_per_day") == pytest.approx(burn, rel=0.01)


def test_no_use_at_all_lasts_for_ever_which_is_ten_years() -> None:
    account = Account(1000.0)
    account.use(0.0, days=3)
    assert account.number("days_left") == account.number("days_high") == account.number("step") == 3650.0


def test_days_that_differ_make_low_and_high_differ() -> None:
    account = Account(10_000.0)
    for use in (50, 80, 50, 80, 50, 80, 50):
        account.use(use, days=1)
    assert account.number("days_low") < account.number("days_left") < account.number("days_high")
    true = account.left / 65.0
    assert account.number("days_low") < true < account.number("days_high")


def test_the_lead_time_is_taken_off_and_never_below_zero() -> None:
    account = Account(1000.0, lead_time="2d")
    account.use(100.0, days=5)
    assert account.number("days_left") == pytest.approx(3.0)
    account.use(100.0, days=4)
    assert (account.number("days_left"), account.number("step")) == (0.0, 0.0)
    assert account.facts["runway.exhausted"] is False


def test_an_empty_account_is_known_to_be_empty_without_any_history() -> None:
    account = Account(0.0)
    account.poll()
    assert account.facts["runway.exhausted"] is True
    assert (account.number("days_left"), account.number("step")) == (0.0, 0.0)
    assert account.facts["runway.known"] is True


def test_days_on_which_nothing_was_left_are_not_taken_for_days_without_use() -> None:
    account = Account(400.0)
    account.use(100.0, days=4)
    account.left = 0.0
    account.use(0.0, days=2)
    account.left = 1000.0
    account.use(0.0, days=1 / 48)
    assert account.number("burn_per_day") == pytest.approx(100.0, rel=0.05)


UNREADABLE: list[tuple[str, Value]] = [
    ("unknown", 100.0), ("unknown", None), ("up", None), ("up", "12,50"), ("up", True), ("up", math.nan), ("up", math.inf),
]  # fmt: skip


@pytest.mark.parametrize(("outcome", "value"), UNREADABLE)
def test_what_cannot_be_read_is_unknown_never_fine_and_changes_nothing(outcome: str, value: Value) -> None:
    account = Account(1000.0)
    account.use(50.0, days=4)
    before = account.detector.state()
    facts = account.see(value, outcome)
    assert facts == {**dict.fromkeys(Runway.facts), "runway.known": False}
    assert account.detector.state() == before


def test_a_gap_of_hours_is_bridged_and_one_of_days_is_not() -> None:
    account = Account(10_000.0)
    account.use(100.0, days=3)
    account.at += 6 * HOUR
    account.left -= 25.0
    account.poll()
    assert account.number("burn_per_day") == pytest.approx(100.0)
    account.at += 5 * DAY
    account.left -= 20.0  # hides a top-up: nobody can say
    account.poll()
    assert account.number("burn_per_day") == pytest.approx(100.0)


def test_every_declared_fact_is_given_and_no_other() -> None:
    account = Account(1000.0)
    assert set(account.use(50.0, days=1)) == set(Runway.facts)


# The thresholds


def test_the_rungs_are_reached_one_by_one_and_a_top_up_leads_back_up() -> None:
    account = Account(3200.0)
    steps: list[float] = []
    for _ in range(32 * 48):
        account.use(100.0, days=1 / 48)
        if account.facts["runway.known"] and (not steps or account.number("step") != steps[-1]):
            steps.append(account.number("step"))
    assert steps == [3650.0, 30.0, 14.0, 7.0, 3.0, 1.0, 0.0]
    account.left = 1000.0
    account.use(100.0, days=1 / 48)
    assert account.number("step") == 14.0


def test_a_quiet_weekend_does_not_lead_back_up() -> None:
    account = Account(1650.0)
    account.use(100.0, days=3)
    assert account.number("step") == 14.0
    account.use(50.0, days=2)
    assert account.number("days_left") > 18.0
    assert account.number("step") == 14.0


def test_use_that_slackened_for_good_does() -> None:
    account = Account(1650.0)
    account.use(100.0, days=3)
    assert account.number("step") == 14.0
    assert account.use(10.0, days=9)["runway.step"] == 3650.0


def test_a_ladder_of_ones_own() -> None:
    account = Account(1000.0, thresholds=[2, 20])
    account.use(100.0, days=1)
    assert account.number("step") == 20.0
    account.use(100.0, days=7.5)
    assert account.number("step") == 2.0


@pytest.mark.parametrize("keys", [{"thresholds": [0.0]}, {"thresholds": [-1.0]}, {"thresholds": [3650.0]}, {"window": "29d"},
                                  {"mode": "fast"}, {"lead_time": 2.0}])  # fmt: skip
def test_settings_that_make_no_sense_are_refused(keys: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        settings(**keys)


# Days that are measured: certificates, domains, licences


def certificate(days: float, outcome: str = "up", lead_time: str = "0s") -> tuple[Runway, dict[str, Value]]:
    detector = Runway(settings(measurement="tls_days_left", lead_time=lead_time), 300.0)
    reading = Reading(Outcome(outcome), {"tls_days_left": days})
    return detector, dict(detector.update(Observation("cert", START, reading)))


def test_a_certificate_needs_no_history() -> None:
    _, facts = certificate(13.5)
    assert (facts["runway.days_left"], facts["runway.step"]) == (13.5, 14.0)
    assert facts["runway.days_low"] == facts["runway.days_high"] == 13.5
    assert (facts["runway.known"], facts["runway.burn_per_day"]) == (True, None)


def test_a_certificate_that_has_expired_is_down_and_exhausted() -> None:
    _, facts = certificate(-2.0, "down")
    assert (facts["runway.days_left"], facts["runway.step"], facts["runway.exhausted"]) == (0.0, 0.0, True)


def test_the_time_to_renew_is_taken_off() -> None:
    assert certificate(10.0, lead_time="7d")[1]["runway.days_left"] == 3.0


def test_a_renewal_is_seen_and_a_clock_that_was_set_is_not() -> None:
    detector, _ = certificate(6.9)
    seen = [
        detector.update(Observation("cert", START + i * 300, Reading(Outcome.UP, {"tls_days_left": left})))
        for i, left in enumerate([7.1, 90.0], 1)
    ]
    assert [(facts["runway.topped_up"], facts["runway.step"]) for facts in seen] == [
        (False, 7.0),
        (True, 3650.0),
    ]


def test_mode_is_said_where_the_name_does_not_tell() -> None:
    detector = Runway(settings(measurement="balance", mode="expiry"), 300.0)
    facts = detector.update(Observation("licence", START, Reading(Outcome.UP, {"balance": 5.0})))
    assert facts["runway.days_left"] == 5.0
