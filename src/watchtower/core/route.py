"""Stage 6, route: who is told, by which channel, or why not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from watchtower.core.incidents import PENDING, Address, Incident, Page, PageState, Told
from watchtower.core.judge import text_now
from watchtower.core.messages import Because, Message
from watchtower.core.plan import Plan
from watchtower.core.state import Step
from watchtower.model import AlertState, ChannelName, PageKind, Severity


def announce(step: Step, incident_id: str, previous: Severity | None, reason: str) -> None:
    """After grading: a new incident and every change of level are told; an unchanged level is not."""
    incident = step.state.incidents[incident_id]
    if not incident.open:
        _all_clear(step, incident)
    elif reason in ("opened", "reopened"):
        _tell(step, incident, PageKind.NEW, None, reason, addressees(step.plan, incident))
    elif reason == "raised":
        _tell(step, incident, PageKind.UPGRADE, previous, "raised", addressees(step.plan, incident))
    elif reason == "lowered":
        told = [address for address, t in incident.told.items() if t.firing is PageState.DELIVERED]
        _tell(step, incident, PageKind.DOWNGRADE, previous, "lowered", told)
    else:
        step.not_paged(incident_id, "level_unchanged", str(incident.severity))


def remind(step: Step, incident_id: str) -> None:
    """Again to everybody who should be told now, except where an earlier page is still on its way."""
    incident = step.state.incidents[incident_id]
    busy = {p.address for p in step.state.pages_of(incident_id, *PENDING)}
    wanted = addressees(step.plan, incident)
    addresses = [a for a in wanted if a not in busy]
    if wanted and not addresses:
        step.not_paged(incident_id, "still_on_its_way", str(PageKind.REMINDER))
        return
    _tell(step, incident, PageKind.REMINDER, incident.severity, "not_acknowledged", addresses)


def addressees(plan: Plan, incident: Incident) -> list[Address]:
    """Every responder of the level's roles, by the level's channels; by whatever they have where they lack those."""
    if incident.key == "unreached":
        return [(r.name, channel) for r in plan.responders.values() for channel in r.addresses]
    return addressees_of(plan, incident.severity)


def addressees_of(plan: Plan, severity: Severity) -> list[Address]:
    """Whom this level pages."""
    policy = plan.paging.get(severity)
    if policy is None:
        return []
    out: list[Address] = []
    for responder in plan.responders.values():
        if responder.role in policy.roles:
            wanted = [c for c in policy.channels if c in responder.addresses]
            out += [(responder.name, c) for c in wanted or responder.addresses]
    return out


def substitute(step: Step, page: Page) -> Address | None:
    """Who else to ask when `page` does not arrive: the same person another way, then anybody of the level's
    roles, then anybody. None when all were asked already."""
    incident = step.state.incidents[page.incident]
    asked = set(incident.told) | {p.address for p in step.state.pages.of(incident.id)}
    responder = step.plan.responders.get(page.responder)
    candidates: list[Address] = [(responder.name, c) for c in responder.addresses] if responder else []
    if page.kind is not PageKind.RESOLVED:
        candidates += addressees(step.plan, incident)
        candidates += [(r.name, c) for r in step.plan.responders.values() for c in r.addresses]
    return next((a for a in candidates if a not in asked), None)


def pass_on(step: Step, page: Page, address: Address) -> None:
    """The same message to a substitute."""
    incident = step.state.incidents[page.incident]
    copy = replace(
        page, id=page_id(incident.id, page.message.number, address), responder=address[0], channel=address[1],
        created_at=step.at, state=PageState.OWED, failover_of=page.id,
    )  # fmt: skip
    told = dict(incident.told)
    if page.kind is PageKind.RESOLVED:
        told[address] = Told(PageState.DELIVERED, PageState.OWED)
    else:
        told[address] = Told(PageState.OWED)
    step.set_incident(
        replace(incident, told=told),
        "passed_on",
        f"{page.responder} by {page.channel} -> {address[0]} by {address[1]}",
    )
    step.owe(copy, "failover")


def owe_resolved(step: Step, incident: Incident, addresses: Iterable[Address]) -> None:
    """The all-clear is owed if, and only if, firing was delivered."""
    addresses = list(addresses)
    if not addresses:
        return
    told = dict(incident.told)
    for address in addresses:
        told[address] = replace(told[address], resolved=PageState.OWED)
    _tell(step, replace(incident, told=told), PageKind.RESOLVED, incident.severity, "resolved", addresses)


def _all_clear(step: Step, incident: Incident) -> None:
    for page in step.state.pages_of(incident.id, *PENDING):
        # A first page on its way still arrives, and its all-clear after it: nobody learns half the story.
        # One that only repeats what the person already knows is dropped.
        if page.kind is not PageKind.RESOLVED and incident.told[page.address].firing is PageState.DELIVERED:
            step.set_page(replace(page, state=PageState.CANCELLED), "superseded")
    reached = [a for a, t in incident.told.items() if t.firing is PageState.DELIVERED and t.resolved is None]
    owe_resolved(step, incident, reached)
    if not reached:
        step.not_paged(incident.id, "nobody_was_told")


def _tell(
    step: Step,
    incident: Incident,
    kind: PageKind,
    previous: Severity | None,
    reason: str,
    addresses: Iterable[Address],
) -> None:
    addresses = list(addresses)
    if not addresses:
        step.not_paged(incident.id, "nobody_to_page", f"{kind} {incident.severity}")
        quiet = replace(incident, reminded_at=step.at, pages=max(1, incident.pages))
        step.set_incident(quiet, "not_told", f"{kind}: nobody to page")
        return
    number = incident.pages + 1
    message = _message(step, incident, kind, previous, reason, number)
    told = dict(incident.told)
    for address in addresses:
        known = told.get(address, Told())
        if kind is not PageKind.RESOLVED and known.firing is not PageState.DELIVERED:
            # One that failed before is on its way again: the incident is not over before that is known.
            known = replace(known, firing=PageState.OWED)
        told[address] = known
    changed = replace(incident, told=told, pages=number, reminded_at=step.at)
    who = ", ".join(f"{name} by {channel}" for name, channel in addresses)
    step.set_incident(changed, f"page_{kind}", who)
    for name, channel in addresses:
        page = Page(
            page_id(incident.id, number, (name, channel)), incident.id, name, channel, kind, message, step.at
        )
        step.owe(page, reason)


def page_id(incident: str, number: int, address: Address) -> str:
    return f"{incident}.{number}.{address[0]}.{ChannelName(address[1])}"


def _message(
    step: Step, incident: Incident, kind: PageKind, previous: Severity | None, reason: str, number: int
) -> Message:
    states = (AlertState.FIRING,) if incident.open else (AlertState.FIRING, AlertState.RESOLVED)
    alerts = sorted(
        step.state.alerts_of(incident.id, *states), key=lambda a: (a.severity.rank, a.onset or 0.0)
    )
    because = tuple(
        Because(
            a.rule,
            a.check,
            a.series,
            a.severity,
            a.onset if a.onset is not None else incident.onset,
            text_now(step, a),
            a.when,
        )
        for a in alerts[:20]
    )
    sop = step.plan.sops.get(incident.sop)
    return Message(
        kind=kind, product=step.plan.product, incident=incident.id, number=number, severity=incident.severity,
        previous_severity=previous, status=str(incident.state), reason=reason, title=incident.title, flow=incident.flow,
        because=because, onset=incident.onset, at=step.at, sop=incident.sop, sop_title=sop.title if sop else None,
        sop_url=sop.url if sop else "", sop_steps=sop.steps if sop else (), acknowledged_by=incident.acknowledged_by,
    )  # fmt: skip
