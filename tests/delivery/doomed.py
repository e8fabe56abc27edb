"""A small daemon to be killed: `python -m tests.delivery.doomed STORE URL INCIDENTS`.

It opens incidents and resolves them, pages li by the real webhook channel for both, and goes on where the life
before ended. What it does is in the daemon's order: commit, then offer; report, then commit.
"""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import replace

from tests.store.samples import WEBHOOK, incident, page
from watchtower.channels import traits, wire  # noqa: F401 - what the first page would load, before it says that it is ready
from watchtower.channels.kinds.webhook import WebhookChannel
from watchtower.core.events import Decision, Delivered, Event, IncidentChanged, PageChanged, PageQueued
from watchtower.core.incident.incidents import Page, PageState
from watchtower.core.plan import Plan
from watchtower.core.plan.paging import Responder
from watchtower.delivery import Delivery, Policy
from watchtower.page_kinds import PageKind
from watchtower.store import open_store

POLICY = Policy(first=0.02, cap=0.1)


def pages(number: int) -> tuple[Page, Page]:
    """The two pages of an incident."""
    at = time.time()
    return (
        page(1, of=number, channel=WEBHOOK, at=at),
        page(2, of=number, kind=PageKind.RESOLVED, channel=WEBHOOK, at=at),
    )


def queued(number: int) -> list[Decision]:
    opened = IncidentChanged(time.time(), "opened", incident(number))
    return [opened, *(PageQueued(p.created_at, "opened", p) for p in pages(number))]


async def main(path: str, url: str, incidents: int) -> None:
    store = open_store(f"sqlite:///{path}")
    await store.open()
    reports: asyncio.Queue[Event] = asyncio.Queue()
    plan = Plan(
        responders={"li": Responder(name="li", role="oncall", addresses={WEBHOOK: url})}, kinds=traits()
    )
    delivery = Delivery(
        store, {WEBHOOK: WebhookChannel(WebhookChannel.Settings.model_validate({}))}, lambda: plan, reports.put_nowait, policy=POLICY,
    )  # fmt: skip
    await delivery.start()
    print("ready", flush=True)

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
        decisions = queued(number)
        await store.commit(decisions)
        delivery.offer([d.page for d in decisions if isinstance(d, PageQueued)])
        await asyncio.sleep(0.003)
    while await store.outbox():
        await asyncio.sleep(0.02)
    for number in range(1, incidents + 1):
        over = replace(incident(number, resolved_at=200.0), pages=2)
        await store.commit([IncidentChanged(time.time(), "settled", over)])
    committing.cancel()
    await delivery.stop(5.0)
    await store.close()
    print("done", flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
