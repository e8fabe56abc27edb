"""Warns where one vendor's failure leaves nobody who could be paged at P0 or P1."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.config.people_checks import reachable
from watchtower.config.rule_drafts import RulesDraft
from watchtower.core.people.unproven import URGENT, vendors
from watchtower.core.plan import Plan
from watchtower.core.plan.no_data import NoDataPolicy

LINTS: Mapping[str, str] = {
    "single-vendor": "P0 or P1 reaches people by one vendor only",
}


def warn(rules: RulesDraft, plan: Plan) -> None:
    """Call this only when no problem was reported. Failover counts as a way."""
    used = {level: rule.entry for rule in reversed(rules.rules) if rule.table for level in rule.table.levels}
    no_data = (rules.no_data.table if rules.no_data else None) or NoDataPolicy()
    for severity in URGENT:
        draft = rules.paging.get(severity)
        entry = draft.entry if draft else used.get(severity)
        if entry is None and rules.no_data and severity in (no_data.severity, no_data.severity_many):
            entry = rules.no_data.entry
        if entry is None or (
            severity not in used and severity not in (no_data.severity, no_data.severity_many)
        ):
            continue
        roles = set(plan.paging[severity].roles)
        asked = [person.name for person in reachable(rules) if person.roles & roles]
        found = {vendor for name in asked for vendor in _vendors(plan, name)}
        if len(found) == 1:
            what = f"{severity} reaches people by one vendor only ({found.pop()}): when it is down, nobody is notified"
            hint = "give somebody of that role an address on a second channel, or write each channel's own `vendor`"
            entry.doubtful("single-vendor", (), what, hint)
            return


def _vendors(plan: Plan, name: str) -> set[str]:
    """Those that reach this person, without the ones whose word is no delivery."""
    responder = plan.responders.get(name)
    kinds = responder.addresses if responder is not None else ()
    sure = [kind for kind in kinds if kind not in plan.kinds or plan.kinds[kind].vouches]
    return {vendor for kind in sure if responder for vendor in vendors(plan, responder, kind).values()}
