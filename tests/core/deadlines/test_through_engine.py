"""Duties and clocks through configuration files and the engine that runs live: DBS on 14 October 2023.

Three core flows at zero from 14:54 in Singapore; here they are back at 20:21, when in truth half came back.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tests.core.deadlines.desk import moment
from watchtower.config.load import load
from watchtower.core.deadlines.outages import Outages
from watchtower.core.events import ActionRequest, Decision, IncidentChanged, Refused
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.history import History, project
from watchtower.core.incident.log import line_of
from watchtower.core.pipeline.engine import Engine
from watchtower.core.plan import Plan
from watchtower.detectors import DETECTORS
from watchtower.model import Observation, Outcome, Reading
from watchtower.replay import Replay, World
from watchtower.replay.driver import learnt

FLOWS = ("login", "transfer", "cards")
RULES = """
[product]
name = "Bank"

[[rule]]
name = "silent"
match = { tier = "core" }
when = "traffic.silent"
severity = "matrix"

[compliance]
packs = ["mas", "dora"]

[[responder]]
name = "li"
email = "li@example.com"
zone = "Asia/Singapore"

[[responder]]
name = "law"
role = "legal"
email = "law@example.com"

[channel.email]
mailbox = "var/mailbox"
"""
FALL, BACK = moment("2023-10-14T14:54+08:00"), moment("2023-10-14T20:21+08:00")


@dataclass
class Bank:
    """Traffic that detectors have learnt until six hours before the fall, then by the minute, then every ten seconds."""

    plan: Plan
    at: float = FALL - 8 * 86400
    told: list[tuple[str, LogEntry]] = field(default_factory=list)
    incidents: list[tuple[float, str, str]] = field(default_factory=list)
    histories: dict[str, History] = field(default_factory=dict)

    def __post_init__(self) -> None:
        begun, until = self.at, FALL - 6 * 3600
        learned = learnt(self.plan, self._polls(until, 300.0), begun, until - begun)
        self.replay = Replay(self.plan, self.at, world=World(), heard=self._hear, learned=learned)

    def until(self, end: float, every: float) -> None:
        for observation in self._polls(end, every):
            self.replay.feed(observation)

    def _polls(self, end: float, every: float) -> Iterator[Observation]:
        while self.at < end:
            began, self.at = self.at, min(end, self.at + every)
            hour = (began + 8 * 3600) / 3600 % 24
            day = 1.0 + 0.8 * math.cos((hour - 15.0) / 24.0 * 2.0 * math.pi)
            share = 0.0 if FALL <= began < BACK else day
            for number, flow in enumerate(FLOWS):
                wobble = 1.0 + 0.02 * ((int(self.at) // 60 * 7 + number * 3) % 5 - 2)
                count = float(round(600.0 * share * wobble * (self.at - began) / 60.0))
                reading = Reading(Outcome.UP, {"requests": count}, covers=self.at - began)
                yield Observation(flow, self.at, reading)

    def when(self, kind: str, **data: str) -> list[float]:
        found = [e.at for _, e in self.told if e.kind == kind]
        return [
            at for at in found if any(e.at == at and _has(e, data) and e.kind == kind for _, e in self.told)
        ]

    def do(self, action: str, **data: object) -> str:
        found = self.replay.tell(ActionRequest("INC-1", action, "law", "test", data), self.at)
        return next((d.detail for d in found if isinstance(d, Refused)), "")

    def _hear(self, decision: Decision, engine: Engine) -> None:
        line = line_of(decision)
        if line is not None:
            self.told.append(line)
        if isinstance(decision, IncidentChanged):
            one = decision.incident
            self.incidents.append((decision.at, decision.reason, f"{one.id} {one.severity}/{one.record}"))
        self.histories.update(engine.state.histories)


def _has(entry: LogEntry, data: dict[str, str]) -> bool:
    return all(entry.data.get(name) == value for name, value in data.items())


def minute(at: float) -> float:
    return at // 60 * 60


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    folder = tmp_path_factory.mktemp("bank")
    (folder / "checks").mkdir()
    checks = "".join(
        f'[flow.{name}]\nusers_per_request = 0.5\n[[check]]\nname = "{name}"\nflow = "{name}"\nprobe = "push"\nevery = "60s"\n'
        for name in FLOWS
    )
    (folder / "checks" / "flows.toml").write_text(checks, encoding="utf-8")
    (folder / "rules.toml").write_text(RULES, encoding="utf-8")
    bank = Bank(load(folder / "rules.toml", folder / "checks", {}).plan)
    bank.until(FALL - 600, 60.0)
    bank.until(BACK + 600, 10.0)
    return bank


def test_it_is_one_incident_p0_in_its_first_minute(bank: Bank) -> None:
    opened = [(minute(at), what) for at, reason, what in bank.incidents if reason == "opened"]
    assert opened == [(FALL, "INC-1 P0/P0")]


@pytest.mark.parametrize(
    ("duty", "standing", "clock"),
    [
        ("mas.notice", "triggered", "14:54"),
        ("dora.major", "triggered", "16:54"),
        ("mas.downtime", "watch", "17:53"),
        ("mas.downtime", "triggered", "18:54"),
    ],
    ids=["notice", "dora", "four hours in watch", "four hours over"],
)
def test_each_duty_at_its_minute(bank: Bank, duty: str, standing: str, clock: str) -> None:
    found = bank.when("deadlines.duty", duty=duty, standing=standing)
    assert [minute(at) for at in found] == [moment(f"2023-10-14T{clock}+08:00")]


def test_the_notice_is_due_an_hour_after_it_was_seen(bank: Bank) -> None:
    [notify, _] = bank.histories["INC-1"].deadlines.duties["mas.notice"].steps
    assert minute(notify.due) == moment("2023-10-14T15:54+08:00")
    assert notify.breached is not None
    assert minute(notify.breached) == moment("2023-10-14T15:54+08:00")


def test_legal_is_told(bank: Bank) -> None:
    pages = {
        e.data["responder"] for _, e in bank.told if e.kind in ("duty_triggered", "duty_watch", "duty_late")
    }
    assert "law" in pages


def test_filing_and_a_restart_change_nothing_of_what_is_known(bank: Bank) -> None:
    assert bank.do("filed", duty="mas.notice", reference="MAS-1") == ""
    assert bank.do("filed", duty="nothing").startswith('no duty "nothing" is triggered')
    story = bank.histories["INC-1"]
    assert story.deadlines.duties["mas.notice"].steps[0].reference == "MAS-1"
    log = [entry for incident, entry in bank.told if incident == "INC-1"]
    assert project(log).deadlines == story.deadlines
    again = Engine(bank.plan, DETECTORS, bank.at)
    state = bank.replay.engine.state
    again.restore(
        list(state.alerts.values()), list(state.incidents.values()), [], {}, 1, bank.at, {"INC-1": log}, log
    )  # fmt: skip
    assert again.state.histories["INC-1"].deadlines == story.deadlines


def test_when_it_is_over_its_minutes_are_in_the_history_and_it_is_kept_for_its_reports(bank: Bank) -> None:
    bank.until(BACK + 3 * 3600, 60.0)
    assert any(reason == "resolved" for _, reason, _ in bank.incidents)
    state = bank.replay.engine.state
    assert "INC-1" in state.incidents, "reports are due"
    outage = Outages.of([e for _, e in bank.told]).by_incident["INC-1"]
    assert set(outage.flows) == set(FLOWS)
    assert all(abs(m - (BACK - FALL) / 60) <= 3 for m in outage.flows.values())
    for duty, step in (
        ("mas.notice", "root-cause"), ("dora.major", "initial"), ("dora.major", "intermediate"), ("dora.major", "recovered"), ("dora.major", "final"),
    ):  # fmt: skip
        assert bank.do("filed", duty=duty, step=step) == ""
    bank.until(bank.at + 300, 60.0)
    assert "INC-1" not in state.incidents
