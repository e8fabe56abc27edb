"""What is new since the reader last looked: the level, the state, the numbers, then what happened."""

from __future__ import annotations

from watchtower.brief.entry_texts import entry_lines
from watchtower.brief.impact import indicators
from watchtower.brief.sections import Line, Section, Tone
from watchtower.core.scene import Scene
from watchtower.model import Text
from watchtower.texts.phrases import When, fill
from watchtower.texts.units import STATUSES


def changed(scene: Scene) -> Section | None:
    """None at the first look."""
    if scene.since is None or scene.before is None:
        return None
    was, now = scene.before.milestones, scene.incident
    lines: list[Line] = []
    if was.severity is not None and was.severity is not now.severity:
        worse = now.severity.worse_than(was.severity)
        text = fill("Severity {} → {}", "级别 {} → {}", str(was.severity), str(now.severity))
        lines.append(Line(text, tone=Tone.BAD if worse else Tone.GOOD))
    if was.state and was.state != now.state:
        before, after = (STATUSES.get(s, s) for s in (was.state, str(now.state)))
        lines.append(Line(fill("Status: {} → {}", "状态：{} → {}", before, after)))
    lines += _numbers(scene)
    new = [e for e in scene.log if e.at > scene.since]
    lines += reversed(entry_lines(new, scene.history.sop.tasks))
    if not lines:
        lines = [Line(Text("Nothing new.", "无新进展。"), tone=Tone.SOFT)]
    title = Text("Since you last looked", "您上次查看之后")
    first = Line(lines[0].text, lines[0].label or When(scene.since), lines[0].tone)
    return Section("changed", title, (first, *lines[1:]), keep=3)


def _numbers(scene: Scene) -> list[Line]:
    before = scene.before.impact.indicators if scene.before is not None else None
    now = indicators(scene)
    if before is None or now is None:
        return []
    lines = []
    for name, of, was in (
        (Text("Users", "用户"), now.affected_users, before.affected_users),
        (Text("Requests", "请求"), now.affected_requests, before.affected_requests),
    ):
        if of is not None and was is not None and round(of.point) != round(was.point):
            text = fill(
                "{} affected: {} → {}", "受影响{}：{} → {}", name, f"{was.point:,.0f}", f"{of.point:,.0f}"
            )
            lines.append(Line(text, tone=Tone.WARN))
    return lines
