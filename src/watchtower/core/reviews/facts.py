"""What a review knows by itself: everything that the log tells, so that nobody types it.

`facts_of` reads an incident's whole log once; `record.py` is its short form.
"""

from __future__ import annotations

from collections.abc import Sequence

from watchtower.core.impact.kinds import ImpactMeasured
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.history import History, project
from watchtower.core.incident.incidents import Incident
from watchtower.core.incident.lifecycle import AlertLine, IncidentLine, PageLine
from watchtower.core.incident.payload import read_as
from watchtower.core.indicators import Indicators
from watchtower.core.notify.taken_pages import REPORTED
from watchtower.core.plan.review import tag_of
from watchtower.model import Instant, Severity, Text
from watchtower.values import Frozen, field, replace

SETTLED = 300.0
"""Seconds after the opening at which the live estimate is taken, where nobody acknowledged before."""


class SeverityPeriod(Frozen):
    """From `at` on the response level was `level`; `why` is the reason as it was told."""

    at: Instant
    level: Severity
    record: Severity
    why: Text
    by: str = "watchtower"


class Notification(Frozen):
    """One page: to whom, by what, what became of it and when. `answer` is the last error where it failed."""

    page: str
    at: Instant
    responder: str
    channel: str
    kind: str
    state: str = "queued"
    ended_at: Instant | None = None
    answer: str = ""


class JoinedAlert(Frozen):
    """An alert that held the incident up, and when it joined."""

    at: Instant
    rule: str
    check: str
    series: str
    text_en: str
    text_zh: str


class Facts(Frozen):
    """`live` are the numbers as they stood when it was acknowledged (or five minutes after it opened), `final` the
    last ones. `log` is the whole timeline; `lines` how many lines it has."""

    incident: Incident
    history: History
    log: Sequence[LogEntry]
    levels: tuple[SeverityPeriod, ...] = ()
    notifications: tuple[Notification, ...] = ()
    seen: tuple[JoinedAlert, ...] = ()
    live: Indicators | None = None
    final: Indicators | None = None
    lines: int = 0
    people: tuple[str, ...] = field(default=())

    @property
    def first(self) -> Severity:
        """The level at which it opened."""
        return self.levels[0].level if self.levels else self.incident.severity


def facts_of(incident: Incident, log: Sequence[LogEntry]) -> Facts:
    """All facts of this incident; `log` oldest first. Total: what cannot be read is left out."""
    history = project(log)
    levels: list[SeverityPeriod] = []
    notifications: dict[str, Notification] = {}
    seen: dict[tuple[str, str, str], JoinedAlert] = {}
    people: dict[str, None] = {}
    for entry in log:
        _level(levels, entry)
        _notification(notifications, entry)
        _alert(seen, entry)
        if entry.by not in ("watchtower", ""):
            people.setdefault(entry.by)
    told = [
        SeverityPeriod(c.at, c.level, c.record, _sentence(c.sentence, c.reason or c.why), c.by)
        for c in history.severity.changes
    ]
    final = history.impact.indicators
    return Facts(
        incident, history, log, tuple(told or levels), tuple(notifications.values()), tuple(seen.values()),
        _live(incident, log, final), final, len(log), tuple(people),
    )  # fmt: skip


def _sentence(text: Text, otherwise: str) -> Text:
    return text if text.en else Text(otherwise, otherwise)


def cause_of(history: History) -> str:
    """The cause's tag: the review's, else the one that was given while it ran."""
    noted = history.notes.cause
    return history.review.cause_tag or (tag_of(noted.tag) if noted else "")


def _level(levels: list[SeverityPeriod], entry: LogEntry) -> None:
    line = read_as(entry, IncidentLine) if "state" in entry.data and "alert" not in entry.data else None
    if line is None:
        return
    if not levels or levels[-1].level is not line.severity:
        words = entry.detail or entry.kind
        levels.append(SeverityPeriod(entry.at, line.severity, line.record, Text(words, words), entry.by))
    elif levels[-1].record is not line.record:
        levels[-1] = replace(levels[-1], record=line.record)


def _notification(notifications: dict[str, Notification], entry: LogEntry) -> None:
    line = read_as(entry, PageLine) if "page" in entry.data else None
    if line is None:
        return
    page, state = line.page, line.state
    if line.responder:
        notifications[page] = Notification(page, entry.at, line.responder, line.channel, line.kind, state)
    elif page in notifications:
        answer = entry.detail if state in ("failing", "failed") else ""
        ended = entry.at if state in ("delivered", "failed", "cancelled") else None
        if state in REPORTED:
            ended, answer = notifications[page].ended_at, entry.detail
        notifications[page] = replace(notifications[page], state=state, ended_at=ended, answer=answer)


def _alert(seen: dict[tuple[str, str, str], JoinedAlert], entry: LogEntry) -> None:
    line = read_as(entry, AlertLine) if "alert" in entry.data else None
    if line is None or line.state != "firing":
        return
    text = line.text or Text(entry.detail, entry.detail)
    seen.setdefault(
        (line.rule, line.check, line.series),
        JoinedAlert(entry.at, line.rule, line.check, line.series, text.en, text.zh),
    )


def _live(incident: Incident, log: Sequence[LogEntry], final: Indicators | None) -> Indicators | None:
    """The estimate that people acted upon."""
    if final is None:
        return None
    until = incident.opened_at + SETTLED
    if incident.acknowledged_at is not None:
        until = incident.acknowledged_at
    found: Indicators | None = None
    for entry in log:
        if entry.kind == ImpactMeasured.kind and (found is None or entry.at <= until):
            measured = read_as(entry, ImpactMeasured)
            found = measured.indicators if measured is not None else found
    return found
