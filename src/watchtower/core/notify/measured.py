"""What was measured, against what: a rule's condition in words with the numbers in it, never as an expression.

latency > 1.0 || outcome == "down"      latency 2.3 s (> 1 s)      HTTP 503
traffic.silent                          no request for 3 min 20 s, 2.1/s expected
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import eq, ge, gt, le, lt, ne

from watchtower.core.plan.checks import BASE_FACTS, Check
from watchtower.model import Fact, Language, Outcome, Text, Unit, Value
from watchtower.texts import units
from watchtower.texts.failures import failure
from watchtower.texts.text_file import TextFile

_NAME = r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"
_TERM = re.compile(rf"({_NAME})\s*(==|!=|<=|>=|<|>)\s*(-?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)(?![\w.]|\s*[-+*/%])")
_RECKONED = ("+", "-", "*", "/", "%")
"""After one of these, or before, a name and a number are no comparison of that name with that number."""
_WORD = re.compile(rf"\"[^\"]*\"|'[^']*'|({_NAME})")
_HOLDS = {"==": eq, "!=": ne, "<=": le, ">=": ge, "<": lt, ">": gt}
_SIGNS = {"==": "=", "!=": "≠", "<=": "<=", ">=": ">=", "<": "<", ">": ">"}
_WHOSE = frozenset(
    (
        "check",
        "probe",
        "flow",
        "tier",
        "series",
        "severity",
        "currency",
        "outcome",
        "reason",
        "because",
        "because_zh",
    )
)
"""What a condition may ask about that is no measurement."""
_HOW = frozenset({"outcome", "reason", "failed_step"})
"""Of these one sentence says how the target is."""
_MOST = 3
"""Measurements in one text; more of them nobody reads at night."""

_TEXTS = TextFile("measured")
_LABELS = _TEXTS["LABELS"]
"""What people call a measurement, `{}` being its value; others go by their name."""
_VERDICTS = _TEXTS["VERDICTS"]
"""What a detector's verdict is said by; `{name}` is a measurement, `{gauge}` the one that its detector watches."""
_SENTENCES = {"reach.unreachable": "reach.because", "reach.intercepted": "reach.evidence"}
"""Verdicts that bring their own sentence, and its measurement."""
_OUTCOMES = _TEXTS["OUTCOMES"]
_PLACE = re.compile(rf"\{{({_NAME})\}}")


def measured(when: str, check: Check, facts: Mapping[str, Value]) -> Text:
    """What makes the condition `when` true of this check's `facts`; empty where only the rule's name says it."""
    terms, names = _asks(when)
    hold = [
        (name, sign, float(least))
        for name, sign, least in terms
        if isinstance(value := facts.get(name), float) and _HOLDS[sign](value, float(least))
    ]
    said = []
    if _HOW.intersection(names) and facts.get("outcome") != Outcome.UP:
        said.append(outcome(facts))
    said += [_verdict(name, check, facts) for name in names if name in _VERDICTS and facts.get(name) is True]
    for verdict, sentence in _SENTENCES.items():
        if verdict in names and isinstance(why := facts.get(sentence), str):
            said.append(Text(why, str(facts.get(f"{sentence}_zh") or why)))
    bounds: dict[str, list[tuple[str, float]]] = {}
    for name, sign, least in hold:
        if not (name == "status" and said):  # its number is said already
            bounds.setdefault(name, []).append((sign, least))
    said += [_compared(name, check, facts, against) for name, against in bounds.items()]
    if not said:  # it is `!(value <= 5.0)`, or a comparison of two measurements: what it asks about, as it is
        asked = (name for name in names if name in check.facts and name not in _WHOSE)
        known = (
            name
            for name in asked
            if isinstance(facts.get(name), float if "." in name else (float, str, bool))
        )
        said = [_compared(name, check, facts, []) for name in known]
    said = list(dict.fromkeys(said))[:_MOST]
    return Text("; ".join(one.en for one in said), "；".join(one.zh for one in said))


@lru_cache(maxsize=1024)
def _asks(when: str) -> tuple[Sequence[tuple[str, ...]], Sequence[str]]:
    """The comparisons in a condition, and the names in it; a rule's is asked for by each of its alerts."""
    found = (one for one in _TERM.finditer(when) if not when[: one.start()].rstrip().endswith(_RECKONED))
    return [one.groups() for one in found], list(dict.fromkeys(name for name in _WORD.findall(when) if name))


