"""Sections of what people wrote: known, ruled out, open, tried, doing, needed, said, changed."""

from __future__ import annotations

from collections.abc import Sequence

from watchtower.brief.entry_texts import AUDIENCES
from watchtower.brief.roles import role_words
from watchtower.brief.sections import Line, Section, Tone
from watchtower.core.notes.notes import Item
from watchtower.core.scene import Scene
from watchtower.model import Instant, Text
from watchtower.texts.phrases import Phrase, Span, When, fill, many
from watchtower.texts.units import CHANGE_KINDS


def known(scene: Scene) -> Section | None:
    """The cause first, as far as it is known."""
    notes = scene.history.notes
    lines = [_line(item) for item in reversed(notes.known)]
    if notes.cause is not None:
        cause = Line(fill("Cause: {}", "原因：{}", notes.cause.text), _who(notes.cause), Tone.GOOD)
        lines.insert(0, cause)
    lines += [
        Line(fill("{} Answer: {}", "{} 答：{}", q.text, q.result), _who(q))
        for q in reversed(notes.questions)
        if not q.open
    ]
    return _section("known", Text("Known", "已确认"), lines, keep=2)


def ruled_out(scene: Scene) -> Section | None:
    lines = [_line(item) for item in reversed(scene.history.notes.ruled_out)]
    return _section("ruled_out", Text("Ruled out", "已排除"), lines)


def questions(scene: Scene) -> Section | None:
    lines = [_numbered(scene, q) for q in scene.history.notes.open_questions]
    return _section("questions", Text("Open questions", "待查明"), lines)


def tried(scene: Scene) -> Section | None:
    """So that nobody tries it again."""
    done = [
        Line(fill("{} → {}", "{} → {}", t.text, t.result or "?"), When(t.at))
        for t in reversed(scene.history.notes.tried)
    ]
    return _section("tried", Text("Tried: do not repeat", "已试过，勿重复"), done, keep=2)


def doing(scene: Scene) -> Section | None:
    lines = []
    for item in reversed(scene.history.notes.doing_now):
        since = fill("for {}", "已 {}", Span(max(0.0, scene.at - item.at)))
        lines.append(
            Line(
                many([_with_number(item), since, _due(scene, item)]), role_words(item.who), _late(scene, item)
            )
        )
    return _section("doing", Text("Doing now", "正在处理"), lines, keep=2)


def needs(scene: Scene) -> Section | None:
    """What is pending, then what was decided."""
    notes = scene.history.notes
    lines = [_numbered(scene, need, Tone.WARN) for need in notes.open_needs]
    lines += [
        Line(fill("Decided: {}", "已决定：{}", d.text), d.by, Tone.SOFT) for d in reversed(notes.decisions)
    ]
    keep = max(1, min(2, len(notes.open_needs)))
    return _section("needs", Text("Needed and decided", "待决与已决"), lines, keep)


def said(scene: Scene) -> Section | None:
    """The last word to each audience, and when the next is due."""
    lines = []
    for audience, name in AUDIENCES.items():
        item = scene.history.notes.last_said(audience)
        if item is None:
            continue
        when: list[Phrase] = [When(item.at), item.text]
        if item.due is not None and scene.incident.open:
            when.insert(1, _next(scene, item))
        lines.append(Line(many(when), name, _late(scene, item)))
    return _section("said", Text("Said so far", "已对外通报"), lines)


def changes(scene: Scene) -> Section | None:
    """Those nearest to the onset first: what was changed just before it is the first suspect."""
    onset = scene.incident.onset
    found = sorted(scene.history.notes.changes, key=lambda c: abs(_made(c) - onset))
    lines = [
        Line(
            many([c.text, _from_onset(_made(c) - onset), c.who]),
            many([When(_made(c)), CHANGE_KINDS.get(c.tag, "")], " "),
        )
        for c in found
    ]
    return _section("changes", Text("Recent changes", "近期变更"), lines)


def _made(change: Item) -> Instant:
    return change.due if change.due is not None else change.at


def _from_onset(after: float) -> Phrase:
    """How long before or after the onset."""
    if after < 0.0:
        return fill("{} before the onset", "故障开始前 {}", Span(-after))
    return fill("{} after the onset", "故障开始后 {}", Span(after))


def _section(name: str, title: Text, lines: Sequence[Line], keep: int = 1) -> Section | None:
    return Section(name, title, tuple(lines), keep) if lines else None


def _line(item: Item) -> Line:
    return Line(Text(item.text, item.zh or item.text), _who(item))


def _who(item: Item) -> Phrase:
    return many([When(item.at), item.by], " ")


def _with_number(item: Item) -> Phrase:
    """`#3 …`: the number by which it is answered."""
    return f"#{item.number} {item.text}"


def _numbered(scene: Scene, item: Item, tone: Tone = Tone.PLAIN) -> Line:
    tone = _late(scene, item) or tone
    return Line(many([_with_number(item), _due(scene, item)]), role_words(item.who or item.by), tone)


def _due(scene: Scene, item: Item) -> Phrase:
    if item.due is None:
        return ""
    if item.due < scene.at:
        return fill("overdue for {}", "已逾期 {}", Span(scene.at - item.due))
    return fill("due {}", "{} 前", When(item.due))


def _next(scene: Scene, item: Item) -> Phrase:
    due = item.due or scene.at
    if due < scene.at:
        return fill("next was due {}", "应于 {} 再次通报", When(due))
    return fill("next by {}", "下次 {} 前", When(due))


def _late(scene: Scene, item: Item) -> Tone:
    late = item.due is not None and item.due < scene.at and scene.incident.open
    return Tone.WARN if late else Tone.PLAIN
