"""The summary of a backtest: the incidents, whom they would have paged, and the time without data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from watchtower.model import Instant
from watchtower.replay.records import Record
from watchtower.values import Mutable, field


class IncidentSummary(Mutable):
    """One incident from its opening to its end (None: still open when the samples ended)."""

    id: str
    title: str
    severity: str
    because: str
    rules: list[str]
    opened_at: Instant
    onset: Instant
    resolved_at: Instant | None = None
    acknowledged_by: str = ""
    pages: Counter[str] = field(default_factory=Counter)
    """`li by sms` -> how many."""
    not_paged: Counter[str] = field(default_factory=Counter)
    explanation: str = ""
    """Why it was as bad as it was at its worst, of an incident that the matrix graded."""


class Summary(Mutable):
    """Counts records; add each exactly once, in order."""

    alerts: Counter[str] = field(default_factory=Counter)
    """Rule -> how often it fired."""
    incidents: dict[str, IncidentSummary] = field(default_factory=dict)
    pages: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Responder and channel -> how many."""

    def add(self, record: Record) -> None:
        event = record["event"]
        if event == "alert_firing":
            self.alerts[record["rule"]] += 1
        elif event == "incident_opened":
            self.incidents[record["incident"]] = IncidentSummary(
                record["incident"], record["title"], record["record_severity"], record["because"],
                [record["rule"]], record["at"], record["onset"], explanation=record.get("explanation", ""),
            )  # fmt: skip
        elif record.get("incident") in self.incidents:
            self._about(self.incidents[record["incident"]], record)

    def _about(self, line: IncidentSummary, record: Record) -> None:
        event = record["event"]
        if event == "incident_resolved":
            line.resolved_at = record["at"]
        elif event == "incident_reopened":
            line.resolved_at = None
        elif event == "incident_acknowledged":
            line.acknowledged_by = record.get("responder", "")
        elif event == "notification_suppressed":
            line.not_paged[record["reason"]] += 1
        elif event.startswith("page_"):
            line.pages[f"{record['responder']} by {record['channel']}"] += 1
            self.pages[record["responder"], record["channel"]] += 1
        if event.startswith("incident_"):
            if record["record_severity"] != line.severity:
                line.explanation = record.get("explanation", "")
            line.severity = record["record_severity"]
            if record["rule"] not in line.rules:
                line.rules.append(record["rule"])


def summarise(records: Iterable[Record]) -> Summary:
    """The summary of all these records."""
    summary = Summary()
    for record in records:
        summary.add(record)
    return summary