def outcome(facts: Mapping[str, Value]) -> Text:
    """How the target is, in words: `HTTP 503`, `step 3 of 4, Pay, fails: HTTP 503`, `up`."""
    known = _OUTCOMES.get(str(facts.get("outcome")))
    if known is None or (facts.get("outcome") == Outcome.UNKNOWN and facts.get("reason")):
        return _why(facts)
    return known


def _why(facts: Mapping[str, Value]) -> Text:
    """The reason in words: who sees what, where several locations look; of a probe that has its own, its `because`."""
    for name in ("locations.because", "because"):
        if said := facts.get(name):
            return Text(str(said), str(facts.get(f"{name}_zh") or said))
    return failure(str(facts.get("reason") or ""), facts)


def in_words(check: Check, flow: Text | None, facts: Mapping[str, Value]) -> Mapping[str, Text]:
    """The facts that are words of ours, as people read them in a rule's summary."""
    return {
        "reason": _why(facts) if facts.get("reason") else Text("", ""),
        "outcome": _OUTCOMES.get(str(facts.get("outcome"))) or Text("down", "故障"),
        "check": title_of(check),
        "flow": flow or Text(str(facts.get("flow") or ""), str(facts.get("flow") or "")),
    }


def title_of(check: Check) -> Text:
    """What people call a check."""
    return check.title or Text(check.name, check.name)


def _compared(name: str, check: Check, facts: Mapping[str, Value], bounds: list[tuple[str, float]]) -> Text:
    label = _LABELS.get(name) or Text(name.replace("_", " "), name.replace("_", " "))
    said = []
    for way in Language:
        value, name_of = _shown(check, name, facts[name], facts, way), label.in_(way)
        if isinstance(facts[name], bool):
            name_of += Text(":", "：").in_(way)
        place = "" if name_of.endswith("：") else " "
        shown = name_of.replace("{}", value) if "{}" in name_of else f"{name_of}{place}{value}"
        limits = [f"{_SIGNS[sign]} {_shown(check, name, least, facts, way)}" for sign, least in bounds]
        between, brackets = Text(", ", "，").in_(way), Text(" ({})", "（{}）").in_(way)
        said.append(shown + (brackets.format(between.join(limits)) if limits else ""))
    return Text(*said)


def _verdict(name: str, check: Check, facts: Mapping[str, Value]) -> Text:
    gauge, said = _gauge(check, facts), []
    for way in Language:
        known = {**facts, "gauge": _compared(gauge, check, facts, []).in_(way)} if gauge else facts
        template = _VERDICTS[name].in_(way)
        if not gauge:
            template = template.removeprefix("{gauge} is ").removeprefix("{gauge}，")
        if any(known.get(one) is None for one in _PLACE.findall(template)):
            template = re.split(r"[,，]", template)[0]
        pieces = enumerate(_PLACE.split(template))  # words, and names of measurements, in turn
        said.append("".join(_value(check, one, known, way) if n % 2 else one for n, one in pieces))
    return Text(*said)


def _gauge(check: Check, facts: Mapping[str, Value]) -> str:
    """What a detector of gauges watches: what its settings name, or the probe's first number."""
    wanted = str(getattr(check.detect, "measurement", None) or "")
    numbers = (name for name in facts if isinstance(facts[name], float) and name not in BASE_FACTS)
    return (
        wanted if facts.get(wanted) is not None else next((name for name in numbers if "." not in name), "")
    )


def _value(check: Check, name: str, facts: Mapping[str, Value], way: Language) -> str:
    return _shown(check, name, facts.get(name), facts, way)


def _shown(check: Check, name: str, value: Value, facts: Mapping[str, Value], way: Language) -> str:
    of = _gauge(check, facts) if name.startswith("anomaly.expected") else name
    fact: Fact | None = check.facts.get(of)
    unit = fact.unit if fact is not None else Unit.NONE
    currency = facts.get("currency")
    said = units.show(value, unit, way)
    return f"{said} {currency}" if unit is Unit.MONEY and isinstance(currency, str) else said
