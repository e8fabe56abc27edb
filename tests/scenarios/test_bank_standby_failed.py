"""DBS and Citi on 14 October 2023: the cooling of a data centre fails, the standby fails too, and a bank is down overnight."""

from __future__ import annotations

import math

import pytest

from tests.scenarios.stage import Played, said, written
from watchtower.core.indicators import Recovery
from watchtower.model import Severity

FLOWS = ("payments", "transfers", "cards")
CHECKS = "".join(
    f"""
[flow.{name}]
users_per_request = 0.5

[[check]]
name = "{name}-requests"
flow = "{name}"
probe = "push"
every = "60s"
"""
    for name in FLOWS
)
RULES = """
[[rule]]
name = "flow-silent"
match = { tier = "core" }
when = "traffic.silent"
severity = "matrix"

[[rule]]
name = "flow-low"
match = { tier = "core" }
when = "traffic.low"
for = "2m"
severity = "matrix"

[compliance]
packs = ["mas", "dora"]
licences = ["bank-sg", "financial-entity-eu"]
"""


@pytest.fixture(scope="module")
def it(tmp_path_factory: pytest.TempPathFactory) -> Played:
    plan = written(tmp_path_factory.mktemp("bank"), CHECKS, RULES)
    it = Played(plan, "2023-10-06T00:00", zone="Asia/Singapore", tick_every=30.0)
    fall, some, back = (it.epoch(f"2023-10-{when}") for when in ("14T14:54", "14T20:21", "15T04:47"))

    def flow(mean: float):  # type: ignore[no-untyped-def]
        def rate(at: float) -> float:
            left = 0.0 if fall <= at < some else 0.55 if some <= at < back else 1.0
            return mean * left * (0.55 + 0.45 * math.cos((it.hour(at) - 15) / 24 * 2 * math.pi))

        return rate

    flows = {
        f"{name}-requests": flow(mean) for name, mean in zip(FLOWS, (1500.0, 1200.0, 3000.0), strict=True)
    }
    it.learn("2023-10-14T12:00", flows)
    it.until("2023-10-14T14:54", flows)
    it.until("2023-10-14T15:10", flows, every=10.0)
    assert it.do("indicator", indicator="recovery", value="failed", by="wang") == ""
    it.until("2023-10-15T07:00", flows)
    return it


def test_one_incident_and_p0_at_once(it: Played) -> None:
    assert list(it.histories) == ["INC-1"]
    assert it.of("opened")[0][0] in ("14:54", "14:55")
    assert it.levels[0] == ("14:54", "P0/P0")
    assert len(it.of("began_together")) == 2


def test_the_standby_that_failed_is_known(it: Played) -> None:
    numbers = it.histories["INC-1"].impact.indicators
    assert numbers is not None
    assert numbers.recovery is Recovery.FAILED


def test_some_traffic_back_lowers_nothing(it: Played) -> None:
    assert [level for level in it.levels if level[1] != "P0/P0"] == [("05:01", "P1/P0"), ("05:16", "P2/P0")]
    assert it.of("mitigated")[-1][0] <= "04:56"
    since = it.histories["INC-1"].milestones.mitigated_at
    assert since is not None
    assert it.clock(since) == "04:47"
    assert it.histories["INC-1"].milestones.record is Severity.P0


def test_what_regulators_are_owed_and_when(it: Played) -> None:
    duties = it.histories["INC-1"].deadlines.duties
    notify = {step.id: step for step in duties["mas.notice"].steps}["notify"]
    assert it.clock(notify.due) == "15:54"
    assert said(it.logged, "deadlines.duty") == [
        ("14:54", "mas.notice: triggered"),
        ("16:23", "dora.major: watch"),
        ("16:54", "dora.major: triggered"),
        ("17:53", "mas.downtime: watch"),
        ("18:54", "mas.downtime: triggered"),
    ]
