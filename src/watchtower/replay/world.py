"""The world around the engine in a replay: it delivers pages at once, or fails to, and acknowledges as
configured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from watchtower.core import events
from watchtower.core.degrade.runs import queued_run
from watchtower.core.incident.incidents import Incident, PageState
from watchtower.model import ChannelName, Instant
from watchtower.values import Frozen

_AGAIN = ("opened", "reopened", "acknowledged_in_part", "next_warning")
"""Reasons of an incident from which somebody takes their time to acknowledge."""


class World(Frozen):
    """`deliver`: every page is taken at the moment it is queued. `ack_after`: seconds from the opening of an
    incident (or its opening again) until somebody who was asked acknowledges, and until the next does where the level wants
    several; None: nobody ever does. `broken`: channels that are
    out of order: their pages are given up at once. A degradation plan
    that is carried out succeeds: whether it helps is seen by its own check."""

    deliver: bool = True
    ack_after: float | None = None
    broken: frozenset[ChannelName] = frozenset()

    def at_once(self, decisions: Sequence[events.Decision]) -> Iterator[events.Event]:
        """Events at the same moment as these decisions."""
        for decision in decisions:
            if isinstance(decision, events.Logged) and (queued := queued_run(decision.entry)) is not None:
                yield events.Switched(decision.incident, queued.run, queued.phase, queued.key, True, "replay")
            if not self.deliver or not isinstance(decision, events.PageQueued):
                continue
            page = decision.page
            if page.state is PageState.HELD:
                continue
            if page.channel in self.broken:
                yield events.Failed(page.id, page.incident, "out_of_order")
            else:
                yield events.Delivered(page.id, page.incident)

    def later(self, decisions: Sequence[events.Decision]) -> Iterator[tuple[Instant, str]]:
        """When which incident will be acknowledged."""
        if self.ack_after is None:
            return
        for decision in decisions:
            if isinstance(decision, events.IncidentChanged) and decision.reason in _AGAIN:
                yield decision.at + self.ack_after, decision.incident.id

    def acknowledgement(self, incident: Incident | None) -> events.Event | None:
        """An acknowledgement by somebody who was paged and has not acknowledged yet."""
        if incident is None:
            return None
        acks = incident.acknowledged_by.split(", ")
        told = (
            name
            for (name, _), t in incident.notified.items()
            if t.firing is PageState.DELIVERED and not t.informed and name not in acks
        )
        by = next(told, None)
        return events.Acknowledged(incident.id, by, "replay") if by else None
