"""Rewrites the CEL evaluator's errors for people who write rules."""

from __future__ import annotations

import re

from watchtower.errors import ExpressionError

_OVERLOAD = re.compile(r"^found no matching overload for '([^']+)' applied to '([^']*)'(.*)$")
_SYNTAX = re.compile(r"^Syntax error: (.*?)( \(\d+:\d+\))?$")
_UNKNOWN = re.compile(r'^unknown name "([^"]+)" (\(\d+:\d+\))$')
_TYPES = {
    "string": "a text",
    "int": "a whole number",
    "double": "a number",
    "bool": "true or false",
    "dyn": "a number",
}
_WORDS = {"and": "&&", "or": "||", "not": "!", "AND": "&&", "OR": "||", "NOT": "!"}
_NO_WORDS = 'write && for "and", || for "or", ! for "not"'
_NO_VIEWS = "only checks of a flow that names views from outside have it: [flow.NAME] outside = [...]"
_NO_VOTES = 'only checks with locations = ["...", "..."] have it'
_FUNCTIONS = "functions: size(x), x.contains(y), x.startsWith(y), x.endsWith(y), x.matches(y), double(x), int(x), string(x)"


def in_rule_words(error: ExpressionError, text: str) -> tuple[str, str]:
    """Returns what is wrong, and a hint. Where nothing better is known, it is as the evaluator says it."""
    overload = _OVERLOAD.match(error.what)
    if overload:
        return _overload(*overload.groups())
    syntax = _SYNTAX.match(error.what)
    if syntax:
        return _syntax(syntax.group(1), syntax.group(2) or "", text)
    unknown = _UNKNOWN.match(error.what)
    if unknown and re.search(rf"(?<![\w.]){re.escape(unknown.group(1))}\s*\(", text):
        return f'unknown function "{unknown.group(1)}" {unknown.group(2)}', _FUNCTIONS
    if unknown and unknown.group(1).startswith("reach.") and "did you mean" not in error.hint:
        return error.what, _NO_VIEWS
    if unknown and unknown.group(1).startswith("location") and "did you mean" not in error.hint:
        return error.what, _NO_VOTES
    return error.what, error.hint


def _overload(function: str, types: str, place: str) -> tuple[str, str]:
    kinds = [kind.strip() for kind in types.strip("()").split(",")]
    shown = [_TYPES.get(kind, kind) for kind in kinds]
    operator = re.fullmatch(r"_(.+)_", function)
    if operator and len(kinds) == 2:
        if {"int", "double"} == set(kinds):
            hint = "write every number with a point: 1000.0 for 1000"
        elif "string" in kinds:
            hint = 'compare a text with a text in quotes, such as outcome == "down"'
        else:
            hint = "both sides must be of one kind"
        return f'"{operator.group(1)}" does not go between {shown[0]} and {shown[1]}{place}', hint
    name = function.strip("_")
    return f'"{name}" does not take {" and ".join(shown)}{place}', _FUNCTIONS if name.isalpha() else ""


def _syntax(said: str, place: str, text: str) -> tuple[str, str]:
    if re.search(r"(?<![=!<>])=(?!=)", re.sub(r"\"[^\"]*\"|'[^']*'", "", text)):
        return f'"=" does not compare{place}', "write == to compare"
    if percent := re.search(r"(\d+(?:\.\d*)?)\s*%(?!\s*[\w(])", text):
        return f'"%" is no number{place}', f"write {float(percent[1]) / 100.0:g} for {percent[1]} %"
    if re.search(r"\[\d+[smhd]\]", text):
        return (
            f"PromQL is not read here{place}",
            "ask for it in a check of the probe prometheus, and compare what it measures",
        )
    found = re.search(r"'(\w+)'", said)
    if found and found.group(1) in _WORDS:
        return f'"{found.group(1)}" is no operator{place}', _NO_WORDS
    if "<EOF>" in said:
        return f"the expression breaks off{place}", "something is missing at its end"
    return (
        f"syntax error: {said.split(' expecting ')[0]}{place}",
        "see docs/rules.md for what an expression may say",
    )
