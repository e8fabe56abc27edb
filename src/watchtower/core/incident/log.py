"""Converts a decision into an entry of an incident's log: the store writes it, the history is projected from
it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from watchtower.core import events
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.incidents import Incident


def line_of(decision: events.Decision) -> tuple[str, LogEntry] | None:
    """The incident's id and the entry; None for a decision without one."""
    match decision:
        case events.IncidentChanged(at, reason, incident, detail, by):
            return incident.id, LogEntry(at, reason, by, detail, _levels(incident))
        case events.AlertChanged(at, reason, alert, previous):
            # A flapping alert that only starts and stops its clearing clock is no news for people.
            if not alert.incident or (alert.state is previous and reason != "joined"):
                return None
            data = {
                "alert": alert.fingerprint, "rule": alert.rule, "check": alert.check, "series": alert.series,
                "state": str(alert.state), "previous": str(previous), "severity": str(alert.severity),
                "text": {"en": alert.text.en, "zh": alert.text.zh},
            }  # fmt: skip
            return alert.incident, LogEntry(at, reason, detail=alert.text.en, data=data)
        case events.PageQueued(at, reason, page):
            told = {
                "page": page.id, "responder": page.responder, "channel": str(page.channel),
                "kind": str(page.kind), "state": str(page.state),
            }  # fmt: skip
            return page.incident, LogEntry(at, reason, data=told)
        case events.PageChanged(at, reason, page_id, incident_id, state, detail, via, channel):
            became = {"page": page_id, "state": str(state)}
            became |= {key: said for key, said in (("via", via), ("through", channel)) if said}
            return incident_id, LogEntry(at, reason, detail=detail, data=became)
        case events.NotPaged(at, reason, incident_id, detail):
            return incident_id, LogEntry(at, reason, detail=detail)
        case events.Logged(incident=incident_id, entry=entry):
            return incident_id, entry
        case events.Refused():
            return None


def _levels(incident: Incident) -> Mapping[str, Any]:
    """What every line of an incident's own lifecycle carries."""
    moments = {"since": incident.mitigated_at, "again": incident.again_at}
    return {
        **{name: at for name, at in moments.items() if at is not None},
        "state": str(incident.state),
        "severity": str(incident.severity),
        "record": str(incident.record),
        "onset": incident.onset,
    }
