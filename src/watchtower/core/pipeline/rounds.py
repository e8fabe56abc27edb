"""Work that is due by time, in slices, so that nothing waits while thousands of incidents are advanced.

Each kind of work stands on an agenda of its own. A slice ends when so much was looked at and decided as one turn of the
loop may take; what is left is the first of the next one.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from watchtower.core.impact.stage import recovering, rests
from watchtower.core.incident.incidents import Incident
from watchtower.core.pipeline.agenda import Agenda
from watchtower.core.pipeline.features import next_due
from watchtower.core.plan import Plan
from watchtower.core.sources import Series
from watchtower.core.state import State, Step
from watchtower.model import IncidentState, Instant
from watchtower.page_kinds import PageKind
from watchtower.texts.reasons import PageReason
from watchtower.values import Mutable

EVERY = 5.0
"""Seconds between two looks at an incident to which nothing happens ..."""
A_SECOND = 200
"""... and so many such looks a second at most: in a storm of ten thousand each has one in fifty seconds."""
WIDE = 8
"""Meters of one incident from which on it is measured and graded ..."""
APART = 1.0
"""... at most once in so many seconds, however much happens to its flows."""


class Turn(Mutable):
    """What one slice may still do, in units of at most fifty microseconds: a decision is one, an incident advanced three."""

    left: float = inf

    def spend(self, units: float) -> None:
        self.left -= units

    @property
    def over(self) -> bool:
        return self.left <= 0


class Rounds:
    """When each incident or series is due. Time is an argument, as in all of the engine."""

    def __init__(self) -> None:
        self.sight: Agenda[Series] = Agenda()
        self._looks: Agenda[str] = Agenda()
        self._late: Agenda[str] = Agenda()
        self._moments: Agenda[str] = Agenda()
        self._reminders: Agenda[str] = Agenda()
        self._reopenings: Agenda[str] = Agenda()
        self._waits: dict[str, Instant] = {}
        """Reminders that wait for a recovery to be shown, or for an opening, and when each was due."""
        self._closed: dict[str, Instant] = {}
        """When what is wrong with an incident was last seen closed."""
        self._seen: dict[str, Instant] = {}
        """When each incident was last looked after."""

    def begin(self, state: State, at: Instant) -> None:
        """Makes everything due now: after a restart, and after a new plan."""
        for incident in state.incidents.values():
            for agenda in (self._looks, self._reminders, self._reopenings):
                agenda.put(incident.id, at)

    def shift(self, state: State, by: float, at: Instant) -> None:
        """Moves all times, because the clock was set."""
        for agenda in (self.sight, self._looks, self._late, self._moments, self._reminders):
            agenda.shift(by)
        for incident in state.incidents:  # what happened keeps its time, and so does what is due by it
            for agenda in (self._looks, self._reopenings):
                agenda.put(incident, at)
        self._seen.clear()

    def puts_off(self, step: Step, incident: str, *, many: bool = False) -> bool:
        """Whether the incident is wide and was advanced just now, or is one too `many`; then it is due again soon."""
        if many and incident not in step.reopened:
            self._late.put(incident, step.at)
            return True
        meters, seen = step.state.meters.by_incident.get(incident, ()), self._seen.get(incident)
        if (
            len(meters) <= WIDE
            or seen is None
            or incident in step.reopened
            or not seen <= step.at < seen + APART
        ):
            return False
        self._late.put(incident, seen + APART)
        return True

    @property
    def _every(self) -> float:
        return max(EVERY, len(self._looks) / A_SECOND)

    @property
    def late_at(self) -> Instant | None:
        """When the first of the deferred incidents is due."""
        return self._late.first

    def looked(self, step: Step, incident_id: str) -> None:
        """The incident was advanced: sets when it is due again, and when the next reminder is."""
        incident = step.state.incidents.get(incident_id)
        self._late.drop(incident_id)
        if incident is None:
            self._seen.pop(incident_id, None)
            self._waits.pop(incident_id, None)
            self._closed.pop(incident_id, None)
            return
        self._seen[incident_id] = step.at
        self._looks.put(incident_id, step.at + self._every)
        if (moment := next_due(step, incident)) is not None:
            self._moments.put(incident_id, moment)
        if (due := reminder_due(step.plan, incident)) is not None:
            self._reminders.put(incident_id, due)
        if incident.resolved_at is not None and not incident.open:
            self._reopenings.put(incident_id, incident.resolved_at + step.plan.incident.reopen_within)

    def to_look_at(self, step: Step, turn: Turn) -> Iterator[str]:
        """Deferred incidents, those with a due clock or escalation step, then those last advanced `_every`
        seconds ago."""
        while not turn.over and (incident := self._late.take(step.at)) is not None:
            yield incident
        while not turn.over and (incident := self._moments.take(step.at)) is not None:
            yield incident
        while not turn.over and (incident := self._looks.take(step.at)) is not None:
            turn.spend(0.1)
            seen = self._seen.get(incident)
            if seen is not None and seen + self._every > step.at:
                self._looks.put(incident, seen + self._every)
            else:
                yield incident

    def to_remind_of(self, step: Step, turn: Turn) -> Iterator[Incident]:
        """Incidents without an acknowledgement and without a page for `remind_every`; for twice as long where what was
        wrong seems to be over: the all-clear may be next. Where all that is wrong is declared closed, the time counts anew
        from the opening."""
        while not turn.over and (id := self._reminders.take(step.at)) is not None:
            turn.spend(0.1)
            incident = step.state.incidents.get(id)
            due = None if incident is None else reminder_due(step.plan, incident)
            if due is not None and due > step.at:
                self._reminders.put(id, due)
            elif due is not None and incident is not None:
                why = self._why_not_yet(
                    step, incident, due + step.plan.paging[incident.severity].remind_every
                )
                if why is None:
                    yield incident
                    continue
                self._reminders.put(id, step.at + EVERY)
                if self._waits.get(id) != due:
                    self._waits[id] = due
                    step.not_paged(id, why, PageKind.REMINDER)

    def _why_not_yet(self, step: Step, incident: Incident, most: Instant) -> PageReason | None:
        """Why a reminder that is due waits; None where it does not. `most`: how long it waits for a recovery."""
        if rests(step, incident.id):
            self._closed[incident.id] = step.at
        closed = self._closed.get(incident.id)
        if closed is not None and step.at < closed + step.plan.paging[incident.severity].remind_every:
            return PageReason.CLOSED
        return PageReason.RECOVERING if step.at < most and recovering(step, incident.id) else None

    def past_reopening(self, step: Step, turn: Turn) -> Iterator[Incident]:
        """Settled incidents that can no longer be reopened."""
        waiting: list[tuple[str, Instant]] = []
        while not turn.over and (id := self._reopenings.take(step.at)) is not None:
            turn.spend(1.0)
            incident = step.state.incidents.get(id)
            if incident is None or incident.open:
                continue
            due = step.at + EVERY  # a page or a filing is still to be sent
            if step.may_reopen(incident):
                due = max(due, (incident.resolved_at or step.at) + step.plan.incident.reopen_within)
            elif incident.notified_all:
                yield incident
            if id in step.state.incidents:
                waiting.append((id, due))
        for id, due in waiting:
            self._reopenings.put(id, due)


def reminder_due(plan: Plan, incident: Incident) -> Instant | None:
    """When people are to be reminded of the incident; None: never, as things are."""
    if incident.state is not IncidentState.TRIGGERED or incident.reminded_at is None:
        return None
    policy = plan.paging.get(incident.severity)
    return None if policy is None or not policy.remind_every else incident.reminded_at + policy.remind_every
