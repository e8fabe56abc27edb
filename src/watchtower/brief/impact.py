"""Sections about the incident itself: what users see, what it costs, why this level, what happened."""

from __future__ import annotations

from watchtower.brief.detail_texts import detail_text
from watchtower.brief.entry_texts import entry_lines
from watchtower.brief.next_severity import ahead
from watchtower.brief.sections import Line, Section, Tone
from watchtower.core.indicators import DEGRADED, WHOLE, Amount, Basis, Estimate, FlowImpact, Indicators
from watchtower.core.pipeline.related_incidents import explained
from watchtower.core.scene import Scene
from watchtower.model import Text, Tier
from watchtower.texts.phrases import Phrase, Span, When, fill, many

COMMA = Text(", ", "、")
LAST = 5
"""Events of the timeline in the brief."""
BASES = {
    Basis.MEASURED: Text("measured", "实测"),
    Basis.ESTIMATED: Text("estimated", "估算"),
    Basis.IMPUTED: Text("data missing, carried on", "数据缺失，按此前推算"),
    Basis.MANUAL: Text("entered by a person", "人工录入"),
}
TIERS = {
    Tier.CORE: Text("core", "核心"),
    Tier.SUPPORTING: Text("supporting", "次核心"),
    Tier.PERIPHERAL: Text("peripheral", "非核心"),
}


def indicators(scene: Scene) -> Indicators | None:
    """The newest numbers, None where nothing is measured."""
    return scene.history.impact.indicators


def symptom(scene: Scene) -> Section | None:
    """What a user would say, then what the alerts say."""
    found = indicators(scene)
    lines = [_flow(scene, flow) for flow in (found.flows if found else ()) if flow.impact >= DEGRADED]
    lines += _explained(scene)
    lines += [Line(alert.text, str(alert.severity)) for alert in scene.firing if alert.text.en]
    if not lines and scene.incident.open:
        lines = [Line(Text("No alert fires any more.", "已无告警触发。"), tone=Tone.GOOD)]
    return Section("symptom", Text("What users see", "故障现象"), tuple(lines), keep=2) if lines else None


def _explained(scene: Scene) -> list[Line]:
    """Which flows a dependency that fails explains, and which it does not."""
    if not scene.plan.depends:
        return []
    subjects = set(scene.incident.flows) | {alert.check for alert in scene.alerts}
    by: dict[str, list[Phrase]] = {}
    alone: list[Phrase] = []
    for name, causes in explained(scene.plan, scene.incident, subjects).items():
        for cause in causes:
            by.setdefault(cause, []).append(_title(scene, name))
        if not causes:
            alone.append(_title(scene, name))
    lines = [
        Line(fill("{} explains {}", "{}可解释：{}", _title(scene, cause), many(titles, COMMA)))
        for cause, titles in by.items()
    ]
    others = [title for title in alone if title not in [_title(scene, cause) for cause in by]]
    if lines and others:
        lines.append(
            Line(fill("Not explained by it: {}", "不能由此解释：{}", many(others, COMMA)), tone=Tone.WARN)
        )
    return lines


def _title(scene: Scene, name: str) -> Phrase:
    """A flow or a check as people know it."""
    if name in scene.plan.flows:
        return scene.plan.flows[name].title
    check = scene.plan.checks.get(name)
    return check.title if check is not None and check.title is not None else name


def _flow(scene: Scene, flow: FlowImpact) -> Line:
    known = scene.plan.flows.get(flow.flow)
    title = known.title if known else flow.flow
    tier = TIERS[flow.tier]
    if flow.impact >= WHOLE:
        text = fill("Users cannot use {} ({} flow)", "用户无法使用{}（{}业务）", title, tier)
        return Line(text, tone=Tone.BAD)
    share = _percent(flow.impact)
    text = fill(
        "About {} of what users do on {} fails ({} flow)", "约 {} 的{}操作失败（{}业务）", share, title, tier
    )
    return Line(text, tone=Tone.WARN)


def impact(scene: Scene) -> Section | None:
    """Each number with its doubt, its rate and where it goes in half an hour."""
    found = indicators(scene)
    if found is None:
        return None
    lines = [
        _count(found, Text("Users", "用户"), found.affected_users, found.affected_users_share),
        _count(found, Text("Requests", "请求"), found.affected_requests, found.day_share, rate=True),
        _money(Text("Amount", "金额"), found.affected_amount, None),
        _money(Text("Loss", "资损"), found.loss, found.loss_projected),
        _reach(found),
    ]
    if found.imputed_minutes:
        without = Span(found.imputed_minutes * 60)
        text = fill(
            "{} without data are carried on with the last impact", "{} 无数据，按此前影响推算", without
        )
        lines.append(Line(text, Text("No data", "监控盲区"), Tone.WARN))
    if (next_ := ahead(scene)) is not None:
        when = Span(next_.minutes * 60)
        text = fill("{} at {}, in about {}", "{}：{}，约 {} 后", str(next_.level), next_.at, when)
        lines.append(Line(text, Text("Next severity", "下一级别"), Tone.WARN))
    kept = tuple(line for line in lines if line is not None)
    return Section("impact", Text("Impact now", "当前影响"), kept, keep=5) if kept else None


