"""A small daemon to be killed, in a process of its own that is forked from one that has loaded everything.

It opens incidents and resolves them, pages a person of each family by the real channel for both, and goes on where the life
before ended. What it does is in the daemon's order: commit, then offer; report, then commit.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection

from tests.delivery.fault_table import FAMILIES
from tests.store.samples import incident, page
from watchtower.channels import mail_html, traits, wire  # noqa: F401 - what the first page would load
from watchtower.core.events import Decision, Delivered, Event, IncidentChanged, PageChanged, PageQueued
from watchtower.core.incident.incidents import Page, PageState
from watchtower.core.plan import Plan
from watchtower.core.plan.paging import Responder
from watchtower.delivery import Delivery, Policy
from watchtower.model import Language
from watchtower.page_kinds import PageKind
from watchtower.store import open_store

POLICY = Policy(first=0.02, cap=0.1, ask_after=0.05, down=0.1)
AT_ONCE = 60
"""Pages that wait at most before the next incident opens."""


def pages(number: int, families: Sequence[str]) -> list[Page]:
    """The two pages of an incident to each."""
    at, mine = time.time(), [family for family in FAMILIES if family.slug in families]
    return [
        page(n, of=number, kind=kind, responder=family.slug, channel=family.kind, at=at)
        for n, kind in ((1, PageKind.NEW), (2, PageKind.RESOLVED))
        for family in mine
    ]


def queued(number: int, families: Sequence[str]) -> list[Decision]:
    opened = IncidentChanged(time.time(), "opened", incident(number))
    return [opened, *(PageQueued(p.created_at, "opened", p) for p in pages(number, families))]


async def _live(path: str, far_sides: Mapping[str, str], incidents: int, said: Connection) -> None:
    store = open_store(f"sqlite:///{path}")
    await store.open()
    reports: asyncio.Queue[Event] = asyncio.Queue()
    mine = {family.slug: family for family in FAMILIES if family.slug in far_sides}
    people = {
        slug: Responder(
            name=slug, role="oncall", addresses={one.kind: one.at(far_sides[slug])},
            channels=(f"{one.kind}.{slug}",), language=Language.EN,
        )
        for slug, one in mine.items()
    }  # fmt: skip
    channels = {
        f"{one.kind}.{slug}": one.channel(far_sides[slug], {"timeout": "10s"}) for slug, one in mine.items()
    }
    plan = Plan(responders=people, kinds=traits())
    delivery = Delivery(store, channels, lambda: plan, reports.put_nowait, policy=POLICY)
    await delivery.start()
    said.send("ready")

    async def commit_reports() -> None:
        while True:
            event = await reports.get()
            if isinstance(event, Delivered):
                changed = PageChanged(
                    time.time(), "delivered", event.page, event.incident, PageState.DELIVERED, event.reference
                )
                await store.commit([changed])

    committing = asyncio.create_task(commit_reports())
    begun = (await store.load()).last_incident
    for number in range(begun + 1, incidents + 1):
        decisions = queued(number, tuple(mine))
        await store.commit(decisions)
        delivery.offer([d.page for d in decisions if isinstance(d, PageQueued)])
        await asyncio.sleep(0.003)
        while delivery.backlog() > AT_ONCE:
            await asyncio.sleep(0.003)
    while await store.outbox():
        await asyncio.sleep(0.02)
    for number in range(1, incidents + 1):
        over = replace(incident(number, resolved_at=200.0), pages=2)
        await store.commit([IncidentChanged(time.time(), "settled", over)])
    committing.cancel()
    await delivery.stop(5.0)
    await store.close()
    said.send("done")


def live(path: str, far_sides: Mapping[str, str], incidents: int, said: Connection) -> None:
    """One life: it says `ready`, and `done` when everything is sent. `far_sides` are URLs by family."""
    asyncio.run(_live(path, far_sides, incidents, said))
