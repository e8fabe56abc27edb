"""How long a text is as an SMS: 3GPP TS 23.038's 7-bit alphabet where it will do, UCS-2 where it will not.

A text of one segment holds 160 septets or 70 UTF-16 units; in a longer one each segment gives up room for the
header that joins them: 153 or 67. A character of two units (an escape pair, a surrogate pair) is never split.
"""

from __future__ import annotations

from collections.abc import Iterable

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")

# What people type instead of plain characters; each of them alone would more than halve the room for the text.
_PLAINER = str.maketrans(
    {
        "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "`": "'", "–": "-", "—": "-", "−": "-", "…": "...",
        "·": "-", "•": "-", "×": "x", "→": "->", "≥": ">=", "≤": "<=", "≈": "~", "\t": " ", "\u00a0": " ",
        "：": ": ", "，": ", ", "（": " (", "）": ")", "。": ". ", "；": "; ", "！": "!", "？": "?",
    }
)  # fmt: skip


def fits_gsm7(text: str) -> bool:
    """Whether every character is in the 7-bit alphabet or its extension."""
    return all(c in _BASIC or c in _EXTENDED for c in text)


def plainer(text: str) -> str:
    """The same text with typographic characters spelled plainly, where that makes it fit the 7-bit alphabet."""
    if fits_gsm7(text):
        return text
    spelled = text.translate(_PLAINER)
    return spelled if fits_gsm7(spelled) else text


def segments(text: str) -> int:
    """How many SMS this text costs; 0 for none."""
    if fits_gsm7(text):
        return _packed([2 if c in _EXTENDED else 1 for c in text], 160, 153)
    return _packed([2 if ord(c) > 0xFFFF else 1 for c in text], 70, 67)


def _packed(widths: Iterable[int], single: int, joined: int) -> int:
    widths = list(widths)
    if sum(widths) <= single:
        return 1 if widths else 0
    count, used = 1, 0
    for width in widths:
        if used + width > joined:
            count, used = count + 1, 0
        used += width
    return count