def _count(
    found: Indicators, label: Text, of: Estimate | None, share: Estimate | None, rate: bool = False
) -> Line | None:
    if of is None or (of.point <= 0 and of.high <= 0):
        return None
    parts: list[Phrase] = [_point(of), _range(of.low, of.high), BASES[of.basis]]
    if share is not None and share.point > 0:
        what = ("{} of a usual day", "占平日 {}") if rate else ("{} of all", "占比 {}")
        parts.append(fill(*what, _percent(share.point)))
    speed = sum(flow.per_minute for flow in found.flows)
    if rate and speed > 0:
        parts.append(fill("{} more a minute", "每分钟增加 {}", whole(speed)))
        parts.append(fill("{} in 30 min", "30 分钟后约 {}", whole(of.point + 30 * speed)))
    return Line(many(parts), label)


def _point(of: Estimate) -> Phrase:
    sign = ("at most {}", "至多 {}") if of.upper_bound else ("{}", "{}")
    about = ("about {}", "约 {}") if of.basis is not Basis.MEASURED and not of.upper_bound else sign
    return fill(*about, whole(of.point))


def _range(low: float, high: float) -> Phrase:
    if whole(low) == whole(high):
        return ""
    return fill("{} to {}", "{} 至 {}", whole(low), whole(high))


def _money(label: Text, of: Amount | None, projected: Amount | None) -> Line | None:
    if of is None or (of.point <= 0 and of.high <= 0 and (projected is None or projected.point <= 0)):
        return None
    low, point, high = float(of.low), float(of.point), float(of.high)
    parts: list[Phrase] = [f"{whole(point)} {of.currency}", _range(low, high), BASES[of.basis]]
    if projected is not None and projected.point > of.point:
        parts.append(fill("{} in 30 min at this rate", "照此 30 分钟后 {}", whole(float(projected.point))))
    return Line(many(parts), label, Tone.BAD if label.en == "Loss" else Tone.PLAIN)


def _reach(found: Indicators) -> Line | None:
    parts: list[Phrase] = []
    if found.scope_share is not None and found.scope_share.point > 0:
        parts.append(fill("{} of the product", "产品受影响面 {}", _percent(found.scope_share.point)))
    full = min(found.flow_minutes, found.raw_minutes)  # of a minute that has begun no more than has passed
    if full >= 1:
        parts.append(fill("like {} of full outage", "等效全中断时长 {}", Span(full * 60)))
    if found.raw_minutes >= 1:
        parts.append(fill("{} of trouble", "异常共 {}", Span(found.raw_minutes * 60)))
    return Line(many(parts), Text("Reach", "范围")) if parts else None


def timeline(scene: Scene) -> Section:
    """The moments that everybody asks for, then the newest events, the newest first."""
    milestones, incident = scene.history.milestones, scene.incident
    seen = detail_text(milestones.detected_by or "?")
    late = incident.opened_at - incident.onset
    moments: list[Phrase] = [fill("began {}", "{} 开始", When(incident.onset, exact=True))]
    if late >= 1:
        moments.append(fill("detected {} later by {}", "{} 后由 {} 发现", Span(late), seen))
    else:
        moments.append(fill("detected at once by {}", "立即由 {} 发现", seen))
    for at, en, zh in (
        (milestones.acknowledged_at, "acknowledged {}", "{} 认领"),
        (milestones.cause_identified_at, "cause identified {}", "{} 定位原因"),
        (milestones.mitigated_at, "mitigated {}", "{} 止损"),
        (milestones.resolved_at, "resolved {}", "{} 恢复"),
    ):
        if at is not None:
            moments.append(fill(en, zh, When(at, exact=True)))
    log = [e for e in scene.log if e.kind not in ("opened", "acknowledged")]
    told = list(reversed(entry_lines(log, scene.history.sop.tasks)))
    lines = (Line(many(moments, " → ")), *told[:LAST])
    rest = max(0, len(scene.log) - len(lines))
    return Section("timeline", Text("Timeline", "时间线"), lines, keep=4, elsewhere=rest)


def _percent(share: float) -> str:
    return f"{share * 100:.0f}%" if share >= 0.1 else f"{share * 100:.1f}%"


def whole(number: float) -> str:
    """`12,345`."""
    return f"{number:,.0f}"
