"""What a check measures, as one value: two checks with the same one would count every loss twice."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Set
from dataclasses import fields, is_dataclass
from typing import Any

from pydantic import BaseModel, SecretStr

from watchtower.fields import Secret, Settings


def identity(settings: Any) -> Hashable:
    """Equal for settings that are equal in every value, those that are never shown (a URL, a secret) included."""
    match settings:
        case Settings() | BaseModel():
            return type(settings).__name__, identity(vars(settings))
        case Secret() | SecretStr():
            return settings.get_secret_value()
        case Mapping():
            return frozenset((key, identity(value)) for key, value in settings.items())
        case list() | tuple():
            return tuple(identity(value) for value in settings)
        case Set():
            return frozenset(identity(value) for value in settings)
        case re.Pattern():
            return settings.pattern, settings.flags
        case _ if is_dataclass(settings) and not isinstance(settings, type):
            values = {field.name: getattr(settings, field.name) for field in fields(settings)}
            return type(settings).__name__, identity(values)
        case Hashable():
            return settings
        case _:
            return repr(settings)
