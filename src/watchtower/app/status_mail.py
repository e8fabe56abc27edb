"""Sends public updates to who subscribed, and asks who wants to subscribe whether it was them.

One mail after the other, and none while pages wait: nobody who responds is kept by it. How far an update has got is in the
store, so that after a crash one subscriber at most gets it twice, with the same Message-ID, and none is left out. Addresses
and what mail servers say of them are not logged.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from watchtower.access.status_subscribers import StatusSubscriber, StatusSubscribers
from watchtower.brief.public_updates import public_flows, public_updates
from watchtower.channels.contract import Channel, Notice, Noticing
from watchtower.core.events import Decision, Logged
from watchtower.core.incident.incidents import Incident
from watchtower.core.notes.kinds import NoteWithdrawn, StatusUpdated
from watchtower.core.notes.notes import Item
from watchtower.core.plan import Plan
from watchtower.errors import DeliveryError, DeliveryFault, Deposed, StoreError, WatchtowerError
from watchtower.logs import log
from watchtower.model import Instant, Language, Severity, Text
from watchtower.outside_text import clean
from watchtower.store.store import Store
from watchtower.values import Mutable, field
from watchtower.web import tokens
from watchtower.web.lists.texts import AND

PAUSE, YIELD = 0.1, 1.0
"""Seconds from one mail to the next, and twice at most while pages wait."""
RETRY, LONGEST_RETRY = 60.0, 900.0
"""Seconds until it is tried again, longer and longer, where the mail server or the store is away."""
FAILURES = 3
"""Failures in a row after which it counts as away."""
CANCELLED = 0.1
DAY = 86400.0
_MOST = 1000
_FOREVER = 1e10
_NAME = "status_mail"

TITLE = Text("{}: service status", "{}：服务状态")
ASK = Text(
    "Somebody, perhaps you, wants to get the status updates of {0} at this address.\n\nTo confirm, open this link within a "
    "day and press the button:\n{1}\n\nIf it was not you, ignore this mail: nothing more is sent.\n",
    "有人（可能是您）希望用此邮箱接收 {0} 的服务状态通报。\n\n请在一天内打开以下链接并点击按钮确认：\n{1}\n\n"
    "如非本人操作，请忽略本邮件，不会再发送。\n",
)
CONFIRM = Text("{}: confirm your subscription", "{}：请确认订阅")
UPDATE = Text(
    "{0}\n\n{1}\n\nAll updates: {2}\nUnsubscribe: {3}\n", "{0}\n\n{1}\n\n全部通报：{2}\n退订：{3}\n"
)


class _Away(WatchtowerError):
    """The mail server takes nothing now."""


class Mailing(Mutable):
    """How far an update has got: to the subscribers up to `cursor`, but for those of `later`, which failed."""

    at: Instant
    cursor: str = ""
    later: list[str] = field(default_factory=list)
    sent: int = 0
    refused: int = 0
    over: bool = False


class StatusMail:
    """Owned by the daemon's loop, while this daemon leads. `url` is the status page's; empty: it is off. `channels` is looked
    into each time, so that a reload may change it. `queued` says whether pages wait."""

    def __init__(
        self, url: str, key: bytes, subscribers: StatusSubscribers, store: Store, channels: Mapping[str, Channel],
        plan: Callable[[], Plan], fence: Callable[[Severity], Awaitable[None]] | None, queued: Callable[[], bool],
        clock: Callable[[], Instant] = time.time, pause: float = PAUSE, retry: float = RETRY,
        yields: float = YIELD,
    ) -> None:  # fmt: skip
        self._url, self._key, self._fence, self._queued = url, tokens.status_key(key), fence, queued
        self._subscribers, self._store, self._channels, self._plan = subscribers, store, channels, plan
        self._clock, self._pause, self._retry, self._yields = clock, pause, retry, yields
        self._mailings: dict[str, Mailing] | None = None
        self._stale = self._stopping = False
        self._failed = self._rounds = 0
        self._task: asyncio.Task[None] | None = None
        subscribers.carrier = self.carrier

    def carrier(self) -> Noticing | None:
        """The channel that pages try last, so that a mail server of its own may be named for the public."""
        tables = self._plan().channels
        found = {name: one for name, one in self._channels.items() if isinstance(one, Noticing)}
        last = max(found, key=lambda name: (getattr(tables.get(name), "order", 0), name), default="")
        return found[last] if self._url and last else None

    def start(self) -> None:
        if self._url:
            self._task = asyncio.create_task(self._run(), name="status-mail")

    async def stop(self, grace: float) -> None:
        """Lets the mail that is under way end: whether it arrived is then known."""
        self._stopping = True
        self._subscribers.wake.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=grace)
            self._task.cancel()
            await asyncio.wait([self._task], timeout=CANCELLED)

    def written(self, decisions: Sequence[Decision]) -> None:
        """Looks for new updates, and for withdrawn ones, when they are on the disk."""
        kinds = (StatusUpdated.kind, NoteWithdrawn.kind)
        if any(isinstance(one, Logged) and one.entry.kind in kinds for one in decisions):
            self._stale = True
            self._subscribers.wake.set()

    async def _run(self) -> None:
        while not self._stopping:
            self._subscribers.wake.clear()
            wait: float | None = min(LONGEST_RETRY, self._retry * 2 ** min(self._rounds, 10))
            self._rounds += 1
            try:
                if not await self._work():
                    wait, self._rounds = None, 0
            except Deposed:
                return
            except (_Away, StoreError) as error:
                log.warning("status_mail_waits", error=str(error), seconds=wait)
            except Exception as error:  # noqa: BLE001 - it may hold an address; the next round may do
                log.error("status_mail_failed", error=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._subscribers.wake.wait(), wait)

    async def _work(self) -> bool:
        """Sends what can be sent; whether something remains."""
        self._failed = 0
        await self._ask()
        left = False
        for name, (incident, item) in (await self._updates()).items():
            mailing = self._known.setdefault(name, Mailing(item.at))
            if not mailing.over and not self._stale:
                await self._mail(name, mailing, incident, item)
            left = left or not mailing.over
        return left or bool(self._subscribers.asked)

    @property
    def _known(self) -> dict[str, Mailing]:
        assert self._mailings is not None
        return self._mailings

    async def _ask(self) -> None:
        """A mail to confirm, for each who asked. It is tried for a day, or until a restart."""
        asked, failed = self._subscribers.asked, 0
        while asked and failed < FAILURES and not self._stopping:
            address, language, at = asked.popleft()
            link = self._link("confirm", language, address, at + DAY, language)
            product = self._plan().product.in_(language)
            text = ASK.in_(language).format(product, link)
            subject = CONFIRM.in_(language).format(product)
            notice = Notice(f"{address}:{at}", address, language, subject, text, at)
            if self._clock() < at + DAY and await self._send(notice) is None:
                asked.append((address, language, at))
                failed += 1

    async def _updates(self) -> Mapping[str, tuple[Incident, Item]]:
        """What was published within a day, the oldest first. What was withdrawn, or is older, is sent no more."""
        if self._mailings is None:
            kept = await self._store.get(_NAME)
            self._mailings = msgspec.json.decode(kept or "{}", type=dict[str, Mailing])
        self._stale, since = False, self._clock() - DAY
        found = []
        for id in await self._store.published(since, _MOST):
            incident, timeline = await self._store.incident(id), await self._store.timeline(id)
            if incident is not None and not incident.drill:
                said = await asyncio.to_thread(public_updates, timeline)
                # `result` says to whom it was sent; without it somebody only wrote down what was said elsewhere.
                found += [(incident, item) for item in said if item.result and item.at > since]
        found.sort(key=lambda one: one[1].at)
        updates = {f"{incident.id}.{item.number}": (incident, item) for incident, item in found}
        for name, mailing in self._known.items():
            if not mailing.over and name not in updates:
                mailing.over, left = True, len(self._due(mailing))
                log.warning("status_mail_dropped", update=name, sent=mailing.sent, left=left)
        self._mailings = {name: one for name, one in self._known.items() if one.at > since - DAY}
        return updates

    def _due(self, mailing: Mailing) -> list[str]:
        """Who is to get it: those who had subscribed by then. What failed comes last, so that it keeps nobody."""
        known = self._subscribers.known.items()
        new = (id for id, one in known if id > mailing.cursor and one.confirmed_at < mailing.at)
        return [*sorted(new), *(id for id in mailing.later if id in self._subscribers.known)]

    async def _mail(self, name: str, mailing: Mailing, incident: Incident, item: Item) -> None:
        for id in self._due(mailing):
            if self._stale or self._stopping:
                return
            if (one := self._subscribers.known.get(id)) is not None:
                accepted = await self._send(self._notice(f"{name}:{id}", id, one, incident, item))
                mailing.later = [other for other in mailing.later if other != id]
                mailing.cursor = max(mailing.cursor, id)
                if accepted is None:
                    mailing.later.append(id)
                else:
                    mailing.sent, mailing.refused = mailing.sent + accepted, mailing.refused + (not accepted)
                await self._save()
                if self._failed >= FAILURES:
                    raise _Away("the mail server takes nothing now")
                if self._subscribers.asked:
                    await self._ask()
        mailing.over = not mailing.later
        await self._save()
        if mailing.over:
            log.info("status_mail_sent", update=name, sent=mailing.sent, refused=mailing.refused)

    async def _save(self) -> None:
        await self._store.put(_NAME, msgspec.json.encode(self._known).decode())

    async def _send(self, notice: Notice) -> bool | None:
        """Whether the mail server took it; False where it refuses this address for good, None where it may take it later."""
        await asyncio.sleep(self._pause)
        for _ in range(2):
            if self._queued():
                await asyncio.sleep(self._yields)
        if self._fence is not None:
            await self._fence(Severity.P4)
        carrier, fault = self.carrier(), DeliveryFault.OURS
        try:
            if carrier is not None:
                await carrier.send_notice(notice)
                self._failed = self._rounds = 0
                return True
        except DeliveryError as error:
            fault = error.fault
        if fault is DeliveryFault.ADDRESS:
            return False
        self._failed += 1
        return None

    def _notice(
        self, id: str, subscriber: str, one: StatusSubscriber, incident: Incident, item: Item
    ) -> Notice:
        language, plan = one.language, self._plan()
        product = plan.product.in_(language)
        flows = AND.in_(language).join(title.in_(language) for title in public_flows(incident, plan))
        end = self._link("unsubscribe", tokens.UNSUBSCRIBE, subscriber, _FOREVER, language)
        text = UPDATE.in_(language).format(flows or product, item.text, f"{self._url}?lang={language}", end)
        subject = TITLE.in_(language).format(f"{product} · {flows}" if flows else product)
        return Notice(id, one.address, language, subject, clean(text), item.at, end)

    def _link(self, path: str, purpose: str, about: str, until: Instant, language: Language) -> str:
        return f"{self._url}/{path}/{tokens.make(self._key, purpose, about, until)}?lang={language}"
