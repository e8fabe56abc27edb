"""Faults of ours that are incidents: a channel that takes no page, a template that was withdrawn, a fallback that did not
arrive in a drill, and a time in which nobody watched."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.core.incident.alerts import Alert, AlertKey, advance
from watchtower.core.incident.kinds import CHANNEL, GAP
from watchtower.core.incident.lifecycle import AlertWord
from watchtower.core.state import Step
from watchtower.model import AlertState, Instant, Language, Severity, Text
from watchtower.texts.units import duration_words, iso
from watchtower.values import replace

TOLD = 3600.0
"""Seconds after which the incident about an absence ends by itself."""
_GAP: AlertKey = (GAP, "watchtower", "")


def channel_broken(step: Step, channel: str, code: str, detail: str, severity: Severity) -> list[Alert]:
    """A page was refused for a fault of ours, which is an incident as severe as the page, P1 at most: nobody is reached by
    this channel until somebody fixes it. Returns the alert when it begins to fire, or is more severe than before."""
    text = Text(
        f"{channel} takes no page until we fix it: {code}: {detail}",
        f"{channel} 无法发出告警，需我方处理：{code}：{detail}",
    )
    level = max(Severity.P1, severity)
    return fires(
        step, (CHANNEL, channel, ""), text, level, "a page was refused because of us", "channel_broken"
    )


def channel_works(step: Step, channel: str) -> list[Alert]:
    """A page went through by it: ends the alert that it takes none."""
    return ended(step, (CHANNEL, channel, ""), "channel_works")


def templates(step: Step, channel: str, withdrawn: Mapping[str, str]) -> list[Alert]:
    """Each template that no page can go by any more is an alert of the channel, until it is approved again."""
    out = []
    for code, why in withdrawn.items():
        text = Text(f"{channel} cannot send template {code}: {why}", f"{channel} 模板 {code} 不可用：{why}")
        key = (CHANNEL, channel, code)
        out += fires(step, key, text, Severity.P2, "a template is not approved", "firing")
    for alert in step.state.alerts.of_check(channel):
        if alert.rule == CHANNEL and alert.series and alert.series not in withdrawn:
            out += ended(step, alert.key, "resolved")
    return out


def fallback(step: Step, who: str, kind: str, arrived: bool) -> list[Alert]:
    """A channel failed on purpose in a drill: another way had to take the page. It is an incident until it does."""
    key = (CHANNEL, kind, who)
    if arrived:
        return ended(step, key, "resolved")
    text = Text(
        f"When {kind} failed on purpose in a drill, no other way reached {who}",
        f"演练中 {kind} 按计划失败后，没有其他渠道通知到 {who}",
    )
    return fires(step, key, text, Severity.P2, "a fallback did not arrive", "firing")


def unwatched(step: Step, since: Instant, severity: Severity) -> list[Alert]:
    """No daemon ran: whoever is paged at this severity looks through what happened meanwhile."""
    lasted, span = step.at - since, f"{iso(since)[11:16]}-{iso(step.at)[11:16]} UTC"
    text = Text(
        f"No data {span} ({duration_words(lasted, Language.EN)}): watchtower did not run",
        f"监控中断 {span}（{duration_words(lasted, Language.ZH)}）",
    )
    known = step.state.alerts.get(_GAP)
    if (
        known is not None and known.state is AlertState.FIRING
    ):  # again, before anybody was told that it is over
        text = Text(f"{known.text.en}; {text.en}", f"{known.text.zh}；{text.zh}")
        step.set_alert(replace(known, text=text), "firing", known.state)
        return []
    return fires(step, _GAP, text, severity, "no daemon watched", "firing", since)


def due(step: Step) -> list[Alert]:
    """Ends what was said for long enough."""
    known = step.state.alerts.get(_GAP)
    over = known is not None and known.fired_at is not None and step.at - known.fired_at >= TOLD
    return ended(step, _GAP, "resolved") if over else []


def ended(step: Step, key: AlertKey, why: AlertWord) -> list[Alert]:
    """The alert, resolved; none where it does not fire."""
    alert = step.state.alerts.get(key)
    if alert is None or alert.state is not AlertState.FIRING:
        return []
    after = advance(alert, False, step.at)
    step.set_alert(after, why, alert.state)
    return [after]


def fires(
    step: Step, key: AlertKey, text: Text, severity: Severity, when: str, why: AlertWord, onset: Instant | None = None
) -> list[Alert]:  # fmt: skip
    """The alert where it begins to fire, or is more severe than before."""
    known = step.state.alerts.get(key)
    firing = known is not None and known.state is AlertState.FIRING
    if known is not None and firing and not severity.worse_than(known.severity):
        return []
    blank = replace(known or Alert(*key, when=when), severity=severity, text=text)
    alert = (
        blank if firing else replace(advance(blank, True, step.at), onset=step.at if onset is None else onset)
    )
    step.set_alert(alert, why, known.state if known is not None else AlertState.INACTIVE)
    return [alert]
