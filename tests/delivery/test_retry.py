"""When again, when to ask others, when to give up: the numbers that the documentation promises."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchtower.delivery.retry import DAY, HOUR, Policy, failing_in, given_up, wait
from watchtower.model import Severity

P = Policy()


@pytest.mark.parametrize(
    ("attempts", "chance", "retry_after", "seconds"),
    [
        (1, 0.0, None, 1.0),
        (2, 0.0, None, 2.0),
        (3, 0.0, None, 4.0),
        (9, 0.0, None, 256.0),
        (10, 0.0, None, 300.0),  # capped at five minutes
        (10_000, 0.0, None, 300.0),  # and no overflow on the way there
        (3, 0.5, None, 3.0),  # chance takes off up to half
        (10, 0.999, None, 150.15),
        (1, 0.0, 20.0, 20.0),  # the far side asked for more
        (9, 0.0, 20.0, 256.0),  # for less than we wait anyway
        (1, 0.9, 20.0, 20.0),  # chance takes nothing off what was asked for
        (1, 0.0, 86_400.0, HOUR),  # for more than we grant
        (1, 0.0, math.inf, HOUR),
        (1, 0.0, math.nan, 1.0),
        (1, 0.0, -5.0, 1.0),
        (1, 0.0, 0.0, 1.0),
    ],
)
def test_how_long_to_wait(attempts: int, chance: float, retry_after: float | None, seconds: float) -> None:
    assert wait(P, attempts, chance, retry_after) == pytest.approx(seconds)


@given(st.integers(1, 10**9), st.floats(0, 1, exclude_max=True), st.none() | st.floats())
def test_the_wait_is_always_sane(attempts: int, chance: float, retry_after: float | None) -> None:
    assert 0.5 * P.first <= wait(P, attempts, chance, retry_after) <= P.asked_cap


@pytest.mark.parametrize(
    ("severity", "age", "last"),
    [
        (Severity.P0, DAY, False),
        (Severity.P1, 2 * DAY - 1, False),
        (Severity.P0, 2 * DAY, True),
        (Severity.P2, DAY - 1, False),
        (Severity.P2, DAY, True),
        (Severity.P4, DAY, True),
        (Severity.P4, -HOUR, False),  # created in the future: the clock was set back
    ],
)
def test_when_to_give_up(severity: Severity, age: float, last: bool) -> None:
    assert given_up(P, 1_000_000.0 + age, 1_000_000.0, severity) is last


@pytest.mark.parametrize(
    ("age", "attempts", "seconds"),
    [
        (0.0, 0, 30.0),
        (10.0, 2, 20.0),
        (0.0, 3, 0.0),  # three in vain
        (30.0, 0, 0.0),  # or half a minute, tried or not
        (90_000.0, 1, 0.0),  # found in the outbox after a restart
        (-3600.0, 0, 30.0),  # a clock that was set back puts nothing off
    ],
)
def test_when_others_are_asked(age: float, attempts: int, seconds: float) -> None:
    assert failing_in(P, 1_000_000.0 + age, 1_000_000.0, attempts) == pytest.approx(seconds)


def test_every_severity_has_an_end() -> None:
    assert set(P.give_up) == set(Severity)
