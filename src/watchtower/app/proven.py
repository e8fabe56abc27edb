"""When each way to a person was last shown to work: a receipt, an acknowledgement, a canary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from watchtower.api.contract import ProvenWay
from watchtower.core.drills import canary
from watchtower.core.events import Decision, IncidentChanged, PageChanged
from watchtower.core.incident.incidents import PageState
from watchtower.core.notify.channel_choice import kind_of
from watchtower.core.notify.taken_pages import TakenPages
from watchtower.core.plan import Plan
from watchtower.model import Instant

SAVE = 20.0
"""Seconds from one look whether there is something to save to the next."""
Ways = Mapping[tuple[str, str], ProvenWay]
"""By responder and configured channel, as "sms.cn"."""


class ProvenWays:
    """Owned by the daemon's loop; outlives a restart in the store (`KeptInStore`)."""

    def __init__(self, taken: TakenPages) -> None:
        self._taken = taken
        self._known: dict[tuple[str, str], ProvenWay] = {}
        self.unsaved = False

    def state(self) -> list[list[Any]]:
        """Responder, channel, instant and way of each."""
        return [[who, channel, way.at, way.by] for (who, channel), way in self._known.items()]

    def restore(self, state: Sequence[Sequence[Any]]) -> None:
        """Knows those of an earlier run."""
        self._known = {(who, channel): ProvenWay(float(at), by) for who, channel, at, by in state}

    def note(self, responder: str, channel: str, at: Instant, by: str) -> None:
        """This way worked; `by` is `receipt`, `acknowledgement` or `canary`."""
        known = self._known.get((responder, channel))
        if known is None or at > known.at:
            self._known[responder, channel] = ProvenWay(at, by)
            self.unsaved = True

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
