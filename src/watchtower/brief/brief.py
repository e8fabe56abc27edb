"""The situation brief: one screen for whoever joins, made from the state alone. Nothing in it is typed twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from watchtower.brief import impact, notes, response
from watchtower.brief.changed import changed
from watchtower.brief.headline import Headline, headline
from watchtower.brief.joining import joining
from watchtower.brief.reached import reached
from watchtower.brief.roles import roles
from watchtower.brief.sections import Section
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.history import History, project
from watchtower.core.incident.incidents import Incident
from watchtower.core.indicators import Indicators
from watchtower.core.plan import Plan
from watchtower.core.scene import Scene
from watchtower.model import Instant
from watchtower.values import Frozen


class Brief(Frozen):
    """`since` is when the reader last looked, None at the first look. `scene` is all that it was made from."""

    headline: Headline
    sections: tuple[Section, ...]
    at: Instant
    scene: Scene
    since: Instant | None = None

    @property
    def indicators(self) -> Indicators | None:
        return impact.indicators(self.scene)

    def section(self, name: str) -> Section | None:
        return next((s for s in self.sections if s.name == name), None)


def brief(
    plan: Plan,
    incident: Incident,
    history: History,
    alerts: Sequence[Alert],
    log: Sequence[LogEntry],
    at: Instant,
    since: Instant | None = None,
) -> Brief:
    """The whole brief of an incident. `log` are its lines from the first; `since` asks for what is new after it."""
    before = None if since is None else project(entry for entry in log if entry.at <= since)
    return brief_of(Scene(plan, incident, history, alerts, log, at, since, before))


def brief_of(scene: Scene) -> Brief:
    found = (make(scene) for make in _SECTIONS)
    return Brief(headline(scene), tuple(s for s in found if s is not None), scene.at, scene, scene.since)


_SECTIONS: tuple[Callable[[Scene], Section | None], ...] = (
    changed,
    impact.symptom,
    impact.impact,
    response.why,
    notes.needs,
    notes.doing,
    response.before,
    notes.known,
    notes.questions,
    notes.ruled_out,
    notes.tried,
    response.degrade,
    response.procedure,
    roles,
    reached,
    response.duties,
    notes.said,
    impact.timeline,
    notes.changes,
    joining,
)
"""In the order in which somebody who joins asks. What has nothing to say is left out."""
