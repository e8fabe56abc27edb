"""Amounts as vendors write them: exact, and refused rather than guessed."""

from __future__ import annotations

import re
from decimal import Decimal

_PLAIN = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3}){1,5}(\.[0-9]{1,18})?")
_LARGEST = Decimal(10) ** 18


def parse_amount(written: object) -> Decimal:
    """The amount in `12.5`, `"12.50"`, `"-1,828.72"`. Raises ValueError for anything else, such as `"1.828,72"`."""
    if isinstance(written, str):
        text = written.strip()
        if _PLAIN.fullmatch(text):
            return Decimal(text)
        if _GROUPED.fullmatch(text):
            return Decimal(text.replace(",", ""))
    elif isinstance(written, (int, float, Decimal)) and not isinstance(written, bool):
        number = Decimal(str(written))
        if number.is_finite() and abs(number) < _LARGEST:
            return number
    raise ValueError(f"no amount: {str(written)[:40]!r}")
