"""Makes pages: one message, and one page of it for each address. Only the role differs between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from watchtower.core.checklists.choice import sop_of
from watchtower.core.incident.identity import told_as
from watchtower.core.incident.incidents import PENDING, Address, Incident, Notified, Page, PageState, named
from watchtower.core.incident.lifecycle import queued
from watchtower.core.notify.alert_text import seen_now, text_now
from watchtower.core.notify.messages import Because, Message, NotePoint
from watchtower.core.notify.suffering import flows_of, undone, users_of, worst_of
from watchtower.core.people.assignment import asked, filling
from watchtower.core.people.role_descriptions import DUTIES
from watchtower.core.plan import Plan
from watchtower.core.silences.suppress import GOES_OUT, Suppression, suppression
from watchtower.core.state import OVER, Step
from watchtower.model import AlertState, ChannelName, IncidentState, Severity, Text
from watchtower.page_kinds import PageKind
from watchtower.texts.reasons import ASKING, PageReason
from watchtower.values import Frozen, field, replace

COMMANDER = "commander"


class PageRequest(Frozen):
    """The reason of a page, a note, and whether it only informs. `quiet`: the next reminder does not wait for it."""

    kind: PageKind
    reason: PageReason
    previous: Severity | None = None
    note: Text | None = None
    why: Text | None = None
    command: str = ""
    informs: bool = False
    quiet: bool = False
    points: tuple[NotePoint, ...] = ()
    spent: tuple[str, ...] = ()
    """Channels that must not carry it, as "sms.cn"."""
    roles: Mapping[str, str] = field(default_factory=dict)
    """The role of each person, by name."""


def page(step: Step, incident: Incident, request: PageRequest, addresses: Iterable[Address]) -> None:
    """Queues the message for every address; when there is none, records that nobody is notified. What a silence, a
    maintenance window or another alert holds back is recorded as such."""
    kind = request.kind
    addresses = list(addresses) if _rings(request) else without_calls(step, incident, addresses)
    if not addresses:
        step.not_paged(incident.id, PageReason.NOBODY_TO_PAGE, f"{kind} {incident.severity}")
        quiet = replace(incident, reminded_at=step.at, pages=max(1, incident.pages))
        step.set_incident(quiet, "not_notified", f"{kind}: nobody to page")
        return
    if request.reason not in GOES_OUT and (held := suppression(step.plan, step.state, incident, step.at)):
        _hold_back(step, incident, held)
        return
    for older in step.state.pages_of(incident.id, *PENDING):
        if older.address in addresses and _said_anew(incident, request, older):
            step.set_page(replace(older, state=PageState.CANCELLED), "superseded")
    number = incident.pages + 1
    message = _message(step, incident, request, number)
    notified = dict(incident.notified)
    for address in addresses:
        known = notified.get(address)
        if known is None:
            known = Notified(informed=request.informs)
        elif not kind.ends and not kind.traits.note_is_all and not request.informs:
            known = replace(known, informed=False)  # a step that is due asks nobody to take the incident
        if not kind.ends and known.firing is not PageState.DELIVERED:
            # One that failed before is on its way again: the incident is not over before that is known.
            known = replace(known, firing=PageState.QUEUED)
        notified[address] = known
    reminded = incident.reminded_at if request.quiet else step.at
    changed = replace(incident, notified=notified, pages=number, reminded_at=reminded)
    who = ", ".join(f"{name} by {channel}" for name, channel in addresses)
    step.set_incident(changed, queued(kind), who)
    for name, channel in addresses:
        own = _for_role(step.plan, message, request.roles.get(name, ""))
        id = page_id(incident, number, (name, channel))
        if channel in step.plan.budgets and any(
            who == name and other not in step.plan.budgets for who, other in addresses
        ):
            step.state.budgets.elsewhere.add(id)
        made = Page(
            id, incident.id, name, channel, kind, own, step.at, origin=incident.origin, spent=request.spent
        )
        step.enqueue(made, request.reason)


def _rings(request: PageRequest) -> bool:
    asks = request.kind.traits.rings or request.reason in ASKING
    return asks and not request.informs


def without_calls(
    step: Step, incident: Incident, addresses: Iterable[Address], others: Iterable[Address] = ()
) -> list[Address]:
    """These addresses without the phones that ring, where the same person is notified another way: by one of these, or of
    `others`."""
    every = list(addresses)
    calls = {kind for kind, traits in step.plan.kinds.items() if traits.rings}
    reached = {name for name, channel in (*every, *others) if channel not in calls}
    spared = [address for address in every if address[1] in calls and address[0] in reached]
    for name, channel in spared:
        step.not_paged(incident.id, PageReason.NOT_BY_CALL, f"{name} by {channel}")
    return [address for address in every if address not in spared]


def _said_anew(incident: Incident, request: PageRequest, older: Page) -> bool:
    """Whether the new page takes the place of one that is still on its way: both say everything. After an outage of their
    gateway people are not to get both in one second, nor what waits in a storm after the P0 that it became."""
    if not (request.kind.traits.tells_duty and older.kind.traits.tells_duty):
        return False
    if older.state is PageState.HELD:
        return incident.severity is Severity.P0
    return older.state is PageState.FAILING or request.reason is PageReason.REOPENED


def _hold_back(step: Step, incident: Incident, held: Suppression) -> None:
    """Records what holds the page back. That a P0 is held back is said to the commander, once."""
    step.not_paged(incident.id, held.reason, held.by)
    people, policy = step.history(incident.id).people, step.plan.paging.get(incident.severity)
    if incident.severity is not Severity.P0 or step.history(incident.id).silences.said or policy is None:
        return
    who = filling(step.plan, (COMMANDER,), step.at, people) or asked(step.plan, policy, step.at, people)
    firing = step.state.alerts_of(incident.id, AlertState.FIRING)
    what = (
        text_now(step.plan, step.state, min(firing, key=lambda one: one.severity.rank))
        if firing
        else incident.title
    )
    note = Text(
        f"{what.en}. Nobody else is paged: {held.reason.text.en}, {held.by}",
        f"{what.zh}。未通知其他人：{held.reason.text.zh}，{held.by}",
    )
    request = PageRequest(PageKind.UPDATE, PageReason.P0_HELD_BACK, note=note, quiet=True, roles=who)
    page(step, incident, request, by_channels(step.plan, who, policy.channels))


def page_id(incident: Incident, number: int, address: Address) -> str:
    who = told_as(incident.id, incident.origin)
    return named(f"{who}.{number}.{address[0]}.{address[1]}", incident.origin)


def by_channels(
    plan: Plan, names: Iterable[str], channels: Iterable[ChannelName], *, strictly: bool = False
) -> list[Address]:
    """Each person's addresses by these channels; by any other where they have none of these, unless
    `strictly`."""
    out: list[Address] = []
    channels = tuple(channels)
    for name in names:
        responder = plan.responders.get(name)
        if responder is not None:
            wanted = [c for c in channels if c in responder.addresses]
            out += [(name, c) for c in wanted or (() if strictly else responder.addresses)]
    return out


def _for_role(plan: Plan, message: Message, role: str) -> Message:
    declared, shipped = plan.people.roles.get(role), DUTIES.get(role)
    if not role:
        return message
    if declared is not None and declared.description is not None:
        return replace(message, role=role, duty=declared.description, duty_short=declared.description)
    if shipped is None:
        return replace(message, role=role)
    return replace(message, role=role, duty=shipped.text, duty_short=shipped.short)


def _message(step: Step, incident: Incident, request: PageRequest, number: int) -> Message:
    found = step.state.alerts_of(incident.id, AlertState.FIRING)
    if not (incident.open and found):  # it outlasts its alerts while its users are not back
        found = step.state.alerts_of(incident.id, AlertState.FIRING, *OVER)
    well = incident.state is IncidentState.MITIGATED or not incident.open
    alerts = sorted(found, key=lambda a: (a.severity.rank, a.onset or 0.0))
    because = tuple(
        Because(
            a.rule,
            a.check,
            a.series,
            a.severity,
            a.onset if a.onset is not None else incident.onset,
            text_now(step.plan, step.state, a),
            a.when,
            seen_now(step, a),
            a.state in OVER and not well,
        )
        for a in alerts[:20]
    )
    sop, users = sop_of(step.plan, incident), users_of(step, incident)
    told = step.history(incident.id).milestones
    bad = told.bad_seconds(step.at) if told.onset is not None else None
    again = step.relapsed(incident)
    return Message(
        kind=request.kind, product=step.plan.product, incident=incident.id, number=number, severity=incident.severity,
        previous_severity=request.previous, status=str(incident.state), reason=request.reason, title=incident.title,
        flow=incident.flow, because=because, onset=incident.onset, at=step.at, sop=sop.name if sop else incident.sop,
        sop_title=sop.title if sop else None, sop_url=sop.url if sop else "", sop_steps=sop.shown if sop else (),
        acknowledged_by=incident.acknowledged_by, acks_missing=incident.acks_missing, note=request.note,
        informs=request.informs, drill=incident.drill, why=request.why, command=request.command, points=request.points,
        flows=flows_of(step, incident) if incident.open else (), worst=worst_of(step, incident) if well else (),
        users=users.point if users else None,
        users_at_most=users is not None and users.upper_bound, began=incident.again_at, bad_seconds=bad, again=again,
        undone=undone(step, incident) if again else None, told_as=incident.told_as,
    )  # fmt: skip
