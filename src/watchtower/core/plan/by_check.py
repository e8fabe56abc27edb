"""What is asked of a plan at every sample, by check: found once for a plan, and then looked up."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.core.plan.checks import Check
from watchtower.core.plan.rules import Rule
from watchtower.values import Frozen

Rules = tuple[Rule, ...]


class ByCheck(Frozen):
    """Of these checks and rules: the rules on each check in file order, those on one location of it, which are not among
    them, and the flows that checks measure."""

    checks: Mapping[str, Check]
    rules: Mapping[str, Rule]
    together: Mapping[str, Rules]
    alone: Mapping[tuple[str, str], Rules]
    measured: frozenset[str]


def by_check(checks: Mapping[str, Check], rules: Mapping[str, Rule]) -> ByCheck:
    together: dict[str, Rules] = dict.fromkeys(checks, ())
    alone: dict[tuple[str, str], Rules] = {}
    for rule in rules.values():
        # Checks with the same rules share one tuple of them.
        longer: dict[int, tuple[Rules, Rules]] = {}
        for name in rule.programs:
            if rule.location:
                alone[name, rule.location] = (*alone.get((name, rule.location), ()), rule)
            elif (before := together.get(name)) is not None:
                found = longer.get(id(before))
                if found is None:
                    found = longer[id(before)] = before, (*before, rule)
                together[name] = found[1]
    flows = {flow for check in checks.values() for flow in (check.flow, *check.flows.values())}
    return ByCheck(checks, rules, together, alone, frozenset(flows - {""}))
