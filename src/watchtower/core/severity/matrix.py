"""Computes the severity from the matrix, with the cells that decided. Pure: the same numbers give the same
severity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from watchtower.core.indicators import Indicators
from watchtower.core.plan.severity import SeverityPolicy
from watchtower.core.severity import indicator_texts
from watchtower.core.severity.cell_texts import Said
from watchtower.core.severity.cells import FIRST, Cell, cells_of
from watchtower.model import Instant, Severity, Text, worst_of
from watchtower.values import Frozen, replace

_SAID = 3
"""Cells that a sentence names; more of them would not be read."""


class Change(Frozen):
    """What moved the level after the cells: `groups`, `recovery` or `cap`, and why."""

    name: str
    before: Severity
    after: Severity
    why: Text


class MatrixResult(Frozen):
    """`level` is the computed level; None where nothing reaches any. `wanted` is what it would be without the cap
    on low-confidence estimates. `without_traffic` is the severity by what does not depend on measured traffic, `present` by what
    suffers now: without what only adds up."""

    level: Severity | None
    cells: tuple[Cell, ...]
    steps: tuple[Change, ...]
    wanted: Severity | None = None
    without_traffic: Severity | None = None
    present: Severity | None = None

    @property
    def sentence(self) -> Text:
        """The reason in a sentence for managers; it begins with the severity."""
        if self.level is None:
            return Text("P4 because no number reaches any threshold.", "P4：各项指标均未达到任何阈值。")
        return _sentence(self.level, self.cells, self.steps)

    @property
    def present_sentence(self) -> Text:
        """The reason of `present`, as a sentence."""
        if self.present is None:
            return Text("P4 because no flow suffers now.", "P4：当前无业务受损。")
        return _sentence(
            self.present, [replace(c, decided=True) for c in self.cells if c.present is self.present], ()
        )

    @property
    def decided(self) -> tuple[Cell, ...]:
        """The cells that decided, the weightiest first."""
        return tuple(cell for cell in self.cells if cell.decided)

    @property
    def held(self) -> bool:
        """A low-confidence estimate asks for more than it is given."""
        return self.wanted is not self.level


_NO_TITLES: Mapping[str, Text] = {}


def by_matrix(
    policy: SeverityPolicy,
    indicators: Indicators | None,
    *,
    fixed: Severity | None = None,
    assumed: Severity | None = None,
    held_since: Instant | None = None,
    first: bool = False,
    titles: Mapping[str, Text] = _NO_TITLES,
) -> MatrixResult:
    """`fixed` is the worst severity of firing alerts whose rule names one; `assumed` what is taken while no numbers
    are known; `held_since` since when a low-confidence level has been held (`history.severity.held_since`); `first`:
    it has no level yet; `titles` are the flows' names for people."""
    cells: list[Cell] = []
    if fixed is not None:
        cells.append(_rule("rule", fixed, Text("a rule of fixed severity fires", "固定级别的规则正在告警")))
    if indicators is not None:
        cells += cells_of(policy, indicators, titles, first=first)
    elif assumed is not None:
        cells.append(_rule("unknown", assumed, Text("what it costs is not known yet", "影响尚不清楚")))
    wanted, steps = _derive(policy, indicators, cells)
    if wanted is None:
        return MatrixResult(None, tuple(cells), ())
    agreed = _agreed(policy, indicators, held_since)
    if not agreed:
        cells = [_held(policy, cell) for cell in cells]
    level, counted = wanted, cells
    if not agreed:
        strong = [cell for cell in cells if not cell.weak]
        alone, how = _derive(policy, indicators, strong)
        capped = policy.doubt.weak_cap if wanted.worse_than(policy.doubt.weak_cap) else wanted
        if alone is not None and not capped.worse_than(alone):
            level, steps, counted = alone, how, strong
        else:
            level = capped
        if level is not wanted:
            steps = [*steps, Change("cap", wanted, level, _cap(policy, wanted, level))]
    base = _worst(counted)
    reached = [cell for cell in counted if cell.level is base]
    said = [
        cell for cell in reached if cell.indicator != FIRST
    ] or reached  # a beginning needs no excuse beside a reason
    counts = {
        id(cell) for cell in said
    }  # by identity: to compare a thousand cells with each other takes seconds
    marked = tuple(
        replace(cell, decided=True) if id(cell) in counts else cell
        for cell in sorted(cells, key=lambda one: (one.level.rank if one.level else 9, one.rank))
    )
    without_traffic = _worst([cell for cell in cells if not cell.of_traffic])
    return MatrixResult(
        level, marked, tuple(steps), wanted, without_traffic, worst_of(cell.present for cell in marked)
    )


