"""What must open nothing, what must stay one incident, and what must never look like a recovery."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenarios.stage import Played, said, written
from tests.scenarios.test_silent_zero import CHECKS, RULES
from watchtower.model import Severity

LOW = """
[[rule]]
name = "flow-low"
match = { tier = "core" }
when = "traffic.low"
for = "2m"
severity = "matrix"
summary = { en = "Few requests on {{ flow }}", zh = "{{ flow }} 请求偏少" }
"""


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """A week and a half day of forty requests a minute."""
    it = Played(written(tmp_path_factory.mktemp("plan"), CHECKS, RULES + LOW), "2021-06-01T00:00")
    flows = {"agents-requests": lambda at: 40.0, "web-requests": lambda at: 400.0}
    it.learn("2021-06-08T00:00", flows, every=60.0)
    it.until("2021-06-08T12:00", flows)
    assert it.course == []
    return it


@pytest.fixture
def it(learnt: Played) -> Played:
    return learnt.copy()


def steady(it: Played, end: str, agents: float | None) -> None:
    it.until(end, {"agents-requests": lambda at: agents, "web-requests": lambda at: 400.0})


def test_a_dip_of_a_tenth_opens_nothing(it: Played) -> None:
    steady(it, "2021-06-08T12:30", 36.0)
    steady(it, "2021-06-08T13:00", 40.0)
    assert it.course == []


def test_one_bad_minute_opens_nothing(it: Played) -> None:
    steady(it, "2021-06-08T12:01", 15.0)
    steady(it, "2021-06-08T13:00", 40.0)
    assert it.course == []


def test_ten_minutes_on_and_ten_off_are_one_incident(it: Played) -> None:
    for turn in range(3):
        steady(it, f"2021-06-08T12:{20 * turn + 10}", 0.0)
        steady(it, "2021-06-08T13:00" if turn == 2 else f"2021-06-08T12:{20 * turn + 20}", 40.0)
    assert [when for when, what in it.of("opened")] == ["12:01"]
    assert it.of("recurred") == [("12:21", "recurred")], (
        "after a relapse, ten minutes well are not the end yet"
    )
    assert list(it.histories) == ["INC-1"]
    assert [kind for _, kind, _ in it.pages].count("new") == 1


def test_a_relapse_within_the_hour_reopens_what_was_resolved(it: Played) -> None:
    steady(it, "2021-06-08T12:10", 0.0)
    steady(it, "2021-06-08T13:30", 40.0)
    assert it.of("mitigated", "resolved") == [("12:15", "mitigated"), ("13:10", "resolved")]
    steady(it, "2021-06-08T13:45", 0.0)
    assert it.of("reopened") == [("13:31", "reopened")]
    assert list(it.histories) == ["INC-1"]
    assert it.levels[-1] == ("13:31", "P1/P1"), "at its record level"
    assert [kind for _, kind, _ in it.pages if kind in ("new", "resolved")] == ["new", "resolved", "new"]


def test_a_collector_that_dies_freezes_the_level_and_recovers_nothing(it: Played) -> None:
    steady(it, "2021-06-08T12:20", 0.0)
    before = list(it.levels)
    assert before == [("12:01", "P1/P1")]
    seen = len(it.course)
    steady(it, "2021-06-08T12:32", None)
    during = it.course[seen:]
    assert not {"mitigated", "resolved", "lowered"} & {what for _, what in during}
    assert ("12:23", "opened") in during or ("12:24", "opened") in during, (
        "blindness is an incident of its own"
    )
    blind = it.histories["INC-1"].impact.indicators
    assert blind is not None
    assert not blind.seen
    assert blind.imputed_minutes == pytest.approx(12, abs=1), "missing minutes are taken to go on, and marked"
    assert blind.flow_minutes == pytest.approx(32, abs=1.5)
    assert it.levels == before, "frozen"
    steady(it, "2021-06-08T12:40", 0.0)
    assert it.levels == before
    assert not said(it.logged, "severity.lowered")
    steady(it, "2021-06-08T13:00", 40.0)
    assert it.of("mitigated") == [("12:45", "mitigated")]
    assert it.histories["INC-1"].severity.response is Severity.P2
    assert it.levels[-1] == ("12:54", "P2/P1")


def test_a_restart_in_the_middle_forgets_no_minute(it: Played) -> None:
    steady(it, "2021-06-08T12:20", 0.0)
    learned = it.replay.engine.detectors.changed()
    before = it.histories["INC-1"].impact.indicators
    assert before is not None
    it.restart()
    it.replay.engine.detectors.restore(learned)
    steady(it, "2021-06-08T12:25", 0.0)
    after = it.histories["INC-1"].impact.indicators
    assert after is not None
    assert after.flow_minutes == pytest.approx(before.flow_minutes + 5, abs=1.01)
    assert after.affected_requests is not None
    assert before.affected_requests is not None
    assert after.affected_requests.point > before.affected_requests.point + 4 * 35


@pytest.mark.parametrize("change", ["restart", "reload"])
def test_who_was_not_polled_since_the_start_counts_all_the_same(
    it: Played, tmp_path: Path, change: str
) -> None:
    """A loss in the small flow is a small share of all users, also before the large one is heard of again."""
    steady(it, "2021-06-08T12:05", 14.0)
    before, told = list(it.levels), list(it.pages)
    assert before == [("12:05", "P2/P2")]
    if change == "restart":
        learned = it.replay.engine.detectors.changed()
        it.restart()
        it.replay.engine.detectors.restore(learned)
    else:
        renamed = written(tmp_path, CHECKS.replace('"web-requests"', '"web"'), RULES + LOW)
        it.replay.engine.replace_plan(renamed, it.at)
    small = {"agents-requests": lambda at: 14.0}
    it.until("2021-06-08T12:07", small)
    it.until("2021-06-08T12:20", {**small, "web" if change == "reload" else "web-requests": lambda at: 400.0})
    assert it.levels == before
    assert it.pages == told
