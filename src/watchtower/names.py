"""How things are named in these files, and other fields that both kinds of files share."""

from __future__ import annotations

import re
from typing import Annotated, Any

from watchtower.fields import AfterValidator, BeforeValidator, Field, WithJsonSchema

NAME_PATTERN = r"^[a-z0-9][a-z0-9_-]*$"
LABEL_PATTERN = r"^[a-zA-Z_][a-zA-Z0-9_]*$"
_LONGEST = 100


def _name(value: str) -> str:
    if not re.match(NAME_PATTERN, value) or value.endswith("\n"):
        raise ValueError(
            f'"{value[:60]}" is no name: write lower-case letters, digits, - and _, such as "bank-gateway"'
        )
    if len(value) > _LONGEST:
        raise ValueError(f"is longer than {_LONGEST} characters")
    return value


def is_name(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST and bool(re.fullmatch(NAME_PATTERN[1:-1], value))


def _title(value: str) -> str:
    if not value.strip() or not value.isprintable() or len(value) > _LONGEST:
        raise ValueError(f"must be one line of 1 to {_LONGEST} characters")
    return value


def _responders(value: Any) -> Any:
    found = [value] if isinstance(value, str) else value
    if isinstance(found, list) and all(isinstance(one, str) for one in found):
        return tuple(found)
    raise ValueError("must be the name of a responder, or a list of them")


def _labels(value: dict[str, str]) -> dict[str, str]:
    for key in value:
        if not re.fullmatch(LABEL_PATTERN[1:-1], key) or key.startswith("__"):
            raise ValueError(f'"{key}" is no label name: write letters, digits and _, such as team')
    return value


def _globs(value: Any) -> Any:
    found = [value] if isinstance(value, str) else value
    if isinstance(found, list) and found and all(isinstance(one, str) and one for one in found):
        return tuple(found)
    raise ValueError('must be a name or a pattern, such as "bank-*", or a list of them')


_ONE_OR_MANY = {
    "anyOf": [
        {"type": "string", "minLength": 1},
        {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1},
    ]
}
Name = Annotated[
    str,
    AfterValidator(_name),
    WithJsonSchema({"type": "string", "pattern": NAME_PATTERN, "maxLength": _LONGEST}),
]
"""A name that goes into paths, metrics and commands."""

Names = Annotated[
    tuple[Name, ...],
    BeforeValidator(_responders),
    Field(min_length=1),
    WithJsonSchema(
        {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
    ),
]
"""The name of a responder, or several."""

FreeName = Annotated[
    str, AfterValidator(_title), WithJsonSchema({"type": "string", "minLength": 1, "maxLength": _LONGEST})
]
"""A name for people, on one line."""

Labels = Annotated[
    dict[str, str],
    AfterValidator(_labels),
    WithJsonSchema(
        {
            "type": "object",
            "propertyNames": {"pattern": LABEL_PATTERN},
            "additionalProperties": {"type": "string"},
        }
    ),
]
"""Labels that go along with alerts."""

Globs = Annotated[tuple[str, ...], BeforeValidator(_globs), WithJsonSchema(_ONE_OR_MANY)]
"""One shell pattern (`*`, `?`, `[…]`) or several, of which one must fit."""
