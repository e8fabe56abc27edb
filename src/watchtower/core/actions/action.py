"""What people can do to an incident beside acknowledging and resolving it: one `Action` each, declared in its room.

The API, the command `watchtower do`, the brief's forms and the docs are all read from these declarations.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from watchtower.core.incident.incidents import Incident
from watchtower.core.state import Step
from watchtower.model import Instant, Severity, Text
from watchtower.money import parse_money
from watchtower.texts.text_file import TextFile
from watchtower.values import Frozen, field, replace


class FieldKind(StrEnum):
    """What a field holds. In entries: text, float, bool, Decimal as text with its currency, seconds."""

    TEXT = "text"
    NUMBER = "number"
    BOOL = "bool"
    AMOUNT = "amount"
    """`1200.50 CNY`"""
    INSTANT = "instant"
    """UTC seconds since the epoch, ISO 8601, or `30m` from now."""
    SEVERITY = "severity"
    CHOICE = "choice"


class Field(Frozen):
    """One field of an action. A text is kept up to its `longest` characters."""

    kind: FieldKind = FieldKind.TEXT
    help: Text = Text("", "")
    required: bool = True
    choices: tuple[str, ...] = ()
    longest: int = 2000

    @property
    def optional(self) -> Field:
        """The same, which may be left out."""
        return replace(self, required=False)


TEXT, NUMBER, BOOL, AMOUNT, INSTANT, SEVERITY = map(
    Field,
    (
        FieldKind.TEXT,
        FieldKind.NUMBER,
        FieldKind.BOOL,
        FieldKind.AMOUNT,
        FieldKind.INSTANT,
        FieldKind.SEVERITY,
    ),
)
OPTIONAL = TEXT.optional


def choice(*choices: str) -> Field:
    return Field(FieldKind.CHOICE, choices=choices)


class ActionTaken(Frozen):
    """A person did this. `data` has been checked against the action's fields."""

    by: str
    via: str
    data: Mapping[str, Any]
    at: Instant


Act = Callable[[Step, Incident, ActionTaken], str]
"""Carries it out by writing entries; "" when done, else a sentence in English on why not, and nothing is changed."""


class Action(Frozen):
    """`name` is what people type; `closed` whether it may be done to a resolved incident too."""

    name: str
    help: Text
    act: Act
    fields: Mapping[str, Field] = field(default_factory=dict)
    closed: bool = False


_TEXTS = TextFile("actions")


def action(name: str, act: Act, /, *, closed: bool = False, **fields: Field) -> Action:
    """The action with its texts from `actions.tsv`."""
    texts = _TEXTS[name]
    told = {name: replace(one, help=texts[name]) for name, one in fields.items()}
    return Action(name, texts[""], act, told, closed)


def accept(action: Action, given: Mapping[str, Any], at: Instant) -> dict[str, Any]:
    """The fields in their own kinds. Raises ValueError with all that is wrong, one sentence a line.

    `at` is now, from which a moment such as `30m` is counted.
    """
    from watchtower.core.parse_time import parse_instant

    wrong = [f'{action.name} has no field "{name}"' for name in given if name not in action.fields]
    out: dict[str, Any] = {}
    for name, one in action.fields.items():
        value = given.get(name)
        if value is None or value == "":
            if one.required:
                wrong.append(f"{name} is missing: {one.help.en}")
            continue
        try:
            match one.kind:
                case FieldKind.NUMBER:
                    out[name] = _number(value)
                case FieldKind.BOOL:
                    out[name] = _bool(value)
                case FieldKind.AMOUNT:
                    out[name] = str(parse_money(str(value)))
                case FieldKind.INSTANT:
                    out[name] = parse_instant(value, at)
                case FieldKind.SEVERITY:
                    if str(value).upper() not in list(Severity):
                        raise ValueError(f"one of {', '.join(Severity)}")
                    out[name] = str(value).upper()
                case FieldKind.CHOICE:
                    if value not in one.choices:
                        raise ValueError(f"one of {', '.join(one.choices)}")
                    out[name] = str(value)
                case FieldKind.TEXT:
                    out[name] = str(value)[: one.longest]
        except (ValueError, TypeError) as error:
            wrong.append(f'{name}: "{value}" is not right: {error}')
    if wrong:
        raise ValueError("\n".join(wrong))
    return out


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("write a number")
    return number


def _bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() in ("yes", "true", "1", "on"):
        return True
    if str(value).lower() in ("no", "false", "0", "off"):
        return False
    raise ValueError("write yes or no")
