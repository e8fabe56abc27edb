"""One rule of who is paged, tried on a step of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.core.builders import EMAIL, SMS, WEBHOOK
from tests.core.people.crew import CHEN, LI, WANG, Crew, person, plan
from watchtower.core.events import Decision, Logged, NotPaged, PageChanged, PageQueued
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.incidents import Address, Notified, Page, PageState
from watchtower.core.incident.kinds import UNREACHED
from watchtower.core.people.roles import People
from watchtower.core.plan import Plan
from watchtower.core.state import Step
from watchtower.model import AlertState, Severity
from watchtower.page_kinds import PageKind

Q, F, D, X = PageState.QUEUED, PageState.FAILING, PageState.DELIVERED, PageState.FAILED
ASKED = {("li", SMS): Notified(D), ("li", EMAIL): Notified(D)}
ZHOU = person("zhou", "nobody", SMS, EMAIL, WEBHOOK)


class Trial(Crew):
    """The bank is down and li, who is on call, was told of it; then a rule is tried on a step of its own."""

    def __init__(self, made: Plan | None = None, **changed: Any) -> None:
        super().__init__(made or plan(LI, WANG, CHEN))
        self.break_down()
        self.wait(1000)
        self.change(**{"notified": ASKED, **changed})
        self.step = Step(self.plan, self.engine.state, self.at)

    def change(self, **changed: Any) -> None:
        self.engine.state.incidents["INC-1"] = replace(self.incident, **changed)

    def people(self, **changed: Any) -> None:
        histories = self.engine.state.histories
        histories["INC-1"] = replace(histories["INC-1"], people=People(**changed))

    def on_its_way(self, *addresses: Address, kind: PageKind = PageKind.NEW) -> None:
        one = next(d.page for d in self.decisions if isinstance(d, PageQueued))
        for name, channel in addresses:
            id = f"INC-1.1.{name}.{channel}"
            self.engine.state.pages[id] = replace(
                one, id=id, responder=name, channel=channel, kind=kind, state=Q
            )

    def unreached(self) -> None:
        """The alert fires that nobody could be reached."""
        key = (UNREACHED, "INC-1", "")
        self.engine.state.alerts[key] = Alert(
            *key, AlertState.FIRING, Severity.P1, fired_at=self.at, incident="INC-2"
        )

    @property
    def said(self) -> list[str]:
        """`new li sms oncall`, with a * where it only informs; `why not: detail`; of the log what people's room says."""
        return [one for decision in self.step.decisions if (one := said(decision))]

    @property
    def pages(self) -> list[Page]:
        return [d.page for d in self.step.decisions if isinstance(d, PageQueued)]


def said(decision: Decision) -> str:
    match decision:
        case PageQueued(page=page):
            role = page.message.role and f" {page.message.role}"
            return f"{page.kind} {page.responder} {page.channel}{role}{'*' if page.message.informs else ''}"
        case NotPaged(reason=reason, detail=detail):
            return f"{reason}: {detail}"
        case PageChanged(page=page, state=state, reason=reason):
            return f"{page} {state} {reason}"
        case Logged(entry=entry) if entry.kind.startswith("people."):
            return f"{entry.kind} {entry.detail}"
    return ""
