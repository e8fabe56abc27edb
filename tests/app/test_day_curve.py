"""A day of a flow in a ring of slots: holes stay holes, and a restart or a clock that was set loses nothing else."""

from __future__ import annotations

import json

import pytest

from watchtower.api.board import INCIDENT, SLOT, SLOTS, STEP
from watchtower.app.day_curve import DayCurve

AT = 1_700_000_100.0  # the middle of a slot


def fed(slots: int, at: float = AT) -> DayCurve:
    """A sample in each of the last slots, of its own number."""
    curve = DayCurve(at - slots * SLOT)
    for n in range(slots):
        curve.add(at - (slots - 1 - n) * SLOT, float(n), n - 1.0, n + 1.0)
    return curve


def test_a_slot_is_the_mean_of_its_samples() -> None:
    curve = DayCurve(AT)
    for rate in (1.0, 2.0, 6.0):
        curve.add(AT, rate, None, None)
    assert curve.day(AT).observed[-1] == 3.0
    assert curve.day(AT).low == [None] * (SLOTS // STEP)


def test_what_was_not_measured_is_a_hole() -> None:
    curve = fed(3)
    curve.add(AT + 3 * SLOT, 9.0, 8.0, 10.0)
    assert list(curve.day(AT + 3 * SLOT).observed[-7:]) == [None, 0.0, 1.0, 2.0, None, None, 9.0]


def test_after_a_day_the_oldest_is_gone_and_after_a_week_everything() -> None:
    assert list(fed(SLOTS + 5).day(AT).observed) == [float(n + 5) for n in range(SLOTS)]
    assert list(fed(SLOTS).day(AT + 7 * 86400.0).observed) == [None] * SLOTS


def test_the_band_is_coarser() -> None:
    day = fed(SLOTS).day(AT)
    assert len(day.low) == SLOTS // STEP
    assert (day.low[0], day.high[0]) == (1.5, 3.5)


def test_an_incident_is_marked_from_its_onset_and_moves_on_with_time() -> None:
    curve = fed(10)
    curve.mark(AT - 2 * SLOT, AT, INCIDENT)
    assert curve.day(AT).marks[-4:] == bytes([0, 1, 1, 1])
    assert curve.day(AT + SLOT).marks[-4:] == bytes([1, 1, 1, 0])
    curve.mark(0.0, AT + SLOT, INCIDENT)
    assert curve.day(AT + SLOT).marks == bytes([1] * SLOTS)


def test_a_restart_goes_on_from_what_was_saved() -> None:
    curve = fed(20)
    curve.mark(AT, AT, INCIDENT)
    again = DayCurve.restored(json.loads(json.dumps(curve.state())), AT + 2 * SLOT)
    assert again.day(AT + 2 * SLOT) == curve.day(AT + 2 * SLOT)
    assert len(json.dumps(curve.state())) < 5300


def test_a_clock_that_was_set_back_forgets_a_future_that_is_none() -> None:
    curve = fed(20)
    curve.add(AT - 1.0, 5.0, None, None)
    curve.add(AT - 10 * SLOT, 7.0, None, None)
    day = curve.day(AT - 10 * SLOT)
    assert day.observed[-1] == 7.0
    assert not any(day.observed[:-1])


@pytest.mark.parametrize(
    "state", [{}, {"slot": 1, "marks": "", "observed": "", "low": "", "high": ""}, {"slot": "x"}]
)
def test_what_is_no_curve_is_refused(state: dict[str, object]) -> None:
    with pytest.raises((KeyError, ValueError, TypeError)):
        DayCurve.restored(state, AT)
