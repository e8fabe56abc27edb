"""What the brief in a mail is written from: the incident as it stands once all of an event was decided.

Not as it stood when the page was queued: its clocks, and why it has its severity, follow in the same event.
"""

from __future__ import annotations

from collections.abc import Sequence

from watchtower.core.events import Decision, PageQueued
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.incidents import Page, PageState
from watchtower.core.notify.alert_text import text_now
from watchtower.core.plan import Plan
from watchtower.core.scene import Scene
from watchtower.core.state import State, Step
from watchtower.model import AlertState
from watchtower.values import replace


def alerts_now(plan: Plan, state: State, incident: str, *states: AlertState) -> list[Alert]:
    """The incident's alerts, each with the text of its latest measurements."""
    return [replace(a, text=text_now(plan, state, a)) for a in state.alerts_of(incident, *states)]


def with_scenes(step: Step) -> list[Decision]:
    """This event's decisions; each mail that informs brings the incident, for its brief."""
    scenes: dict[str, Scene | None] = {}
    for number, decision in enumerate(step.decisions):
        if isinstance(decision, PageQueued) and _has_room(step.plan, decision.page):
            id = decision.page.incident
            if id not in scenes:
                scenes[id] = _scene(step, id)
            step.decisions[number] = replace(decision, scene=scenes[id])
    return step.decisions


def _has_room(plan: Plan, page: Page) -> bool:
    traits = plan.kinds.get(page.channel)
    if page.state is PageState.HELD:
        return False
    return page.message.informs and traits is not None and traits.brief and page.responder in plan.responders


def _scene(step: Step, id: str) -> Scene | None:
    incident = step.state.incidents.get(id)
    if incident is None or not incident.open:
        return None
    alerts: Sequence[Alert] = alerts_now(step.plan, step.state, id, AlertState.FIRING)
    return Scene(step.plan, incident, step.history(id), alerts, (), step.at)
