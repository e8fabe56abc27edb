"""What the anomaly detector says of itself is what it does."""

from __future__ import annotations

import json
import math
import random

import pytest

from watchtower.detectors.anomaly import Anomaly
from watchtower.model import Observation, Outcome, Reading, Value

T0, EVERY = 1_700_006_400.0, 60.0


def observe(detector: Anomaly, at: float, value: float) -> dict[str, Value]:
    return dict(detector.update(Observation("gauge", at, Reading(Outcome.UP, {"latency": value}))))


@pytest.fixture
def learnt() -> tuple[Anomaly, float]:
    """A latency of about 0.2 s, up to 0.3 s in the middle of the day."""
    detector, dice, at = Anomaly(Anomaly.Settings(measurement="latency"), EVERY), random.Random(1), T0
    for _ in range(4 * 1440):
        at += EVERY
        observe(detector, at, 0.2 + 0.1 * math.sin(at / 86400 * 2 * math.pi) + dice.gauss(0, 0.01))
    return detector, at


def twin(detector: Anomaly) -> Anomaly:
    other = Anomaly(detector.settings, EVERY)
    other.restore(json.loads(json.dumps(detector.state())))
    return other


def test_the_value_that_it_names_is_where_anomalies_begin(learnt: tuple[Anomaly, float]) -> None:
    detector, at = learnt
    view = detector.view(at)
    above, middle = view["anomalous_above"], view["expected"]
    assert view["known"]
    assert middle < above < 2.0
    assert observe(twin(detector), at + EVERY, above)["anomaly.high"] is True
    inside = middle + 0.95 * (above - middle)
    assert observe(twin(detector), at + EVERY, inside)["anomaly.high"] is False


def test_looking_changes_nothing(learnt: tuple[Anomaly, float]) -> None:
    detector, at = learnt
    before = json.dumps(detector.state())
    facts = [facts for _, facts in detector.course(at)]
    assert facts[0]["anomaly.high"] is True
    assert json.dumps(detector.state()) == before


def test_the_usual_day_is_its_own(learnt: tuple[Anomaly, float]) -> None:
    detector, at = learnt
    day = detector.view(at)["curve"]["expected"]
    assert len(day) == 48
    assert max(day) == pytest.approx(0.3, abs=0.03)
    assert day.index(max(day)) in range(9, 15)  # a quarter into the day of UTC


def test_before_a_day_has_passed_it_is_not_known() -> None:
    detector = Anomaly(Anomaly.Settings(measurement="latency"), EVERY)
    view = detector.view(T0)
    assert (view["known"], view["anomalous_above"]) == (False, None)
    assert list(detector.course(T0)) == []
