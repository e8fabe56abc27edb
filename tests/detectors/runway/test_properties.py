"""What holds for every account, however it is used, filled, polled and restarted."""

from __future__ import annotations

import json
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.detectors.runway.account import DAY, HOUR, START, Account
from watchtower.detectors.runway import Runway
from watchtower.model import Observation, Outcome, Reading


@dataclass(frozen=True)
class Step:
    """After so many seconds, the balance moved by so much; `seen` is false where it could not be read."""

    after: float
    moved: float
    seen: bool = True


steps = st.lists(
    st.builds(
        Step,
        st.sampled_from([1.0, 60.0, 600.0, HOUR, 7 * HOUR, DAY, 40 * HOUR, 9 * DAY]),
        st.one_of(st.floats(-500, 500), st.sampled_from([-1.0, 0.0, 1000.0])),
        st.sampled_from([True, True, True, False]),
    ),
    max_size=50,
)
spells = settings(max_examples=40, deadline=None)


def told(all_steps: list[Step], restarts: frozenset[int] = frozenset()) -> list[dict[str, object]]:
    account = Account(1000.0)
    out = []
    for index, step in enumerate(all_steps):
        if index in restarts:
            account.restart()
        account.at += step.after
        account.left += step.moved
        out.append(dict(account.poll("up" if step.seen else "unknown")))
    return out


@spells
@given(steps)
def test_use_is_never_negative_and_low_left_high_are_in_order(all_steps: list[Step]) -> None:
    for facts in told(all_steps):
        burn, days = (
            facts["runway.burn_per_day"],
            [facts[f"runway.days_{x}"] for x in ("low", "left", "high")],
        )
        assert burn is None or (isinstance(burn, float) and burn >= 0)
        if facts["runway.known"]:
            low, left, high = days
            assert isinstance(low, float) and isinstance(left, float) and isinstance(high, float)  # noqa: PT018
            assert 0 <= low <= left <= high <= 3650
        else:
            assert days == [None, None, None]


@spells
@given(steps, st.frozensets(st.integers(0, 49), max_size=6))
def test_a_restart_anywhere_changes_nothing(all_steps: list[Step], restarts: frozenset[int]) -> None:
    assert told(all_steps, restarts) == told(all_steps)


@spells
@given(steps)
def test_an_unknown_observation_changes_nothing_that_is_said_later(all_steps: list[Step]) -> None:
    with_unknown = [
        one
        for step in all_steps
        for one in (Step(step.after / 2, 0.0, False), Step(step.after / 2, step.moved))
    ]
    without = [Step(step.after, step.moved) for step in all_steps]
    assert told(with_unknown)[1::2] == told(without)


@spells
@given(st.floats(1, 1000), st.lists(st.tuples(st.integers(0, 59), st.floats(50, 1e6)), max_size=8))
def test_top_ups_do_not_change_the_use(a_day: float, top_ups: list[tuple[int, float]]) -> None:
    account = Account(1e9)
    account.poll()
    for poll in range(60):
        account.left += sum(amount for index, amount in top_ups if index == poll)
        account.use(a_day, days=1 / 48)
    assert abs(account.number("burn_per_day") / a_day - 1) < 1e-3


@spells
@given(steps)
def test_a_rung_is_one_of_the_ladder_and_not_above_the_days_left(all_steps: list[Step]) -> None:
    for facts in told(all_steps):
        step, left = facts["runway.step"], facts["runway.days_left"]
        assert (step is None) is (left is None)
        if isinstance(step, float) and isinstance(left, float):
            assert step in (0.0, 1.0, 3.0, 7.0, 14.0, 30.0, 3650.0)
            assert step <= min(r for r in (0.0, 1.0, 3.0, 7.0, 14.0, 30.0, 3650.0) if left <= r)


def test_the_state_is_bounded_however_long_it_runs() -> None:
    detector, sizes = Runway(Runway.Settings(), 3600.0), []
    for poll in range(30 * 24):
        left = 1e6 - poll * 7.3
        detector.update(Observation("account", START + poll * 3600.0, Reading(Outcome.UP, {"balance": left})))
        sizes.append(len(json.dumps(detector.state())))
    assert len(detector.state()["buckets"]) <= 193
    assert max(sizes) < 12_000


def test_a_state_of_another_version_is_ignored() -> None:
    account = Account(1000.0)
    account.use(50.0, days=2)
    state = {**account.detector.state(), "version": 1}
    fresh = Runway(account.settings, account.every)
    fresh.restore(state)
    assert fresh.state() == Runway(account.settings, account.every).state()
