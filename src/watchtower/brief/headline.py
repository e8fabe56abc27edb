"""The first two lines of a brief: how bad, what, since when; who has it, and when the next word is due."""

from __future__ import annotations

from watchtower.core.scene import Scene
from watchtower.model import IncidentState, Instant, Severity, Text
from watchtower.texts.phrases import Phrase, Span, When, fill
from watchtower.texts.units import STATUSES
from watchtower.values import Frozen


class Headline(Frozen):
    """`response` is the level by which people are called now, `record` the worst it was. `elapsed` in seconds since
    the onset, until the end. `next_update` is when the next internal status update is due, None: none is due."""

    product: Text
    incident: str
    title: Text
    response: Severity
    record: Severity
    state: IncidentState
    onset: Instant
    elapsed: float
    acknowledged_by: str = ""
    next_update: Instant | None = None
    call: str = ""
    drill: bool = False
    told_as: str = ""

    @property
    def name(self) -> Phrase:
        """What it is about; a drill says so first."""
        return fill("DRILL: {}", "【演练】{}", self.title) if self.drill else self.title

    def facts(self, at: Instant) -> tuple[Phrase, ...]:
        """State, time, record level, who has it, next update, call: what stands below the title."""
        state: Phrase = STATUSES.get(self.state, str(self.state))
        if self.state is IncidentState.ACKNOWLEDGED and self.acknowledged_by:
            state = fill("acknowledged by {}", "{} 已认领", self.acknowledged_by)
        lasted = fill("lasted {}", "持续 {}", Span(self.elapsed))
        parts: list[Phrase] = [
            state,
            lasted if self.state.ended else fill("for {}", "已 {}", Span(self.elapsed)),
            fill("since {}", "始于 {}", When(self.onset)),
        ]
        if self.record is not self.response:
            parts.append(fill("was {} at worst", "最高曾为 {}", str(self.record)))
        if self.next_update is not None and not self.state.ended:
            parts.append(_next(self.next_update, at))
        if self.call:
            parts.append(fill("call: {}", "会议：{}", self.call))
        if self.told_as:
            parts.append(fill("earlier {}", "曾称 {}", self.told_as))
        return tuple(parts)


def _next(due: Instant, at: Instant) -> Phrase:
    if due >= at:
        return fill("next update {} (in {})", "{} 前通报（剩 {}）", When(due), Span(due - at))
    return fill("update overdue for {}", "通报已逾期 {}", Span(at - due))


def headline(scene: Scene) -> Headline:
    incident = scene.incident
    end = incident.resolved_at if incident.resolved_at is not None else scene.at
    return Headline(
        scene.plan.product, incident.id, incident.title, incident.severity, incident.record, incident.state,
        incident.onset, max(0.0, end - incident.onset), incident.acknowledged_by, next_update(scene), call(scene), incident.drill,
        incident.told_as,
    )  # fmt: skip


def next_update(scene: Scene) -> Instant | None:
    """The earlier of the level's clock and what was announced to the team; None where neither runs."""
    announced, clock = scene.history.notes.last_said("internal"), scene.history.deadlines.open("status")
    dues = (announced.due if announced else None, clock.due if clock else None)
    return min((due for due in dues if due is not None), default=None)


def call(scene: Scene) -> str:
    opened = scene.history.deadlines.call
    return "" if opened is None else opened.link
