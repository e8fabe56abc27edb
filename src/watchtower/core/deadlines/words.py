"""What people are told of clocks and duties. Durations, never times of day: readers live in different zones."""

from __future__ import annotations

from watchtower.core.deadlines.clocks import Clock
from watchtower.core.deadlines.duty_state import FilingState
from watchtower.core.deadlines.packs import DutyRule
from watchtower.core.deadlines.targets import ClockKind
from watchtower.fields import format_duration
from watchtower.model import Instant, Text


def span(seconds: float) -> str:
    """To the minute, from a minute on."""
    whole = round(seconds)
    if whole >= 86400:
        whole -= whole % 3600
    elif whole >= 60:
        whole -= whole % 60
    return format_duration(float(whole)) if whole else "0s"


def soon(kind: ClockKind, clock: Clock, at: Instant) -> Text:
    left = span(max(0.0, clock.left(at)))
    return Text(
        f"{clock.level}: {left} left to {_to(kind)}", f"{clock.level}：{kind.title.zh}时限还剩 {left}"
    )


def late(kind: ClockKind, clock: Clock, miss: int) -> Text:
    took = span(max(0.0, clock.due - clock.started - clock.paused_for))
    again = f", missed {miss} times" if miss > 1 else ""
    also = f"，已连续错过 {miss} 次" if miss > 1 else ""
    if kind.repeats:
        return Text(
            f"{clock.level}: the {kind.title.en} is overdue{again}",
            f"{clock.level}：{kind.title.zh}已超时{also}",
        )
    return Text(
        f"{clock.level}: time to {_to(kind)} ({took}) is over", f"{clock.level}：{kind.title.zh}已超时（时限 {took}）"
    )  # fmt: skip


def _to(kind: ClockKind) -> str:
    return f"do: {kind.title.en}" if kind.title.en.startswith(("draft", "review")) else kind.title.en


def watching(duty: DutyRule) -> Text:
    return Text(
        f"{duty.id}: {duty.title.en} may soon apply ({duty.authority})",
        f"{duty.id}：可能很快需要履行“{duty.title.zh}”（{duty.authority}）",
    )


def triggered(duty: DutyRule, steps: tuple[FilingState, ...], at: Instant) -> Text:
    """Who must file what by when."""
    if not steps:
        return Text(
            f"{duty.id}: {duty.title.en} ({duty.authority})",
            f"{duty.id}：{duty.title.zh}（{duty.authority}）",
        )
    first = min(steps, key=lambda one: one.due)
    left = span(max(0.0, first.due - at))
    return Text(
        f"{duty.id}: {duty.title.en} applies. {first.title_en} to {duty.authority} within {left}",
        f"{duty.id}：触发“{duty.title.zh}”。须在 {left} 内向 {duty.authority} {first.title_zh}",
    )


def filing_soon(duty: str, step: FilingState, at: Instant) -> Text:
    left = span(max(0.0, step.due - at))
    return Text(f"{duty}: {left} left: {step.title_en}", f"{duty}：{step.title_zh}还剩 {left}")


def filing_late(duty: str, step: FilingState) -> Text:
    return Text(f"{duty}: overdue: {step.title_en}", f"{duty}：{step.title_zh}已逾期")
