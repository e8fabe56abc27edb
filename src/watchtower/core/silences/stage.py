"""The stage of silences: people make and end them, their time runs out, and people are told of what is to come."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from watchtower.core.events import Refused, SilenceAsked, SilenceEnded
from watchtower.core.incident.incidents import Page, named
from watchtower.core.matchers import LabelMatcher
from watchtower.core.notify.messages import Message
from watchtower.core.notify.pages import by_channels
from watchtower.core.people.assignment import asked, informed
from watchtower.core.plan.recurrence import EVERY_WEEK, TimeSpan
from watchtower.core.silences import kinds
from watchtower.core.silences.labels import checks_of
from watchtower.core.silences.silence import AlertSilence, times_of
from watchtower.core.state import Step
from watchtower.daily_hours import zone_of
from watchtower.model import Instant, Language, Severity, Text
from watchtower.page_kinds import PageKind
from watchtower.texts import units
from watchtower.texts.reasons import PageReason

LONGEST = 90 * 86400.0
"""Seconds that a silence may last: what is quiet for longer is forgotten."""
FARTHEST = 366 * 86400.0
"""Seconds from now at which a silence may begin."""
MOST = 1000
"""Silences that are not over: each is looked at before a page."""
AHEAD = 900.0
"""Seconds before the end of a silence at which its author is reminded; one that lasts less than four times as long is
remembered anyway."""
ANNOUNCED = 3600.0
"""Seconds before the begin of a silence that was planned at which it is announced."""
SETTLED = 300.0
"""Seconds after its beginning at which a silence should fit something."""


def handle(step: Step, event: SilenceAsked | SilenceEnded) -> None:
    """Carries out what a person asks for, or refuses it with the reason."""
    why = create(step, event) if isinstance(event, SilenceAsked) else expire(step, event)
    if why:
        step.decide(Refused(step.at, "refused", "", why))


def create(step: Step, given: SilenceAsked) -> str:
    """Begins a silence. "" when it is done, else why not, and nothing is changed."""
    book = step.state.book
    try:
        times = times_of(given.starts_at, given.ends_at, given.rrule, given.zone)
    except ValueError as error:
        return f"{given.rrule!r} {error}: {EVERY_WEEK}"
    if given.ends_at <= given.starts_at or times[-1][1] <= step.at:
        return "a silence ends after its begin, and after now"
    if given.ends_at - given.starts_at > LONGEST:
        return "a silence lasts 90 days at most: take the rule out, or write [[maintenance]]"
    if given.starts_at > step.at + FARTHEST:
        return "a silence begins within a year"
    if len(book.silences) >= MOST:
        return f"there are {MOST} silences already"
    if given.replaces and given.replaces not in book.silences:
        return f"there is no silence {given.replaces}, or it is over"
    texts = [str(matcher) for matcher in given.matchers]
    before = book.silences.get(given.replaces)
    same = before is not None and (before.matchers, before.starts_at) == (given.matchers, given.starts_at)
    made = kinds.SilenceCreated(
        given.replaces if same else f"S-{book.last + 1}",
        texts,
        given.starts_at,
        given.ends_at,
        given.rrule,
        given.zone,
    )
    step.log(kinds.BOOK, made, given.reason, given.by)
    if given.replaces and not same:
        step.log(kinds.BOOK, kinds.SilenceExpired(given.replaces), made.silence, given.by)
    return ""


def expire(step: Step, event: SilenceEnded) -> str:
    """Ends a silence before its time. "" when it is done, else why not."""
    if event.silence not in step.state.book.silences:
        return f"there is no silence {event.silence}, or it is over"
    step.log(kinds.BOOK, kinds.SilenceExpired(event.silence), "", event.by)
    return ""


def due(step: Step) -> None:
    """Ends silences whose time is over; reminds authors; announces maintenance windows."""
    book = step.state.book
    for silence in list(book.silences.values()):
        coming = silence.next(step.at)
        if step.at >= silence.over_at:
            step.log(kinds.BOOK, kinds.SilenceExpired(silence.id))
        elif coming and step.at >= coming[0] - ANNOUNCED:
            about = f"{silence.id}-{int(coming[0])}" if silence.rrule else silence.id
            _announce(step, silence.id, silence.named, silence.matchers, coming, about)
        elif silence.at(step.at) is None:
            continue
        elif silence.ends_at - silence.starts_at >= 4 * AHEAD and step.at >= silence.over_at - AHEAD:
            _remind(step, silence, PageReason.SILENCE_ENDS)
        elif step.at >= silence.starts_at + SETTLED and silence.id not in book.looked:
            book.looked.add(silence.id)
            if not checks_of(step.plan, silence.matchers):
                _remind(step, silence, PageReason.SILENCE_IDLE)
    for number, window in enumerate(step.plan.maintenance):
        span = window.next(step.at)
        if span is not None and window.announce is not None and step.at >= span[0] - window.announce:
            reference = f"maintenance-{number}-{int(span[0])}"
            _announce(step, window.name, window.name, window.matchers, span, reference)


def _announce(
    step: Step, key: str, name: str, matchers: Iterable[LabelMatcher], span: TimeSpan, reference: str
) -> None:
    """Says once to those who are informed what will be held back."""
    if (key, span[0]) in step.state.book.said:
        return
    step.log(kinds.BOOK, kinds.MaintenanceAnnounced(key, span[0]), name)
    what = ", ".join(map(str, matchers))

    def said(when: Callable[[Instant], Text]) -> Text:
        first, last = when(span[0]), when(span[1])
        return Text(
            f"{name}: from {first.en} to {last.en} nobody is paged about {what}",
            f"{name}：{first.zh} 至 {last.zh} 期间不通知 {what}",
        )

    _tell(step, PageKind.MAINTENANCE, PageReason.MAINTENANCE_AHEAD, reference, _informed(step), said)


Said = Callable[[Callable[[Instant], Text]], Text]
"""Writes a sentence, given what puts a moment into the reader's words."""


