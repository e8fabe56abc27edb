"""Text from outside, made safe to show: no half characters, no control characters, no marks that turn a line around.

Python keeps half a surrogate pair in a `str` and raises only when it is written; a terminal obeys ESC; a
right-to-left mark makes `gnp.exe` read `exe.png`. What people write is cleaned once, where it comes in.
"""

from __future__ import annotations

import re
from typing import Any

REPLACEMENT = "\ufffd"
"""Stands where something was that cannot be shown."""
_TURNING = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff"
_RAW = "\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
_UNFIT = re.compile(f"[{_TURNING}{_RAW}]")
_TO_DROP = re.compile(f"[{_TURNING}]")
_COLOURED = re.compile(rf"\x1b\[[0-9;]{{0,20}}m|[{_TURNING}{_RAW}]")


def fit(text: str) -> bool:
    """Whether `clean` would leave it as it is."""
    return not _UNFIT.search(text)


def clean(text: str) -> str:
    """The text without marks that turn it around, and with `REPLACEMENT` for control and half characters. Lines and
    tabs stay."""
    if not _UNFIT.search(text):
        return text
    return _UNFIT.sub(REPLACEMENT, _TO_DROP.sub("", text.replace("\r\n", "\n")))


def clean_for_terminal(text: str) -> str:
    """As `clean`, but colours stay: for what a command writes, whose own colours are in it by now."""
    return _COLOURED.sub(lambda found: found[0] if found[0][1:2] == "[" else clean(found[0]), text)


def clean_json(value: Any) -> Any:
    """Every text in it cleaned, the names too."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(name): clean_json(one) for name, one in value.items()}
    if isinstance(value, list):
        return [clean_json(one) for one in value]
    return value
