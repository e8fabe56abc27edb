"""Why is this incident at its level? Every cell of the matrix with its thresholds, and every change with its reason.

Of an open incident as it stands; of one that is over, as it was when it was at its worst.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from watchtower.brief.next_severity import Ahead, ahead
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.history import History, project
from watchtower.core.incident.incidents import Incident
from watchtower.core.indicators import Amount, Basis, Estimate, Indicators
from watchtower.core.notify.channel_choice import Choice, choices
from watchtower.core.notify.pages import by_channels
from watchtower.core.people.assignment import asked, informed
from watchtower.core.plan import Plan
from watchtower.core.plan.indicators import INDICATORS, Group
from watchtower.core.scene import Scene
from watchtower.core.severity.apply import rule_severities, severity_by_matrix
from watchtower.core.severity.cells import Cell
from watchtower.core.severity.history import SeverityHistory, SeverityStep
from watchtower.core.severity.matrix import MatrixResult
from watchtower.model import AlertState, ChannelName, Instant, Severity, worst_of
from watchtower.values import Frozen, field


class MatrixRow(Frozen):
    """A row of the matrix. `point` is None where it is not known; thresholds are in its own unit: shares 0..1,
    minutes, whole units of `currency`. `level` is what the number reaches by itself, before gates."""

    indicator: str
    group: Group
    thresholds: Mapping[Severity, float]
    cell: Cell | None = None
    low: float | None = None
    point: float | None = None
    high: float | None = None
    currency: str = ""
    basis: Basis | None = None
    upper_bound: bool = False
    level: Severity | None = None


class Called(Frozen):
    """A person and the channels; `role` is why it is them."""

    responder: str
    role: str
    channels: Sequence[ChannelName]
    through: Mapping[ChannelName, Sequence[Choice]] = field(default_factory=dict)
    """Where several channels of a kind are configured: in which order they are tried, and why."""


class Account(Frozen):
    """`as_of` is when the numbers were true; `graded`: by the matrix, or a person set its level; else `result` is
    what the matrix would say. `lines` are the rows of the matrix, `others` the cells beside it: floors,
    facts, duties, rules that name their severity. `worst` is the change that made the record level."""

    at: Instant
    as_of: Instant
    incident: Incident
    levels: SeverityHistory
    result: MatrixResult
    graded: bool
    lines: Sequence[MatrixRow] = ()
    others: Sequence[Cell] = ()
    rules: Mapping[str, Severity] = field(default_factory=dict)
    """Rules that fire and name their severity."""
    worst: SeverityStep | None = None
    ahead: Ahead | None = None
    paged: Sequence[Called] = ()
    informed: Sequence[Called] = ()


def account(
    plan: Plan,
    incident: Incident,
    history: History,
    alerts: Iterable[Alert],
    log: Sequence[LogEntry],
    at: Instant,
) -> Account:
    """`history` is the live one, or `project(log)`; `alerts` are those of the incident that are known."""
    levels, worst = history.severity, _worst(history.severity)
    graded = incident.matrix or bool(levels.changes)
    firing = [alert for alert in alerts if alert.state is AlertState.FIRING] if incident.open else []
    rules = rule_severities(plan, firing)
    fixed, as_of, then = (rules.fixed if graded else None), at, history
    if not incident.open and worst is not None:
        then = project(entry for entry in log if entry.at <= worst.at)
        fixed, as_of = _said(worst), worst.at
    found = then.impact.indicators
    first = found is not None and found.at in [change.at for change in then.severity.changes[:1]]
    judged = severity_by_matrix(plan, then.severity, found, fixed, rules.assumed, first)
    lines = list(_lines(plan, found, judged)) if found is not None else []
    others = [cell for cell in judged.cells if cell.indicator not in INDICATORS]
    paged, told = _called(plan, incident, history, at)
    return Account(
        at, as_of if found is None else found.at, incident, levels, judged, graded, lines, others, rules.named,
        worst, ahead(Scene(plan, incident, history, firing, (), at)) if incident.open else None, paged, told,
    )  # fmt: skip


def _worst(levels: SeverityHistory) -> SeverityStep | None:
    return next((change for change in levels.changes if change.level is levels.record), None)


def _said(change: SeverityStep) -> Severity | None:
    """What rules of fixed severity said when this change was made."""
    words = [str(cell.get("severity")) for cell in change.cells if cell.get("indicator") == "rule"]
    return worst_of(Severity(word) for word in words if word in Severity.__members__)


def _lines(plan: Plan, found: Indicators, judged: MatrixResult) -> Iterator[MatrixRow]:
    """One for each row that has thresholds, in the order of the matrix, known or not."""
    cells = {cell.indicator: cell for cell in judged.cells}
    for name, indicator in INDICATORS.items():
        row, cell = plan.severity.matrix.row(name), cells.get(name)
        if not row:
            continue
        of, line = indicator.read(found), MatrixRow(name, indicator.group, row, cell)
        if of is None or cell is None:
            yield line
            continue
        if isinstance(of, (int, float)):
            low, point, high, currency = of, of, of, ""
            basis = Basis.MEASURED if indicator.of_traffic else Basis.MANUAL
        else:
            low, point, high, basis = float(of.low), float(of.point), float(of.high), of.basis
            currency = of.currency if isinstance(of, Amount) else ""
        rate = plan.severity.rates.get(currency) if currency != plan.severity.currency else None
        counted = point * float(rate) if rate is not None else point
        level = next((level for level in Severity if level in row and counted >= row[level]), None)
        upper = isinstance(of, Estimate) and of.upper_bound
        yield MatrixRow(name, indicator.group, row, cell, low, point, high, currency, basis, upper, level)


def _called(
    plan: Plan, incident: Incident, history: History, at: Instant
) -> tuple[Sequence[Called], Sequence[Called]]:
    """Who is paged, and who is informed, at the response level at this moment."""
    policy = plan.paging.get(incident.severity)
    if policy is None:
        return (), ()
    who = asked(plan, policy, at, history.people)
    others = {
        name: role for name, role in informed(plan, policy, at, history.people).items() if name not in who
    }
    loud = set(policy.inform_urgently)
    quiet = [channel for channel in plan.quiet if channel in policy.channels] or plan.quiet
    out: list[Called] = []
    for name, role in others.items():
        strictly = role not in loud
        channels = by_channels(plan, [name], quiet if strictly else policy.channels, strictly=strictly)
        if channels:
            out.append(_person(plan, name, role, [channel for _, channel in channels]))
    paged = [
        _person(plan, name, role, [c for _, c in by_channels(plan, [name], policy.channels)])
        for name, role in who.items()
    ]
    return paged, out


def _person(plan: Plan, name: str, role: str, channels: Sequence[ChannelName]) -> Called:
    found = {kind: choices(plan.channels, plan.responders[name], kind) for kind in channels}
    return Called(
        name, role, channels, {kind: several for kind, several in found.items() if len(several) > 1}
    )
