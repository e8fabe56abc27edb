"""Checks that take alerts of somebody else: their flows must be there, and they bring rules of their own."""

from __future__ import annotations

from watchtower.config.check_drafts import ChecksDraft
from watchtower.config.plain_words import validate
from watchtower.config.rule_drafts import Draft, RulesDraft
from watchtower.core.plan.rules import Rule
from watchtower.model import Severity

_PROBES = ("alertmanager", "webhook")
_LASTS = "5m"
"""For so long an alert must be over, as an Alertmanager waits at most (`group_interval`): what flaps is told once. At least
75 s: a replica repeats every 65 s what still fires, behind an address that it shares with one that has ended it."""


def check_services(checks: ChecksDraft) -> None:
    """Reports flows that are not declared."""
    for check in checks.checks:
        if check.traits.probe in _PROBES and check.settings is not None and checks.complete:
            for value, flow in check.settings.services.items():
                check.entry.look_up(("services", value), "flow", flow, checks.flows)


def add_rules(checks: ChecksDraft, rules: RulesDraft) -> None:
    """A rule for each severity, on every such check whose `usual_rules` is not off."""
    found = [one for one in checks.checks if one.traits.probe in _PROBES and one.settings is not None]
    mine = [one for one in found if one.settings.usual_rules]
    for severity in Severity if mine else ():
        written = {
            "name": f"alert {severity}", "match": {"check": [check.name for check in mine]},
            "when": f'firing && severity == "{severity}"', "keep_firing_for": _LASTS,
            "severity": str(severity), "summary": "{{ text }}",
        }  # fmt: skip
        entry = mine[0].entry.having(written)
        rules.rules.append(Draft(entry, validate(Rule, entry)))
