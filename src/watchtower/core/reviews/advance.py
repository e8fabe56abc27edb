"""Entries that the review adds by itself while an incident is open: similar incidents, and the days left at each threshold."""

from __future__ import annotations

from typing import Any

from watchtower.core.incident.incidents import Incident
from watchtower.core.reviews.facts import cause_of
from watchtower.core.reviews.kinds import DaysLeftNoted, ReviewReopened, SimilarFound
from watchtower.core.reviews.similar import Likely, similar, words_of
from watchtower.core.state import Step
from watchtower.model import AlertState, Language, Unit
from watchtower.texts.units import show

EARLY = 60.0
"""Seconds after the opening in which what it resembles is looked up; later nobody needs it any more."""


def advance(step: Step, incident: Incident) -> None:
    """Called for each incident that is not settled, after every event that touched it. Cheap when nothing is due."""
    if not incident.open or incident.kind.of_watchtower:
        return
    _days_left(step, incident)
    if step.history(incident.id).review.closed_at is not None:
        again = ReviewReopened("It is back: the review is open again", "事件复发，复盘恢复为未完成")
        step.log(incident.id, again, "it is back")
    lessons = step.state.lessons
    if lessons and step.at - incident.opened_at <= EARLY and not step.history(incident.id).review.similar:
        _similar(step, incident)


def _similar(step: Step, incident: Incident) -> None:
    found = similar(step.plan, likely(step, incident), step.state.lessons)
    if found:
        told: list[dict[str, Any]] = [
            {"incident": like.lesson.incident, "cause_tag": like.lesson.cause_tag, "cause": like.lesson.cause,
             "helped": like.lesson.helped, "at": like.lesson.at, "why": list(like.because)}
            for like in found
        ]  # fmt: skip
        names = ", ".join(like.lesson.incident for like in found)
        step.log(incident.id, SimilarFound(told, f"Like {names}", f"类似 {names}"), names)


def likely(step: Step, incident: Incident) -> Likely:
    """What is known of it now, to be compared with what was."""
    alerts = step.state.alerts_of(incident.id, AlertState.FIRING)
    history = step.history(incident.id)
    return Likely(
        incident.id,
        incident.flows or ((incident.flow,) if incident.flow else ()),
        {alert.rule for alert in alerts},
        {alert.check for alert in alerts},
        cause_of(history),
        words_of(
            " ".join(filter(None, (history.milestones.cause, *(f"{a.text.en} {a.text.zh}" for a in alerts))))
        ),
    )


def _days_left(step: Step, incident: Incident) -> None:
    """Notes the days left whenever a runway reaches its next threshold."""
    for alert in step.state.alerts_of(incident.id, AlertState.FIRING):
        check = step.plan.checks.get(alert.check)
        if check is None or check.detector != "runway":
            continue
        facts = step.state.facts.get(alert.key, {})
        left, threshold = facts.get("runway.days_left"), facts.get("runway.step")
        if not isinstance(left, float) or not isinstance(threshold, float):
            continue
        reached = [r.days_left for r in step.history(incident.id).review.days_left if r.check == alert.check]
        if not reached or (threshold < min(reached) and left <= threshold):
            en, zh = (show(left, Unit.DAYS, language) for language in (Language.EN, Language.ZH))
            noted = DaysLeftNoted(alert.check, left, f"{alert.check}: {en} left", f"{alert.check}：剩余 {zh}")
            step.log(incident.id, noted, alert.check)
