"""Delivery: at least once, in order for each person and incident, and never the end of the daemon.

A page counts as sent only when the far side took it. Each (incident, responder, channel) is a lane: its pages
go one after the other, so that nobody hears "resolved" before "firing".

An attempt without a known end is asked for, if it can be; else the page goes again under the same id, as a possible repeat.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from watchtower.channels.contract import Askable, Channel, Letter, Receipt
from watchtower.core.events import ChannelBroken, Delivered, Event, Failed, PageFailing
from watchtower.core.incident.incidents import Address, Page, PageState
from watchtower.core.notify.channel_choice import Choice, choices, kind_of
from watchtower.core.plan import Plan
from watchtower.delivery import retry
from watchtower.delivery.attempt import as_repeat, ask, compose, send
from watchtower.delivery.fence import Fence
from watchtower.delivery.order import Lane, PageOrder, lane_of
from watchtower.delivery.queued import BEGUN, QueuedPage
from watchtower.delivery.reports import Reports
from watchtower.delivery.retry import Policy
from watchtower.delivery.standing import Standing
from watchtower.delivery.threads import Threads
from watchtower.delivery.turns import Turns, Way
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.logs import log
from watchtower.model import Instant
from watchtower.store.store import Store
from watchtower.telemetry import Attempt

HUNG = 2.0
"""Seconds of an attempt in vain from which its far side is one that hangs, not one that says no."""
LATE = 20.0
"""Seconds that a page may be due, and its far side not tried, before we are not ready."""
_RESTART = 1.0
"""Seconds after which a lane that ended by accident goes on."""
_REMEMBERED = 10_000
"""Pages whose end is remembered, so that they are not sent twice while their commit is under way."""


class Delivery:
    """Owned by one event loop. `channels` is looked into at every attempt, so that a reload may change it.

    `report` is told what became of pages, `on_attempt` every attempt, `on_restart` every lane that ended by accident and
    goes on. `links` gives a page's brief and acknowledge URLs, `callback_url` where a channel's vendor reports to (empty
    without a base URL). `redact` takes secrets out of a text. `fence` says when an attempt may begin; None: always.
    """

    def __init__(
        self,
        store: Store,
        channels: Mapping[str, Channel],
        plan: Callable[[], Plan],
        report: Callable[[Event], None],
        links: Callable[[Page], Sequence[str]] = lambda _: ("", ""),
        callback_url: Callable[[str], str] = lambda _: "",
        redact: Callable[[str], str] = str,
        clock: Callable[[], Instant] = time.time,
        on_attempt: Callable[[Attempt], None] = lambda _: None,
        on_restart: Callable[[], None] = lambda: None,
        fence: Fence | None = None,
        policy: Policy | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._store, self._channels, self._plan, self._links = store, channels, plan, links
        self._clock, self._policy, self._chance = clock, policy or Policy(), chance
        self._reports = Reports(store, report, on_attempt, redact)
        self._on_restart, self._callback_url = on_restart, callback_url
        self._turns, self._fence = Turns(), fence or Fence()
        self._items: dict[str, QueuedPage] = {}
        self._lanes: dict[Lane, deque[QueuedPage]] = {}
        self._threads, self._order = Threads(store), PageOrder()
        self._standing = Standing(self._policy)
        self._tried_at: dict[Address | str, float] = {}
        self._ended: dict[str, None] = {}
        self._tasks: dict[asyncio.Task[None], Lane | None] = {}
        self._early: list[Page] | None = []
        self._stopping = False

    @property
    def unrecorded(self) -> int:
        """Attempts that the store could not record; the pages were sent all the same."""
        return self._reports.unrecorded

    async def start(self) -> None:
        """Queues the pages of earlier runs. Raises StoreError when the outbox cannot be read."""
        for row in await self._store.outbox():
            wait = min(max(0.0, row.next_at - self._clock()), self._policy.asked_cap)
            self._take(row.page, row.attempts, row.last_error, wait)
        early, self._early = self._early or [], None
        self.offer(early)

    def offer(self, pages: Sequence[Page]) -> None:
        """Queues pages after their commit. Does not block; a known page is not queued twice."""
        if self._early is not None:  # the older ones, still being read, go first
            self._early.extend(pages)
            return
        for page in pages:
            self._take(page)

    def cancel(self, pages: Iterable[str]) -> None:
        """Cancels pages. One in flight is not recalled; its delivery is still reported."""
        gone = set(pages)
        if self._early is not None:
            self._early = [page for page in self._early if page.id not in gone]
            self._ended.update(dict.fromkeys(gone))  # the outbox that is being read may hold them still
        for name in gone:
            item = self._items.get(name)
            if item is not None:
                self._end(item)

    async def stop(self, grace: float) -> None:
        """Begin nothing new, let what is in flight end within `grace` seconds. What is left stays queued.

        Reports may still come during this, and want to be committed: stop delivery before engine and store.
        """
        self._stopping = True
        for item in self._items.values():
            if item.late is not None:
                item.late.cancel()
        busy = {lane for lane, items in self._lanes.items() if items and items[0].sending}
        for task, lane in list(self._tasks.items()):
            if lane is not None and lane not in busy:
                task.cancel()
        ends = asyncio.get_running_loop().time() + grace
        while self._tasks and (left := ends - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait(list(self._tasks), timeout=left)
        unfinished = list(self._tasks)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)

    def backlog(self) -> int:
        """How many pages are queued."""
        return len(self._items)

    def reloaded(self) -> None:
        """The plan or the channels changed. Pages for a failing address are tried at once, because the reload
        may have fixed it."""
        self._standing.mended()
        self._hurry()

    def late(self) -> float:
        """Seconds that the longest waiting page has been due without any attempt at its far side; 0 when all is well.

        Who waits behind others to the same address, or to a gateway that hangs, is not late while these are tried: that
        is the far side's fault, and no reason to take the product's pod out of service.
        """
        now, since = asyncio.get_running_loop().time(), []
        heads = (items[0] for items in self._lanes.values() if items and not items[0].over)
        for item in (one for one in heads if not self._order.waits(one.page)):
            way = self._way(item)
            tried = (self._tried_at.get(each, 0.0) for each in (way.address, way.server))
            since.append(max(item.due, *tried))
        return max(0.0, now - min(since, default=now))

    def _take(self, page: Page, attempts: int = 0, error: str = "", wait: float = 0.0) -> None:
        if page.id in self._items or page.id in self._ended or self._stopping:
            return
        loop = asyncio.get_running_loop()
        item = QueuedPage.of(page, attempts, error, loop.time() + wait)
        if isinstance(self._channels.get(item.unclear), Askable):
            item.due = item.held_until = max(item.due, loop.time() + self._policy.ask_after)
        item.told_failing = page.state is PageState.FAILING
        self._items[page.id] = item
        if not item.told_failing:
            delay = retry.failing_in(self._policy, self._clock(), page.created_at, attempts)
            item.late = loop.call_later(delay, self._failing, item)
        for earlier in self._order.enter(page):
            self._hasten(self._items[earlier])
        lane = lane_of(page)
        if lane in self._lanes:
            self._lanes[lane].append(item)
        else:
            self._lanes[lane] = deque([item])
            self._spawn(self._drain(lane), lane)

    def _spawn(self, work: Coroutine[Any, Any, None], lane: Lane | None = None) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks[task] = lane
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        lane = self._tasks.pop(task)
        bug = None if task.cancelled() else task.exception()
        if lane is None or self._stopping or (bug is None and not task.cancelled()):
            return
        # Nothing ends a lane but its last page, and yet: whatever it was, its pages are still queued.
        log.error("delivery_task_failed", lane=lane, exc_info=bug, cancelled=task.cancelled())
        try:
            self._on_restart()
        finally:
            asyncio.get_running_loop().call_later(_RESTART, self._resume, lane)

    def _resume(self, lane: Lane) -> None:
        if not self._stopping:
            self._spawn(self._drain(lane), lane)

    async def _drain(self, lane: Lane) -> None:
        items = self._lanes[lane]
        while items and not self._stopping:
            item = items[0]
            await self._order.turn(item.page)
            await self._until_due(item)
            await self._fence.passed(severity := item.page.message.severity)
            if not item.over:
                way = self._way(item)
                async with self._turns.turn(way, severity.rank):
                    moved = self._way(item) != way  # by a reload, or because its channel has failed meanwhile
                    if self._fence.may(severity) and not (moved or item.over):
                        await self._attempt(item, way)
            if item.over:
                items.popleft()
        if not items:
            del self._lanes[lane]

    async def _until_due(self, item: QueuedPage) -> None:
        loop = asyncio.get_running_loop()
        while not item.over and (left := item.due - loop.time()) > 0:
            item.wake = asyncio.Event()
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await item.wake.wait()
        item.wake = None

    def _choices(self, page: Page) -> list[Choice]:
        """The channels that may carry the page, in order; those that failed just now come last."""
        plan, now = self._plan(), asyncio.get_running_loop().time()
        responder = plan.responders.get(page.responder)
        found = choices(plan.channels, responder, page.channel, self._channels) if responder else []
        found = [one for one in found if one.name not in page.spent] or found
        return self._standing.in_order(found, page.responder, now)

    def _names(self, page: Page) -> list[str]:
        return [one.name for one in self._choices(page)]

    def _way(self, item: QueuedPage) -> Way:
        """The page's channel and receiver by the current plan; without an address when its person or its
        channel has left the plan."""
        page, names = item.page, self._names(item.page)
        name = next(iter(item.left(names) or names), "")
        responder, channel = self._plan().responders.get(page.responder), self._channels.get(name)
        address = responder.addresses.get(page.channel) if responder else None
        try:
            traits = self._plan().kinds.get(page.channel)
            receiver = channel.receiver(address) if channel and address else ""
            if traits is None:
                return Way(page.address, receiver, name)
            idempotent = getattr(channel, "idempotent", traits.idempotent)  # of this provider, or of the kind
            return Way(page.address, receiver, name, traits.at_once, idempotent)
        except Exception:  # noqa: BLE001 - the attempt itself is to say what is wrong
            log.exception("receiver_crashed", page=page.id)
            return Way(page.address, "", name)

    async def _attempt(self, item: QueuedPage, way: Way) -> None:
        loop = asyncio.get_running_loop()
        item.sending, ends = True, loop.time() + self._policy.attempt
        self._tried_at[way.address] = self._tried_at[way.server] = ends
        try:
            await self._try(item, way)
        finally:
            item.sending = False
            self._tried_at[way.address] = self._tried_at[way.server] = loop.time()

    async def _try(self, item: QueuedPage, way: Way) -> None:
        page, begun = item.page, time.monotonic()
        try:
            first = await self._threads.begins_with(page)
            told = self._fence.as_told(page)
            letter = compose(told, self._plan(), first, self._links(told), self._callback_url(way.name))
            if (receipt := await self._asked(item, letter)) is not None:
                way = way._replace(name=item.unclear)
            else:
                if not way.idempotent:
                    letter = as_repeat(letter) if item.unclear else letter
                    await self._reports.begun(page, self._clock(), item.attempts, f"{BEGUN}: {way.name}")
                begun = time.monotonic()
                receipt = await send(
                    self._channels.get(way.name), letter, self._policy.attempt, self._reports.shown
                )
        except DeliveryError as error:
            self._refused(item, way, error, time.monotonic() - begun)
        except Exception as bug:  # noqa: BLE001 - before the channel was reached; the page is still queued
            log.exception("delivery_crashed", page=page.id)
            self._refused(item, way, DeliveryError(type(bug).__name__, ""), time.monotonic() - begun)
        else:
            self._fence.sent(told)
            self._taken(item, way, receipt, time.monotonic() - begun, told.incident)

    async def _asked(self, item: QueuedPage, letter: Letter) -> Receipt | None:
        """The receipt of an earlier attempt that had no known end."""
        with suppress(DeliveryError):  # it cannot tell
            receipt = await ask(
                self._channels.get(item.unclear), letter, self._policy.ask_within, self._reports.shown
            )
            item.unclear = item.unclear if receipt else ""
            return receipt
        return None

    def _taken(self, item: QueuedPage, way: Way, receipt: Receipt, seconds: float, told: str) -> None:
        page, at, told_as = item.page, self._clock(), "" if told == item.page.incident else told
        item.attempts += 1
        self._end(item)
        self._threads.began_with(page)
        answer, reference = self._reports.shown(receipt.answer), self._reports.shown(receipt.reference)
        via = self._via(item, way.name)
        self._standing.worked(way.name, page.responder)
        self._reports.attempt(
            page, at, way.channel, item.attempts, "delivered", seconds, answer, reference=reference
        )
        self._reports.event(Delivered(page.id, page.incident, reference or answer, via, way.name, told_as))
        if self._turns.worked(way):
            self._hurry(page.address)

    def _via(self, item: QueuedPage, name: str) -> str:
        """Which of several channels accepted the page, and why this one; empty when there is only one."""
        several = sum(kind_of(one) == item.page.channel for one in self._channels) > 1
        now = asyncio.get_running_loop().time()
        return self._standing.via(name, self._choices(item.page), item.tried, now, several=several)

    def _refused(self, item: QueuedPage, way: Way, error: DeliveryError, seconds: float) -> None:
        page, at = item.page, self._clock()
        code, detail = self._reports.shown(error.code), self._reports.shown(error.detail)
        item.failed(way.name, code, error.fault, idempotent=way.idempotent)
        self._standing.failed(way.name, page.responder, error, asyncio.get_running_loop().time())
        severity = page.message.severity
        if error.fault is DeliveryFault.OURS and self._standing.breaks(way.name, severity):
            self._reports.event(ChannelBroken(way.channel, code, detail, severity))
        names = self._names(page)
        others = item.left(names)
        over = (
            item.refused.issuperset(names)
            or retry.given_up(self._policy, at, page.created_at, severity)
            or item.unclear_attempts >= self._policy.unclear_attempts
        )
        last = item.over or (over and not others)
        outcome = "failed" if last else "failover" if others else "retry"
        self._reports.attempt(
            page, at, way.channel, item.attempts, outcome, seconds, item.code, detail, fault=error.fault
        )
        self._turns.failed(way, hung=seconds >= HUNG)
        if item.over:  # cancelled while it was in flight
            return
        wait, asked = 0.0, error.retry_after
        if error.fault is DeliveryFault.AMBIGUOUS and isinstance(self._channels.get(way.name), Askable):
            wait = asked = self._policy.ask_after
        if not (last or others):
            item.tried.clear()
            rounds = -(-item.attempts // max(1, len(names)))
            wait = retry.wait(self._policy, rounds, self._chance(), asked)
        self._spawn(self._reports.record(page, at, item.attempts, at + wait, item.end(detail)))
        if last:
            self._end(item)
            self._reports.event(Failed(page.id, page.incident, item.code, error.fault))
            return
        now = asyncio.get_running_loop().time()
        item.due = now + wait
        item.held_until = item.due if asked else min(item.due, now + self._policy.eager)
        ours = error.fault is DeliveryFault.OURS and not others
        if ours or item.attempts >= self._policy.failing_attempts:
            self._failing(item)

    def _failing(self, item: QueuedPage) -> None:
        """Reports the page as failing once: after too many attempts, or too long after its creation."""
        if item.told_failing or item.over or self._stopping:
            return
        item.told_failing = True
        self._reports.event(PageFailing(item.page.id, item.page.incident, item.code or "late"))

    def _end(self, item: QueuedPage) -> None:
        item.over = True
        if item.late is not None:
            item.late.cancel()
        if item.wake is not None:
            item.wake.set()
        self._order.leave(item.page)
        self._items.pop(item.page.id, None)
        self._ended[item.page.id] = None
        if len(self._ended) > _REMEMBERED:
            del self._ended[next(iter(self._ended))]

    def _hurry(self, address: Address | None = None) -> None:
        """The address works again (None: any may): its queued pages are due at once."""
        for items in self._lanes.values():
            if items and address in (None, items[0].page.address):
                self._hasten(items[0])

    def _hasten(self, item: QueuedPage) -> None:
        item.due = min(item.due, max(asyncio.get_running_loop().time(), item.held_until))
        if item.wake is not None:
            item.wake.set()
