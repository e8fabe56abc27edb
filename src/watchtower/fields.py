"""Field types that every settings class may use: durations as people write them, texts in two languages.

All settings are strict (TOML is typed: `"30"` is not 30) and refuse unknown keys.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated, Any

from watchtower.declared import (
    AfterValidator,
    BeforeValidator,
    Field,
    Secret,
    Settings,
    Table,
    WithJsonSchema,
    Written,
    field_validator,
    model_validator,
)
from watchtower.model import Text

__all__ = [
    "DURATION_PATTERN",
    "OFF",
    "AfterValidator",
    "BeforeValidator",
    "Duration",
    "Field",
    "FileName",
    "HostName",
    "Secret",
    "Settings",
    "SpanOrOff",
    "Table",
    "Token",
    "WithJsonSchema",
    "Words",
    "Written",
    "field_validator",
    "format_duration",
    "model_validator",
    "parse_duration",
]

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
DURATION_PATTERN = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h|d|w))+$"


@lru_cache(maxsize=1024)
def parse_duration(text: str) -> float:
    """Seconds of `"500ms"`, `"10s"`, `"1h30m"`, `"90d"`. Raises ValueError with a hint in its text."""
    if not re.fullmatch(DURATION_PATTERN, text):
        raise ValueError(
            f'"{text}" is not a duration: write a number and a unit, such as "500ms", "10s", "5m", "1h30m", "90d"'
        )
    return sum(float(n) * _UNITS[u] for n, _, u in re.findall(r"([0-9]+(\.[0-9]+)?)(ms|s|m|h|d|w)", text))


def format_duration(seconds: float) -> str:
    """The shortest exact spelling that `parse_duration` reads back: 90.0 -> "1m30s"."""
    if seconds < 1:
        return f"{round(seconds * 1000)}ms"
    out, left = "", round(seconds * 1000)
    for unit in ("d", "h", "m", "s", "ms"):
        size = round(_UNITS[unit] * 1000)
        if left >= size:
            out += f"{left // size}{unit}"
            left %= size
    return out


def _duration(value: Any) -> float:
    if isinstance(value, str):
        return parse_duration(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise ValueError(f'a bare number ({value}) does not say its unit: write "{value}s"')
    raise ValueError('a duration is a text such as "10s" or "5m"')


Duration = Annotated[
    float,
    BeforeValidator(_duration),
    WithJsonSchema(
        {"type": "string", "pattern": DURATION_PATTERN, "examples": ["500ms", "10s", "5m", "1h30m", "90d"]}
    ),
]
"""Seconds, written in TOML as text with a unit."""


OFF = "off"


def _span(value: Any) -> float | None:
    if value is None or value == OFF:
        return None
    if isinstance(value, str):
        return parse_duration(value)
    raise ValueError('write a duration such as "10m", or "off"')


SpanOrOff = Annotated[
    float | None,
    BeforeValidator(_span),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": DURATION_PATTERN}, {"const": OFF}]}),
]
"""Seconds, written as text with a unit; None where it is `off`."""


def _file(value: str) -> str:
    if value and (not value.strip() or re.search(r"[\x00-\x1f\x7f]", value)):
        raise ValueError("is no file's path: it is blank, or holds a line's end")
    return value


FileName = Annotated[str, AfterValidator(_file)]
"""A file's path; empty where none is meant."""


def _host(value: str) -> str:
    try:
        host = value if value.isascii() else value.encode("idna").decode("ascii")
    except UnicodeError:
        host = ""
    if value and not (
        len(host) <= 253
        and re.fullmatch(r"[A-Za-z0-9_]([\w.-]*\w)?\.?|\[?[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\]?", host)
    ):
        raise ValueError(
            f'"{value[:100]}" is no host: write a name or an address alone, such as mail.example.com'
        )
    return host


HostName = Annotated[str, AfterValidator(_host)]
"""A host's name, Chinese ones as Punycode, or an address; empty where none is meant."""


def _token(value: Secret) -> Secret:
    if not re.fullmatch(r"[!-~](?:[ -~]*[!-~])?", value.get_secret_value()):
        raise ValueError("holds what no header can carry: use letters of ASCII, digits and signs")
    return value


Token = Annotated[Secret, AfterValidator(_token)]
"""A secret that others send us in a header."""


def _text(value: Any) -> Text:
    if isinstance(value, Text):
        return value
    if isinstance(value, str):
        return Text(value, value)
    if (
        isinstance(value, dict)
        and value
        and set(value) <= {"en", "zh"}
        and all(isinstance(v, str) for v in value.values())
    ):
        words: dict[str, str] = value
        fallback = words.get("en") or words["zh"]
        return Text(words.get("en", fallback), words.get("zh", fallback))
    raise ValueError('write a text, or one per language: { en = "Checkout", zh = "下单支付" }')


_TEXT_SCHEMA = {
    "anyOf": [
        {"type": "string"},
        {
            "type": "object",
            "properties": {"en": {"type": "string"}, "zh": {"type": "string"}},
            "additionalProperties": False,
            "minProperties": 1,
        },
    ]
}
Words = Annotated[Text, BeforeValidator(_text), WithJsonSchema(_TEXT_SCHEMA)]
"""A `Text`: one string for both languages, or `{ en = …, zh = … }`."""
