"""Warns where one vendor's failure, or the failure of the one that is watched, leaves people who could not be paged at P0
or P1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from watchtower.config.people_checks import reachable
from watchtower.config.problems import Entry
from watchtower.config.rule_drafts import RulesDraft
from watchtower.core.people.unproven import URGENT, vendors
from watchtower.core.plan import Plan
from watchtower.core.plan.no_data import NoDataPolicy
from watchtower.model import Severity

LINTS: Mapping[str, str] = {
    "single-vendor": "P0 or P1 reaches somebody who is asked by one vendor only",
    "watched-vendor": "pages about a vendor, which leave somebody who is asked no other one, or at P0 and P1 one only",
}
_HINT = "give them an address on another channel, or write each channel's own `vendor`"


def warn(rules: RulesDraft, plan: Plan) -> None:
    """Call this only when no problem was reported. Failover counts as a way."""
    single: set[str] = set()
    for severity, entry in _used(rules):
        ways = _ways(rules, plan, severity)
        few = {name: by for name, by in ways.items() if len(by) == 1 and name not in single}
        if few and not single:
            by = ", ".join(sorted({vendor for one in few.values() for vendor in one}))
            what = f"{severity} reaches {_some(few)} by one vendor only ({by}): when it is down, nobody notifies them"
            entry.doubtful("single-vendor", (), what, _HINT)
        single.update(few)
    _warn_of_watched(rules, plan, single)


def _warn_of_watched(rules: RulesDraft, plan: Plan, single: set[str]) -> None:
    """What happens at a vendor is no news by that vendor: two others are needed where it is urgent, else one."""
    for draft in rules.rules:
        if draft.table is None or not draft.table.levels:
            continue
        level = draft.table.levels[0]
        ways, least = _ways(rules, plan, level), 2 if level in URGENT else 1
        for check in plan.rules[draft.table.name].programs:
            watched = plan.checks[check].vendor
            few = [
                name for name, by in ways.items() if watched in by and len(by) == least and name not in single
            ]
            if few:
                left = "one vendor only" if least == 2 else "none"
                what = f"{check} watches {watched}, without which {level} reaches {_some(few)} by {left}"
                draft.entry.doubtful("watched-vendor", ("severity",), what, _HINT)
                break


def _used(rules: RulesDraft) -> Iterator[tuple[Severity, Entry]]:
    """Each of the two severities that something can have, with the entry that says who is paged or else that uses it."""
    used = {level: rule.entry for rule in reversed(rules.rules) if rule.table for level in rule.table.levels}
    no_data = (rules.no_data.table if rules.no_data else None) or NoDataPolicy()
    for severity in URGENT:
        blind = severity in (no_data.severity, no_data.severity_many)
        if severity in used or blind:
            draft = rules.paging.get(severity)
            entry = draft.entry if draft else used.get(severity) or (rules.no_data and rules.no_data.entry)
            if entry:
                yield severity, entry


def _ways(rules: RulesDraft, plan: Plan, severity: Severity) -> dict[str, set[str]]:
    """By everybody who is asked first: the vendors that reach them, without the ones whose word is no delivery."""
    roles = set(plan.paging[severity].roles)
    asked = (plan.responders.get(person.name) for person in reachable(rules) if person.roles & roles)
    return {
        responder.name: {
            vendor
            for kind in responder.addresses
            if kind not in plan.kinds or plan.kinds[kind].vouches
            for vendor in vendors(plan, responder, kind).values()
        }
        for responder in asked
        if responder is not None
    }


def _some(names: Mapping[str, object] | list[str], most: int = 5) -> str:
    shown = list(names)
    more = len(shown) - most
    return ", ".join(shown[:most]) + (f" and {more} more" if more > 0 else "")
