"""Cells of the matrix that can never decide anything, or decide the wrong way round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from watchtower.config.problems import Entry
from watchtower.config.rule_drafts import Draft, RulesDraft
from watchtower.config.rule_programs import Compiled
from watchtower.core.indicators import Urgency
from watchtower.core.plan.indicators import INDICATORS
from watchtower.core.plan.rules import Rule
from watchtower.core.plan.severity import SeverityPolicy
from watchtower.model import Severity, Tier

LINTS: Mapping[str, str] = {
    "missing-severity": "a row of the matrix that skips a severity",
    "unreachable-severity": "a severity of the matrix that a worse one always overrides",
    "gate-above-row": "a gate of so many users that their number alone reaches the severity",
    "unordered-floor": "a floor that is milder where it should be worse",
    "unused-matrix": "`[severity]` is written, and no rule is graded by it",
    "matrix-without-flow": "a rule graded by the matrix on a check without a flow",
}

_ROW_LEVELS = (Severity.P0, Severity.P1, Severity.P2, Severity.P3)


def warn(rules: RulesDraft, compiled: Sequence[tuple[Draft[Rule], Compiled]]) -> None:
    """Call this only when no problem was reported."""
    graded = [(rule, found) for rule, found in compiled if rule.table and rule.table.matrix]
    for rule, found in graded:
        flowless = [check.name for check in found.matched if not check.traits.flows]
        if flowless:
            what = (
                f"check {flowless[0]} has no flow: nothing can be counted, so its severity stays as assumed"
            )
            rule.entry.doubtful(
                "matrix-without-flow", ("severity",), what, "give the check a flow, or the rule a severity"
            )
    if rules.severity is None or rules.severity.table is None:
        return
    entry, table = rules.severity.entry, rules.severity.table
    if not graded:
        entry.doubtful(
            "unused-matrix", (), "no rule is graded by it", 'write severity = "matrix" in a [[rule]]'
        )
    for name in INDICATORS:
        if name in table.matrix.model_fields_set:
            _row(entry, ("matrix", name), table.matrix.row(name))
    if "gates" in table.model_fields_set:
        _row(entry, ("gates",), table.gates)
    _gates(entry, table)
    _floors(entry, table)


def _row(entry: Entry, path: tuple[str, ...], row: Mapping[Severity, float]) -> None:
    lacking = [level for level in _ROW_LEVELS if level not in row]
    if row and lacking:
        what = f"the row never gives {' or '.join(lacking)}: it has no threshold there"
        entry.doubtful("missing-severity", path, what, "write P0 to P3: a row replaces the whole default row")
    for worse, milder in pairwise(row):
        if row[worse] <= row[milder]:
            what = f"{milder} from {row[milder]:g} is never reached: it is {worse} from {row[worse]:g} on"
            entry.doubtful(
                "unreachable-severity", (*path, milder), what, "a worse severity needs a higher number"
            )


def _gates(entry: Entry, table: SeverityPolicy) -> None:
    """Warns of a gate that makes the level by its number already: the shares then never decide it."""
    written = "gates" in table.model_fields_set or "affected_users" in table.matrix.model_fields_set
    users = table.matrix.row("affected_users")
    if not written or not any(table.matrix.row(name) for name, one in INDICATORS.items() if one.relative):
        return
    for level, gate in table.gates.items():
        if level in users and gate >= users[level]:
            path = (
                ("gates", level) if "gates" in table.model_fields_set else ("matrix", "affected_users", level)
            )
            what = f"{gate:g} users pass the gate of {level}, and {users[level]:g} users make {level} by themselves"
            entry.doubtful("gate-above-row", path, what, f"no share ever decides {level}; lower the gate")


def _floors(entry: Entry, table: SeverityPolicy) -> None:
    """Warns where down is less bad than degraded, peak than normal, normal than off-peak, or core than supporting."""
    floor = table.floor
    for tier in Tier:
        given = getattr(floor, tier)
        if tier not in floor.model_fields_set:
            continue
        for name in given.model_fields_set:
            hours = floor.hours(tier, name)
            for busy, quiet in pairwise((Urgency.PEAK, Urgency.NORMAL, Urgency.OFF_PEAK)):
                if hours.at(quiet).worse_than(hours.at(busy)):
                    what = f"{hours.at(quiet)} at {quiet} hours, and only {hours.at(busy)} at {busy} hours"
                    entry.doubtful(
                        "unordered-floor", ("floor", tier, name), what, "busier hours hurt more people"
                    )
        degraded, down = floor.hours(tier, "degraded"), floor.hours(tier, "down")
        for urgency in Urgency:
            if degraded.at(urgency).worse_than(down.at(urgency)):
                what = (
                    f"{degraded.at(urgency)} when degraded, and only {down.at(urgency)} when down ({urgency})"
                )
                entry.doubtful("unordered-floor", ("floor", tier), what, "down is worse than degraded")
                break
    for upper, lower in pairwise(Tier):
        if not {upper, lower} & floor.model_fields_set:
            continue
        for name in ("down", "degraded"):
            above, below = floor.hours(upper, name), floor.hours(lower, name)
            worse = next((u for u in Urgency if below.at(u).worse_than(above.at(u))), None)
            if worse is not None:
                what = f"{lower} {name} is {below.at(worse)}, and {upper} {name} only {above.at(worse)} ({worse})"
                tier = lower if lower in floor.model_fields_set else upper
                entry.doubtful("unordered-floor", ("floor", tier), what, f"{upper} flows matter more")
                break
