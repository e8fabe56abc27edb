"""Numbers and amounts that come from outside: read exactly, and refused rather than guessed.

`"0,95"` is 0.95 to one half of the world and nonsense to the other, `"1,204"` is 1204 or 1.204, `"2K"` is 2000 or
2048, `1e400` is no number that we could count with. What is not wholly understood is not known: never zero.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal

_NUMBER = re.compile(
    r"([+-]?)(?:([0-9]{1,3}(?:,[0-9]{3}){1,9})|([0-9]{1,40}))?(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,4})? ?([^\s0-9.,+-].{0,15})?"
)
_LONGEST = 100
"""Characters of a text that may be a number."""

Units = Mapping[str, Decimal | int | str]
"""What one of each unit is, as `{"ms": "0.001", "s": 1}`; as it is written, upper and lower case are two units."""


def parse_number(
    written: object, *, units: Units | None = None, grouped: bool = False, exponent: bool = False
) -> Decimal:
    """The number in `12.5`, `"12.50"`, `"-1,828.72"`, and with `units` in `"12 ms"`. Raises ValueError for the rest.

    `grouped`: the writer is known to set commas between thousands, so `"1,204"` is no riddle. `exponent`: texts
    such as `"1.5e3"` are usual there. Refused too: NaN, infinity, true, what no float can hold.
    """
    if isinstance(written, str):
        number = _read(written.strip(), units or {}, grouped, exponent)
    elif isinstance(written, (int, float, Decimal)) and not isinstance(written, bool):
        number = Decimal(str(written)) if isinstance(written, float) else Decimal(written)
    else:
        raise ValueError(_refusal(written, "is no number"))
    # The text is longer than any float: asked of the exponent first, since Decimal("1e999999999") is cheap to hold.
    if not number.is_finite() or number.adjusted() > 308 or not math.isfinite(float(number)):
        raise ValueError(_refusal(written, "is no number to count with"))
    if number and not float(number):
        raise ValueError(_refusal(written, "is too small to distinguish from 0"))
    return number


def as_number(
    written: object, *, units: Units | None = None, grouped: bool = False, exponent: bool = False
) -> float | None:
    """As `parse_number`, as a float; None for what is not wholly understood."""
    try:
        return float(parse_number(written, units=units, grouped=grouped, exponent=exponent))
    except ValueError:
        return None


def _read(text: str, units: Units, grouped: bool, exponent: bool) -> Decimal:
    found = _NUMBER.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        raise ValueError(_refusal(text, "is no number"))
    sign, groups, digits, fraction, power, unit = found.groups(default="")
    if not (groups or digits or fraction) or (power and not exponent):
        raise ValueError(_refusal(text, "is no number"))
    if groups and (groups.startswith("0") or not (grouped or fraction or groups.count(",") > 1)):
        raise ValueError(_refusal(text, "may have a decimal comma: it is not guessed"))
    if unit and unit not in units:
        raise ValueError(_refusal(text, f"has a unit that is not known here, {unit[:16]!r}"))
    number = Decimal(f"{sign}{groups.replace(',', '') or digits or '0'}{fraction}{power}")
    return number * Decimal(units[unit]) if unit else number


def _refusal(written: object, why: str) -> str:
    shown = written if isinstance(written, (str, float, bool, type(None))) else type(written).__name__
    return f"{str(shown)[:40]!r} {why}" if isinstance(shown, str) else f"{shown} {why}"
