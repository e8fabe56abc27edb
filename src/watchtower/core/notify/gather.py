"""Sends what waited: one page to an address, of everything that waits for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from watchtower.core.deadlines.page_texts import stands
from watchtower.core.events import Delivered, Failed
from watchtower.core.incident.incidents import TAKEN, Page, PageState
from watchtower.core.notify.in_common import shared
from watchtower.core.notify.messages import Also, Message, and_then, joined
from watchtower.core.notify.storms import DIGESTED, STEADY, alone, told_apart
from watchtower.core.people.kinds import NotifiedTogether
from watchtower.core.plan import Plan
from watchtower.core.state import Carried, State, Step
from watchtower.model import IncidentState, Instant, Severity, Text
from watchtower.page_kinds import PageKind
from watchtower.texts.reasons import PageReason
from watchtower.values import replace


def release(step: Step) -> None:
    """Sends what is due to each address, and whatever else waits for it, in one page."""
    told: set[tuple[str, str, tuple[str, ...]]] = set()
    incidents = step.state.incidents
    going = {id for id, incident in incidents.items() if incident.open}
    for address, waited in step.state.storms.take(step.at):
        waiting = (step.state.pages.get(id) for id in waited)
        held = [p for p in waiting if p is not None and p.state is PageState.HELD and p.incident in incidents]
        pages = [_as_severe_as_now(step, page) for page in held if _still(step, page)]
        if not pages:
            continue
        traits = step.plan.kinds.get(address[1])
        if (
            traits is not None and traits.machine
        ):  # a program hears of each by itself; here a budget's pace held them
            for page in pages:
                step.enqueue(replace(page, state=PageState.QUEUED, created_at=step.at), PageReason.TOGETHER)
            continue
        if any(told_apart(page) for page in pages):
            for page in (page for page in pages if page.message.severity is not Severity.P0):
                step.state.storms.later(page, max(waited[page.id], step.at + step.plan.storm.window))
            pages = [page for page in pages if page.message.severity is Severity.P0]
        lead = _together(step, pages)
        step.enqueue(lead, PageReason.TOGETHER)
        step.state.storms.told(address, pages, going, step.at)
        asked = (
            p.incident for p in pages if not (p.kind.ends or p.message.informs or p.incident == lead.incident)
        )
        also = tuple(dict.fromkeys(asked))
        line = (lead.incident, lead.responder, also)
        if also and line not in told:
            told.add(line)
            step.log(
                lead.incident, NotifiedTogether(lead.responder, also), f"{lead.responder}: {len(also)} more"
            )


def restore(state: State, plan: Plan, pages: Iterable[Page], at: Instant) -> None:
    """Goes on where an earlier run ended, which had sent these pages: what waited then is due, but for the return of what
    flaps, and for an all-clear that several are to share."""
    known = {page.id: page for page in pages if page.incident in state.incidents}
    for page in known.values():
        event = _became(page) if page.carries else None
        waits = (id for id in page.carries if id in known and known[id].state is PageState.HELD)
        state.carried.extend(Carried(id, event) for id in waits if event is not None)
    carried = {id for page in known.values() for id in page.carries}
    first = [page for page in known.values() if page.id not in carried]
    held = [page for page in first if page.state is PageState.HELD]
    going = {id for id, incident in state.incidents.items() if incident.open}
    going |= {page.incident for page in held if page.kind.ends}
    for page in sorted(first, key=lambda one: one.created_at):
        gone = page.state in (*TAKEN, PageState.QUEUED, PageState.FAILING)
        if gone and not alone(plan, state.incidents[page.incident], page):
            state.storms.sent_before(
                [known[id] for id in (page.id, *page.carries) if id in known], plan.storm, going
            )
    for page in held:
        if page.message.reason == PageReason.REOPENED and state.flaps(page.incident):
            state.storms.put_off(page, page.created_at + STEADY)
        else:
            state.storms.take_up(page, plan.storm, at)


def _became(page: Page) -> Delivered | Failed | None:
    """What is to be said of the pages that this one carries and of which nothing was written."""
    match page.state:
        case PageState.FAILED:
            return Failed(page.id, page.incident, "")
        case PageState.CANCELLED | PageState.HELD | PageState.QUEUED | PageState.FAILING:
            return None
        case _:
            return Delivered(page.id, page.incident)


def _as_severe_as_now(step: Step, page: Page) -> Page:
    """While it waited its incident may have been raised: nobody reads P1 of what they know to be a P0."""
    severity = step.state.incidents[page.incident].severity
    if page.message.severity is severity:
        return page
    return replace(page, message=replace(page.message, severity=severity))


def _still(step: Step, page: Page) -> bool:
    """Whether it has still something to say; what was done meanwhile need not be chased."""
    if not (points := page.message.points):
        return True
    clocks = step.history(page.incident).deadlines.clocks
    well = step.state.incidents[page.incident].state is IncidentState.MITIGATED
    chases = page.message.reason in DIGESTED
    if not (well and chases) and any(stands(point.about, clocks) for point in points):
        return True
    step.set_page(replace(page, state=PageState.CANCELLED), "superseded")
    return False


def _together(step: Step, pages: Sequence[Page]) -> Page:
    """The page of the worst incident, which tells of the others too."""
    newest: dict[str, Page] = {}
    for page in pages:  # one that only says its note does not take the place of one that says everything
        known = newest.get(page.incident)
        if known is None or known.kind.traits.note_is_all or not page.kind.traits.note_is_all:
            newest[page.incident] = page
    lead, *rest = sorted(newest.values(), key=_urgency)
    told = [page.incident for page in (lead, *rest) if page.kind.ends == lead.kind.ends]
    message = replace(
        lead.message,
        also=tuple(_also(page.message) for page in rest),
        shared=shared(step, told),
        at=step.at,
    )
    if lead.kind.ends:
        message = replace(message, left=step.state.storms.left(lead.address, told, step.state.incidents))
    others = tuple(page.id for page in pages if page.id != lead.id)
    message = _with_points(step, message, [page.message for page in pages if page.incident == lead.incident])
    return replace(lead, state=PageState.QUEUED, created_at=step.at, carries=others, message=message)


def _urgency(page: Page) -> tuple[bool, bool, int, float]:
    """Those that ask somebody come first, and the worst of them."""
    message = page.message
    well = page.kind.ends or page.kind is PageKind.MITIGATED
    return well, message.informs, message.severity.rank, page.created_at


def _also(message: Message) -> Also:
    first = message.because[0].text if message.because else Text("", "")
    text = message.note if message.kind.traits.note_is_all and message.note is not None else first
    return Also(message.incident, message.kind, message.severity, message.title, text)


def _with_points(step: Step, message: Message, all: Iterable[Message]) -> Message:
    """The message of one incident with the newest of what several were to say, but for what has been done meanwhile."""
    clocks = step.history(message.incident).deadlines.clocks
    first = sorted(all, key=lambda one: one.reason in DIGESTED)  # what chases comes after what is news
    newest = {point.about: point for one in first for point in one.points if stands(point.about, clocks)}
    if not newest:
        return message
    said = joined(newest.values())
    if not message.points:  # it stands as a sentence of its own
        said = Text(said.en[:1].upper() + said.en[1:], said.zh)
        said = and_then(message.note, said)
    return replace(message, note=said)
