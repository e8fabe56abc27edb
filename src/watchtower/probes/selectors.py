"""Series selectors as Prometheus writes them: `http_requests_total{route="/checkout", code!~"5.."}`.

Regular expressions are anchored at both ends, and a label that a series does not have equals "".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from watchtower.fields import BeforeValidator, WithJsonSchema
from watchtower.patterns import Pattern
from watchtower.values import Frozen

_NAME = re.compile(r"\s*([a-zA-Z_:][a-zA-Z0-9_:]*|(?=\{))\s*(?:\{(.*)\})?\s*", re.DOTALL)
_STRING = r'"((?:[^"\\]|\\.)*)"|\'((?:[^\'\\]|\\.)*)\''
_MATCHER = re.compile(
    rf"\s*(?:(?:([a-zA-Z_][a-zA-Z0-9_]*)|{_STRING})\s*(=~|!~|!=|=)\s*)?(?:{_STRING})\s*(?:,|$)", re.DOTALL
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_PLAIN = re.compile(r'[^"\\\n]*')
"""Values that an exposition writes as they are."""
_MEANS = {"n": "\n"}


def unescape(text: str) -> str:
    r"""Undoes `\\`, `\"` and `\n`, as expositions and selectors both write them."""
    return _ESCAPE.sub(lambda found: _MEANS.get(found[1], found[1]), text) if "\\" in text else text


class Matcher(Frozen):
    """One condition on one label. `pattern` is set for `=~` and `!~`."""

    label: str
    operator: str
    value: str
    pattern: Pattern | None = None

    def matches(self, labels: Mapping[str, str]) -> bool:
        value = labels.get(self.label, "")
        equal = value == self.value if self.pattern is None else self.pattern.fullmatch(value)
        return equal if self.operator in ("=", "=~") else not equal


class Selector(Frozen):
    """A metric's name and conditions on its labels."""

    name: str
    matchers: tuple[Matcher, ...] = ()

    def may_match(self, line: str) -> bool:
        """A quick test before a line is parsed: it contains every plain value of the selector."""
        for matcher in self.matchers:
            if matcher.operator == "=" and matcher.value and f'"{matcher.value}"' not in line:
                return not _PLAIN.fullmatch(matcher.value)
        return True

    def matches(self, labels: Mapping[str, str]) -> bool:
        return all(matcher.matches(labels) for matcher in self.matchers)


def parse_selector(text: str) -> Selector:
    """Parses a selector. Raises ValueError, in words for its author."""
    whole = _NAME.fullmatch(text)
    if whole is None:
        raise ValueError(
            f"{text!r} is not a series selector: write a metric's name and its labels, such as {_EXAMPLE}"
        )
    name, matchers, rest, position = whole[1], [], whole[2] or "", 0
    while rest[position:].strip():
        found = _MATCHER.match(rest, position)
        if found is None:
            raise ValueError(
                f"cannot read {rest[position:].strip()!r} in {text!r}: write labels such as {_EXAMPLE}"
            )
        quoted, value = [
            unescape(found[a] if found[a] is not None else found[b] or "") for a, b in ((2, 3), (5, 6))
        ]
        label, operator = found[1] or quoted or None, found[4]
        position = found.end()
        if label is None or (label, operator) == ("__name__", "="):
            if name:
                raise ValueError(f"{text!r} names two metrics, {name!r} and {value!r}")
            name = value
        else:
            matchers.append(Matcher(label, operator, value, _pattern(operator, value)))
    if not name:
        raise ValueError(f"{text!r} does not name a metric: write one such as {_EXAMPLE}")
    return Selector(name, tuple(matchers))


_EXAMPLE = """http_requests_total{route="/checkout", code!~"5.."}"""


def _pattern(operator: str, value: str) -> Pattern | None:
    if operator not in ("=~", "!~"):
        return None
    Pattern(value)  # by itself first: what is wrong with it is said in the words that were written
    return Pattern(f"(?s:{value})")


def _selector(value: object) -> Selector:
    if isinstance(value, str):
        return parse_selector(value)
    if isinstance(value, Selector):
        return value
    raise ValueError(f"write a text such as '{_EXAMPLE}'")


Query = Annotated[
    Selector, BeforeValidator(_selector), WithJsonSchema({"type": "string", "examples": [_EXAMPLE]})
]
"""A `Selector`, written in TOML as text."""
