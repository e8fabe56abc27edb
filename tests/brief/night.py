"""A long night through the real engine: three flows, a bank that is down, and people who write things down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.core.builders import LI, WANG, Story, http_check, plan, rule
from watchtower.brief.brief import Brief, brief
from watchtower.core.actions.action import ActionTaken, accept
from watchtower.core.events import Decision
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.history import History, project
from watchtower.core.incident.incidents import Incident
from watchtower.core.incident.log import line_of
from watchtower.core.pipeline.features import ACTIONS
from watchtower.core.state import Step
from watchtower.model import AlertState, Instant

START = 1_763_827_200.0  # 2025-11-22T16:00:00Z
CHECKS = [http_check(name, "checkout") for name in ("bank", "gateway", "orders", "wallet")]
PLAN = plan(
    CHECKS,
    [rule("down", 'outcome == "down"', *CHECKS, severity="P1", text="{{ check }} is down: {{ reason }}")],
    responders=(LI, WANG),
)


@dataclass
class Night:
    """`see` and `do` in order; `log` is what the store would keep of INC-1."""

    engine: Story = field(default_factory=lambda: Story(PLAN, START))
    log: list[LogEntry] = field(default_factory=list)
    number: str = "INC-1"

    @property
    def at(self) -> Instant:
        return self.engine.at

    @property
    def incident(self) -> Incident:
        return self.engine.engine.state.incidents[self.number]

    @property
    def alerts(self) -> list[Alert]:
        return self.engine.engine.state.alerts_of(self.number, AlertState.FIRING, AlertState.RESOLVED)

    def keep(self, decisions: list[Decision]) -> None:
        lines = [line for line in map(line_of, decisions) if line is not None]
        self.log += [entry for incident, entry in lines if incident == self.number]

    def down(self, check: str) -> None:
        self.keep(self.engine.down(check))
        for page in self.engine.undelivered():
            self.keep(self.engine.deliver(page))

    def up(self, check: str) -> None:
        self.keep(self.engine.up(check))
        for page in self.engine.undelivered():
            self.keep(self.engine.deliver(page))

    def ack(self, by: str) -> None:
        self.keep(self.engine.ack(self.number, by))

    def do(self, action: str, by: str, **given: Any) -> None:
        step = Step(PLAN, self.engine.engine.state, self.at)
        one = ACTIONS[action]
        assert (
            one.act(step, self.incident, ActionTaken(by, "api", accept(one, given, self.at), self.at)) == ""
        )
        self.keep(step.decisions)

    def wait(self, seconds: float) -> None:
        self.engine.wait(seconds)

    def told(self) -> History:
        return project(self.log)

    def brief(self, since: Instant | None = None) -> Brief:
        return brief(PLAN, self.incident, self.told(), self.alerts, self.log, self.at, since)


def short() -> Night:
    """Ten minutes in: one check is down, li has it."""
    night = Night()
    night.down("bank")
    night.wait(120)
    night.ack("li")
    night.wait(480)
    return night


def long(events: int = 200) -> Night:
    """Hours of it: at least so many lines in the log."""
    night = short()
    night.do("change", "wang", text="Gateway 4.2 rolled out to all regions", kind="deploy", due=START - 5400)
    night.do("doing", "li", text="Rolling the gateway back to 4.1", due=night.at + 600)
    night.do("known", "wang", text="Only card payments fail; wallets work")
    night.do("rule_out", "wang", text="Not DNS: the same answer from six resolvers")
    night.do("ask", "li", text="Since when does the bank refuse our certificate?", who="partner")
    night.do("need", "li", text="May we switch to the standby bank?", who="commander", due=night.at + 300)
    said = "Card payments fail since 16:00. We are working on it with our bank."
    night.do("said", "wang", audience="customers", text=said, next_minutes=30)
    for round_ in range(events):
        if len(night.log) >= events:
            break
        night.wait(60)
        check = ("gateway", "orders", "wallet")[round_ % 3]
        (night.up if round_ % 6 >= 3 else night.down)(check)
        night.do("note", "wang", text=f"Round {round_}: errors at {90 - round_ % 9}% on {check}")
        if round_ % 10 == 0:
            night.do("tried", "li", text=f"Restarted {check}, pod {round_}", result="no change")
    night.do("tried", "li", text="Rolled the gateway back to 4.1", result="errors went on", item=2)
    night.do("doing", "anna", text="Renewing the client certificate")
    night.do("cause", "anna", text="The client certificate for the bank expired at 16:00", tag="certificate")
    night.wait(30)
    return night
