"""Stage 6, notify: who is notified, by which channel, or why not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from watchtower.core.changes.stage import nearest
from watchtower.core.events import IncidentChanged
from watchtower.core.incident.incidents import PENDING, Address, Incident, Notified, Page, PageState
from watchtower.core.incident.kinds import IncidentKind
from watchtower.core.notify.pages import PageRequest, by_channels, page, page_id, without_calls
from watchtower.core.notify.storms import DIGESTED, FLAPS, STEADY
from watchtower.core.notify.suffering import done
from watchtower.core.notify.worse import dependency, sentence
from watchtower.core.people import alerts_joined
from watchtower.core.people.acknowledge import want_more
from watchtower.core.people.assignment import NOBODY, asked, backups, filling, informed
from watchtower.core.people.escalation import begin_round
from watchtower.core.people.unfilled import note_unfilled
from watchtower.core.plan import Plan
from watchtower.core.silences.suppress import suppression
from watchtower.core.state import Step
from watchtower.model import IncidentState, Instant, Language, Severity, Text
from watchtower.page_kinds import PageKind
from watchtower.texts.reasons import PageReason
from watchtower.texts.units import duration_words
from watchtower.values import replace

_AT_ONCE = 1.0
"""Seconds."""
LEFT = Text(
    "What saw it has left the configuration: nobody knows whether it is over",
    "相应监控已从配置中移除，是否恢复未知",
)


def announce(step: Step, incident_id: str, previous: Severity | None, reason: str) -> None:
    """After grading: pages a new incident and every change of severity. With an unchanged severity it pages
    only the next warning threshold, and alerts that joined where the severity asks for it."""
    incident = step.state.incidents[incident_id]
    why = _why(step, incident)
    if not incident.open:
        _all_clear(step, incident)
    elif make_up(step, incident):
        return
    elif reason in ("opened", "reopened"):
        _call(
            step,
            incident,
            PageRequest(PageKind.NEW, PageReason(reason), note=_before(step, incident, reason), why=why),
        )
    elif reason == "raised":
        new = _unsaid(step, incident)
        kind = PageKind.NEW if new else PageKind.UPGRADE
        request = PageRequest(kind, PageReason.RAISED, None if new else previous, why=why)
        _call(step, want_more(step, incident), request)
    elif reason == "lowered":
        request = PageRequest(PageKind.DOWNGRADE, PageReason.LOWERED, previous, why=why)
        # That users are back was told by every channel: what is left of it wakes nobody for each level.
        _tell_known(step, incident, request, hush=incident.state is IncidentState.MITIGATED)
    elif step.relapsed(incident):
        _call(step, incident, PageRequest(PageKind.UPDATE, PageReason.RECURRED))
    elif news := step.worse.pop(incident_id, ()):
        request = PageRequest(PageKind.UPDATE, PageReason.GOT_WORSE, note=sentence(step, incident, news))
        _tell_known(step, incident, request, hush=_just_now(step, incident))
    elif (cause := dependency(step, incident)) is not None:
        request = PageRequest(PageKind.UPDATE, PageReason.DEPENDENCY_FAILS, note=cause.text, points=(cause,))
        known = [a for a, t in incident.notified.items() if _knows(t) and not t.informed]
        page(step, incident, request, _hushed(step, known) if _just_now(step, incident) else known)
    elif not alerts_joined.notify(step, incident):
        step.not_paged(incident_id, PageReason.SEVERITY_UNCHANGED, str(incident.severity))


def _why(step: Step, incident: Incident) -> Text | None:
    """The reason of the severity, when the matrix or a person has just set it; a rule's own severity needs
    none."""
    changes = step.history(incident.id).severity.changes
    return changes[-1].sentence if changes and changes[-1].at == step.at else None


def _before(step: Step, incident: Incident, reason: str) -> Text | None:
    """A note on what was changed just before a new incident; on who had acknowledged a reopened one, because they know
    most about it; and that it flaps."""
    if reason == "opened":
        return nearest(step, incident)
    who, times = step.reopened.get(incident.id), step.history(incident.id).milestones.reopened
    note = Text(f"Reopened. Handled by {who} before.", f"复发。此前由 {who} 处理。") if who else None
    if times < FLAPS or incident.severity is Severity.P0 or not step.plan.storm.window:
        return note
    minutes, before = round(STEADY / 60), note or Text("", "")
    return Text(
        f"{before.en} It came back {times} times: from now on it pages when it is bad for {minutes} min.".strip(),
        f"{before.zh}已复发 {times} 次，此后持续异常 {minutes} 分钟才通知。",
    )


def remind(step: Step, incident_id: str) -> None:
    """Reminds everybody who should acknowledge and has not, except where an earlier page is still being
    tried, and people who were paged just now."""
    incident = step.state.incidents[incident_id]
    if make_up(step, incident):
        return
    pending = step.state.pages_of(incident_id, *PENDING)
    busy = {p.address for p in pending if p.state is not PageState.HELD or p.message.reason not in DIGESTED}
    people, policy = step.history(incident_id).people, step.plan.paging.get(incident.severity)
    if policy is not None and 0.0 <= step.at - people.called_at < policy.remind_every / 2:
        busy.update(address for address in incident.notified if address[0] in people.called)
    request = PageRequest(PageKind.REMINDER, PageReason.NOT_ACKNOWLEDGED, incident.severity)
    remind_now(step, incident, request, busy)


def remind_now(step: Step, incident: Incident, request: PageRequest, busy: Iterable[Address] = ()) -> None:
    """Pages `word` to everybody who should acknowledge and has not, except addresses that are `busy`."""
    who, wanted = _asked(step, incident)
    acks, policy = step.history(incident.id).people.acks, step.plan.paging.get(incident.severity)
    if policy is not None and policy.acks > 1:
        wanted = [address for address in wanted if address[0] not in acks] or wanted
    left = [address for address in wanted if address not in busy]
    if wanted and not left:
        step.not_paged(incident.id, PageReason.STILL_ON_ITS_WAY, str(request.kind))
        return
    page(step, incident, replace(request, roles=who), left)


def make_up(step: Step, incident: Incident) -> bool:
    """Pages what was held back and is still bad, once nothing holds it back. Whether it did."""
    known = step.history(incident.id).silences
    if not known.due(incident.state, incident.severity):
        return False
    if suppression(step.plan, step.state, incident, step.at) is not None:
        return False
    kind = PageKind.NEW if known.told is None else PageKind.REMINDER
    if known.told is not None and incident.severity.worse_than(known.told):
        kind = PageKind.UPGRADE
    held = Text(f"Pages were held back until now: {known.held}.", f"此前通知被抑制：{known.held}。")
    request = PageRequest(kind, PageReason.SILENCE_OVER, known.told, held, _why(step, incident))
    _call(step, want_more(step, incident), request)
    return True


def addressees(step: Step, incident: Incident) -> list[Address]:
    """Addresses of everybody who should acknowledge now, by the severity's channels; by others where they
    have none of these."""
    return _asked(step, incident)[1]


def addressees_of(plan: Plan, severity: Severity, at: Instant) -> list[Address]:
    """Addresses that this severity pages at this moment."""
    policy = plan.paging.get(severity)
    return [] if policy is None else by_channels(plan, asked(plan, policy, at, NOBODY), policy.channels)


def _asked(step: Step, incident: Incident) -> tuple[dict[str, str], list[Address]]:
    """Who should acknowledge, with role and addresses."""
    plan, policy = step.plan, step.plan.paging.get(incident.severity)
    if incident.kind is IncidentKind.UNREACHED:
        return {}, [(r.name, channel) for r in plan.responders.values() for channel in r.addresses]
    if policy is None:
        return {}, []
    who = dict(asked(plan, policy, step.at, step.history(incident.id).people))
    return who, by_channels(plan, who, policy.channels)


def _call(step: Step, incident: Incident, request: PageRequest) -> None:
    """Begins a round of paging: people who should acknowledge, people who were notified before, and people
    who are informed."""
    who, addresses = _asked(step, incident)
    if request.kind.traits.reaches_known:
        known = [a for a, t in incident.notified.items() if _knows(t) and not t.informed]
        addresses += [a for a in known if a[0] not in who and a not in addresses]
    page(step, incident, replace(request, roles=who), addresses)
    if incident.kind is IncidentKind.UNREACHED:
        return
    _inform(step, incident.id, request, {name for name, _ in addresses})
    note_unfilled(step, step.state.incidents[incident.id])
    if request.reason != "opened":
        begin_round(step, step.state.incidents[incident.id], request.reason)


def _inform(step: Step, incident_id: str, request: PageRequest, but: Iterable[str]) -> None:
    """Notifies people who are only informed at this severity, and those who were before."""
    incident = step.state.incidents[incident_id]
    policy = step.plan.paging.get(incident.severity)
    if policy is None:
        return
    people = step.history(incident_id).people
    who = {
        name: role for name, role in informed(step.plan, policy, step.at, people).items() if name not in but
    }
    loud = filling(step.plan, policy.inform_urgently, step.at, people, policy.roles)
    addresses = by_channels(step.plan, [name for name in who if name in loud], policy.channels)
    quiet = [c for c in step.plan.quiet if c in policy.channels] or step.plan.quiet
    addresses += by_channels(step.plan, [name for name in who if name not in loud], quiet, strictly=True)
    if request.kind.traits.reaches_known:
        known = [a for a, t in incident.notified.items() if t.informed and _knows(t)]
        addresses += [a for a in known if a[0] not in who and a[0] not in but]
    if addresses:
        page(step, incident, replace(request, roles=who, informs=True), addresses)


def users_back(step: Step, incident: Incident) -> None:
    """Notifies everybody who knows of the incident that its users are back, as soon as they are: not when its severity
    is lowered, a quarter of an hour later."""
    window = step.plan.incident.resolve_after.get(incident.record, 0.0)
    en, zh = (duration_words(window, language) for language in Language)
    note, known = (
        Text(f"It is watched for {en} before it is resolved", f"将再观察 {zh}后解除"),
        done(step, incident),
    )
    if known is not None:
        note = Text(f"{note.en}. {known.en}", f"{note.zh}。{known.zh}")
    _tell_known(step, incident, PageRequest(PageKind.MITIGATED, PageReason.USERS_BACK, note=note, quiet=True))


def _tell_known(step: Step, incident: Incident, request: PageRequest, *, hush: bool = False) -> None:
    """Notifies everybody who was notified before, in the same way; with `hush` only by channels that wake nobody, where
    they were notified by one."""
    notified = [(address, t) for address, t in incident.notified.items() if t.firing is PageState.DELIVERED]
    if hush:
        left = _hushed(step, [address for address, _ in notified])
        notified = [one for one in notified if one[0] in left]
    if not notified:
        step.not_paged(incident.id, PageReason.NOBODY_NOTIFIED, str(request.kind))
    elif knowing := [address for address, t in notified if not t.informed]:
        page(step, incident, request, knowing)
    if others := [address for address, t in notified if t.informed]:
        page(step, step.state.incidents[incident.id], replace(request, informs=True), others)


def _just_now(step: Step, incident: Incident) -> bool:
    """Whether it opened in this second: what is found with it wakes nobody a second time."""
    return step.at - incident.opened_at < _AT_ONCE


def _unsaid(step: Step, incident: Incident) -> bool:
    """Whether nobody has heard of it, because its first page still waits."""
    gone = step.state.pages_of(incident.id, PageState.QUEUED, PageState.FAILING)
    heard = any(known.firing is PageState.DELIVERED for known in incident.notified.values())
    return bool(step.state.pages_of(incident.id, PageState.HELD)) and not gone and not heard


def _hushed(step: Step, addresses: Sequence[Address]) -> list[Address]:
    """Those that wake nobody, and those of people who have none of these."""
    quiet = step.plan.quiet
    reached = {name for name, channel in addresses if channel in quiet}
    return [one for one in addresses if one[1] in quiet or one[0] not in reached]


def _knows(notified: Notified) -> bool:
    return notified.firing is PageState.DELIVERED or notified.firing in PENDING


def substitute(step: Step, page: Page) -> Address | None:
    """Who else to ask when `page` does not arrive: the same person another way, then anybody who is asked, then
    those who stand behind them, then anybody. None when all were asked already. What only informs wakes nobody: the
    same person by another quiet channel."""
    incident = step.state.incidents[page.incident]
    known = set(incident.notified) | {p.address for p in step.state.pages.of(incident.id)}
    plan, responder = step.plan, step.plan.responders.get(page.responder)
    candidates: Sequence[Address] = [(responder.name, c) for c in responder.addresses] if responder else []
    if page.message.informs and not page.kind.ends:
        candidates = [address for address in candidates if address[1] in step.plan.quiet]
    elif not page.kind.ends:
        policy = plan.paging.get(incident.severity)
        behind = backups(plan, policy.roles if policy else (), step.at, step.history(incident.id).people)
        candidates = [
            *candidates,
            *addressees(step, incident),
            *by_channels(plan, behind, policy.channels if policy else ()),
            *((r.name, c) for r in plan.responders.values() for c in r.addresses),
        ]
    return next((a for a in candidates if a not in known), None)


def pass_on(step: Step, page: Page, address: Address, spent: tuple[str, ...] = ()) -> None:
    """Sends the same message to a substitute, but by none of the channels that are `spent`."""
    incident = step.state.incidents[page.incident]
    message = replace(page.message, also=())
    if address[0] != page.responder:
        message = replace(message, role="", duty=None, duty_short=None)
    number = page.message.number
    notified = dict(incident.notified)
    known = notified.get(address, Notified())
    if number < incident.pages or address == page.address:
        # Told anew since, by a relapse perhaps: this address may have had a page of this number.
        number = incident.pages + 1
    copy = replace(
        page, id=page_id(incident, number, address), responder=address[0], channel=address[1],
        created_at=step.at, state=PageState.QUEUED, failover_of=page.id, message=message, carries=(),
        spent=spent,
    )  # fmt: skip
    informs = page.message.informs
    if page.kind.ends:
        notified[address] = Notified(PageState.DELIVERED, PageState.QUEUED, informs)
    elif known.firing is not PageState.DELIVERED:
        notified[address] = Notified(PageState.QUEUED, informed=informs)
    step.set_incident(
        replace(incident, notified=notified, pages=max(number, incident.pages)),
        "passed_on",
        f"{page.responder} by {page.channel} -> {address[0]} by {address[1]}",
    )
    step.enqueue(copy, PageReason.FAILOVER)


def enqueue_resolved(step: Step, incident: Incident, addresses: Iterable[Address]) -> None:
    """Queues "resolved" for an address if, and only if, firing was delivered there."""
    addresses = without_calls(step, incident, addresses, incident.notified)
    notified = dict(incident.notified)
    if (
        incident.merged_into
    ):  # people hear of it from the incident in which it goes on; machines close this one
        kinds = step.plan.kinds
        addresses = [address for address in addresses if address[1] in kinds and kinds[address[1]].machine]
    if not addresses:
        return
    for address in addresses:
        notified[address] = replace(notified[address], resolved=PageState.QUEUED)
    if incident.state is IncidentState.UNWATCHED:
        request = PageRequest(PageKind.UNWATCHED, PageReason.UNWATCHED, incident.severity, LEFT)
    else:
        request = PageRequest(
            PageKind.RESOLVED,
            PageReason.MERGED_INTO if incident.merged_into else PageReason.RESOLVED,
            incident.record,
            note=done(step, incident),
        )
    page(step, replace(incident, notified=notified), request, addresses)


def _all_clear(step: Step, incident: Incident) -> None:
    for one in step.state.pages_of(incident.id, *PENDING):
        # A first page on its way still arrives, and its all-clear after it: nobody learns half the story.
        # One that only repeats what the person already knows is dropped.
        if one.kind.ends:
            continue
        if incident.notified.get(one.address, Notified()).firing is PageState.DELIVERED:
            step.set_page(replace(one, state=PageState.CANCELLED), "superseded")
        elif one.message.reason == PageReason.REOPENED and step.state.storms.drop(one):
            incident = _unheard(step, incident, one)
    if incident.merged_into:
        _goes_on(step, incident)
    reached = [
        a for a, t in incident.notified.items() if t.firing is PageState.DELIVERED and t.resolved is None
    ]
    enqueue_resolved(step, incident, reached)
    if not reached:
        step.not_paged(incident.id, PageReason.NOBODY_NOTIFIED)


def _unheard(step: Step, incident: Incident, one: Page) -> Incident:
    """It flaps, and was over before this person was paged again: they hear neither."""
    step.set_page(replace(one, state=PageState.CANCELLED), "superseded")
    step.not_paged(incident.id, PageReason.FLAPS, f"{one.responder} by {one.channel}")
    rest = {address: known for address, known in incident.notified.items() if address != one.address}
    return step.set_incident(replace(incident, notified=rest), "not_notified", f"{one.responder}: it flaps")


def _goes_on(step: Step, incident: Incident) -> None:
    """Notifies people of the incident into which theirs merged; of many at once, once."""
    home = incident.merged_into
    with_it = [
        d.incident
        for d in step.decisions
        if isinstance(d, IncidentChanged) and d.reason == "merged_into" and d.incident.merged_into == home
    ]
    if step.goes_on or not with_it or with_it[0].id != incident.id:
        return
    waiting = (step.state.incidents.get(id) for id, to in step.state.merging.items() if to == home)
    with_it += [one for one in waiting if one is not None]
    known: dict[Address, bool] = {}
    for one in with_it:
        for address, notified in one.notified.items():
            if _knows(notified):
                known[address] = known.get(address, True) and notified.informed
    note = _goes_on_as([one.id for one in with_it], home)
    for informs in (False, True):
        addresses = [address for address, informed in known.items() if informed is informs]
        if addresses:
            request = PageRequest(
                PageKind.UPDATE, PageReason.MERGED_INTO, note=note, informs=informs, quiet=True
            )
            page(step, step.state.incidents[home], request, addresses)


def _goes_on_as(gone: Sequence[str], home: str) -> Text:
    more = len(gone) - 3
    en, zh = ", ".join(gone[:3]), "、".join(gone[:3])
    if more > 0:
        en, zh = f"{en} and {more} more", f"{zh} 等 {len(gone)} 个事件"
    go = "goes" if len(gone) == 1 else "go"
    return Text(f"{en} {go} on as {home}: what it depends on fails", f"{zh} 并入 {home}：其依赖发生故障")
