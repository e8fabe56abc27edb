"""What people sent to the public of an incident: its updates, and the flows that it concerns. Nothing else is public."""

from __future__ import annotations

from collections.abc import Sequence

from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.history import project
from watchtower.core.incident.incidents import Incident
from watchtower.core.notes.notes import Item
from watchtower.core.plan import Plan
from watchtower.model import Text

PUBLIC = "public"


def public_updates(timeline: Sequence[LogEntry]) -> Sequence[Item]:
    """The oldest first. What was withdrawn is not among them."""
    return [item for item in project(timeline).notes.said if item.tag == PUBLIC]


def public_flows(incident: Incident, plan: Plan) -> tuple[Text, ...]:
    """Titles; empty: the product as a whole."""
    return tuple(plan.flows[name].title for name in incident.flows or (incident.flow,) if name in plan.flows)
