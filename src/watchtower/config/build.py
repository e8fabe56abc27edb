"""Builds the plan from valid tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from watchtower.channels import traits
from watchtower.config.check_drafts import CheckDraft, ChecksDraft
from watchtower.config.deadline_checks import deadline_policy
from watchtower.config.degrade_tables import plan_of
from watchtower.config.derived import sources_of
from watchtower.config.far_sides import by_network, far_sides, vendors_by_place
from watchtower.config.flows import flow_of
from watchtower.config.locations import locations_of
from watchtower.config.paging import policy
from watchtower.config.people_checks import people_policy, reachable
from watchtower.config.rule_drafts import Draft, RulesDraft
from watchtower.config.rule_programs import Compiled
from watchtower.config.sops_tables import all_sops
from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.core.plan.paging import Responder
from watchtower.core.plan.rules import Rule
from watchtower.core.plan.severity import SeverityPolicy
from watchtower.detectors.traffic.declarations import TimetableSettings
from watchtower.detectors.traffic.timetable import Timetable
from watchtower.model import Severity, Text

_NO_DATA_RUNS = 3
_NO_DATA_LEAST = 60.0


def build(checks: ChecksDraft, rules: RulesDraft, compiled: Sequence[tuple[Draft[Rule], Compiled]]) -> Plan:
    """Builds the plan. Call this only when no problem was reported: then every table is there."""
    people = reachable(rules)
    tables = {severity: draft.table for severity, draft in rules.paging.items()}
    severity = (rules.severity and rules.severity.table) or SeverityPolicy()
    responders = {draft.table.name: _responder(draft.table) for draft in rules.responders if draft.table}
    channels = {name: draft.table for name, draft in rules.channel_drafts.items()}
    vendors = vendors_by_place(channels, responders.values())
    return Plan(
        flows={name: flow_of(name, table, checks.checks) for name, table in _right(checks.flows).items()},
        checks={
            draft.name: made for draft in checks.checks if (made := _check(draft, vendors, checks.flows))
        },
        locations=locations_of(checks),
        rules={
            rule.table.name: _rule(rule.table, rule.entry.place, found, severity.doubt.core)
            for rule, found in compiled
            if rule.table
        },
        responders=responders,
        people=people_policy(rules),
        paging={one: policy(one, tables.get(one), rules.channels, people) for one in Severity},
        sops=all_sops(
            _right(rules.sops),
            {rule.table.sop for rule in rules.rules if rule.table},
            any(rule.table.matrix for rule in rules.rules if rule.table),
        ),
        degrade={
            name: plan_of(name, table, rules.proofs.get(name), rules.degrade[name].entry.place)
            for name, table in _right(rules.degrade).items()
        },
        drills={
            name: table.model_copy(update={"name": name, "source": rules.drills[name].entry.place})
            for name, table in _right(rules.drills).items()
        },
        deadlines=deadline_policy(rules),
        **_right(rules.policies) | {"severity": severity} | _lists(rules.lists),
        channels=channels,
        kinds=traits(),
        timetables=_timetables(checks.checks),
        product=rules.product.name if rules.product else Text("watchtower", "watchtower"),
    )


def _timetables(checks: Sequence[CheckDraft]) -> dict[str, Timetable]:
    """Returns when checks are closed; one that is derived is closed with a check from which it is derived."""
    made = {
        check.name: Timetable(declared)
        for check in checks
        if isinstance(declared := check.detect, TimetableSettings)
        and (declared.hours or declared.quiet or declared.deploys)
    }
    derived = {check.name: [made[one] for one in sources_of(check) if one in made] for check in checks}
    return {name: found[0] for name, found in derived.items() if found} | made


def _lists(drafts: Mapping[str, Sequence[Draft[Any]]]) -> dict[str, Any]:
    return {key: tuple(draft.table for draft in some if draft.table) for key, some in drafts.items()}


def _right(drafts: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the tables that are right, by name."""
    return {name: draft.table for name, draft in drafts.items() if draft.table}


def _check(draft: CheckDraft, vendors: Mapping[str, str], flows: Iterable[str]) -> Check | None:
    """`vendors`: by the place that channels send to. Who asks there watches that vendor. `flows` are all that there are."""
    table = draft.table
    if table is None or draft.facts is None or draft.every is None or draft.timeout is None:
        return None
    asked = far_sides(draft.settings)
    watched = sorted(vendors[where] for where in asked if where in vendors)
    vendor = draft.entry.text("vendor") or getattr(draft.settings, "vendor", "") or next(iter(watched), "")
    if draft.unchanged:
        object.__setattr__(table, "source", draft.entry.place)
        return table if table.vendor == vendor else table.model_copy(update={"vendor": vendor})
    made = {
        "every": draft.every,
        "timeout": draft.timeout,
        "settings": draft.settings,
        "facts": draft.facts,
        "detector": draft.detector,
        "detect": draft.detect,
        "source": draft.entry.place,
        "alerts": draft.settings.series_of(flows) if hasattr(draft.settings, "series_of") else None,
        "quorum": table.quorum or (len(table.locations) // 2 + 1 if table.locations else 0),
        "vendor": vendor,
    }
    if "network" not in vars(table):
        made["network"] = by_network(table.probe, asked)
    if "no_data_after" not in vars(table):
        made["no_data_after"] = max(_NO_DATA_RUNS * draft.every, _NO_DATA_LEAST)
    return table.model_copy(update=made)


def _rule(table: Rule, source: str, compiled: Compiled, assumed: Severity) -> Rule:
    made = {
        "location": table.match.location or "",
        "severity": assumed if table.matrix else Severity(table.severity),
        "programs": compiled.programs,
        "summaries": compiled.summaries,
        "source": source,
    }
    return table.model_copy(update=made)


def _responder(table: Responder) -> Responder:
    loud_first = sorted(traits().items(), key=lambda one: one[1].quiet)
    addresses = {kind: address for kind, _ in loud_first if (address := getattr(table, kind))}
    given = {key: value for key, value in vars(table).items() if key not in traits()}
    return Responder(**given, addresses=addresses)
