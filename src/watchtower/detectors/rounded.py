"""Numbers at two bytes each, on a scale of logarithms: what is learnt from counts is never known to a part in four thousand."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from math import exp, fsum, log

from watchtower.detectors.packed import pack, unpack

_STEPS, _ONE, _MOST = 1900.0, 17500, 0xFFFF
"""Codes of a number e times as great, the code of 1.0, and the last one. Code 0 is zero."""
_NUMBERS = array("d", [0.0, *map(exp, [(code - _ONE) / _STEPS for code in range(1, _MOST + 1)])])
"""The number of each code: looked up a hundred times a poll."""


class Rounded:
    """So many numbers, zero at first: none, or one from 0.0002 to 9e10, rounded by at most 0.027 %."""

    __slots__ = ("_codes",)

    def __init__(self, many: int) -> None:
        self._codes = array("H", bytes(2 * many))

    def __getitem__(self, n: int) -> float:
        return _NUMBERS[self._codes[n]]

    def __setitem__(self, n: int, value: float) -> None:
        self._codes[n] = _code(value)

    def __iter__(self) -> Iterator[float]:
        return map(_NUMBERS.__getitem__, self._codes)

    def sum(self, low: int, high: int) -> float:
        """Of those from `low` up to `high`."""
        return fsum([_NUMBERS[code] for code in self._codes[low:high]])

    def over(self, other: Rounded) -> float:
        """The sum of each number over the other's at its place, as far as there are both."""
        pairs = zip(self._codes, other._codes, strict=True)
        return fsum([exp((one - its) / _STEPS) for one, its in pairs if one and its])

    @property
    def packed(self) -> str:
        return pack(self._codes)

    @packed.setter
    def packed(self, text: str) -> None:
        """Also of a version that kept four bytes of each number."""
        codes = unpack("H", text)
        if len(codes) > len(self._codes):
            codes = array("H", map(_code, unpack("f", text)))
        self._codes = codes


def _code(value: float) -> int:
    return min(max(round(log(value) * _STEPS) + _ONE, 1), _MOST) if value > 0.0 else 0
