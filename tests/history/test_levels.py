"""Which step a curve has, and how chunks are numbered."""

from __future__ import annotations

import pytest

from watchtower.history.levels import DAY, SLOTS, block_of, column_of, levels, step_for

NOW = 1_763_827_433.0
HOUR = 3600.0


@pytest.mark.parametrize(
    ("ago", "span", "step"),
    [
        (HOUR, HOUR, 10.0),
        (6 * HOUR, 6 * HOUR, 30.0),
        (DAY, DAY, 120.0),
        (7 * DAY, 7 * DAY, 1200.0),
        (30 * DAY, 30 * DAY, 3600.0),
        (365 * DAY, 365 * DAY, 43_800.0),
        # An hour of last week is there by the minute only, an hour of last month by ten minutes.
        (5 * DAY, HOUR, 60.0),
        (20 * DAY, HOUR, 600.0),
        # What is older than anything that is kept.
        (900 * DAY, HOUR, 600.0),
    ],
)
def test_a_curve_has_the_finest_step_that_is_there_and_fits(ago: float, span: float, step: float) -> None:
    assert step_for(levels(), NOW - ago, NOW - ago + span, NOW, 720) == step


def test_chunks_of_a_level_lie_in_the_order_of_time() -> None:
    fine, minute, _ = levels()
    assert fine.span == HOUR
    assert minute.span == 6 * HOUR
    block = fine.block(NOW)
    assert fine.id(block, 7) < fine.id(block, 8) < fine.id(block + 1) < minute.id(0)
    assert (block_of(minute.id(block, 7)), column_of(minute.id(block, 7))) == (block, 7)
    assert all(one.span == one.step * SLOTS for one in levels())
