"""How to help, and what is not needed: for somebody who has just come to the call."""

from __future__ import annotations

from watchtower.brief.roles import filled, role_words, wanted
from watchtower.brief.sections import Line, Section, Tone
from watchtower.core.scene import Scene
from watchtower.model import Text
from watchtower.texts.phrases import Phrase, fill, many

_COMMA = Text(", ", "、")


def joining(scene: Scene) -> Section | None:
    """Read from what is open: roles nobody fills, needs, questions. Nothing while the incident is over."""
    if not scene.incident.open:
        return None
    notes, lines = scene.history.notes, list[Line]()
    free = wanted(scene)
    if free:
        names: Phrase = many([role_words(role) for role in free], _COMMA)
        lines.append(
            Line(fill("Take a role that nobody fills: {}", "认领空缺角色：{}", names), tone=Tone.WARN)
        )
    items = [f"#{item.number}" for item in (*notes.open_needs, *notes.open_questions)]
    if items:
        lines.append(Line(fill("Answer {}", "回应 {}", many([*items[:6]], _COMMA))))
    lead = filled(scene).get("commander") or scene.incident.acknowledged_by
    if lead and (notes.tried or notes.doing_now or lines):
        text = fill("Change nothing without asking {}", "未经 {} 同意请勿变更", lead)
        lines.append(Line(text, Text("Not needed", "请勿"), Tone.SOFT))
    if not lines:
        return None
    return Section("joining", Text("How to help", "如何协助"), tuple(lines))
