"""How bad it is, by the whole of the matrix, with the cells that decided it. Pure: the same numbers, the same level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from watchtower.core.indicators import Indicators, Recovery
from watchtower.core.severity import words
from watchtower.core.severity.cells import Cell, cells_of
from watchtower.core.severity.policy import GROUPS, Group, SeverityPolicy
from watchtower.model import Instant, Severity, Text


@dataclass(frozen=True, slots=True)
class StepTaken:
    """One thing that changed the level after the cells: `groups`, `recovery` or `cap`, and why."""

    name: str
    before: Severity
    after: Severity
    why: Text


@dataclass(frozen=True, slots=True)
class Assessment:
    """`level` is the computed level; None where nothing reaches any. `wanted` is what it would be without the cap
    on low-confidence estimates. `blind` is the level by what does not depend on seeing the flows."""

    level: Severity | None
    cells: tuple[Cell, ...]
    steps: tuple[StepTaken, ...]
    sentence: Text
    wanted: Severity | None = None
    blind: Severity | None = None

    @property
    def decided(self) -> tuple[Cell, ...]:
        """The cells that made the level, the weightiest first."""
        return tuple(cell for cell in self.cells if cell.decided)

    @property
    def held(self) -> bool:
        """A low-confidence estimate asks for more than it is given."""
        return self.wanted is not self.level


_NO_TITLES: Mapping[str, Text] = {}


def assess(
    policy: SeverityPolicy,
    indicators: Indicators | None,
    *,
    fixed: Severity | None = None,
    assumed: Severity | None = None,
    held_since: Instant | None = None,
    titles: Mapping[str, Text] = _NO_TITLES,
) -> Assessment:
    """`fixed` is the worst severity of firing alerts whose rule names one; `assumed` what is taken while no numbers
    are known; `held_since` since when a low-confidence level has been held (of the story's levels)."""
    cells: list[Cell] = []
    if fixed is not None:
        cells.append(
            _by_rule("rule", fixed, Text("a rule of fixed severity fires", "固定级别的规则正在告警"))
        )
    if indicators is None:
        if assumed is not None:
            cells.append(_by_rule("unknown", assumed, Text("what it costs is not known yet", "影响尚不清楚")))
    else:
        cells += cells_of(policy, indicators, titles)
    base = _worst(cells)
    if base is None:
        nothing = Text("no number reaches a level", "各项指标均未达到任何级别")
        return Assessment(None, tuple(cells), (), nothing)
    steps: list[StepTaken] = []
    wanted = _raised(policy, indicators, cells, base, steps)
    level = wanted
    if (
        indicators is not None
        and wanted.worse_than(policy.weak_cap)
        and not _agreed(policy, indicators, held_since)
    ):
        strong = [replace(cell, level=_capped(policy, cell)) for cell in cells]
        worst = _worst(strong)
        assert worst is not None
        sturdy: list[StepTaken] = []
        level = _raised(policy, indicators, strong, worst, sturdy)
        # Growing by groups or for want of recovery adds no confidence to what it grew from.
        if not worst.worse_than(policy.weak_cap) and any(_capped(policy, c) is not c.level for c in cells):
            level = policy.weak_cap if level.worse_than(policy.weak_cap) else level
        if level is not wanted:
            steps = [*sturdy_until(sturdy, level), StepTaken("cap", wanted, level, _cap_why(policy, wanted))]
            base = worst
    marked = _mark(cells, level, base, policy)
    blind = _worst([cell for cell in cells if not cell.of_traffic])
    return Assessment(level, marked, tuple(steps), _sentence(level, marked, steps), wanted, blind)
