"""Accounts of 28 days whose end is known (benchmarks/runway): what is said 14, 7, 3 and 1 days before it."""

from __future__ import annotations

import statistics
from itertools import pairwise

import pytest

from benchmarks.runway.__main__ import BEFORE, WAYS, measure
from benchmarks.runway.accounts import PROFILES, Profile, drained

ACCOUNTS = range(8)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_it_errs_on_the_safe_side_more_than_division_does(profile: Profile) -> None:
    errors, inside = measure(profile, ACCOUNTS)
    ours = [error for before in BEFORE for error in errors[WAYS[0], before]]
    plain = [error for before in BEFORE for error in errors[WAYS[2], before]]
    assert len(ours) == len(ACCOUNTS) * len(BEFORE), "days left are told at every one of these times"
    assert sum(e > 0.1 for e in ours) < sum(e > 0.1 for e in plain)
    assert statistics.median(map(abs, ours)) < 0.5
    assert sum(inside) / len(inside) > 0.75


def test_with_steady_use_it_is_off_by_a_tenth() -> None:
    errors, _ = measure(PROFILES[0], ACCOUNTS)
    for before in BEFORE:
        assert statistics.median(map(abs, errors[WAYS[0], before])) < 0.12


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_the_accounts_are_what_they_say(profile: Profile) -> None:
    for seed in ACCOUNTS:
        polls, end = drained(profile, seed)
        left = [poll.left for poll in polls if poll.left is not None]
        assert polls[-1].at == end
        assert min(left) > -0.01
        assert left[-1] < max(left) * 0.05
        assert sum(b > a for a, b in pairwise(left)) >= 2, "top-ups are seen"
