"""Status updates drafted from the brief, one for each audience: plain words, to be read by a person before they go.

No number that is only an estimate is told as a fact: outside the house none is told at all, but to regulators, with
its range and its basis. What is not known is said to be not known. Each draft says when the next word comes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from watchtower.brief.brief import Brief
from watchtower.brief.external_drafts import customers, partners, public
from watchtower.brief.internal_drafts import executives, internal, regulators
from watchtower.core.scene import Scene
from watchtower.model import Instant
from watchtower.texts.phrases import Phrase, When, fill
from watchtower.values import Frozen

_SOON = 1800.0
"""Seconds until the next word where nobody has agreed on a pace."""


class UpdateDraft(Frozen):
    """`next_at` is when the next word to this audience is due; None once it is over."""

    audience: str
    subject: Phrase
    paragraphs: tuple[Phrase, ...]
    next_at: Instant | None


def draft(brief: Brief, audience: str) -> UpdateDraft:
    """Raises KeyError for an audience that is none of `notes.AUDIENCES`."""
    scene = brief.scene
    subject, paragraphs = _WRITERS[audience](brief)
    if brief.headline.drill:
        subject = fill("DRILL, do not send: {}", "【演练，勿发送】{}", subject)
    next_at = None if not scene.incident.open else next_word(scene, audience)
    if next_at is not None:
        paragraphs.append(fill("Next update by {}.", "下一次通报不晚于 {}。", When(next_at, zoned=True)))
    return UpdateDraft(audience, subject, tuple(p for p in paragraphs if p != ""), next_at)


def next_word(scene: Scene, audience: str) -> Instant:
    """What was announced, else when the level's clock is due, else one pace of the level from now."""
    last = scene.history.notes.last_said(audience)
    if last is not None and last.due is not None and last.due > scene.at:
        return last.due
    name = "status" if audience in ("internal", "executives") else "public"
    clock = scene.history.deadlines.open(name)
    if clock is not None and clock.due > scene.at:
        return clock.due
    pace = scene.plan.deadlines.of(scene.incident.severity).get(name)
    return scene.at + (pace.least if pace is not None else _SOON)


_WRITERS: Mapping[str, Callable[[Brief], tuple[Phrase, list[Phrase]]]] = {
    "internal": internal,
    "customers": customers,
    "partners": partners,
    "public": public,
    "regulators": regulators,
    "executives": executives,
}
