"""How the response level follows the computed one: up at once, down only by the rules. Pure, and total.

what is seen                              what becomes of the response level
nothing graded yet                        opened at what is computed
data are missing                          frozen; raised only by what does not depend on seeing the flows
computed is worse                         raised to it; the record with it
worse than what it was lowered beneath    raised again
it was lowered since all was well,
  and is bad again                        recurred: raised to what suffers now
it was over, and came back                recurred: at what suffers now
after a relapse more suffers              raised to that; minutes and users of before count when they are worse still
its resolve target passed, still bad      promoted: one level, once a level
an estimate was corrected, computed less  lowered to it
well for a whole window, on real traffic  lowered by one; P0 and P1 by the commander, where one was named
a degrade plan hides the fault            not lowered
a compliance duty is open                 not lowered below P2
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from watchtower.core.incident.payload import Payload
from watchtower.core.indicators import Indicators
from watchtower.core.plan.severity import SeverityPolicy
from watchtower.core.severity import indicator_texts, kinds
from watchtower.core.severity.history import SeverityHistory
from watchtower.core.severity.matrix import MatrixResult, lowered, raised
from watchtower.model import Instant, Severity, Text, worst_of
from watchtower.values import Frozen

_CELLS = 12
_MINUTE = 60.0
_ROUNDING = 1e-6


class Move(Frozen):
    """One entry to write: what it says, its English sentence, and who did it."""

    said: Payload
    detail: str
    by: str = "watchtower"


def respond(
    policy: SeverityPolicy,
    levels: SeverityHistory,
    result: MatrixResult,
    indicators: Indicators | None,
    at: Instant,
    *,
    mitigated: bool = False,
    hidden: bool = False,
    commander: str = "",
    overdue: bool = False,
    reopened: bool = False,
) -> tuple[Move, ...]:
    """The entries that follow from this result, usually none.

    `mitigated`: no alert of the incident fires. `hidden`: a degrade plan runs that hides the fault. `commander`: who
    was named so, "" where nobody was. `overdue`: the resolve target of the response level has passed. `reopened`: the
    incident was over and has just recurred.
    """
    computed = result.level or Severity.P4

    def told(text: Text | None = None) -> dict[str, Any]:
        return _told(computed, result, text or result.sentence)

    if levels.response is None:
        opened = Move(kinds.SeverityOpened(severity=computed, **told()), result.sentence.en)
        return (opened, *_hold(policy, levels, result))
    response = levels.response
    if reopened or (levels.calm and indicators is not None and indicators.bad and not mitigated):
        if indicators is None or indicators.seen or reopened:
            unseen = hidden or (indicators is not None and not indicators.seen)
            least = response if unseen else _standing(policy, result, indicators)
            back = worst_of((result.present, least)) or Severity.P4
            text = _recurred(back, result.present_sentence if back is result.present else result.sentence)
            if reopened or back.worse_than(response):
                return (Move(kinds.SeverityRecurred(severity=back, **told(text)), text.en),)
    if indicators is not None and not indicators.seen:
        return _unseen(levels, result, told)
    if levels.calm and indicators is not None:
        least = _standing(policy, result, indicators)
        if least is not None and least.worse_than(response):
            why = result.sentence
            text = Text(f"{least} again: {why.en}", f"重新升为 {least}：{why.zh}")
            return (Move(kinds.SeverityRaised(severity=least, reason="standing", **told(text)), text.en),)
    if levels.recurred and result.present is not None and result.present.worse_than(response):
        text = result.present_sentence
        return (Move(kinds.SeverityRaised(severity=result.present, reason="present", **told(text)), text.en),)
    if levels.asks_for_more(computed):
        up = Move(kinds.SeverityRaised(severity=computed, reason="computed", **told()), result.sentence.en)
        return (up, *_hold(policy, levels, result))
    moves = _hold(policy, levels, result)
    if computed is not levels.computed:
        moves = (*moves, Move(kinds.SeverityComputed(**told()), result.sentence.en))
    bad = indicators is not None and indicators.bad
    if overdue and bad and policy.promote_overdue and response not in (*levels.promoted, Severity.P0):
        text = Text(
            f"{raised(response)} because the time to resolve a {response} has passed and it still hurts.",
            f"{raised(response)}：{response} 的恢复时限已过而影响仍在。",
        )
        promoted = kinds.SeverityPromoted(severity=raised(response), reason="overdue", **told(text))
        return (*moves, Move(promoted, text.en))
    if levels.corrected is not None and indicators is not None and indicators.at > levels.corrected:
        return (*moves, *_corrected(policy, levels, result, indicators, computed, told, hidden))
    return (*moves, *_calm(policy, levels, result, indicators, at, told, hidden, commander))


def _unseen(
    levels: SeverityHistory, result: MatrixResult, told: Callable[..., dict[str, Any]]
) -> tuple[Move, ...]:
    """Unchanged, except that a breach, a duty or a loss entered by people counts without measurements of the
    flows."""
    moves: tuple[Move, ...] = ()
    if levels.proposed is not None and not levels.proposed.by_hand:
        moves = (_withdrawn(Text("data are missing", "监测数据缺失")),)
    least = result.without_traffic
    if least is None or not levels.asks_for_more(least):
        return moves
    why = [cell for cell in result.cells if cell.level is least and not cell.of_traffic]
    text = Text(
        f"{least} because {'; '.join(c.measured.en for c in why)}; there are no data on the flows themselves now.",
        f"{least}：{'；'.join(c.measured.zh for c in why)}；业务本身处于监控盲区。",
    )
    said = {**told(text), "computed": least}
    return (Move(kinds.SeverityRaised(severity=least, reason="computed", **said), text.en),)


def _hold(policy: SeverityPolicy, levels: SeverityHistory, result: MatrixResult) -> tuple[Move, ...]:
    """Records since when a severity with little history has been held."""
    wanted = result.wanted
    if result.held and levels.held_since is None:
        cap = next((step.why.en for step in result.steps if step.name == "cap"), "")
        return (Move(kinds.EstimateHeld(str(wanted)), cap),)
    if levels.held_since is not None and not (wanted and wanted.worse_than(policy.doubt.weak_cap)):
        return (Move(kinds.EstimateReleased(), "the estimate does not ask for more any longer"),)
    return ()


def _corrected(
    policy: SeverityPolicy, levels: SeverityHistory, result: MatrixResult, found: Indicators, computed: Severity,
    told: Callable[..., dict[str, Any]], hidden: bool,
) -> tuple[Move, ...]:  # fmt: skip
    """After a corrected estimate the response may fall to the computed severity."""
    assert levels.response is not None
    if hidden:
        return ()
    target = _worse(computed, policy.duty.open) if found.duties else computed
    said = levels.corrected_reason
    if not levels.response.worse_than(target):
        text = Text(
            f"The correction changes nothing: {result.sentence.en}",
            f"修正后级别不变：{result.sentence.zh}",
        )
        return (Move(kinds.CorrectionKept(text.en, text.zh), text.en),)
    text = Text(
        f"Lowered from {levels.response} to {target}: an estimate was corrected ({said}). {result.sentence.en}",
        f"由 {levels.response} 下调为 {target}：估算已修正（{said}）。{result.sentence.zh}",
    )
    lower = kinds.SeverityLowered(severity=target, reason="corrected", **told(text))
    return (Move(lower, text.en, levels.corrected_by or "watchtower"),)


def _calm(
    policy: SeverityPolicy, levels: SeverityHistory, result: MatrixResult, found: Indicators | None, at: Instant,
    told: Callable[..., dict[str, Any]], hidden: bool, commander: str,
) -> tuple[Move, ...]:  # fmt: skip
    """Lowers after a whole window, counted from when all flows were back and from the last change."""
    response = levels.response
    assert response is not None
    since = _back_since(found)
    if found is None or since is None or hidden:
        if levels.proposed is not None and not levels.proposed.by_hand:
            return (_withdrawn(Text("it is not well any more", "情况不再正常")),)
        return ()
    window = policy.lower.after.get(response, 600.0)
    # Of minutes of calm the one that has begun counts, as of those of an outage.
    start = max(since - _MINUTE, since - _MINUTE if levels.changed_at is None else levels.changed_at)
    target = lowered(response)
    # Below P2 the end of the incident says all there is to say.
    if at - start < window - _ROUNDING or target is response or levels.proposed is not None:
        return ()
    if not response.worse_than(Severity.P2):
        return ()
    least = _standing(policy, result, found)
    if least is not None and least.worse_than(target):
        return ()
    lasts = indicator_texts.minutes(window)
    text = Text(
        f"Lowered from {response} to {target}: every flow has had at least {policy.lower.real_traffic:.0%} of its usual "
        f"traffic, without a signal, for {lasts.en}.",
        f"由 {response} 下调为 {target}：所有业务的真实流量已恢复至日常的 {policy.lower.real_traffic:.0%} 以上，"
        f"且 {lasts.zh}内无异常信号。",
    )
    if response in policy.lower.second_person and commander:
        ask = Text(
            f"{commander}, please confirm {response} -> {target}: {text.en.partition(': ')[2]}",
            f"请 {commander} 确认由 {response} 下调为 {target}：{text.zh.partition('：')[2]}",
        )
        proposed = kinds.LoweringProposed(severity=target, reason="mitigated", calm=True, **told(ask))
        return (Move(proposed, ask.en),)
    if response in policy.lower.second_person:
        text = Text(
            f"{text.en} Nobody had taken command who could confirm it.",
            f"{text.zh}无应急指挥，由系统自动下调。",
        )
    lower = kinds.SeverityLowered(severity=target, reason="mitigated", calm=True, **told(text))
    return (Move(lower, text.en),)


def _standing(policy: SeverityPolicy, result: MatrixResult, found: Indicators | None) -> Severity | None:
    """The severity below which real traffic does not lower: of a confirmed breach, a firing rule, an open
    duty."""
    levels = [c.level for c in result.cells if c.level and (c.rank == 0 or c.indicator == "rule")]
    if found is not None and found.duties:
        levels.append(policy.duty.open)
    return worst_of(levels)


def _back_since(found: Indicators | None) -> Instant | None:
    """Since when all flows are back; None while one is not, or where it is unknown."""
    if found is None or not found.flows:
        return None
    since = [flow.back_since for flow in found.flows if flow.back_since is not None]
    return max(since) if len(since) == len(found.flows) else None


def _recurred(back: Severity, why: Text) -> Text:
    return Text(f"Back to {back}: it is bad again. {why.en}", f"恢复为 {back}：故障复发。{why.zh}")


def _withdrawn(why: Text) -> Move:
    text = Text(f"Not lowered after all: {why.en}.", f"暂不下调：{why.zh}。")
    return Move(kinds.LoweringWithdrawn(text.en, text.zh), text.en)


def _told(computed: Severity, result: MatrixResult, text: Text) -> dict[str, Any]:
    cells = [
        {
            "indicator": cell.indicator, "severity": str(cell.level), "flow": cell.flow,
            "en": f"{cell.measured.en} ({cell.threshold.en})", "zh": f"{cell.measured.zh}（{cell.threshold.zh}）",
        }
        for cell in result.decided[:_CELLS]
    ]  # fmt: skip
    return {"computed": computed, "cells": cells, "en": text.en, "zh": text.zh}


def _worse(one: Severity, other: Severity) -> Severity:
    return one if one.worse_than(other) else other
