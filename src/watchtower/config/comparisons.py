"""Whether a rule's `when` can ever be true, for expressions that only compare measurements with constants.

Such an expression changes its answer only at its constants, so it is enough to try each constant, a value between each
two and one beyond both ends, for all facts together, with the real evaluator. Of anything else (sums, functions, a
fact compared with a fact) nothing is said.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence

from watchtower.core.expressions import Expression
from watchtower.model import FactKind, Facts, Value
from watchtower.values import Mutable, field

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"[^"\\\n]*"|'[^'\\\n]*')|(?P<number>-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)(?![\w.])"""
    r"""|(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)|(?P<compare>==|!=|<=|>=|<|>)|(?P<join>&&|\|\||!|\(|\)))"""
)
SHARES = frozenset({"error_ratio", "traffic.success_ratio", "anomaly.score", "anomaly.news"})
"""Measurements that lie between 0 and 1."""
_MOST = 5000
"""So many combinations are tried; where there are more, nothing is said."""


class Compared(Mutable):
    """Every fact of an expression with the constants that it is compared with."""

    constants: dict[str, list[Value]] = field(default_factory=dict)
    equals: list[tuple[str, str]] = field(default_factory=list)
    """A fact is compared with these texts by `==`."""


def compared(when: str, facts: Facts) -> Compared | None:
    """Returns the facts that this expression compares; None where it is more than comparisons of facts with constants, joined
    by && || ! ( )."""
    tokens = _tokens(when)
    if tokens is None:
        return None
    out, index = Compared(), 0
    while index < len(tokens):
        kind, word = tokens[index]
        following = [one[0] for one in tokens[index + 1 : index + 3]]
        if kind == "join":
            index += 1
        elif kind in ("name", "number", "text") and following[:1] == ["compare"] and len(following) == 2:
            if not _take(tokens[index : index + 3], facts, out):
                return None
            index += 3
        elif kind == "name" and word in ("true", "false"):
            index += 1
        elif kind == "name" and word in facts and facts[word].kind is FactKind.BOOL:
            out.constants.setdefault(word, [])
            index += 1
        else:
            return None
    return out


def answers(
    expression: Expression, found: Compared, facts: Facts, domains: Mapping[str, Sequence[str]]
) -> set[bool] | None:
    """Returns what the expression can come to; None where that cannot be told. `domains` are all the texts that a fact can be."""
    names = list(found.constants)
    values = [_values(name, found.constants[name], facts[name].kind, domains) for name in names]
    if math.prod(len(one) for one in values) > _MOST:
        return None
    out: set[bool] = set()
    for chosen in itertools.product(*values):
        answer = expression.evaluate(dict(zip(names, chosen, strict=True)))
        if answer is None:
            return None
        out.add(answer)
        if len(out) == 2:
            break
    return out


def quiet(
    expressions: Sequence[tuple[Expression, Compared]], facts: Facts, domains: Mapping[str, Sequence[str]]
) -> dict[str, Value] | None:
    """Returns values at which none of these expressions is true; None when none is found."""
    constants: dict[str, list[Value]] = {}
    for _, found in expressions:
        for name, known in found.constants.items():
            constants.setdefault(name, []).extend(known)
    names = list(constants)
    values = [_values(name, constants[name], facts[name].kind, domains) for name in names]
    for chosen in itertools.islice(itertools.product(*values), _MOST):
        given = dict(zip(names, chosen, strict=True))
        if all(expression.evaluate(given) is False for expression, _ in expressions):
            return given
    return None


def _tokens(when: str) -> list[tuple[str, str]] | None:
    out, position = [], 0
    text = when.strip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            return None
        out.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return out


def _take(tokens: Sequence[tuple[str, str]], facts: Facts, out: Compared) -> bool:
    """Notes one comparison. Returns False where it compares something other than a fact with a constant that fits it."""
    (first, left), (_, operator), (second, right) = tokens
    if first == "name" and second != "name":
        name, constant = left, _constant(second, right)
    elif second == "name" and first != "name":
        name, constant = right, _constant(first, left)
    elif first == "name" and right in ("true", "false"):
        name, constant = left, right == "true"
    else:
        return False
    if name not in facts:
        return False
    kind = facts[name].kind
    fits = {FactKind.NUMBER: float, FactKind.BOOL: bool, FactKind.STRING: str}[kind]
    if not isinstance(constant, fits) or (kind is not FactKind.NUMBER and operator not in ("==", "!=")):
        return False
    out.constants.setdefault(name, []).append(constant)
    if isinstance(constant, str) and operator == "==":
        out.equals.append((name, constant))
    return True


def _constant(kind: str, word: str) -> float | str:
    return float(word) if kind == "number" else word[1:-1]


def _values(
    name: str, constants: Sequence[Value], kind: FactKind, domains: Mapping[str, Sequence[str]]
) -> list[Value]:
    if kind is FactKind.BOOL:
        return [False, True]
    if kind is FactKind.STRING:
        if name in domains:
            return list(domains[name])
        texts = [one for one in constants if isinstance(one, str)]
        return [*dict.fromkeys(texts), "".join(texts) + "?"]
    numbers = _around(sorted({one for one in constants if isinstance(one, float)}))
    return [one for one in (*numbers, 0.0, 1.0) if 0.0 <= one <= 1.0] if name in SHARES else [*numbers]


def _around(numbers: Sequence[float]) -> Iterator[float]:
    """Values between constants come before the constants, and plain values come first: `quiet` takes the first that will do."""
    points = list(numbers)
    points += [(a + b) / 2 for a, b in itertools.pairwise(numbers)]
    points += [numbers[0] - 1.0, numbers[-1] + 1.0] if numbers else [0.0]
    yield from sorted(points, key=lambda value: (value in numbers, value < 0, abs(value)))
