"""Checks an HTTP answer: status, headers, body, JSON; each expectation has its own sentence."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any

import jmespath

from watchtower.fields import AfterValidator, BeforeValidator, Field, Settings, WithJsonSchema
from watchtower.model import Value
from watchtower.numbers import as_number

_STATUS = re.compile(r"([1-5])xx|([1-5]\d\d)(?:-([1-5]\d\d))?")

Fault = tuple[str, str]
"""One word, and a sentence that quotes nothing of the answer but numbers."""


class Statuses:
    """A set of HTTP statuses, written as `200`, `"2xx"`, `"200-399"` or a list of these."""

    def __init__(self, spelled: object) -> None:
        given = spelled if isinstance(spelled, (list, tuple)) else [spelled]
        self._ranges = [_range(one) for one in given]
        self._text = ", ".join(str(one) for one in given)
        if not given:
            raise ValueError('the list is empty: write the statuses that are well, such as ["2xx", 301]')

    def __contains__(self, status: int) -> bool:
        return any(low <= status <= high for low, high in self._ranges)

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"Statuses({self._text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Statuses) and self._ranges == other._ranges

    def __hash__(self) -> int:
        return hash(tuple(self._ranges))


def _range(one: object) -> tuple[int, int]:
    found = _STATUS.fullmatch(str(one)) if isinstance(one, (str, int)) and not isinstance(one, bool) else None
    if found is None:
        raise ValueError(f'{json.dumps(one)} is no HTTP status: write 200, "2xx" or "200-399"')
    if found[1]:
        return int(found[1]) * 100, int(found[1]) * 100 + 99
    low, high = int(found[2]), int(found[3] or found[2])
    if low > high:
        raise ValueError(f'"{one}" ends before it begins')
    return low, high


_ONE_STATUS: dict[str, Any] = {
    "anyOf": [{"type": "integer", "minimum": 100, "maximum": 599}, {"type": "string", "examples": ["2xx"]}]
}
StatusSet = Annotated[
    Any,
    BeforeValidator(lambda value: value if isinstance(value, Statuses) else Statuses(value)),
    WithJsonSchema(
        {"anyOf": [*_ONE_STATUS["anyOf"], {"type": "array", "items": _ONE_STATUS, "minItems": 1}]}
    ),
]


def _jmespath(text: str) -> str:
    try:
        jmespath.compile(text)
    except jmespath.exceptions.JMESPathError as error:
        raise ValueError(f'"{text}" is no JMESPath: {str(error).splitlines()[0]}') from None
    return text


JmesPath = Annotated[str, AfterValidator(_jmespath)]
"""A path into JSON, such as `data.queue.depth` or `length(items)`: jmespath.org."""


class JsonExpectation(Settings):
    """What the JSON must hold at one path."""

    path: JmesPath = Field(description="Where to look: a JMESPath.")
    exists: bool | None = Field(default=None, description="Whether anything but null must be there.")
    equals: bool | int | float | str | None = Field(default=None, description="What must be there.")
    min: float | None = Field(default=None, description="The number there must be at least this.")
    max: float | None = Field(default=None, description="The number there must be at most this.")

    def fault(self, document: Any) -> Fault | None:
        """The first unmet expectation, or None."""
        try:
            found = search(self.path, document)
        except ValueError:
            return "json", f"in the answer, {self.path} does not fit what is there"
        wrong = ""
        if found is None:
            wrong = "is not there" if self.exists is not False else ""
        elif self.exists is False:
            wrong = "is there"
        elif self.equals is not None and not _same(found, self.equals):
            wrong = "is not what it should be"
        elif self.min is not None or self.max is not None:
            number = as_number(found)
            if number is None:
                wrong = "is no number"
            elif self.min is not None and number < self.min:
                wrong = f"is {number:g}, below {self.min:g}"
            elif self.max is not None and number > self.max:
                wrong = f"is {number:g}, above {self.max:g}"
        return ("json", f"in the answer, {self.path} {wrong}") if wrong else None


def _same(found: object, wanted: object) -> bool:
    """JSON's own equality: true is not 1."""
    return isinstance(found, bool) == isinstance(wanted, bool) and found == wanted


def search(path: str, document: Any) -> Any:
    """The value at this path, None for nothing. Raises ValueError when the path does not fit the document."""
    try:
        return jmespath.search(path, document)
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        # Beside its own errors (which are ValueErrors), what numbers like 1e400 and deep nesting do to its functions.
        raise ValueError(f"{path} does not fit the answer: {type(error).__name__}") from None


def measured(document: Any, paths: Mapping[str, str]) -> dict[str, Value]:
    """The number at each path; None (unknown) where there is none."""
    out: dict[str, Value] = {}
    for name, path in paths.items():
        try:
            out[name] = as_number(search(path, document))
        except ValueError:
            out[name] = None  # a function was given another type than it takes: there is no such number
    return out
