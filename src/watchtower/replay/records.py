"""Decisions as flat records: one dict for every alert and incident transition and every notification.

Every record has `at, time, event, rule, check, series, severity, because, reason`; `incident`, `flow`, `onset`,
`previous_severity`, `explanation`, `responder`, `channel` where they apply.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from watchtower.core.events import AlertChanged, Decision, IncidentChanged, NotPaged, PageQueued
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.incidents import Incident
from watchtower.core.notify.alert_text import text_now
from watchtower.core.pipeline.engine import Engine
from watchtower.model import AlertState, Instant
from watchtower.texts.reasons import PageReason

Record = dict[str, Any]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INCIDENT = (
    "opened", "reopened", "raised", "lowered", "acknowledged", "mitigated", "recurred", "resolved", "unwatched",
)  # fmt: skip


_LEVELS = ("opened", "reopened", "raised", "lowered")
"""What sets an incident's level, and is explained where the matrix graded it."""


def iso(at: Instant) -> str:
    """`1995-08-01T18:44:50Z`, with a fraction only where there is one."""
    moment = _EPOCH + timedelta(seconds=at)
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds").replace(
        "+00:00", "Z"
    )


class Recorder:
    """Turns decisions into records, in their order. It remembers each incident, and which alert decided it."""

    def __init__(self) -> None:
        self._deciding: dict[str, Alert] = {}
        self._incidents: dict[str, Incident] = {}

    def records(self, decision: Decision, engine: Engine) -> Iterator[Record]:
        """Returns None, or one record. `engine` is still in the state of the decision's moment."""
        match decision:
            case AlertChanged(at, reason, alert, previous) if alert.state is not previous:
                yield self._alert(at, reason, alert, engine)
            case IncidentChanged(at, reason, incident, _, by):
                self._incidents[incident.id] = incident
                if reason in _INCIDENT:
                    yield self._incident(at, reason, incident, by, engine)
                elif reason == "settled":  # the last word on it
                    self._incidents.pop(incident.id, None)
                    self._deciding.pop(incident.id, None)
            case PageQueued(at, reason, page) if reason is not PageReason.TOGETHER:
                yield _page(at, reason, page)
            case NotPaged(at, reason, id, detail):
                record = self._incident(at, reason, self._incidents[id], "", engine)
                yield record | {"event": "notification_suppressed", "detail": detail}

    def _alert(self, at: Instant, reason: str, alert: Alert, engine: Engine) -> Record:
        if alert.incident and alert.state.ended:
            self._deciding[alert.incident] = alert
        text = text_now(engine.plan, engine.state, alert).en
        record = _record(at, f"alert_{alert.state}", alert, text or alert.when, reason)
        if alert.incident:
            record["incident"] = alert.incident
        check = engine.plan.checks.get(alert.check)
        record["flow"] = check.flow_of(alert.series) if check else ""
        onset = alert.onset if alert.onset is not None else alert.holds_since
        if onset is not None:
            record["onset"] = onset
        return record

    def _incident(self, at: Instant, reason: str, incident: Incident, by: str, engine: Engine) -> Record:
        firing = engine.state.alerts_of(incident.id, AlertState.FIRING)
        if firing:
            self._deciding[incident.id] = min(firing, key=lambda a: (a.severity.rank, a.onset or 0.0))
        alert = self._deciding[incident.id]
        record = _record(at, f"incident_{reason}", alert, alert.text.en, reason)
        record |= {"severity": str(incident.severity), "incident": incident.id, "flow": incident.flow}
        record |= {
            "onset": incident.onset,
            "record_severity": str(incident.record),
            "title": incident.title.en,
        }
        if by and reason == "acknowledged":
            record["responder"] = by
        history = engine.state.histories.get(incident.id)
        changes = history.severity.changes if history is not None else ()
        if changes and reason in _LEVELS:
            record["explanation"] = changes[-1].sentence.en
        return record


def _record(at: Instant, event: str, alert: Alert, because: str, reason: str) -> Record:
    return {
        "at": at, "time": iso(at), "event": event, "rule": alert.rule, "check": alert.check, "series": alert.series,
        "severity": str(alert.severity), "because": because, "reason": reason,
    }  # fmt: skip


def _page(at: Instant, reason: str, page: Any) -> Record:
    message = page.message
    first = message.because[0] if message.because else None
    previous = message.previous_severity
    return {
        "at": at, "time": iso(at), "event": f"page_{page.kind}", "rule": first.rule if first else "",
        "check": first.check if first else "", "series": first.series if first else "",
        "severity": str(message.severity), "because": first.text.en if first else "", "reason": reason,
        "incident": page.incident, "flow": message.flow, "onset": message.onset,
        "previous_severity": str(previous) if previous else None,
        "responder": page.responder, "channel": str(page.channel), "page": page.id,
    }  # fmt: skip
