"""What a check measures, as one value: two checks with the same one would count every loss twice."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Set
from typing import Any

from watchtower.fields import Settings


def identity(value: Any) -> Hashable:
    """Equal for settings that are equal in every value, those that are never shown (a URL, a secret) included."""
    match value:
        case Settings():
            values = {name: getattr(value, name) for name in type(value).declared_fields}
            return type(value).__name__, identity(values)
        case Mapping():
            return frozenset((key, identity(one)) for key, one in value.items())
        case list() | tuple():
            return tuple(identity(one) for one in value)
        case Set():
            return frozenset(identity(one) for one in value)
        case Hashable():
            return value
        case _:
            return repr(value)
