"""What the runway says of itself: what is left, how fast it goes, which threshold comes when."""

from __future__ import annotations

import json

import pytest

from watchtower.detectors.runway import Runway
from watchtower.model import Observation, Outcome, Reading

T0, DAY = 1_700_006_400.0, 86400.0


def used_up(
    per_day: float, days: float = 5.0, left: float = 2000.0, **settings: object
) -> tuple[Runway, float]:
    """A balance that was read every hour, and when last."""
    runway = Runway(Runway.Settings.model_validate(settings), 3600.0)
    at = T0
    for hour in range(round(days * 24) + 1):
        at = T0 + hour * 3600.0
        balance = left - per_day * hour / 24
        runway.update(Observation("wallet", at, Reading(Outcome.UP, {"balance": balance})))
    return runway, at


def test_it_says_what_is_left_and_when_which_rung_comes() -> None:
    runway, at = used_up(100.0, lead_time="2d")
    view = runway.view(at)
    assert (view["left"], view["burn_per_day"]) == (pytest.approx(1500.0), pytest.approx(100.0))
    assert view["days_left"] == pytest.approx(13.0)  # fifteen, less two to recharge
    assert view["threshold_days"] == 14.0
    days = {one["days"]: (one["reached_at"] - at) / DAY for one in view["thresholds"]}
    assert days == pytest.approx({7.0: 6.0, 3.0: 10.0, 1.0: 12.0, 0.0: 13.0})
    assert view["use_by_day"][-5:] == pytest.approx([100.0] * 5)
    assert view["use_by_day"][:2] == [None, None]


def test_the_end_is_played_as_it_would_come() -> None:
    runway, at = used_up(100.0)
    before = json.dumps(runway.state())
    reached: dict[float, float] = {}
    for then, facts in runway.course(at):
        step = facts["runway.step"]
        assert isinstance(step, float)
        reached.setdefault(step, (then - at) / DAY)
    assert reached == pytest.approx(
        {30.0: 0.0, 14.0: 1.0, 7.0: 8.0, 3.0: 12.0, 1.0: 14.0, 0.0: 15.0}, abs=0.05
    )
    assert facts["runway.exhausted"] is True
    assert json.dumps(runway.state()) == before


def test_a_certificate_has_its_days_and_no_use() -> None:
    runway = Runway(Runway.Settings(measurement="tls_days_left"), 3600.0)
    runway.update(Observation("shop", T0, Reading(Outcome.UP, {"tls_days_left": 20.0})))
    view = runway.view(T0)
    assert (view["mode"], view["days_left"], view["burn_per_day"], view["use_by_day"]) == (
        "expiry",
        20.0,
        None,
        [],
    )
    assert view["thresholds"][0] == {
        "days": 14.0, "reached_at": T0 + 6 * DAY, "earliest_at": T0 + 6 * DAY, "latest_at": T0 + 6 * DAY,
    }  # fmt: skip


def test_what_was_never_measured_is_not_known() -> None:
    runway = Runway(Runway.Settings(), 60.0)
    assert runway.view(T0) == {"known": False}
    assert list(runway.course(T0)) == []
