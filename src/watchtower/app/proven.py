"""When each way to a person was last shown to work: a receipt, an acknowledgement, a canary."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from watchtower.api.contract import ProvenWay
from watchtower.core.drills import canary
from watchtower.core.events import Decision, IncidentChanged, PageChanged
from watchtower.core.incident.incidents import PageState
from watchtower.core.notify.channel_choice import kind_of
from watchtower.core.notify.taken_pages import TakenPages
from watchtower.core.plan import Plan
from watchtower.errors import StoreError
from watchtower.logs import log
from watchtower.model import Instant
from watchtower.store.store import Store

SAVE = 20.0
"""Seconds from one look whether there is something to save to the next."""
_NAME = "proven"
Ways = Mapping[tuple[str, str], ProvenWay]
"""By responder and configured channel, as "sms.cn"."""


class ProvenWays:
    """Owned by the daemon's loop; outlives a restart in the store."""

    def __init__(self, store: Store, taken: TakenPages) -> None:
        self._store, self._taken = store, taken
        self._known: dict[tuple[str, str], ProvenWay] = {}
        self._unsaved = False

    async def open(self) -> None:
        """Loads what is known. A store that cannot be read does not stop paging."""
        try:
            rows = json.loads(await self._store.get(_NAME) or "[]")
            self._known = {(who, channel): ProvenWay(float(at), by) for who, channel, at, by in rows}
        except (StoreError, ValueError, TypeError) as error:
            log.error("proven_unread", error=str(error))

    async def save(self) -> None:
        """Writes what was noted since. Raises StoreError, and tries it again at the next call."""
        if self._unsaved:
            self._unsaved = False
            rows = [[who, channel, way.at, way.by] for (who, channel), way in self._known.items()]
            try:
                await self._store.put(_NAME, json.dumps(rows, ensure_ascii=False))
            except StoreError:
                self._unsaved = True
                raise

    def note(self, responder: str, channel: str, at: Instant, by: str) -> None:
        """This way worked; `by` is `receipt`, `acknowledgement` or `canary`."""
        known = self._known.get((responder, channel))
        if known is None or at > known.at:
            self._known[responder, channel] = ProvenWay(at, by)
            self._unsaved = True

    def decided(self, decisions: Sequence[Decision], plan: Plan) -> None:
        """Who acknowledges was reached: by the channel in which they did so, or by the only one that carried their pages.
        A canary that was accepted is all that can be known of a channel that reports nothing."""
        for one in decisions:
            if isinstance(one, PageChanged) and one.state is PageState.DELIVERED:
                sent = self._taken.get(one.page)
                if sent is not None and not sent.page.kind.traits.of_incident:
                    if not getattr(plan.channels.get(sent.channel), "reports", False):
                        self.note(sent.page.responder, sent.channel, sent.at, "canary")
            if not (isinstance(one, IncidentChanged) and one.reason == "acknowledged"):
                continue
            pages = (taken for taken in self._taken.of(one.incident.id) if taken.page.responder == one.by)
            ways = list(dict.fromkeys(taken.channel for taken in pages))
            spoke = [name for name in ways if kind_of(name) == one.detail]
            if len(spoke or ways) == 1 and (spoke or one.detail == "link"):
                self.note(one.by, (spoke or ways)[0], one.at, "acknowledgement")

    def of(self, plan: Plan) -> Ways:
        """Every way of the plan; one that never was shown to work with an empty `by`."""
        ways = ((who, channel) for who, channel, _ in canary.ways(plan, plan.responders))
        return {key: self._known.get(key, ProvenWay(0.0, "")) for key in ways}
