"""The stage of changes: takes what people and CI report, and notes it to the incidents that may have followed from it."""

from __future__ import annotations

from itertools import islice

from watchtower.core.changes.change import AHEAD, KEPT, ChangeEvent, book_of
from watchtower.core.changes.kinds import ChangeReported
from watchtower.core.events import ChangeAnnounced, Refused
from watchtower.core.incident.incidents import Incident
from watchtower.core.notes.kinds import ChangeNoted
from watchtower.core.state import State, Step
from watchtower.model import AlertState, Language, Text
from watchtower.texts.units import CHANGE_KINDS, duration_words
from watchtower.values import replace

BY = "watchtower"
A_DAY = 1000
"""Changes that are taken on one day: a loop in a pipeline must not fill the store."""
NOTED = 8
"""Changes that are noted to one incident by themselves, the nearest to its onset; people add others."""
AT_ONCE = 20
"""Incidents to which a report is noted at once; the others are looked at within seconds, a slice at a time."""
NEAR = 3600.0
"""Seconds before the onset within which a change is named in the first page."""


def handle(step: Step, event: ChangeAnnounced) -> None:
    """Takes a report, or refuses it with the reason, and notes it to open incidents. A report whose key is known adds to
    what is known; one that says nothing new is taken without an entry."""
    given, book = event.change, step.state.changes
    known = book.changes.get(given.key)
    change = replace(given, begins_at=step.at if given.begins_at is None else given.begins_at)
    if known is not None:
        change = ChangeEvent(
            given.key, given.kind or known.kind, given.text or known.text, given.by,
            known.begins_at if given.begins_at is None else given.begins_at,
            known.ends_at if given.ends_at is None else given.ends_at,
            given.flow or known.flow, given.service or known.service, given.link or known.link,
        )  # fmt: skip
    why = _why_not(step, change, known)
    if why:
        step.decide(Refused(step.at, "refused", "", why))
        return
    if known is not None and replace(change, by=known.by) == known:
        return
    said = ChangeReported(
        change.key,
        change.kind or "other",
        change.begun(),
        change.ends_at,
        change.flow,
        change.service,
        change.link,
    )
    step.log(book_of(step.at), said, change.text, change.by)
    book.forget(step.at)
    for incident in list(islice((i for i in step.state.incidents.values() if i.open), AT_ONCE)):
        note(step, incident)


def _why_not(step: Step, change: ChangeEvent, known: ChangeEvent | None) -> str:
    begins, ends, at = change.begun(), change.ends_at, step.at
    if not change.text:
        return f"there is no change {change.key} yet: say what was changed"
    if not at - KEPT <= begins <= at + AHEAD:
        return "a change begins within the last 14 days or the next 31"
    if ends is not None and not begins <= ends <= at + AHEAD:
        return "a change ends after its begin, and within the next 31 days"
    if known is None and step.state.changes.taken(at) >= A_DAY:
        return f"{A_DAY} changes were taken today already"
    return ""


def note(step: Step, incident: Incident) -> None:
    """Notes the changes that may have led to this incident, each once."""
    book = step.state.changes
    if not book.changes or not incident.open or incident.drill or not incident.kind.of_product:
        return
    near = len(book.near(incident.onset, step.at))
    mark = (book.version, near, incident.onset, incident.flows, step.at // 600)
    if book.looked.get(incident.id) == mark:
        return
    book.looked[incident.id] = mark
    noted = {(item.due, item.text) for item in step.history(incident.id).notes.changes}
    found = before(step, incident)
    room = NOTED - sum((one.begun(), one.words) in noted for one in found)
    for one in found:
        if room > 0 and (one.begun(), one.words) not in noted:
            room -= 1
            step.log(incident.id, ChangeNoted(one.by, one.begun(), "", one.kind), one.words, BY)


def before(step: Step, incident: Incident) -> list[ChangeEvent]:
    """Changes that began by now, concern what the incident is about, and may have led to it; the nearest to its onset
    first."""
    plan = step.plan
    below = {name for flow in incident.flows for name in plan.below.get(flow, ())}
    checks = {alert.check for alert in step.state.alerts_of(incident.id, AlertState.FIRING)}
    subjects = {"", *incident.flows, *below, *checks}
    # Put together they would be 10,000 names for each incident.
    known = (plan.flows, plan.checks, plan.stood_on)
    found = [
        one for one in step.state.changes.near(incident.onset, step.at) if one.subject(known) in subjects
    ]
    return sorted(found, key=lambda one: abs(one.begun() - incident.onset))


def nearest(step: Step, incident: Incident) -> Text | None:
    """What was changed just before the incident, for its first page."""
    if not step.state.changes.changes or incident.drill or not incident.kind.of_product:
        return None
    near = [one for one in before(step, incident) if 0.0 <= incident.onset - one.begun() <= NEAR]
    if not near:
        return None
    en, zh = (duration_words(max(1.0, incident.onset - near[0].begun()), way) for way in Language)
    kind = CHANGE_KINDS.get(near[0].kind, CHANGE_KINDS["other"])
    return Text(f"{en} before, {kind.en}: {near[0].text}", f"{zh}前有{kind.zh}：{near[0].text}")


def forget(state: State, incident: str) -> None:
    """Forgets the incident."""
    state.changes.looked.pop(incident, None)
