"""The ratio detector: no page by chance, a real fall soon, an end by evidence, and small numbers that stay unsure."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any

import pytest

from watchtower.detectors.ratio import CountRatio
from watchtower.detectors.ratio.scales import bounds
from watchtower.model import Observation, Outcome, Reading, Value

START = 1_700_006_400.0
HOUR, DAY = 3600.0, 86400.0


class Payments:
    """Attempts a minute, of which a share is paid."""

    def __init__(self, per_minute: float, seed: int = 1, **settings: Any) -> None:
        self.rate, self.dice, self.at = per_minute, random.Random(seed), START
        self.detector = CountRatio(CountRatio.Settings.model_validate(settings), 60.0)
        self.facts: Mapping[str, Value] = {}
        self.alarms = 0

    def poll(self, share: float | None) -> Mapping[str, Value]:
        self.at += 60.0
        if share is None:
            reading = Reading(Outcome.UNKNOWN, reason="absent")
        else:
            whole = sum(self.dice.random() < self.rate / 600.0 for _ in range(600))
            part = sum(self.dice.random() < share for _ in range(whole))
            reading = Reading(Outcome.UP, {"part": float(part), "whole": float(whole)}, covers=60.0)
        before = self.facts.get("ratio.fallen") or self.facts.get("ratio.risen")
        self.facts = self.detector.update(Observation("payments", self.at, reading))
        self.alarms += bool((self.facts["ratio.fallen"] or self.facts["ratio.risen"]) and not before)
        return self.facts

    def go(self, seconds: float, share: float | None = 0.97) -> Payments:
        for _ in range(round(seconds / 60.0)):
            self.poll(share)
        return self

    def minutes_until(self, name: str, share: float, verdict: bool = True, most: int = 600) -> int:
        for n in range(most):
            if self.poll(share)[name] is verdict:
                return n + 1
        raise AssertionError(f"never {name}")


@pytest.mark.parametrize("per_minute", [1.0, 10.0, 120.0])
@pytest.mark.parametrize("share", [0.5, 0.97, 1.0])
def test_chance_pages_nobody(per_minute: float, share: float) -> None:
    assert Payments(per_minute).go(5 * DAY, share).alarms == 0


FALLS = [(120.0, 0.5, 1), (120.0, 0.85, 5), (10.0, 0.5, 6), (10.0, 0.0, 3), (1.0, 0.5, 60), (1.0, 0.0, 20)]


@pytest.mark.parametrize(("per_minute", "share", "within"), FALLS)
def test_a_fall_is_seen_and_ends_when_it_is_over(per_minute: float, share: float, within: int) -> None:
    payments = Payments(per_minute).go(DAY)
    assert payments.minutes_until("ratio.fallen", share) <= within
    payments.go(2 * HOUR, share)
    assert payments.facts["ratio.fallen"] is True
    assert payments.facts["ratio.usual"] == pytest.approx(0.97, abs=0.02)
    assert payments.minutes_until("ratio.fallen", 0.97, verdict=False) <= (7 if per_minute > 1.0 else 40)
    payments.go(3 * HOUR)
    assert payments.alarms == 1


@pytest.mark.parametrize("share", [0.3, 0.8])
def test_the_onset_is_when_it_began(share: float) -> None:
    payments = Payments(60.0).go(DAY)
    began = payments.at
    payments.minutes_until("ratio.fallen", share)
    onset = payments.facts["ratio.onset"]
    assert isinstance(onset, float)
    assert abs(onset - began) <= 60.0
    assert payments.facts["ratio.value"] == pytest.approx(share, abs=0.12)


def test_what_is_about_to_fire_teaches_nothing() -> None:
    payments = Payments(300.0, usual=0.97)
    payments.go(3 * 60.0)
    payments.minutes_until("ratio.fallen", 0.3)
    assert payments.facts["ratio.usual"] == pytest.approx(0.97, abs=0.02)


def test_failures_that_become_more_have_risen() -> None:
    payments = Payments(60.0).go(DAY, 0.01)
    assert payments.minutes_until("ratio.risen", 0.12) <= 5
    assert payments.facts["ratio.fallen"] is False


def test_small_numbers_stay_unsure() -> None:
    payments = Payments(1.0).go(DAY)
    payments.go(5 * 60.0, 0.0)
    assert payments.facts["ratio.fallen"] is False
    assert payments.facts["ratio.value"] == 0.0
    low, high = payments.facts["ratio.low"], payments.facts["ratio.high"]
    assert isinstance(low, float)
    assert isinstance(high, float)
    assert (low, high > 0.2) == (0.0, True)


def test_wilsons_interval() -> None:
    # Newcombe, Statistics in Medicine 17 (1998) 857-872, method 3, at 95 %: 81 of 263 is 0.2553 to 0.3662. Nine in ten is narrower.
    low, high = bounds(81.0, 263.0, 1.0)
    assert (0.2553 < low < 81 / 263 < high < 0.3662) is True
    assert bounds(0.0, 20.0, 1.0)[0] == 0.0
    assert bounds(30.0, 20.0, 1.0)[1] > 1.5


def test_unknown_is_neither_a_fall_nor_a_recovery() -> None:
    payments = Payments(60.0).go(DAY)
    payments.go(2 * HOUR, None)
    assert payments.facts["ratio.fallen"] is None
    assert payments.go(60.0).facts["ratio.fallen"] is False
    payments.minutes_until("ratio.fallen", 0.3)
    onset = payments.facts["ratio.onset"]
    payments.go(HOUR, None)
    assert payments.facts["ratio.onset"] == onset
    assert payments.poll(0.3)["ratio.fallen"] is True


def test_nothing_counted_is_no_ratio() -> None:
    payments = Payments(60.0).go(DAY)
    payments.rate = 0.0
    payments.go(HOUR)
    assert (payments.facts["ratio.value"], payments.facts["ratio.fallen"]) == (None, False)


def test_a_declared_ratio_is_known_at_once() -> None:
    assert Payments(60.0).poll(0.97)["ratio.known"] is False
    payments = Payments(60.0, usual=0.97)
    payments.go(5 * 60.0)
    assert payments.minutes_until("ratio.fallen", 0.4) <= 4


def test_a_person_can_say_that_it_is_the_new_normal() -> None:
    payments = Payments(60.0).go(DAY)
    assert payments.detector.new_normal(payments.at) is False
    payments.go(HOUR, 0.6)
    assert payments.detector.new_normal(payments.at) is True
    payments.go(DAY, 0.6)
    assert (payments.facts["ratio.fallen"], payments.alarms) == (False, 1)


def test_what_is_declared_holds_where_it_fails_from_the_first_poll_on() -> None:
    payments = Payments(6000.0, usual=0.97)
    payments.detector.every = 10.0
    seen = [feed(payments, 40.0, 100.0) for _ in range(6 * 180)]
    assert [one["ratio.fallen"] for one in seen].index(True) * 10 < 60
    assert all(one["ratio.fallen"] for one in seen[6:]), "three hours of it are not usual"
    assert seen[-1]["ratio.usual"] == 0.97
    assert not [feed(payments, 97.0, 100.0) for _ in range(60)][-1]["ratio.fallen"]


def feed(payments: Payments, part: float, whole: float) -> Mapping[str, Value]:
    """A poll of ten seconds that counted exactly this."""
    payments.at += 10.0
    reading = Reading(Outcome.UP, {"part": part, "whole": whole}, covers=10.0)
    return payments.detector.update(Observation("payments", payments.at, reading))


def test_a_ratio_that_changes_by_the_hour_is_usual() -> None:
    payments = Payments(60.0)
    for n in range(10 * 24):
        payments.go(HOUR, 0.9 if n % 24 in (1, 2, 3) else 0.95)
        if n == 5 * 24:
            payments.alarms = 0
    assert payments.alarms == 0
    assert payments.minutes_until("ratio.fallen", 0.5) <= 2


def test_a_restart_forgets_nothing() -> None:
    payments = Payments(60.0).go(DAY)
    payments.go(10 * 60.0, 0.6)
    state = json.loads(json.dumps(payments.detector.state()))
    twin = CountRatio(payments.detector.settings, 60.0)
    twin.restore(state)
    observation = Observation(
        "payments", payments.at + 60.0, Reading(Outcome.UP, {"part": 3.0, "whole": 60.0}, covers=60.0)
    )
    assert twin.update(observation) == payments.detector.update(observation)
    assert len(json.dumps(state)) < 8000


def test_what_would_be_seen_is_told_and_played() -> None:
    payments = Payments(60.0).go(DAY)
    view = payments.detector.view(payments.at)
    below = [one["below"] for one in view["seen"]]
    assert below == sorted(below)
    assert 0.7 < below[1] < 0.95
    fires = next(at for at, facts in payments.detector.course(payments.at) if facts["ratio.fallen"])
    assert fires - payments.at <= 120.0
    assert payments.facts["ratio.fallen"] is False
