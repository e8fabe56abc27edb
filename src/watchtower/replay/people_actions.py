"""What people do in a replay: acknowledge, resolve, or an action of a feature, each at its moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from watchtower.core.actions.action import accept
from watchtower.core.events import Acknowledged, ActionRequest, Event, NotPaged, Refused, ResolvedByHand
from watchtower.core.incident.incidents import Incident
from watchtower.core.pipeline.features import ACTIONS
from watchtower.model import Instant
from watchtower.replay.driver import Replay
from watchtower.texts.reasons import PageReason
from watchtower.values import Frozen, field

ACK, RESOLVE = "ack", "resolve"
NAMES = (ACK, RESOLVE, *ACTIONS)
"""What a person can do, as the commands `ack`, `resolve` and `do` name it."""


class PersonAction(Frozen):
    """`by` does `name` at `at` to every open incident, or to that of `flow`. `data` are the action's fields."""

    at: Instant
    by: str
    name: str = ACK
    data: Mapping[str, Any] = field(default_factory=dict)
    flow: str | None = None

    def carry_out(self, replay: Replay) -> dict[str, str]:
        """By incident why it was refused, "" where it was done. Empty: there is no such incident.

        What may be done to an incident that is over is done to the newest one where none is open.
        """
        replay.advance(self.at)
        found = [i for i in replay.engine.state.incidents.values() if self.flow in (None, i.flow, *i.flows)]
        open_ = [incident for incident in found if incident.open]
        after_the_end = self.name in ACTIONS and ACTIONS[self.name].closed
        chosen = open_ or (found[-1:] if after_the_end else [])
        return {incident.id: self._told(replay, incident) for incident in chosen}

    def _told(self, replay: Replay, incident: Incident) -> str:
        event: Event = ActionRequest(incident.id, self.name, self.by, "test", self.data)
        if self.name == ACK:
            event = Acknowledged(incident.id, self.by, "test")
        elif self.name == RESOLVE:
            event = ResolvedByHand(incident.id, self.by, "test")
        for decision in replay.tell(event, self.at):
            match decision:
                case Refused(detail=why):
                    return why
                case NotPaged(reason=PageReason.STILL_FIRING):
                    return "an alert still fires"
        return ""


def accepted(name: str, data: Mapping[str, Any], at: Instant) -> Mapping[str, Any]:
    """The fields as they are to be given. Raises ValueError with all that is wrong with them, one sentence a line."""
    if name in ACTIONS:
        accept(ACTIONS[name], data, at)
    elif data:
        raise ValueError(f"{name} has no field {', '.join(data)}")
    return data
