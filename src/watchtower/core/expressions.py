"""Rules as CEL expressions, behind an interface small enough to swap the evaluator.

Source of the semantics: the Common Expression Language specification, evaluated by cel-cpp. Names and
types are checked when the plan is loaded; numbers are declared dynamic so that `5` and `5.0` both
compare; what cannot be evaluated at run time is `None`, *cannot tell*, which never fires and never resolves.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field  # noqa: TID251 - not all fields are compared
from typing import Any
from weakref import WeakValueDictionary

from cel_expr_python import cel

from watchtower.errors import ExpressionError
from watchtower.model import Fact, FactKind, Facts, Text, Unit, Value

_TYPES = {FactKind.NUMBER: cel.Type.DYN, FactKind.BOOL: cel.Type.DYN, FactKind.STRING: cel.Type.DYN}
_TYPED = {FactKind.NUMBER: cel.Type.DYN, FactKind.BOOL: cel.Type.BOOL, FactKind.STRING: cel.Type.STRING}
_SAMPLES: Mapping[FactKind, Value] = {FactKind.NUMBER: 1.5, FactKind.BOOL: True, FactKind.STRING: "sample"}
_UNDECLARED = re.compile(r"(\d+):(\d+): undeclared reference to '([^']+)'")
_POSITION = re.compile(r"<input>:(\d+):(\d+): ([^\n]+)")
_LIMIT = 4000
_MOST_KNOWN = 1000
_FEW_VALUES = (str, bool)


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Expression:
    """A compiled rule. `evaluate` is true, false, or None when the facts do not let us tell."""

    text: str
    program: Any = field(compare=False, repr=False)
    names: tuple[str, ...]
    """The facts that it looks at: handing over all of them costs more than judging."""
    known: dict[tuple[Value, ...], bool | None] = field(default_factory=dict, compare=False, repr=False)
    """What follows where each of these is a text, true, false or not known."""

    def evaluate(self, facts: Mapping[str, Value]) -> bool | None:
        try:
            values = tuple([facts[name] for name in self.names])
        except KeyError:
            return self._judge({name: facts[name] for name in self.names if name in facts})
        zeros = 0
        for value in values:
            if value is not None and type(value) not in _FEW_VALUES:
                if value != 0.0 or type(value) is not float:
                    return self._judge(dict(zip(self.names, values, strict=True)))
                zeros += 1  # nothing is missing or has failed: the number of most polls
        # Most rules look at an outcome, or at a few verdicts of a detector: what follows from these was found out before.
        # False equals zero, so their count tells them apart.
        key = (zeros, *values)
        if key in self.known:
            return self.known[key]
        verdict = self._judge(dict(zip(self.names, values, strict=True)))
        if len(self.known) < _MOST_KNOWN:
            self.known[key] = verdict
        return verdict

    def _judge(self, facts: Mapping[str, Value]) -> bool | None:
        try:
            value = self.program.eval(data=facts).value()
        except RuntimeError:
            return None
        return value if isinstance(value, bool) else None


def compile_expression(text: str, facts: Facts, context: str = "") -> Expression:
    """Compile `text` against the declared `facts`; `context` ("probe http") goes into the hint.

    Raises ExpressionError for a syntax error, an unknown name, a wrong type, or a result that is not true or false.
    """
    if len(text) > _LIMIT:
        raise ExpressionError(f"longer than {_LIMIT} characters", "split it into several rules")
    typed = _environment(facts, _TYPED)
    try:
        checked = typed.compile(text)
    except RuntimeError as error:
        raise _explain(str(error), facts, context) from None
    kind = checked.return_type().name()
    if kind not in ("BOOL", "DYN"):
        raise ExpressionError(
            f"gives {kind.lower()}, not true or false", "compare it with something, for example `… > 0.5`"
        )
    loose = _environment(facts, _TYPES).compile(text)
    _try_out(loose, facts, kind)
    return Expression(text, loose, _names(text, facts))


_AGAIN: WeakValueDictionary[tuple[str, tuple[str, ...]], Expression] = WeakValueDictionary()
"""Those that were compiled again, as long as somebody has them."""


def recompiled(text: str, names: tuple[str, ...]) -> Expression:
    """An expression that was compiled and found good elsewhere, from its `text` and its `names`."""
    made = _AGAIN.get((text, names))
    if made is None:
        environment = cel.NewEnv(variables=dict.fromkeys(names, cel.Type.DYN))
        made = _AGAIN[text, names] = Expression(text, environment.compile(text), names)
    return made


def _names(text: str, facts: Facts) -> tuple[str, ...]:
    """Facts that `text` can look at. That no other is missed is shown by compiling it with these alone."""
    found = {name: fact for name, fact in facts.items() if name in text}
    try:
        _environment(found, _TYPES).compile(text)
    except RuntimeError:  # written in a way of its own, such as `traffic . silent`
        return tuple(facts)
    return tuple(found)


def _environment(facts: Facts, types: Mapping[FactKind, Any]) -> Any:
    return cel.NewEnv(variables={name: types[fact.kind] for name, fact in facts.items()})


def _try_out(program: Any, facts: Facts, kind: str) -> None:
    """Find what the type checker lets through: `latency + 1` on a float, or a bare number as the rule."""
    value = program.eval(data={name: _SAMPLES[fact.kind] for name, fact in facts.items()})
    if value.type() == cel.Type.ERROR:
        message = str(value.value())
        if "(double, int64)" in message or "(int64, double)" in message:
            raise ExpressionError(
                "mixes a measured number with a whole number in arithmetic", "write `1.0` instead of `1`"
            )
        if "matching overload" in message:
            raise ExpressionError(message.split(": ", 1)[-1], "the types on both sides do not fit")
        return  # a run-time matter of the sample values (division by zero, no such key): decided live
    if kind == "DYN" and not isinstance(value.value(), bool):
        raise ExpressionError(
            "gives a value, not true or false", "compare it with something, for example `… > 0.5`"
        )


def _explain(message: str, facts: Facts, context: str) -> ExpressionError:
    unknown = _UNDECLARED.search(message)
    if unknown:
        line, column, name = unknown.groups()
        return ExpressionError(f'unknown name "{name}" ({line}:{column})', suggest(name, facts, context))
    found = _POSITION.search(message)
    if found:
        line, column, what = found.groups()
        return ExpressionError(
            f"{what.split(' expecting ')[0]} ({line}:{column})", "see https://cel.dev for the language"
        )
    return ExpressionError(message.splitlines()[0])


def suggest(name: str, known: Mapping[str, object], context: str = "") -> str:
    """`did you mean "latency"? names of probe http: …`"""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    means = f'did you mean "{close[0]}"? ' if close else ""
    return f"{means}names{f' of {context}' if context else ''}: {', '.join(sorted(known))}"


_PLACE = re.compile(r"\{\{\s*(.*?)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Template:
    """A summary with `{{ fact }}` in it; `parts` alternates text and fact names."""

    parts: tuple[str, ...]
    facts: Facts

    def render(self, values: Mapping[str, Value], show: Any) -> str:
        """`show(value, unit)` turns one fact into words (its language and zone are the caller's)."""
        out = [self.parts[0]]
        for name, text in zip(self.parts[1::2], self.parts[2::2], strict=True):
            unit = self.facts[name].unit if name in self.facts else Unit.NONE
            out += [show(values.get(name), unit), text]
        return "".join(out)


def compile_template(text: str, facts: Mapping[str, Fact], context: str = "") -> Template:
    """Check every `{{ name }}`; the last part of a dotted name will do where it is unique.

    Raises ExpressionError for a name that no fact has.
    """
    parts = _PLACE.split(text)
    for index in range(1, len(parts), 2):
        name = parts[index]
        if name not in facts:
            endings = [known for known in facts if known.rsplit(".", 1)[-1] == name]
            if len(endings) != 1:
                raise ExpressionError(f'unknown name "{name}" in the text', suggest(name, facts, context))
            parts[index] = endings[0]
    return Template(tuple(parts), facts)


def compile_summary(text: Text, facts: Facts, context: str = "") -> tuple[Template, Template]:
    """Both languages of a summary."""
    return compile_template(text.en, facts, context), compile_template(text.zh, facts, context)
