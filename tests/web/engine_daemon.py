"""A daemon over the real engine: who is on call, who approves, who commands and who is only informed, in one incident."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.core.builders import EMAIL, LI, Story, http_check, plan, rule
from tests.web.fake import FakeDaemon, newest
from watchtower.api.brief import brief_of
from watchtower.api.contract import IncidentDetail, Status
from watchtower.core.events import (
    Acknowledged,
    ActionRequest,
    Event,
    IncidentChanged,
    Refused,
    ResolvedByHand,
)
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.incidents import Incident
from watchtower.core.incident.log import line_of
from watchtower.core.plan.degrade import DegradePlan, PlanGuard, Trigger
from watchtower.core.plan.paging import Responder
from watchtower.core.plan.sops import Sop, SopStep
from watchtower.model import AlertState, Instant, Language, Text
from watchtower.store.contract import FOREVER
from watchtower.web.action_forms import ActionForm, forms
from watchtower.web.locale import Visitor

BANK, PAGE = http_check("bank"), http_check("page")
PEOPLE = (
    LI.model_copy(update={"language": Language.ZH, "zone": "Asia/Shanghai"}),
    *(
        Responder(name=name, role=role, addresses={EMAIL: f"{name}@example.com"})
        for name, role in (("po", "product"), ("wu", "commander"), ("he", "executive"))
    ),
)
SWITCH = DegradePlan(
    name="switch",
    why=Text("Take the backup gateway", "切换备用网关"),
    trigger=Trigger(signal=("down",)),
    action="go",
    rollback="back",
    guard=PlanGuard(blast_radius_note=Text("refunds wait", "退款延后")),
)
STEPS = (
    SopStep(do=Text("Look at the bank's status page", "查看银行状态页")),
    SopStep(do=Text("Call the bank", "致电银行")),
)


def bank_plan() -> Any:
    down = rule("down", "outcome == 'down'", BANK, PAGE, text="{{ check }} is down").model_copy(
        update={"sop": "down"}
    )
    made = plan([BANK, PAGE], [down], PEOPLE)
    return replace(
        made,
        degrade={"switch": SWITCH},
        sops={"down": Sop(name="down", title=Text("Bank", "银行"), steps=STEPS)},
    )


@dataclass
class EngineDaemon(FakeDaemon):
    """What people ask is done by the engine; `log` is what the store would keep."""

    story: Story = field(default_factory=lambda: Story(bank_plan()))
    log: list[tuple[str, LogEntry]] = field(default_factory=list)

    def feed(self, event: Event) -> Sequence[Any]:
        return self.keep(self.story.feed(event))

    def keep(self, decisions: Sequence[Any]) -> Sequence[Any]:
        self.log += [line for line in map(line_of, decisions) if line is not None]
        return decisions

    def down(self) -> None:
        self.keep(self.story.down("bank"))
        self.deliver()

    def up(self) -> None:
        self.keep(self.story.up("bank"))
        self.deliver()

    def later(self, seconds: float) -> None:
        self.keep(self.story.wait(seconds).tick())
        self.deliver()

    def deliver(self) -> None:
        for page in self.story.undelivered():
            self.keep(self.story.deliver(page))

    @property
    def state(self) -> Any:
        return self.story.engine.state

    def offered(self, by: str) -> list[ActionForm]:
        """The actions that the page of this person's link offers in INC-1."""
        detail = asyncio.run(self.incident("INC-1"))
        assert detail is not None
        return forms(Visitor(Language.EN), brief_of(self.status(), detail), self.status(), by)

    def status(self) -> Status:
        state, at = self.state, self.story.at
        return Status(
            at, at - 9000, "1.2.3", self.story.plan, state.last, list(state.alerts.values()),
            [i for i in state.incidents.values() if i.open], silences=list(state.book.silences.values()),
        )  # fmt: skip

    async def incidents(
        self, *, open_only: bool, limit: int, before: tuple[Instant, int] = (FOREVER, 0)
    ) -> Sequence[Incident]:
        return newest(self.state.incidents.values(), open_only, limit, before)

    async def incident(self, id: str) -> IncidentDetail | None:
        found = self.state.incidents.get(id)
        if found is None:
            return None
        pages = [(page, 1, "") for page in self.state.pages.values() if page.incident == id]
        return IncidentDetail(
            found, self.state.alerts_of(id, AlertState.FIRING, AlertState.RESOLVED),
            [entry for about, entry in self.log if about == id], pages, self.state.histories.get(id),
        )  # fmt: skip

    def written(self) -> bool:
        return True

    async def acknowledge(self, incident: str, by: str, via: str) -> bool:
        return any(isinstance(d, IncidentChanged) for d in self.feed(Acknowledged(incident, by, via)))

    async def resolve(self, incident: str, by: str, via: str) -> bool:
        return any(isinstance(d, IncidentChanged) for d in self.feed(ResolvedByHand(incident, by, via)))

    async def do(self, incident: str, action: str, by: str, via: str, data: Mapping[str, Any]) -> str:
        self.asked.append(("do", incident, action, by, via, dict(data)))
        decisions = self.feed(ActionRequest(incident, action, by, via, data))
        return next((d.detail for d in decisions if isinstance(d, Refused)), "")
