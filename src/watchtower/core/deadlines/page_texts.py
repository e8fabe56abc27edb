"""What people are told of clocks and duties. Durations, never times of day: readers live in different zones."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.core.deadlines.duty_state import FilingState
from watchtower.core.deadlines.sla_clocks import Clock
from watchtower.core.plan.packs import DutyRule
from watchtower.core.plan.targets import ClockKind
from watchtower.model import Instant, Language, Severity, Text
from watchtower.texts.units import duration_words


def span(seconds: float) -> Text:
    """To the minute, from a minute on; to the hour, from a day on."""
    whole = round(seconds)
    if whole >= 86400:
        whole -= whole % 3600
    elif whole >= 60:
        whole -= whole % 60
    return Text(duration_words(whole, Language.EN), duration_words(whole, Language.ZH))


_CLOCK = "clock."


def about_clock(name: str) -> str:
    """What a point about this clock is about."""
    return f"{_CLOCK}{name}"


def stands(about: str, clocks: Mapping[str, Clock]) -> bool:
    """Whether a point still holds: one about a clock does while the clock runs."""
    name = about.removeprefix(_CLOCK)
    return name == about or (name in clocks and clocks[name].running)


def soon(kind: ClockKind, clock: Clock, level: Severity, at: Instant) -> Text:
    left, of = span(max(0.0, clock.left(at))), _of(clock, level)
    return Text(f"{of.en}{left.en} left to {_to(kind)}", f"{of.zh}距{kind.title.zh}的时限还剩 {left.zh}")


def late(kind: ClockKind, clock: Clock, level: Severity, miss: int) -> Text:
    took, of = span(max(0.0, clock.due - clock.started - clock.paused_for)), _of(clock, level)
    again = f", missed {miss} times" if miss > 1 else ""
    also = f"，已连续错过 {miss} 次" if miss > 1 else ""
    if kind.repeats:
        return Text(f"the {kind.title.en} is overdue{again}", f"{kind.title.zh}已超时{also}")
    return Text(
        f"{of.en}time to {_to(kind)} ({took.en}) is over", f"{of.zh}{kind.title.zh}已超时（时限 {took.zh}）"
    )


def _of(clock: Clock, level: Severity) -> Text:
    """Of which level the clock is, where the incident has come to another one: the page says its own already."""
    return Text("", "") if clock.level == level else Text(f"{clock.level}: ", f"{clock.level}：")


def _to(kind: ClockKind) -> str:
    return f"do: {kind.title.en}" if kind.title.en.startswith(("draft", "review")) else kind.title.en


def watching(duty: DutyRule) -> Text:
    return Text(
        f"{duty.authority.en} may soon have to be notified ({duty.title.en})",
        f"可能很快须向{duty.authority.zh}报送（{duty.title.zh}）",
    )


def triggered(duty: DutyRule, steps: tuple[FilingState, ...], at: Instant, grade: str = "") -> Text:
    """Who must file what by when, and of which grade it is."""
    first = min(steps, key=lambda one: one.due, default=None)
    whom = duty.addressee(first.id) if first else duty.authority
    graded = next((one.title for one in duty.grades if one.id == grade), None)
    en = f"{whom.en} must be notified ({graded.en if graded else duty.title.en})"
    zh = f"须向{whom.zh}报送（{graded.zh if graded else duty.title.zh}）"
    if first is None:
        return Text(en, zh)
    left, letter = span(max(0.0, first.due - at)), by_letter(first, at)
    return Text(
        f"{en}: {first.title_en} within {left.en}{letter.en}", f"{zh}：{left.zh}内{first.title_zh}{letter.zh}"
    )


def by_letter(step: FilingState, at: Instant) -> Text:
    """When it was due by the letter of the rule, where that was before the duty was found to apply."""
    if step.by_letter is None:
        return Text("", "")
    ago = span(max(0.0, at - step.by_letter))
    return Text(
        f" (by the rule's own clock it was due {ago.en} ago)", f"（按规定起算点，本应于 {ago.zh}前报送）"
    )


def filing_soon(authority: Text, step: FilingState, at: Instant) -> Text:
    left, to = span(max(0.0, step.due - at)), _of_authority(authority)
    return Text(f"{left.en} left to {step.title_en}{to.en}", f"距{step.title_zh}{to.zh}的时限还剩 {left.zh}")


def filing_late(authority: Text, step: FilingState) -> Text:
    to = _of_authority(authority)
    return Text(f"overdue: {step.title_en}{to.en}", f"{step.title_zh}{to.zh}已逾期")


def _of_authority(authority: Text) -> Text:
    """Empty where the pack has left the configuration."""
    return Text(f" ({authority.en})", f"（{authority.zh}）") if authority.en else authority
