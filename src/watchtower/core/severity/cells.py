"""The cells of the matrix that indicators reach: each says what was measured, from where it counts, and how bad it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field  # noqa: TID251 - not all fields are compared
from functools import partial

from watchtower.core.indicators import Amount, Basis, FlowImpact, Indicators
from watchtower.core.plan.indicators import INDICATORS, Group, Indicator, Row, Value
from watchtower.core.plan.severity import SeverityPolicy
from watchtower.core.severity import cell_texts
from watchtower.core.severity.cell_texts import Said
from watchtower.model import Severity, Text, Tier

FIRST = "first"
"""The cell of what a first page is at the least."""


@dataclass(frozen=True, slots=True)
class Cell:
    """`level` is None below every threshold. `group` is None for what belongs to none (a rule's own severity).

    Its words are made when somebody reads them: most polls change no level, and nobody does.
    """

    indicator: str
    level: Severity | None
    group: Group | None
    say: Callable[[], Said] = field(repr=False, compare=False)
    flow: str = ""
    weak: bool = False
    """It rests on a low-confidence estimate alone."""
    of_traffic: bool = False
    """It is known by seeing the flows: worth nothing new while data are missing."""
    rank: int = 9
    """Among cells of one level the lower speaks first: breach and loss, duties, matrix, counts, estimates."""
    decided: bool = False
    present: Severity | None = None
    """Its severity by what is so now; None for what only adds up, and for what people and duties say."""

    @property
    def measured(self) -> Text:
        return self.say().measured

    @property
    def threshold(self) -> Text:
        return self.say().threshold

    @property
    def doubt(self) -> Text:
        return self.say().doubt


def cells_of(
    policy: SeverityPolicy, found: Indicators, titles: Mapping[str, Text], *, first: bool = False
) -> Iterator[Cell]:
    """One cell for each row that is known, and for each flow's floor, each fact and each duty; of the `first` page
    also what it is at the least."""
    yield from _facts(policy, found)
    yield from _duties(policy, found)
    for flow in found.flows:
        yield from _floor(policy, flow, titles)
        if first and flow.tier is Tier.CORE:
            level = policy.doubt.assumed(flow.payment)
            say = partial(cell_texts.first, flow, level, titles)
            yield Cell(FIRST, level, None, say, flow.flow, of_traffic=True, rank=6)
    yield from _rows(policy, found, titles)


def _facts(policy: SeverityPolicy, found: Indicators) -> Iterator[Cell]:
    for name, level in policy.facts.items():
        if found.manual.get(name) is True:
            yield Cell(name, level, Group.TRUST, partial(cell_texts.fact, name, level), rank=0)


def _duties(policy: SeverityPolicy, found: Indicators) -> Iterator[Cell]:
    if found.duties:
        level = policy.duty.triggered
        group = (
            Group.DUTY if found.duties_apart else None
        )  # what follows from severity or minutes is no further harm
        yield Cell("duties", level, group, partial(cell_texts.duties, level, found.duties), rank=2)


def _floor(policy: SeverityPolicy, flow: FlowImpact, titles: Mapping[str, Text]) -> Iterator[Cell]:
    if flow.missing is None and (flow.impact > 0 or not flow.seen):
        level = policy.doubt.assumed(flow.payment)
        if flow.payment or flow.tier is Tier.CORE:
            say = partial(cell_texts.unknown, flow, level, titles)
            yield Cell("unknown", level, Group.REACH, say, flow.flow, of_traffic=True, rank=5, present=level)
    floor = policy.floor
    if flow.impact < floor.degraded_from or not flow.confirmed:
        return
    down = flow.impact >= floor.down_from
    wanted = level = floor.hours(flow.tier, "down" if down else "degraded").at(flow.urgency)
    while flow.weight < floor.weight.get(level, 0.0) and level is not Severity.P4:
        level = Severity(f"P{level.rank + 1}")
    needs = None if level is wanted else floor.weight[wanted]
    say = partial(cell_texts.floor, flow, level, down, titles, needs)
    yield Cell(
        "floor",
        level,
        Group.REACH,
        say,
        flow.flow,
        not flow.confident,
        of_traffic=True,
        rank=3,
        present=level,
    )


def _rows(policy: SeverityPolicy, found: Indicators, titles: Mapping[str, Text]) -> Iterator[Cell]:
    young = bool(found.flows) and not any(flow.confident and flow.seen_twice for flow in found.flows)
    hurt = [flow for flow in found.flows if flow.impact > 0 or flow.flow_minutes > 0]
    worst = max(hurt, key=lambda one: one.flow_minutes, default=None)
    for name, indicator in INDICATORS.items():
        of = indicator.read(found)
        if of is None:
            continue
        row = policy.matrix.row(name)
        number = _number(policy, of)
        by_hand = not isinstance(of, (int, float)) and of.basis is Basis.MANUAL
        of_traffic = indicator.of_traffic and not by_hand
        wanted, level = _level(row, number), _reached(policy, found, indicator, of)
        now = indicator.present(found)
        present = None if now is None else _reached(policy, found, indicator, now)
        at = _next(row, number) if wanted is None else wanted
        flow = worst if indicator.worst_flow is not None else None
        say = partial(cell_texts.row, policy, name, of, at, wanted is not level, flow, titles)
        yield Cell(
            name, level, indicator.group, say, flow.flow if flow is not None else "", young and of_traffic, of_traffic,
            indicator.rank, present=present,
        )  # fmt: skip


def _reached(policy: SeverityPolicy, found: Indicators, indicator: Indicator, of: Value) -> Severity | None:
    """The level of this value; of a share as far as the gates let it."""
    level = _level(policy.matrix.row(indicator.name), _number(policy, of))
    return _gated(policy, found, level) if level is not None and indicator.relative else level


def _level(row: Row, number: float) -> Severity | None:
    return next((level for level in Severity if level in row and number >= row[level]), None)


def _next(row: Row, number: float) -> Severity | None:
    return next((level for level in reversed(Severity) if level in row and number < row[level]), None)


def _number(policy: SeverityPolicy, of: Value) -> float:
    """The point; money in the thresholds' currency, at face value where no rate is known."""
    if isinstance(of, (int, float)):
        return of
    if isinstance(of, Amount) and of.currency != policy.currency and of.currency in policy.rates:
        return float(of.point * policy.rates[of.currency])
    return float(of.point)


def _gated(policy: SeverityPolicy, found: Indicators, level: Severity) -> Severity | None:
    """The worst level at most `level` whose gate the count of users passes. Each request is one user at most; where
    neither is known, the level that is assumed for what is unknown is as far as a share may go."""
    users = found.affected_users or found.affected_requests
    if users is None:
        most = policy.doubt.assumed(any(flow.payment for flow in found.flows))
        return level if not level.worse_than(most) else most
    passing = (one for one in Severity if not one.worse_than(level))
    return next(
        (one for one in passing if users.point >= policy.gates.get(one, 0.0) and one is not Severity.P4), None
    )
