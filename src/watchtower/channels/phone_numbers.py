"""Phone numbers as an address, and which of them a provider serves."""

from __future__ import annotations

import re
from typing import Annotated

from watchtower.fields import AfterValidator

_BEGINNING = re.compile(r"\+[1-9][0-9]{0,14}")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")


def problem_of_phone(address: str) -> str | None:
    """Why this is no phone number in E.164, as the end of a sentence; None when it is one."""
    if _PHONE.fullmatch(address):
        return None
    return 'is not a phone number with its country code, as "+8613800138000"'


def _beginnings(value: tuple[str, ...]) -> tuple[str, ...]:
    for one in value:
        if not _BEGINNING.fullmatch(one):
            raise ValueError(f'"{one}" is not how a number begins: write + and the country, as "+86"')
    return value


Numbers = Annotated[tuple[str, ...], AfterValidator(_beginnings)]
"""Beginnings of the numbers that a provider serves, as ("+86",); none: all."""
