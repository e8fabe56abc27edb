"""The alert table, as timelines of one character a minute: x true, - false, ? cannot tell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchtower.core.incident.alerts import TABLE, Alert, AlertSignal, advance
from watchtower.model import AlertState

LETTERS = {
    AlertState.INACTIVE: "i",
    AlertState.PENDING: "p",
    AlertState.FIRING: "F",
    AlertState.RESOLVED: "r",
}
VERDICTS = {"x": True, "-": False, "?": None}


def run(timeline: str, for_minutes: int = 0, keep_minutes: int = 0) -> str:
    alert, out = Alert("rule", "check"), ""
    for minute, letter in enumerate(timeline):
        alert = advance(alert, VERDICTS[letter], minute * 60.0, for_minutes * 60.0, keep_minutes * 60.0)
        out += LETTERS[alert.state]
    return out


@pytest.mark.parametrize(
    ("timeline", "for_", "keep", "states"),
    [
        ("--x--", 0, 0, "iiFrr"),  # without `for`, once is enough; once clear is enough
        ("xxxx-", 3, 0, "pppFr"),  # holds for three minutes, then fires
        ("xx-xx", 3, 0, "ppipp"),  # false resets
        ("xx??xx", 3, 0, "ppppFF"),  # "cannot tell" neither fires nor resets
        ("??????", 0, 0, "iiiiii"),  # what we cannot see does not fire
        ("x?????", 0, 0, "FFFFFF"),  # and does not recover
        ("x-", 0, 2, "FF"),  # keeps firing
        ("x--x--x---", 0, 2, "FFFFFFFFFr"),  # flapping is one alert while it keeps firing
        ("x-?-", 0, 2, "FFFr"),  # the clearing clock runs on through "cannot tell", but only false ends it
        ("x-??", 0, 2, "FFFF"),
        ("x-x-", 0, 0, "FrFr"),  # fires again after it resolved
        ("x-xx-", 1, 0, "pipFr"),
        ("xx-?x", 1, 0, "pFrrp"),
    ],
)
def test_timeline(timeline: str, for_: int, keep: int, states: str) -> None:
    assert run(timeline, for_, keep) == states


def test_every_state_meets_every_signal() -> None:
    assert set(TABLE) == {(state, signal) for state in AlertState for signal in AlertSignal}


def test_cannot_tell_moves_nothing() -> None:
    assert all(TABLE[state, AlertSignal.CANNOT_TELL] is state for state in AlertState)


@given(st.text("x-?", max_size=60), st.integers(0, 5), st.integers(0, 5))
def test_never_fires_before_its_time_nor_ends_while_blind(timeline: str, for_: int, keep: int) -> None:
    states = "i" + run(timeline, for_, keep)
    for minute, letter in enumerate(timeline):
        before, after = states[minute], states[minute + 1]
        if letter == "?":
            assert after == before
        if before != "F" and after == "F":
            assert letter == "x"
            assert "-" not in timeline[max(0, minute - for_) : minute]
        if after == "r" and before == "F":
            assert letter == "-"
            assert "x" not in timeline[max(0, minute - keep) : minute]


def test_the_same_rule_check_and_series_have_the_same_fingerprint() -> None:
    assert Alert("a", "b", "c").fingerprint == Alert("a", "b", "c", state=AlertState.FIRING).fingerprint
    assert Alert("a", "bc").fingerprint != Alert("ab", "c").fingerprint
