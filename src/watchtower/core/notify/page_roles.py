"""Pages roles about something in an incident: an overdue step, a duty, a due status update."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from watchtower.core.incident.incidents import Incident
from watchtower.core.incident.payload import Payload
from watchtower.core.notify.messages import NotePoint, joined
from watchtower.core.notify.pages import COMMANDER, PageRequest, by_channels, page
from watchtower.core.people.assignment import asked, filling
from watchtower.core.state import Step
from watchtower.page_kinds import PageKind
from watchtower.texts.reasons import PageReason


class RolesNotified(Payload):
    """Everybody who fills one of these roles is notified of something."""

    kind = "pages.requested"
    roles: Sequence[str]
    en: str
    zh: str


def page_roles(
    step: Step,
    incident: Incident,
    roles: Iterable[str],
    reason: PageReason,
    *points: NotePoint,
    command: str = "",
) -> None:
    """Page everybody who fills these roles with these points, once; `reason` is a word, such as `status_overdue`; `command`
    what they type to do what it asks for.

    By the level's channels. Where nobody fills any of them, the commander is told, or else whoever is asked to
    acknowledge the incident: what is due must reach somebody. Nobody is told of an incident that is over.
    """
    roles, text = list(roles), joined(points)
    step.log(incident.id, RolesNotified(roles, text.en, text.zh), reason)
    incident = step.state.incidents[incident.id]
    policy = step.plan.paging.get(incident.severity)
    if not incident.open:
        step.not_paged(incident.id, PageReason.OVER, reason)
        return
    if policy is None:
        step.not_paged(incident.id, PageReason.NO_POLICY, reason)
        return
    people, plan = step.history(incident.id).people, step.plan
    who = filling(plan, roles, step.at, people, policy.roles)
    if not who:
        step.not_paged(incident.id, PageReason.NOBODY_FOR_ROLE, ", ".join(roles))
        who = filling(plan, (COMMANDER,), step.at, people) or asked(plan, policy, step.at, people)
    addresses = by_channels(plan, who, policy.channels)
    if not addresses:
        step.not_paged(incident.id, PageReason.NOBODY_TO_PAGE, reason)
        return
    page(
        step,
        incident,
        PageRequest(
            PageKind.UPDATE, reason, note=text, command=command, points=points, quiet=True, roles=who
        ),
        addresses,
    )