def _held(policy: SeverityPolicy, cell: Cell) -> Cell:
    """What a low-confidence estimate says of the present, as far as it may."""
    cap = policy.doubt.weak_cap
    beyond = cell.weak and cell.present is not None and cell.present.worse_than(cap)
    return replace(cell, present=cap) if beyond else cell


def _rule(indicator: str, level: Severity, what: Text) -> Cell:
    return Cell(
        indicator,
        level,
        None,
        partial(Said, what, Text(str(level), str(level))),
        of_traffic=indicator == "unknown",
        rank=8,
        present=level,
    )


def _worst(cells: Sequence[Cell]) -> Severity | None:
    return worst_of(cell.level for cell in cells)


def _derive(
    policy: SeverityPolicy, found: Indicators | None, cells: Sequence[Cell]
) -> tuple[Severity | None, list[Change]]:
    """The worst cell; one worse for enough independent groups, and one worse without a recovery plan."""
    level, steps = _worst(cells), list[Change]()
    if level is None or found is None:
        return level, steps
    groups = {str(c.group): None for c in cells if c.group and c.level and not level.worse_than(c.level)}
    if policy.groups.needed and level in policy.groups.at and len(groups) >= policy.groups.needed:
        en = ", ".join(indicator_texts.GROUPS[one].en for one in groups)
        zh = "、".join(indicator_texts.GROUPS[one].zh for one in groups)
        why = Text(f"{len(groups)} independent kinds of harm ({en})", f"{len(groups)} 类独立影响一致（{zh}）")
        steps.append(Change("groups", level, raised(level), why))
        level = raised(level)
    limit = getattr(policy.recovery, found.recovery, None) if found.recovery else None
    if found.bad and found.recovery and limit is not None and found.recovery_since is not None:
        since = found.at - found.recovery_since
        if since >= limit and level is not Severity.P0:
            lasts, what = indicator_texts.minutes(since), indicator_texts.RECOVERY[found.recovery]
            why = Text(f"{what.en}, for {lasts.en} now", f"{what.zh}，已持续 {lasts.zh}")
            steps.append(Change("recovery", level, raised(level), why))
            level = raised(level)
    return level, steps


def raised(level: Severity) -> Severity:
    """One severity worse; P0 stays."""
    return Severity(f"P{max(0, level.rank - 1)}")


def lowered(level: Severity) -> Severity:
    """One severity milder; P4 stays."""
    return Severity(f"P{min(4, level.rank + 1)}")


def _agreed(policy: SeverityPolicy, found: Indicators | None, held_since: Instant | None) -> bool:
    if found is None or found.signals >= 2:
        return True
    return held_since is not None and found.at - held_since >= policy.doubt.weak_for


def _cap(policy: SeverityPolicy, wanted: Severity, level: Severity) -> Text:
    lasts = indicator_texts.minutes(policy.doubt.weak_for)
    return Text(
        f"it would be {wanted}, but what is usual here is not known well yet: "
        f"held at {level} until a second signal confirms it, or for {lasts.en}",
        f"本应为 {wanted}，但日常水平的历史数据不足，暂定 {level}，待第二个独立信号或持续 {lasts.zh}后再上调",
    )


def _sentence(level: Severity, cells: Sequence[Cell], steps: Sequence[Change]) -> Text:
    decided = [cell for cell in cells if cell.decided]
    more = len(decided) - _SAID
    en = "; ".join(f"{c.measured.en} ({_join('; ', c.doubt.en, c.threshold.en)})" for c in decided[:_SAID])
    zh = "；".join(f"{c.measured.zh}（{_join('；', c.doubt.zh, c.threshold.zh)}）" for c in decided[:_SAID])
    if more > 0:
        en, zh = f"{en}; and {more} more", f"{zh}；另有 {more} 项"
    for step in steps:
        if step.name == "cap":
            en, zh = f"{en}; {step.why.en}", f"{zh}；{step.why.zh}"
        else:
            en = f"{en}; raised from {step.before} to {step.after} because {step.why.en}"
            zh = f"{zh}；{step.why.zh}，由 {step.before} 上调为 {step.after}"
    return Text(f"{level} because {en}.", f"{level}：{zh}。")


def _join(comma: str, *parts: str) -> str:
    return comma.join(part for part in parts if part)
