"""The fields of actions as people type them."""

from __future__ import annotations

import pytest

from watchtower.core.actions.action import accept
from watchtower.core.parse_time import parse_instant
from watchtower.core.pipeline.features import ACTIONS

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        pytest.param("30m", NOW + 1800.0, id="so long from now"),
        pytest.param("1h30m", NOW + 5400.0, id="hours and minutes"),
        pytest.param(NOW + 60.0, NOW + 60.0, id="seconds since the epoch"),
        pytest.param("2027-01-15T09:00Z", 1_800_003_600.0, id="with a zone"),
        pytest.param("2027-01-15 09:00", 1_800_003_600.0, id="without one it is UTC"),
    ],
)
def test_when_something_is_due(typed: object, moment: float) -> None:
    assert accept(ACTIONS["need"], {"text": "A decision", "due": typed}, NOW)["due"] == moment


def test_a_moment_that_is_none_is_told_how_to_write_one() -> None:
    with pytest.raises(
        ValueError, match=r"due: .soon. is not right: write .*, or 30m for half an hour from now"
    ):
        accept(ACTIONS["need"], {"text": "A decision", "due": "soon"}, NOW)
    with pytest.raises(ValueError, match="write"):
        parse_instant("30m")  # where there is no now


def test_a_level_that_is_none_is_told_which_there_are() -> None:
    with pytest.raises(ValueError, match="one of P0, P1, P2, P3, P4"):
        accept(ACTIONS["raise"], {"severity": "P9", "reason": "the press"}, NOW)
    assert accept(ACTIONS["raise"], {"severity": "p0", "reason": "the press"}, NOW)["severity"] == "P0"
