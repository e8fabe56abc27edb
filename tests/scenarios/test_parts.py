"""A flow that one check counts by region: what a region loses is a part of the flow, and the page says which one."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.scenarios.stage import MINUTE, Played, written
from watchtower.core.events import Decision, PageQueued
from watchtower.core.pipeline.engine import Engine
from watchtower.model import Observation, Outcome, Reading

CHECKS = """
[flow.checkout]
users_per_request = 0.8
traffic = ["regions"]

[flow.search]
users_per_request = 0.8

[[check]]
name = "regions"
flow = "checkout"
probe = "metrics"
url = "http://127.0.0.1:8080/metrics"
query = "orders_total"
label = "region"
every = "60s"

[[check]]
name = "amount"
flow = "checkout"
probe = "push"
every = "60s"

[[check]]
name = "search"
flow = "search"
probe = "push"
every = "60s"
"""
RULES = """
[[rule]]
name = "too-few"
match = { detector = "traffic" }
when = "traffic.silent || traffic.low"
severity = "matrix"
summary = { en = "Only {{ ratio }} of the usual requests", zh = "请求量仅为通常的 {{ ratio }}" }
"""
REGIONS = {"east": 180.0, "west": 120.0, "north": 60.0}
NOON = "2026-03-03T12:00"


class Shop(Played):
    """`texts` are what pages said first."""

    def goes_on(self, end: str, left: Mapping[str, float] = {}) -> None:
        last = self.epoch(end)
        while self.at < last:
            self.at += MINUTE
            for region, rate in REGIONS.items():
                came = {"requests": self._poisson(rate * left.get(region, 1.0))}
                self.replay.feed(
                    Observation("regions", self.at, Reading(Outcome.UP, came, series=region, covers=MINUTE))
                )
            self.see("amount", {"requests": self._poisson(360.0 * left.get("amount", 1.0))}, MINUTE)
            self.see("search", {"requests": self._poisson(360.0)}, MINUTE)

    def _hear(self, decision: Decision, engine: Engine) -> None:
        super()._hear(decision, engine)
        if isinstance(decision, PageQueued):
            self.texts = [*getattr(self, "texts", []), decision.page.message.because[0].text]


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    it = Shop(written(tmp_path_factory.mktemp("plan"), CHECKS, RULES), "2026-03-02T00:00")
    it.goes_on(NOON)
    assert it.course == []
    return it


@pytest.fixture
def it(learnt: Shop) -> Shop:
    return learnt.copy()


def impact(it: Shop) -> float:
    (flow,) = it.replay.engine.state.numbers["INC-1"].flows
    return flow.impact


@pytest.mark.parametrize(
    ("left", "lost"),
    [({"north": 0.0}, 1 / 6), ({"north": 0.0, "west": 0.0}, 1 / 2), (dict.fromkeys(REGIONS, 0.0), 1.0)],
    ids=["one region", "two", "all"],
)
def test_regions_that_are_silent_are_so_much_of_their_flow(
    it: Shop, left: Mapping[str, float], lost: float
) -> None:
    it.goes_on("2026-03-03T12:30", left)
    assert impact(it) == pytest.approx(lost, abs=0.04)
    found = it.replay.engine.state.numbers["INC-1"]
    assert found.affected_users_share is not None
    assert found.affected_users_share.point == pytest.approx(lost / 2, rel=0.2)
    assert found.affected_requests is not None
    assert found.affected_requests.point == pytest.approx(lost * 360 * 30, rel=0.1)
    assert found.flow_minutes == pytest.approx(lost * 30, abs=1.5)
    assert it.texts[0].en.split(":")[0] in left, "and the page says which"
    it.goes_on("2026-03-03T12:40")
    assert "12:30" <= it.of("mitigated")[0][0] <= "12:35"


def test_it_is_as_bad_after_a_restart(it: Shop) -> None:
    it.goes_on("2026-03-03T12:20", {"north": 0.0})
    learned = it.replay.engine.detectors.changed()
    it.restart()
    it.replay.engine.detectors.restore(learned)
    for minute in (21, 22, 30):
        it.goes_on(f"2026-03-03T12:{minute}", {"north": 0.0})
        assert impact(it) == pytest.approx(1 / 6, abs=0.04)


def test_a_check_that_does_not_count_the_requests_of_its_flow_loses_none(it: Shop) -> None:
    """Half of the money is missing, and as many pay as ever: it is an incident of the flow, and no user is lost."""
    it.goes_on("2026-03-03T12:30", {"amount": 0.5})
    assert it.of("opened")[0][0] <= "12:02"
    assert impact(it) == 0.0
    assert it.of("mitigated", "resolved") == []
    it.goes_on("2026-03-03T12:40")
    assert "12:30" <= it.of("mitigated")[0][0] <= "12:36"
