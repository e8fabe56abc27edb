"""The text of an alert: its rule's summary, with the measured values in it."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.core.incident.alerts import Alert
from watchtower.core.plan.rules import Rule
from watchtower.core.state import Step
from watchtower.model import Language, Text, Value
from watchtower.texts import units


def summary_of(rule: Rule, check: str, facts: Mapping[str, Value]) -> Text:
    en, zh = rule.summaries[check]
    return Text(
        en.render(facts, lambda value, unit: units.show(value, unit, Language.EN)),
        zh.render(facts, lambda value, unit: units.show(value, unit, Language.ZH)),
    )


def text_now(step: Step, alert: Alert) -> Text:
    """The alert's summary with the latest measurements; the text of its firing where there are none."""
    rule, facts = step.plan.rules.get(alert.rule), step.state.facts.get(alert.key)
    if rule is None or facts is None or alert.check not in rule.summaries or alert.state.ended:
        return alert.text
    return summary_of(rule, alert.check, facts)
