"""A far side that is told how to answer, and a delivery wired to it over a real store."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from tests.store.samples import EMAIL, SMS, WEBHOOK, page
from watchtower.channels import traits
from watchtower.channels.contract import Letter, Receipt
from watchtower.core.events import Delivered, Event, Failed, PageFailing, PageQueued
from watchtower.core.incident.incidents import Page
from watchtower.core.plan import Plan
from watchtower.core.plan.paging import Responder
from watchtower.delivery import Delivery, Policy
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.model import ChannelName, Language
from watchtower.store.sqlite import SqliteStore
from watchtower.telemetry import Attempt

QUICK = Policy(first=0.01, cap=0.02, asked_cap=0.3, failing_after=1000.0, attempt=10.0, eager=0.0)
"""The shape of the real policy at the pace of a test; nothing is failing for its age only."""
BUSY = DeliveryError("http 503", "busy")
NO_SUCH_USER = DeliveryError("550", "no such user", fault=DeliveryFault.ADDRESS)

Outcome = BaseException | Receipt | None


class FarSide:
    """A channel that keeps what it was sent. `answers` go one after the other for each page, then all is well."""

    name: ClassVar[ChannelName] = EMAIL

    def __init__(self, *answers: Outcome) -> None:
        self.answers: list[Outcome] = list(answers)
        self.answers_for: dict[str, list[Outcome]] = {}
        self.tried: list[Letter] = []
        self.taken: list[str] = []
        self.open = asyncio.Event()
        self.open.set()
        self.busy = self.most_busy = 0

    def receiver(self, address: str) -> str:
        return "one server for all"

    async def send(self, letter: Letter) -> Receipt:
        self.tried.append(letter)
        self.busy += 1
        self.most_busy = max(self.most_busy, self.busy)
        try:
            await asyncio.sleep(0)  # as any network would
            await self.open.wait()
        finally:
            self.busy -= 1
        left = self.answers_for.setdefault(letter.id, list(self.answers))
        answer = left.pop(0) if left else None
        if isinstance(answer, BaseException):
            raise answer
        self.taken.append(letter.id)
        return answer or Receipt(f"queue-{letter.id}", "250 ok")

    async def close(self) -> None:
        """Nothing to close."""


def responder(name: str = "li") -> Responder:
    addresses = {EMAIL: f"{name}@example.com", SMS: "+8613800000000", WEBHOOK: "https://hook.example"}
    return Responder(
        name=name, role="oncall", addresses=addresses, language=Language.ZH, zone="Asia/Shanghai"
    )


@dataclass
class Rig:
    """`offer` commits pages as the journal does and then offers them; `events` is what the engine would hear."""

    path: Path
    email: FarSide = field(default_factory=FarSide)
    sms: FarSide = field(default_factory=FarSide)
    more: Mapping[str, Any] = field(default_factory=dict)
    """Channels beside `email` and `sms`, as "sms.cn"; `without` takes away."""
    without: Sequence[str] = ()
    policy: Policy = QUICK
    plan: Plan = field(
        default_factory=lambda: Plan(responders={n: responder(n) for n in ("li", "wang")}, kinds=traits())
    )
    redact: Callable[[str], str] = str
    report: Callable[[Event], None] | None = None
    on_attempt: Callable[[Attempt], None] | None = None
    on_restart: Callable[[], None] = lambda: None
    links: Callable[[Page], Sequence[str]] = lambda page: (
        f"https://wt/{page.incident}",
        "https://wt/ack/t",
    )
    events: list[Event] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)

    async def __aenter__(self) -> Rig:
        self.store = SqliteStore(self.path)
        await self.store.open()
        self.channels: dict[str, Any] = {EMAIL: self.email, SMS: self.sms, **self.more}
        for name in self.without:
            del self.channels[name]
        self.delivery = Delivery(
            store=self.store, channels=self.channels, plan=lambda: self.plan, report=self.report or self.events.append,
            links=self.links, redact=self.redact, clock=time.time, on_attempt=self.on_attempt or self.attempts.append,
            on_restart=self.on_restart,
            policy=self.policy, chance=lambda: 0.0,
        )  # fmt: skip
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.delivery.stop(1.0)
        await self.store.close()

    async def started(self) -> Rig:
        await self.delivery.start()
        return self

    async def commit(self, *pages: Page) -> None:
        await self.store.commit([PageQueued(page.created_at, "opened", page) for page in pages])

    async def offer(self, *pages: Page) -> None:
        await self.commit(*pages)
        self.delivery.offer(pages)

    async def idle(self) -> None:
        """Until nothing is queued any more."""
        await until(lambda: self.delivery.backlog() == 0)

    def said(self, kind: type[Event] | None = None) -> list[tuple[str, str]]:
        """What the engine heard: `("PageFailing", page id)`."""
        heard = [e for e in self.events if isinstance(e, (Delivered, PageFailing, Failed))]
        return [(type(e).__name__, e.page) for e in heard if kind is None or isinstance(e, kind)]


async def until(condition: Callable[[], Any], seconds: float = 20.0) -> None:
    """Wait for something that must come; the limit only ends a test that is lost anyway."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.002)


def now(number: int = 1, **more: Any) -> Page:
    """A page of this moment: its age makes nothing happen."""
    return page(number, at=time.time(), **more)


def repeated(items: Iterable[Any]) -> Sequence[Any]:
    return [item for item, times in Counter(items).items() if times > 1]
