"""A flow that is closed sends nothing, and nobody misses it until it opens."""

from __future__ import annotations

import pytest

from tests.rule_tests.trial import Trial, expect

CHECKS = """
[[check]]
name = "branch"
probe = "push"
every = "1m"
[check.detect]
zone = "Asia/Shanghai"
hours = { mon-fri = "09:00-17:00", sat-sun = "closed" }
deploys = [{ at = "12:00", for = "30m" }]
[[check]]
name = "paid"
probe = "derive"
part = "orders.requests"
whole = "branch.requests"
"""
BLIND = "watchtower-no-data"


@pytest.fixture
def branch(trial: Trial) -> Trial:
    (trial.shop.folder / "checks" / "branch.toml").write_text(CHECKS, encoding="utf-8")
    return trial


def day(start: str, check: str, line: str) -> str:
    """A Tuesday from this time on."""
    name = "requests" if check == "branch" else "part"
    story = f'[[test]]\nname = "a day"\nstart = "2026-11-24T{start}:00+08:00"\n'
    return f'{story}[[test.input]]\ncheck = "{check}"\n{name} = "{line}"\n'


@pytest.mark.parametrize("check", ["branch", "paid"])
def test_it_is_not_missed_while_it_is_closed_and_missed_once_it_is_open(branch: Trial, check: str) -> None:
    night = day("16:00", check, "60x1h _x17h")
    assert branch.passes(night + expect('until = "17h"\nnever = ["*"]'))
    assert branch.passes(night + expect(f'at = "17h4m"\nalerts = ["{BLIND}"]'))


def test_a_planned_pause_may_be_blind_for_as_long_as_it_was_planned(branch: Trial) -> None:
    assert branch.passes(day("11:00", "branch", "60x1h _x30m 60x30m") + expect('never = ["*"]'))
    assert branch.passes(day("11:00", "branch", "60x1h _x1h") + expect(f'at = "1h35m"\nalerts = ["{BLIND}"]'))


def test_what_was_missed_before_closing_stays_missed(branch: Trial) -> None:
    assert branch.passes(day("16:00", "branch", "60x30m _x2h") + expect(f'at = "2h"\nalerts = ["{BLIND}"]'))
