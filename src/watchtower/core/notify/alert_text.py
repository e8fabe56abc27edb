"""The text of an alert: its rule's summary, with the measured values in it; else what was measured, against what."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.core.expressions import Template
from watchtower.core.incident.alerts import Alert
from watchtower.core.notify.measured import in_words, measured, outcome, title_of
from watchtower.core.plan import Plan
from watchtower.core.plan.rules import Rule
from watchtower.core.state import State, Step
from watchtower.model import Language, Text, Value
from watchtower.texts import units

_TELLS_NOTHING = frozenset({"check", "probe", "flow", "tier", "series"})
"""What a summary may name without saying anything of what was measured."""


def summary_of(plan: Plan, rule: Rule, name: str, facts: Mapping[str, Value]) -> Text:
    """Of an alert of this rule on the check `name`. A summary that names no measurement has them in brackets after it; one
    that does not name the series, of which neither its flow tells, begins with it, and so with the location of its rule."""
    check, series = plan.checks[name], str(facts.get("series") or "")
    own = check.alerts is not None  # an alert that somebody else raised has words of its own
    part = "" if own or series in check.flows or series == facts.get("flow") else series
    said = _said(plan, rule, name, facts, part)
    names = rule.summaries[name][0].parts[1::2] if name in rule.summaries else ("series",)
    if rule.location and "location" not in names:
        place = _place(plan, rule)
        said = Text(f"{place.en}: {said.en}", f"{place.zh}：{said.zh}")
    return said if not part or "series" in names else Text(f"{part}: {said.en}", f"{part}：{said.zh}")


def _said(plan: Plan, rule: Rule, name: str, facts: Mapping[str, Value], part: str) -> Text:
    check, found = plan.checks[name], measured(rule.when, plan.checks[name], facts)
    if name not in rule.summaries:
        flow = plan.flows.get(str(facts.get("flow") or ""))
        title = title_of(check) if check.title or flow is None else flow.title
        what = found if found.en else Text(rule.name, rule.name)
        # The title goes first, for a page that begins with it leaves it out.
        begin = Text(f"{title.en}: {part}", f"{title.zh}：{part}") if part else title
        return Text(f"{begin.en}: {what.en}", f"{begin.zh}：{what.zh}")
    en, zh = rule.summaries[name]
    flow = plan.flows.get(str(facts.get("flow") or ""))
    words = {**in_words(check, flow.title if flow else None, facts), "location": _place(plan, rule)}
    told = Text(
        en.render(*_shown_in(Language.EN, words, facts)), zh.render(*_shown_in(Language.ZH, words, facts))
    )
    return told if not found.en or _tells(en) else Text(f"{told.en} ({found.en})", f"{told.zh}（{found.zh}）")


def _place(plan: Plan, rule: Rule) -> Text:
    """What people call the location that the rule is about."""
    known = plan.locations.get(rule.location)
    return known.title if known is not None else Text("", "")


def text_now(plan: Plan, state: State, alert: Alert) -> Text:
    """The alert's summary with the latest measurements; the text of its firing where there are none."""
    rule, facts = plan.rules.get(alert.rule), state.facts.get(alert.key)
    if rule is None or facts is None or alert.check not in plan.checks or alert.state.ended:
        return alert.text
    return summary_of(plan, rule, alert.check, facts)


def seen_now(step: Step, alert: Alert) -> Text:
    """What the newest observation says, whether the rule holds or not: `HTTP 503`, `up`; empty where there is none."""
    check, rule = step.plan.checks.get(alert.check), step.plan.rules.get(alert.rule)
    values = step.state.last_facts.get((alert.check, alert.series))
    if check is None or rule is None or values is None or rule.location:
        return Text("", "")
    facts = dict(zip(check.facts, values, strict=False))
    found = measured(rule.when, check, facts)
    return found if found.en else outcome(facts)


def _tells(template: Template) -> bool:
    return bool(set(template.parts[1::2]) - _TELLS_NOTHING)


def _shown_in(
    way: Language, words: Mapping[str, Text], facts: Mapping[str, Value]
) -> tuple[Mapping[str, Value], object]:
    told = {**facts, **{name: text.in_(way) for name, text in words.items()}}
    return told, lambda value, unit: units.show(value, unit, way)
