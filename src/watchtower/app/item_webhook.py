"""Action items go out to the program that tracks them: one signed post a change, in order for each item, at least once.

The incident's log is the queue: a change is there before anybody hears of it. Beside it only the keys of what was
taken are kept. So nothing is lost in a crash, and nothing waits in the way of a page.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, NamedTuple

from watchtower.api import views
from watchtower.core.events import Decision, Logged
from watchtower.core.incident.incidents import Incident
from watchtower.core.plan.review import DAY
from watchtower.core.reviews.item_changes import ItemChange, item_changes
from watchtower.core.reviews.kinds import ITEM_KINDS
from watchtower.delivery.retry import Policy, wait
from watchtower.errors import DeliveryError, StoreError
from watchtower.logs import log
from watchtower.model import Instant
from watchtower.store.chain import digest, entry_text
from watchtower.store.store import Store
from watchtower.switches.webhook import WebhookAction, post

STATE = "action_item_webhook"
"""The value of the store: since when, and the keys of what was taken since."""
RETRY = Policy(first=5.0, cap=900.0)
AWAY, IDLE = 5.0, 3600.0
"""Seconds until the store is asked again, and until there is anything to do at all."""
LOOK_BACK = 7 * DAY
"""At the start changes are posted that are not older, and were not taken."""


class _Waiting(NamedTuple):
    """A change that was not taken yet."""

    key: str
    item: tuple[str, str]
    at: Instant
    body: dict[str, Any]


class ActionItemWebhook:
    """Owned by the daemon's loop. `webhook` is asked for before each round, because a reload may change it."""

    def __init__(
        self,
        store: Store,
        webhook: Callable[[], WebhookAction | None],
        base_url: str,
        redact: Callable[[str], str] = str,
        policy: Policy = RETRY,
    ) -> None:
        self._store, self._webhook, self._redact, self._policy = store, webhook, redact, policy
        self._base = base_url.rstrip("/")
        self._wake = asyncio.Event()
        self._touched: dict[str, Instant] = {}
        """Incidents whose log is to be read, with the moment of the change."""
        self._waiting: dict[str, list[_Waiting]] = {}
        self._tries: dict[tuple[str, str], tuple[int, float]] = {}
        """By item: attempts that failed, and until when it waits, by a clock that nobody can set."""
        self._since: Instant | None = None
        self._taken: dict[str, Instant] = {}

    def written(self, decisions: Iterable[Decision]) -> None:
        """Takes note of the changes among these decisions, which are on disk now."""
        for one in decisions:
            if isinstance(one, Logged) and one.entry.kind in ITEM_KINDS and self._webhook() is not None:
                self._touched.setdefault(one.incident, one.entry.at)
                if self._since is not None:  # the clock may have been set back
                    self._since = min(self._since, one.entry.at)
                self._wake.set()

    def reloaded(self) -> None:
        """Another configuration is in force."""
        self._tries.clear()
        self._wake.set()

    async def run(self) -> None:
        """Posts until it is cancelled."""
        while True:
            pause, webhook = IDLE, self._webhook()
            try:
                if webhook is None:
                    await self._forget()
                else:
                    pause = await self.round(webhook, time.time())
            except StoreError:  # check-store says so
                pause = AWAY
            except Exception as error:  # noqa: BLE001 - a task that ends is the daemon's end, and nobody would be paged
                said = self._redact(f"{type(error).__name__}: {error}")
                log.error("action_item_webhook_crashed", error=said)
                pause = self._policy.cap
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()
            self._wake.clear()

    async def round(self, webhook: WebhookAction, at: Instant) -> float:
        """Posts what is to be posted now; returns the seconds until the next. Raises StoreError."""
        if self._since is None:
            await self._begin(at)
        for incident in list(self._touched):
            await self._read(incident)
        held: set[tuple[str, str]] = set()
        for one in [one for some in self._waiting.values() for one in some]:
            tries, until = self._tries.get(one.item, (0, 0.0))
            if one.item in held or until > time.monotonic():
                held.add(one.item)
            elif await self._posted(webhook, one, tries, at):
                await self._take(one, at)
            else:
                held.add(one.item)
        if self._touched:
            return 0.0
        now = time.monotonic()
        return max(0.0, min((self._tries.get(one, (0, now))[1] for one in held), default=now + IDLE) - now)

    async def _begin(self, at: Instant) -> None:
        """What an earlier run left. Where there was none, what was written before is nobody's business."""
        kept = json.loads(await self._store.get(STATE) or "{}")
        since = max(kept.get("since", min([at, *self._touched.values()])), at - LOOK_BACK)
        for incident in await self._store.items_changed(since):
            self._touched.setdefault(incident, since)
        self._since, self._taken = since, kept.get("taken", {})
        await self._save(at)

    async def _read(self, incident: str) -> None:
        """Finds what of this incident's log was not taken yet."""
        moment = self._touched.pop(incident)
        try:
            found, timeline = await self._store.incident(incident), await self._store.timeline(incident)
        except StoreError:
            self._touched.setdefault(incident, moment)
            raise
        self._waiting.pop(incident, None)
        if found is None:
            return
        every = [
            self._of(found, one) for one in item_changes(timeline) if one.entry.at >= (self._since or 0.0)
        ]
        if left := [one for one in every if one.key not in self._taken]:
            self._waiting[incident] = left

    def _of(self, incident: Incident, change: ItemChange) -> _Waiting:
        entry, item, key = change.entry, change.item, _key(incident.id, change)
        body = {
            "version": 1, "key": key, "change": change.step, "at": views.instant(entry.at), "by": entry.by,
            **views.action_item(incident.id, incident.record, item), "dropped": item.dropped, "drill": incident.drill,
            "link": f"{self._base}/incidents/{incident.id}/review" if self._base else "",
        }  # fmt: skip
        return _Waiting(key, (incident.id, item.id), entry.at, body)

    async def _posted(self, webhook: WebhookAction, one: _Waiting, tries: int, at: Instant) -> bool:
        """Whether it need not be posted again: it was taken, or given up after a day."""
        said = {"incident": one.item[0], "item": one.item[1], "change": one.body["change"]}
        try:
            await post(webhook, "action-item", one.key, webhook.body | one.body, self._redact)
        except DeliveryError as error:
            why = self._redact(str(error))
            if at - one.at >= DAY:
                log.error("action_item_given_up", **said, error=why)
                self._tries.pop(one.item, None)
                return True
            pause = wait(self._policy, tries + 1, random.random(), error.retry_after)  # noqa: S311 - spreads attempts
            self._tries[one.item] = tries + 1, time.monotonic() + pause
            if not tries:
                log.warning("action_item_not_posted", **said, error=why)
            return False
        log.info("action_item_posted", **said)
        self._tries.clear()  # it takes posts again: the others need not wait
        return True

    async def _take(self, one: _Waiting, at: Instant) -> None:
        self._taken[one.key] = one.at
        left = [other for other in self._waiting[one.item[0]] if other.key != one.key]
        if left:
            self._waiting[one.item[0]] = left
        else:
            del self._waiting[one.item[0]]
        await self._save(at)

    async def _save(self, at: Instant) -> None:
        """What lies further back than any change is looked for is not kept."""
        self._since = max(self._since or 0.0, at - LOOK_BACK)
        self._taken = {key: moment for key, moment in self._taken.items() if moment >= self._since}
        await self._store.put(STATE, json.dumps({"since": self._since, "taken": self._taken}))

    async def _forget(self) -> None:
        """Without a webhook nothing is kept, so that a later one begins with what is changed from then on."""
        self._touched.clear()
        self._waiting.clear()
        self._tries.clear()
        self._since, self._taken = None, {}
        if await self._store.get(STATE):
            await self._store.put(STATE, "")


def _key(incident: str, change: ItemChange) -> str:
    """The same for every attempt, also after a restart."""
    entry = change.entry
    data = json.dumps(entry.data, ensure_ascii=False, sort_keys=True)
    found = digest(entry_text(incident, entry.at, entry.kind, entry.detail, entry.by, data))
    return f"{incident}.{change.item.id}.{found[:16]}"
