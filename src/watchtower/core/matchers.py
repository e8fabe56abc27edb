"""Matchers of labels, in the words of Prometheus and Alertmanager: `flow="checkout"`, `check=~"bank-.*"`.

A label that is not there counts as empty. A pattern must match the whole value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

from watchtower.fields import AfterValidator, BeforeValidator, Field, WithJsonSchema
from watchtower.patterns import Pattern
from watchtower.values import Frozen

_PLAIN = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_FORM = re.compile(rf'^\s*({_PLAIN.pattern}|"(?:[^"\\]|\\.)+")\s*(=~|!~|!=|=)\s*(.*?)\s*$', re.DOTALL)
THEIRS = "@sender"
"""After the name of a label that both we and the sender of an alert have, such as severity: that of the sender. Either may be
asked for, and neither may be what is excluded."""
HOW = 'write flow="checkout", check=~"bank-.*", severity!="P0" or team!~"db|cache"'


class LabelMatcher(Frozen):
    """One condition on a label. `pattern` is there where `value` is a regular expression (RE2)."""

    name: str
    operator: str
    value: str
    pattern: Pattern | None = None

    def fits(self, labels: Mapping[str, str]) -> bool:
        found = self._is(labels.get(self.name, ""))
        if not found and (theirs := labels.get(self.name + THEIRS)) is not None:
            found = self._is(theirs)
        return found is self.operator.startswith("=")

    def _is(self, value: str) -> bool:
        return value == self.value if self.pattern is None else self.pattern.fullmatch(value)

    def __str__(self) -> str:
        name = self.name if _PLAIN.fullmatch(self.name) else json.dumps(self.name, ensure_ascii=False)
        return f"{name}{self.operator}{json.dumps(self.value, ensure_ascii=False)}"


def parse_matcher(text: object) -> LabelMatcher:
    """Reads `name="value"` with `=`, `!=`, `=~` or `!~`; quotes may be left out, but around a name that is more than
    ASCII letters, digits and _. Raises ValueError with a hint."""
    if isinstance(text, LabelMatcher):
        return text
    found = _FORM.match(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f"{str(text)[:100]!r} is no matcher: {HOW}")
    name, operator, value = found.groups()
    try:
        name, value = (json.loads(part) if part.startswith('"') else part for part in (name, value))
    except ValueError:
        raise ValueError(f"{str(text)[:100]!r} has a value whose quotes do not close: {HOW}") from None
    return LabelMatcher(name, operator, value, Pattern(value) if operator.endswith("~") else None)


def not_all(matchers: Sequence[LabelMatcher]) -> tuple[LabelMatcher, ...]:
    """The matchers, unless they fit what has none of their labels: then they would fit nearly everything."""
    if all(matcher.fits({}) for matcher in matchers):
        raise ValueError(f"at least one matcher must not fit an empty label: {HOW}")
    return tuple(matchers)


def parse_matchers(texts: Iterable[object]) -> tuple[LabelMatcher, ...]:
    """All of them. Raises ValueError with everything that is wrong, one sentence a line."""
    made: list[LabelMatcher] = []
    wrong: list[str] = []
    for text in texts:
        try:
            made.append(parse_matcher(text))
        except ValueError as error:
            wrong.append(str(error))
    if wrong:
        raise ValueError("\n".join(wrong))
    return not_all(made)


def fit(matchers: Iterable[LabelMatcher], labels: Mapping[str, str]) -> bool:
    """Whether every matcher fits these labels."""
    return all(matcher.fits(labels) for matcher in matchers)


_Text = Annotated[
    LabelMatcher,
    BeforeValidator(parse_matcher),
    WithJsonSchema({"type": "string", "examples": ['flow="checkout"', 'check=~"bank-.*"']}),
]
Matchers = Annotated[tuple[_Text, ...], AfterValidator(not_all), Field(min_length=1)]
"""Matchers of which all must fit, written in TOML as texts."""
