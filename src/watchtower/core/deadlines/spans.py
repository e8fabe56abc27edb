"""Laying a clock's span on the calendar: when it is due, when to warn."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.core.deadlines.kinds import Laid
from watchtower.core.deadlines.recipients import conducted
from watchtower.core.incident.incidents import Incident
from watchtower.core.plan.calendar import CalendarSpan
from watchtower.core.plan.targets import CLOCKS, EARLY
from watchtower.core.state import Step
from watchtower.model import Instant, Severity


def spans_of(step: Step, incident: Incident, level: Severity | None = None) -> Mapping[str, CalendarSpan]:
    """The spans of the incident's level; without those clocks that nobody there would meet."""
    spans = step.plan.deadlines.of(level or incident.severity)
    if conducted(step, incident):
        return spans
    return {name: span for name, span in spans.items() if name in CLOCKS and not CLOCKS[name].people}


def lay(step: Step, since: Instant, span: CalendarSpan) -> Laid:
    """`due` and `warn` of a span that begins at `since`."""
    return _laid(step, since, step.plan.deadlines.calendar.after(since, span))


def _laid(step: Step, since: Instant, due: Instant) -> Laid:
    return Laid(due, since + step.plan.deadlines.targets.warn_at * (due - since))


def pace(step: Step, incident: Incident, name: str, since: Instant, announced: Instant | None) -> Laid | None:
    """The next time of a clock that repeats. What was announced holds for `public` after its first two hours, and
    shortens it before; None where the level has no such clock any more."""
    spans = spans_of(step, incident)
    span = spans.get(name)
    call = step.history(incident.id).deadlines.call
    early = since < (call.at if call else incident.opened_at) + EARLY
    if name == "public" and not early:
        if announced is not None and announced > since:
            return _laid(step, since, announced)
        span = spans.get("public_later") or span
    if span is None:
        return None
    laid = lay(step, since, span)
    if announced is not None and since < announced < laid.due:
        return _laid(step, since, announced)
    return laid
