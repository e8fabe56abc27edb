"""A crew, its plan, and the story of an incident told by the real engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.core.builders import DOWN_RULE_TEXT, EMAIL, SMS, Story, http_check, pages, policy, queued, rule
from tests.core.builders import plan as plain_plan
from watchtower.core.events import ActionRequest, Logged, Refused
from watchtower.core.oncall.schedule import Schedule
from watchtower.core.plan import Plan
from watchtower.core.plan.paging import EscalationStep, PagingPolicy, Responder
from watchtower.core.plan.roles import PeoplePolicy, Role
from watchtower.model import ChannelName, Severity

BANK = http_check()


def person(name: str, role: str = "nobody", *channels: ChannelName) -> Responder:
    return Responder(name=name, role=role, addresses={c: f"{name}@{c}" for c in channels or (SMS, EMAIL)})


LI, WANG, ZHAO = person("li", "oncall"), person("wang", "backup"), person("zhao", "commander")
CHEN = person("chen", "product", EMAIL)


def step(after: float, *roles: str, by: Sequence[ChannelName] = ()) -> EscalationStep:
    return EscalationStep(after=after, roles=roles, channels=tuple(by))


def paging(**more: Any) -> PagingPolicy:
    """P1 of these tests: `oncall` by SMS and e-mail; all else is the product's default."""
    return policy(SMS, EMAIL, **more)


def plan(
    *people: Responder, at: PagingPolicy | None = None, severity: str = "P1", roles: Sequence[Role] = (),
    schedules: Sequence[Schedule] = (), levels: Mapping[str, PagingPolicy] | None = None, escalate_after: float = 0.0,
) -> Plan:  # fmt: skip
    down = rule("bank-down", "outcome == 'down'", BANK, severity=severity, text=DOWN_RULE_TEXT)
    made = plain_plan(
        [BANK], [down.model_copy(update={"escalate_after": escalate_after})], people or (LI, WANG)
    )
    more = {Severity(name): one for name, one in (levels or {}).items()}
    own = {Severity(severity): at} if at else {}
    people_policy = PeoplePolicy({one.name: one for one in roles}, {one.name: one for one in schedules})
    return replace(made, paging={**made.paging, **own, **more}, people=people_policy)


class Crew(Story):
    """A story whose pages arrive at once, and in which time passes second by second of ten."""

    def live(self, seconds: float) -> list[str]:
        """`+300 new wang sms` for each page that is queued while so long passes and the bank stays as it is."""
        said: list[str] = []
        for _ in range(round(seconds / 10)):
            self.wait(10)
            last = self.engine.state.last["bank", ""].reading
            found = [*self.see("bank", last.outcome, "", **last.measurements), *self.tick()]
            after = f"+{self.at - 1_000_000.0:.0f}"
            said += [f"{after} {page.kind} {page.responder} {page.channel}" for page in queued(found)]
            self.deliver_all()
        return said

    def break_down(self) -> list[str]:
        said = pages(self.down("bank"))
        self.deliver_all()
        return said

    def do(self, action: str, by: str, **data: Any) -> str:
        """Why it was refused; "" when it was done."""
        out = self.feed(ActionRequest("INC-1", action, by, "test", data))
        return next((d.detail for d in out if isinstance(d, Refused)), "")

    def log(self) -> list[str]:
        """`people.escalated wang` of each entry of this room."""
        return [
            f"{d.entry.kind} {d.entry.detail}"
            for d in self.decisions
            if isinstance(d, Logged) and d.entry.kind.startswith("people.")
        ]

    @property
    def incident(self):  # type: ignore[no-untyped-def]
        return self.engine.state.incidents["INC-1"]