def _remind(step: Step, silence: AlertSilence, reason: PageReason) -> None:
    if (silence.id, str(reason)) in step.state.book.said:
        return
    step.log(kinds.BOOK, kinds.SilenceReminded(silence.id, str(reason)), silence.by)
    what = ", ".join(map(str, silence.matchers))

    def said(when: Callable[[Instant], Text]) -> Text:
        end = when(silence.over_at)
        if reason is PageReason.SILENCE_IDLE:
            return Text(
                f"your silence {silence.id} fits no check: {what}", f"您的静默 {silence.id} 未匹配任何检查：{what}"
            )  # fmt: skip
        return Text(
            f"your silence {silence.id} ends at {end.en}, what is still bad pages then: {what}",
            f"您的静默 {silence.id} 将于 {end.zh} 结束，届时仍异常的将发出通知：{what}",
        )

    _tell(step, PageKind.SILENCE, reason, silence.id, [silence.by], said)


def _informed(step: Step) -> list[str]:
    """Everybody who is informed at any severity; where nobody is, who is asked."""
    policies = step.plan.paging.values()
    found = [name for policy in policies for name in informed(step.plan, policy, step.at)]
    found = found or [name for policy in policies for name in asked(step.plan, policy, step.at)]
    return list(dict.fromkeys(found))


def _tell(
    step: Step, kind: PageKind, reason: PageReason, about: str, names: Iterable[str], said: Said
) -> None:
    """Pages these people, by quiet channels where they have one. It is about no incident: nobody follows it up."""
    plan, origin = step.plan, step.state.instance
    shown = about if kind is PageKind.SILENCE else ""
    for name, channel in by_channels(plan, names, plan.quiet):
        zone = zone_of(plan.responders[name].zone)

        def when(at: Instant) -> Text:
            return Text(*(units.moment(at, zone, one, at=step.at) for one in Language))  # noqa: B023

        message = Message(
            kind=kind, product=plan.product, incident=shown, number=1, severity=Severity.P4, previous_severity=None,
            status="triggered", reason=reason, title=plan.product, flow="", because=(), onset=step.at, at=step.at,
            note=said(when), informs=True,
        )  # fmt: skip
        id = named(f"{about}.{reason}.{name}.{channel}", origin)
        step.announce(Page(id, kinds.BOOK, name, channel, kind, message, step.at, origin=origin), reason)
