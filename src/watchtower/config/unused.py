"""What is written and serves nothing: no fault, but perhaps not what its author meant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from watchtower.config.check_drafts import ChecksDraft
from watchtower.config.derived import counted_for_others
from watchtower.config.paging import policy, told
from watchtower.config.people_checks import reachable
from watchtower.config.rule_drafts import Draft, RulesDraft
from watchtower.config.rule_programs import Compiled
from watchtower.config.sops_tables import LEVELS
from watchtower.core.plan import Plan
from watchtower.core.plan.maintenance import Maintenance
from watchtower.core.plan.rules import Rule
from watchtower.core.silences.labels import checks_of
from watchtower.model import Severity

_NAMED = 5


def warn(checks: ChecksDraft, rules: RulesDraft, compiled: Sequence[tuple[Draft[Rule], Compiled]]) -> None:
    """Warns of checks without a rule, flows without a check, procedures and responders that no one uses."""
    judged = {name for _, found in compiled for name in found.programs}
    tables_of_flows = [flow.table for flow in checks.flows.values() if flow.table]
    views = {
        view for table in tables_of_flows for view in (*(table.traffic or ()), *table.inside, *table.outside)
    }
    seen = judged | views | counted_for_others(checks)
    idle = [check for check in checks.checks if check.name not in seen]
    if idle:
        names = ", ".join(check.name for check in idle[:_NAMED])
        more = f" and {len(idle) - _NAMED} more" if len(idle) > _NAMED else ""
        idle[0].entry.doubtful(
            "check-without-rule",
            (),
            f"no rule evaluates {names}{more}",
            "only missing data would be noticed there",
        )
    measured = {flow for check in checks.checks for flow in check.traits.flows}
    for name, flow in checks.flows.items():
        if name not in measured:
            flow.entry.doubtful("unmeasured-flow", (), "no check measures this flow")
    used = {rule.table.sop for rule in rules.rules if rule.table}
    for name, sop in rules.sops.items():
        if name not in used and name not in LEVELS:
            sop.entry.doubtful("unused-procedure", (), "no rule points to this procedure")
    people = reachable(rules)
    tables = {severity: draft.table for severity, draft in rules.paging.items()}
    roles = {role for one in Severity for role in told(policy(one, tables.get(one), rules.channels, people))}
    for responder in rules.responders:
        if responder.table and responder.table.role not in (*roles, *rules.roles):
            what = f'no severity pages the role "{responder.table.role}"'
            responder.entry.doubtful("unpaged-role", ("role",), what)


def warn_of_windows(rules: RulesDraft, plan: Plan) -> None:
    """Warn of maintenance windows and inhibition that hold back nothing, or at another hour than is meant."""
    now = datetime.now(UTC).timestamp()
    for draft in (one for some in rules.lists.values() for one in some):
        for key in ("matchers", "source_matchers", "target_matchers"):
            matchers = getattr(draft.table, key, None)
            if matchers and not checks_of(plan, matchers):
                hint = "compare names, flows and labels with those of the checks"
                draft.entry.doubtful("fits-no-check", (key,), "fits no check", hint)
        if "from" in draft.entry.raw and "zone" not in draft.entry.raw:
            draft.entry.doubtful(
                "missing-zone",
                ("from",),
                "is meant in UTC, because no zone is written",
                'write zone, as "Asia/Shanghai"',
            )
        window = draft.table
        if (
            isinstance(window, Maintenance)
            and not window.unread
            and not any(end > now for _, end in window.spans)
        ):
            draft.entry.doubtful("past-window", (), "is over, and does not come again", "take it out")
