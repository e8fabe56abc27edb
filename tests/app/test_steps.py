"""A clock that was set is told from one that is merely disciplined."""

from __future__ import annotations

import pytest

from watchtower.app.inbox import ClockSteps


@pytest.mark.parametrize(
    ("wall", "steady", "stepped"),
    [
        (60.0, 60.0, 0.0),  # a minute passed
        (60.4, 60.0, 0.0),  # disciplined
        (-3540.0, 60.0, -3600.0),  # set back an hour
        (3660.0, 60.0, 3600.0),  # set forward, or slept
    ],
)
def test_steps(wall: float, steady: float, stepped: float) -> None:
    now = {"wall": 1_000_000.0, "steady": 5.0}
    steps = ClockSteps(lambda: now["wall"], lambda: now["steady"])
    now["wall"] += wall
    now["steady"] += steady
    assert steps.step() == pytest.approx(stepped)
    assert steps.step() == 0.0
