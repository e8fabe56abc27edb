"""GitLab's KAS on 22 June 2021: a core flow falls silent at night without an error, and nobody sees it for ten hours.

Here it is seen within a minute; off-peak it begins as P2, and climbs by the minutes that it lasts.
"""

from __future__ import annotations

from pathlib import Path

from tests.scenarios.stage import Played, said, written
from watchtower.config.load import load
from watchtower.core.indicators import Urgency
from watchtower.model import Severity

CHECKS = """
[flow.agents]
title = { en = "Agents", zh = "代理接入" }
users_per_request = 0.625

[flow.web]
title = { en = "Web", zh = "网页" }
users_per_request = 0.625

[[check]]
name = "agents-requests"
flow = "agents"
probe = "push"
every = "60s"

[[check]]
name = "web-requests"
flow = "web"
probe = "push"
every = "60s"
"""
RULES = """
[[rule]]
name = "flow-silent"
match = { tier = "core" }
when = "traffic.silent"
severity = "matrix"
summary = { en = "No requests on {{ flow }} for {{ silent_for }}", zh = "{{ flow }} 已 {{ silent_for }} 无请求" }
"""


def busy(hour: float) -> float:
    """Off-peak until 07:00, peak from 09:00 to 18:00."""
    return 0.14 if hour < 7 else 0.8 if hour < 9 else 1.0 if hour < 18 else 0.4


def played(folder: Path, per_minute: float, until: str = "16:30") -> Played:
    """`per_minute` agents' requests at night, and twenty times as many on the web."""
    it = Played(written(folder, CHECKS, RULES), "2021-06-08T00:00", tick_every=30.0)
    fall, back = it.epoch("2021-06-22T02:42"), it.epoch("2021-06-22T14:45")

    def agents(at: float) -> float:
        return 0.0 if fall <= at < back else per_minute / 0.14 * busy(it.hour(at))

    def web(at: float) -> float:
        return 20 * per_minute / 0.14 * busy(it.hour(at))

    flows = {"agents-requests": agents, "web-requests": web}
    it.learn("2021-06-22T00:00", flows)
    it.until(f"2021-06-22T{until}", flows)
    return it


def test_seen_in_a_minute_and_worse_by_the_minute(tmp_path: Path) -> None:
    it = played(tmp_path, 40.0)
    assert it.of("opened", "mitigated", "resolved") == [
        ("02:43", "opened"), ("14:46", "mitigated"), ("15:45", "resolved"),
    ]  # fmt: skip
    assert it.levels == [
        ("02:43", "P2/P2"),
        ("03:11", "P1/P1"),
        ("04:41", "P0/P0"),
        ("14:59", "P1/P0"),
        ("15:14", "P2/P0"),
    ]
    story = it.histories["INC-1"]
    assert story.milestones.onset == it.epoch("2021-06-22T02:42"), "the onset is the first silent minute"
    changes = [(change.level, change.sentence.en) for change in story.severity.changes]
    assert changes[0] == (
        Severity.P2,
        "P2 because Agents, a core flow, is down at off-peak hours (at least P2).",
    )
    assert "30 full minutes (P1 from 30)" in changes[1][1]
    assert "120 full minutes (P0 from 120)" in changes[2][1]
    numbers = story.impact.indicators
    assert numbers is not None
    assert numbers.flows[0].urgency is Urgency.PEAK, "by the time that it is back"
    night, morning, day = 258 * 40, 120 * 0.8 * 40 / 0.14, 345 * 40 / 0.14
    assert numbers.affected_requests is not None
    assert abs(numbers.affected_requests.point / (night + morning + day) - 1) < 0.05
    assert numbers.affected_users is not None
    assert abs(numbers.affected_users.point / (0.625 * (night + morning + day)) - 1) < 0.05
    each_level_adds_its_steps_when_it_is_reached(it)


def each_level_adds_its_steps_when_it_is_reached(it: Played) -> None:
    raised = [when for when, _ in it.levels[:3]]
    assert said(it.logged, "sop.opened") == list(
        zip(raised, ("P2 checklist", "P1 checklist", "P0 checklist"), strict=True)
    )
    tasks = it.histories["INC-1"].sop.tasks
    assert [t.number for t in tasks] == list(range(1, len(tasks) + 1))
    by_sop = {name: sum(t.sop == name for t in tasks) for name in ("P2", "P1", "P0")}
    assert by_sop == {"P2": 4, "P1": 14, "P0": 2}  # P0 asks for two things that nobody was asked for before
    done = {t.text.en: it.clock(t.at) for t in tasks if t.at is not None}
    assert done == {
        "Incident opened, onset noted": "03:11",
        "People were notified": "03:11",
        "Well for 15 minutes on real traffic": "15:00",
        "All-clear given to every audience": "15:45",
    }
    assert max(t.nudges for t in tasks) <= 2


def test_a_flow_of_one_request_a_minute_takes_its_time_and_the_linter_warned(tmp_path: Path) -> None:
    it = played(tmp_path, 1.0, until="03:30")
    opened = it.of("opened")[0][0]
    assert "02:50" <= opened <= "03:05", "14 expected requests must be lost before it is no chance"
    onset = it.histories["INC-1"].milestones.onset
    assert onset is not None
    assert abs(onset - it.epoch("2021-06-22T02:42")) <= 180, "backdated to the last request"
    slow = CHECKS.replace('every = "60s"', 'every = "60s"\n[check.detect]\nexpect_at_least = "1 per 1m"', 1)
    (tmp_path / "checks" / "flows.toml").write_text(slow, encoding="utf-8")
    loaded = load(tmp_path / "rules.toml", tmp_path / "checks", {})
    assert any(warning.name == "slow-flow" or "walks through" in warning.hint for warning in loaded.warnings)
