"""The alert table, as timelines of one character a minute: x true, - false, ? cannot tell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchtower.core.incident.alerts import TABLE, Alert, AlertSignal, advance
from watchtower.core.incident.lifecycle import MOVED
from watchtower.model import AlertState

LETTERS = {
    AlertState.INACTIVE: "i",
    AlertState.PENDING: "p",
    AlertState.FIRING: "F",
    AlertState.RESOLVED: "r",
    AlertState.UNWATCHED: "u",
}
VERDICTS = {"x": True, "-": False, "?": None}


NEW = Alert("rule", "check")


def run(timeline: str, for_minutes: int = 0, keep_minutes: int = 0, alert: Alert = NEW) -> str:
    out = ""
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


@pytest.mark.parametrize(
    ("timeline", "for_", "keep", "states"),
    [
        ("x", 0, 0, "F"),
        ("xxx", 2, 0, "ppF"),  # what it held for before it was left is not counted
        ("-", 0, 0, "r"),
        ("-", 0, 2, "r"),
        ("??-", 0, 0, "uur"),
    ],
)
def test_timeline_of_what_is_watched_again(timeline: str, for_: int, keep: int, states: str) -> None:
    left = Alert("rule", "check", state=AlertState.UNWATCHED, holds_since=-600.0, fired_at=-500.0)
    assert run(timeline, for_, keep, left) == states


WINDOWS = ("holds_since", "clears_since", "fired_at", "resolved_at")


@pytest.mark.parametrize(
    ("timeline", "times"),
    [
        ("x", (0, None, None, None)),
        ("xx", (0, None, None, None)),  # pending
        ("xxx", (0, None, 120, None)),  # fires since its third minute
        ("xxxx", (0, None, 120, None)),
        ("xxx-", (0, 180, 120, None)),
        ("xxx--", (0, 180, 120, None)),  # the clearing clock began with the first false
        ("xxx-x", (0, None, 120, None)),  # fires on, since when it did
        ("xxx---", (None, None, 120, 300)),
        ("xxx----", (None, None, 120, 300)),
        ("xxx---x", (360, None, None, 300)),  # anew; pending, it remembers when it last ended
        ("xx-", (None, None, None, None)),
        ("xx-x", (180, None, None, None)),
    ],
)
def test_what_an_alert_remembers_of_its_times(timeline: str, times: tuple[float | None, ...]) -> None:
    alert = Alert("rule", "check")
    for minute, letter in enumerate(timeline):
        alert = advance(alert, VERDICTS[letter], minute * 60.0, 120.0, 120.0)
    assert tuple(getattr(alert, name) for name in WINDOWS) == times


def test_what_changes_nothing_is_the_same_alert() -> None:
    for timeline in ("x", "xxx", "xxx-", "xxx---"):
        alert = Alert("rule", "check")
        for minute, letter in enumerate(timeline):
            alert = advance(alert, VERDICTS[letter], minute * 60.0, 120.0, 120.0)
        assert advance(alert, VERDICTS[timeline[-1]], len(timeline) * 60.0 - 59.0, 120.0, 120.0) is alert


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
    assert Alert("a", "b", "c").fingerprint == "a00b6c0609201a0d"
    assert Alert("a", "bc").fingerprint != Alert("ab", "c").fingerprint


def test_a_move_is_called_by_the_state_that_it_leads_to() -> None:
    assert {state: str(state) for state in AlertState} == MOVED
