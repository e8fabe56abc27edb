"""A chunk: 360 slots of one column, as mean, least and greatest; deflated, byte by byte of the floats together.

NaN is "no sample in this slot". It is never taken for zero.
"""

from __future__ import annotations

import sys
import zlib
from array import array
from collections.abc import Iterator, Sequence
from math import nan
from typing import NamedTuple

from watchtower.errors import StoreError
from watchtower.history.levels import SLOTS

Floats = Sequence[float]
_SWAP = sys.byteorder == "big"
_CUT, _HALF = 0xFFFFF000, 0x800
"""The bits of a float that rolled-up slots keep, and what rounds to them: an error of at most 0.024 %."""


class Chunk(NamedTuple):
    """`low` and `high` are those of the samples; where they were not kept they are the means."""

    mean: Floats
    low: Floats
    high: Floats

    @classmethod
    def plain(cls, values: Floats) -> Chunk:
        return cls(values, values, values)


EMPTY = Chunk.plain(array("f", [nan]) * SLOTS)


def holds_nothing(values: Floats) -> bool:
    """Whether no slot has a sample."""
    return not any(value == value for value in values)


def pack(chunk: Chunk) -> bytes:
    """Little end first; three times as long where least and greatest differ from the mean."""
    rows = chunk[:1] if chunk.mean is chunk.low is chunk.high else chunk
    flat = array("f", [value for row in rows for value in row])
    if _SWAP:
        flat.byteswap()
    plain = flat.tobytes()
    return zlib.compress(b"".join(plain[byte::4] for byte in range(4)), 1)


def unpack(packed: bytes) -> Chunk:
    """Reverses `pack`. Raises StoreError for anything else."""
    try:
        parts = zlib.decompress(packed)
    except zlib.error as error:
        raise StoreError(f"a chunk of the history cannot be read: {error}") from None
    if len(parts) not in (4 * SLOTS, 12 * SLOTS):
        raise StoreError(f"a chunk of the history has {len(parts)} bytes")
    quarter = len(parts) // 4
    plain = bytearray(len(parts))
    for byte in range(4):
        plain[byte::4] = parts[byte * quarter : (byte + 1) * quarter]
    flat = array("f", bytes(plain))
    if _SWAP:
        flat.byteswap()
    if len(flat) == SLOTS:
        return Chunk.plain(flat)
    return Chunk(flat[:SLOTS], flat[SLOTS : 2 * SLOTS], flat[2 * SLOTS :])


def rolled_up(parts: Sequence[Chunk], *, spread: bool) -> Chunk:
    """One chunk out of the chunks of a finer level, in order; with `spread` it has the least and greatest, too."""
    many = len(parts)
    mean = _cut([_mean(group) for part in parts for group in _groups(part.mean, many)])
    if not spread:
        return Chunk.plain(mean)
    low = _cut([min(_there(group), default=nan) for part in parts for group in _groups(part.low, many)])
    high = _cut([max(_there(group), default=nan) for part in parts for group in _groups(part.high, many)])
    return Chunk.plain(mean) if low == high == mean else Chunk(mean, low, high)


def _groups(values: Floats, many: int) -> Iterator[tuple[float, ...]]:
    return zip(*[iter(values)] * many, strict=True)


def _mean(group: tuple[float, ...]) -> float:
    total = sum(group)
    if total == total:
        return total / len(group)
    there = _there(group)
    return sum(there) / len(there) if there else nan


def _there(group: tuple[float, ...]) -> list[float]:
    return [value for value in group if value == value]


def _cut(values: Sequence[float]) -> array[float]:
    bits = array("I", array("f", values).tobytes())
    return array("f", array("I", [one + _HALF & _CUT for one in bits]).tobytes())
