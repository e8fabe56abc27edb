"""Flows that stand on one bank gateway: what falls with it is one incident, what does not stays apart."""

from __future__ import annotations

from datetime import UTC

import pytest

from tests.scenarios.stage import Played, written
from watchtower.brief.brief import brief
from watchtower.brief.sheet import plain, sheet_of
from watchtower.core.indicators import Indicators
from watchtower.model import AlertState, Language, Outcome
from watchtower.texts.phrases import Tongue

FLOWS = {"checkout": ["bank"], "refunds": ["bank"], "search": []}
CHECKS = (
    "".join(
        f"""
[flow.{name}]
depends_on = {depends}

[[check]]
name = "{name}-requests"
flow = "{name}"
probe = "push"
every = "60s"
""".replace("'", '"')
        for name, depends in FLOWS.items()
    )
    + """
[[check]]
name = "bank"
title = { en = "Bank gateway", zh = "银行网关" }
probe = "tcp"
address = "127.0.0.1:4000"
every = "60s"
"""
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

[[rule]]
name = "bank-down"
match = { check = "bank" }
when = "outcome == 'down'"
severity = "P3"
"""
DAY = "2026-03-09T"


class Bank(Played):
    """`fall[flow]` from when to when nothing comes; the bank is down likewise."""

    def play(self, end: str, **down: tuple[str, str]) -> None:
        gone = {
            name: (self.epoch(DAY + since), self.epoch(DAY + until)) for name, (since, until) in down.items()
        }
        last = self.epoch(end)

        def is_down(name: str, at: float) -> bool:
            return name in gone and gone[name][0] <= at < gone[name][1]

        while self.at < last:
            began, self.at = self.at, self.at + 60.0
            for name in FLOWS:
                requests = 0.0 if is_down(name, began) else self._poisson(120.0)
                self.see(f"{name}-requests", {"requests": requests}, 60.0)
            self.see("bank", {}, outcome=Outcome.DOWN if is_down("bank", began) else Outcome.UP)

    def numbers(self, incident: str) -> Indicators:
        return self.replay.engine.state.numbers[incident]

    def brief(self, incident: str) -> str:
        state = self.replay.engine.state
        alerts = state.alerts_of(incident, AlertState.FIRING, AlertState.RESOLVED)
        found = brief(self.plan, state.incidents[incident], state.histories[incident], alerts, (), self.at)
        return "\n".join(plain(sheet_of(found, Tongue(Language.EN, UTC, self.at))))


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    it = Bank(written(tmp_path_factory.mktemp("plan"), CHECKS, RULES), "2026-03-01T00:00")
    it.play(DAY + "12:00")
    assert it.course == []
    return it


@pytest.fixture
def it(learnt: Bank) -> Bank:
    return learnt.copy()


def test_flows_first_then_their_gateway_is_one_incident_and_explained(it: Bank) -> None:
    it.play(
        DAY + "12:20", checkout=("12:00", "13:00"), refunds=("12:01", "13:00"), search=("12:02", "13:00"),
        bank=("12:10", "13:00"),
    )  # fmt: skip
    assert list(it.histories) == ["INC-1"]
    assert it.of("dependency_found") == [("12:11", "dependency_found")]
    text = it.brief("INC-1")
    assert "Bank gateway explains checkout, refunds" in text
    assert "Not explained by it: search" in text


def test_the_gateway_first_is_one_incident(it: Bank) -> None:
    it.play(DAY + "12:20", bank=("12:00", "13:00"), checkout=("12:05", "13:00"), refunds=("12:15", "13:00"))
    assert list(it.histories) == ["INC-1"]
    assert it.of("explained_by_dependency") == [
        ("12:06", "explained_by_dependency"), ("12:16", "explained_by_dependency"),
    ]  # fmt: skip


def test_a_flow_that_does_not_stand_on_it_stays_apart_when_it_falls_later(it: Bank) -> None:
    it.play(DAY + "12:20", bank=("12:00", "13:00"), checkout=("12:00", "13:00"), search=("12:10", "13:00"))
    assert list(it.histories) == ["INC-1", "INC-2"]
    assert it.replay.engine.state.incidents["INC-2"].flows == ("search",)


def test_two_incidents_go_on_as_one_when_what_both_stand_on_is_found_failing(it: Bank) -> None:
    it.play(DAY + "12:30", checkout=("12:00", "13:00"), refunds=("12:20", "13:00"), search=("12:10", "13:00"))
    assert list(it.histories) == ["INC-1", "INC-2", "INC-3"]
    lost = it.numbers("INC-3").flow_minutes
    before = it.numbers("INC-1")
    seen = len(it.pages)
    it.play(
        DAY + "12:31", checkout=("12:00", "13:00"), refunds=("12:20", "13:00"), search=("12:10", "13:00"),
        bank=("12:30", "13:00"),
    )  # fmt: skip
    state = it.replay.engine.state
    assert it.of("merged_into", "merged") == [("12:31", "merged"), ("12:31", "merged_into")]
    kept, gone, apart = (state.incidents[f"INC-{number}"] for number in (1, 3, 2))
    assert (gone.open, gone.merged_into) == (False, "INC-1")
    assert apart.open
    assert kept.flows == ("checkout", "refunds")
    assert {alert.check for alert in state.alerts_of("INC-1", AlertState.FIRING)} == {
        "bank",
        "checkout-requests",
        "refunds-requests",
    }
    after = {flow.flow: flow for flow in it.numbers("INC-1").flows}
    assert after["refunds"].flow_minutes >= lost, "what was lost stays lost"
    assert it.numbers("INC-1").scope_share.point > before.scope_share.point  # type: ignore[union-attr]
    told = [(kind, who) for _, kind, who in it.pages[seen:]]
    assert ("update", "li") in told
    assert "resolved" not in [kind for kind, _ in told], "it is not over"
    assert it.histories["INC-3"].milestones.resolved_at == it.at
    assert it.histories["INC-1"].milestones.resolved_at is None
    it.play(DAY + "14:30")
    assert [i.id for i in state.incidents.values() if i.open] == []
    assert len([when for when, _ in it.of("resolved") if when > "12:31"]) == 2, (
        "one end of INC-1, one of INC-2"
    )


def test_a_persons_word_keeps_an_incident_its_own(it: Bank) -> None:
    down = {"checkout": ("12:00", "13:00"), "refunds": ("12:20", "13:00")}
    it.play(DAY + "12:30", **down)
    assert it.do("indicator", indicator="complaints", value="7", incident="INC-2") == ""
    it.play(DAY + "12:35", **down, bank=("12:30", "13:00"))
    assert all(incident.open for incident in it.replay.engine.state.incidents.values())
    assert it.of("merged_into") == []


def test_a_flow_that_was_part_of_it_relapses_into_it(it: Bank) -> None:
    it.play(DAY + "12:40", checkout=("12:00", "12:15"), refunds=("12:12", "12:15"), bank=("12:10", "12:15"))
    it.play(DAY + "13:30")
    assert it.of("resolved")[-1:] == [("13:15", "resolved")]
    it.play(DAY + "13:35", refunds=("13:30", "14:00"))
    assert list(it.histories) == ["INC-1"]
    assert it.of("reopened") == [("13:31", "reopened")]
    it.play(DAY + "13:40", refunds=("13:30", "14:00"), bank=("13:35", "14:00"))
    assert list(it.histories) == ["INC-1"]


def test_an_absorbed_flow_relapses_into_what_absorbed_it(it: Bank) -> None:
    it.play(
        DAY + "12:40", checkout=("12:00", "12:33"), refunds=("12:20", "12:33"), bank=("12:30", "12:33"),
    )  # fmt: skip
    it.play(DAY + "13:45")
    assert not any(incident.open for incident in it.replay.engine.state.incidents.values())
    it.play(DAY + "13:50", refunds=("13:45", "14:00"))
    assert it.of("reopened") == [("13:46", "reopened")]
    assert it.replay.engine.state.incidents["INC-1"].open
