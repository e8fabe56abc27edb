"""A quarter of one flow is missing, and no error is counted: how many users that is, minute by minute, and when it is over."""

from __future__ import annotations

import pytest

from tests.scenarios.stage import Played, written

FLOWS = {"search": 27_000.0, "orders": 9_000.0}
CHECKS = "".join(
    f"""
[flow.{name}]
users_per_request = 0.5

[[check]]
name = "{name}"
flow = "{name}"
probe = "push"
every = "10s"
"""
    for name in FLOWS
)
RULES = """
[[rule]]
name = "flow-low"
match = { tier = "core" }
when = "traffic.low || traffic.silent"
severity = "matrix"
"""


def play(it: Played, end: str, left: float = 1.0, every: float = 10.0) -> None:
    flows = {name: lambda at, rate=rate: rate for name, rate in FLOWS.items()}
    it.until(end, flows | {"orders": lambda at: FLOWS["orders"] * left}, every=every)


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """A week of even traffic."""
    it = Played(written(tmp_path_factory.mktemp("plan"), CHECKS, RULES), "2026-03-02T00:00")
    it.learn("2026-03-09T04:00", {name: lambda at, rate=rate: rate for name, rate in FLOWS.items()})
    play(it, "2026-03-09T10:00", every=60.0)
    assert it.course == []
    return it


@pytest.fixture
def it(learnt: Played) -> Played:
    return learnt.copy()


def test_users_are_right_from_the_second_minute_on_and_the_first_estimate_sets_no_record(it: Played) -> None:
    for minute in range(2, 31):
        play(it, f"2026-03-09T10:{minute:02}", 0.75)
        found = it.replay.engine.state.numbers["INC-1"]
        assert found.affected_users is not None
        assert found.affected_users_share is not None
        assert found.affected_users.point == pytest.approx(0.25 * 9_000 * 0.5 * minute, rel=0.2)
        assert found.affected_users_share.point == pytest.approx(0.25 * 9 / 36, rel=0.2)
    onset = it.histories["INC-1"].milestones.onset
    assert onset == pytest.approx(it.epoch("2026-03-09T10:00"), abs=60.0)
    assert "P0/P0" not in [level for _, level in it.levels]


def test_it_is_mitigated_within_minutes_however_long_it_lasted(it: Played) -> None:
    play(it, "2026-03-09T10:10", 0.75)
    play(it, "2026-03-09T12:00", 0.75, every=60.0)
    assert it.of("mitigated", "resolved") == []
    play(it, "2026-03-09T12:10")
    assert "12:00" <= it.of("mitigated")[0][0] <= "12:05"
    since = it.histories["INC-1"].milestones.mitigated_at
    assert since == pytest.approx(it.epoch("2026-03-09T12:00"), abs=60.0)
