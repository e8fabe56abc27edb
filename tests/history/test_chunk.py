"""A chunk keeps its slots to the bit, and "no sample" is never zero."""

from __future__ import annotations

from array import array
from math import isnan, nan, pi

import pytest

from watchtower.errors import StoreError
from watchtower.history.chunk import EMPTY, Chunk, holds_nothing, pack, rolled_up, unpack
from watchtower.history.levels import SLOTS


def floats(values: list[float]) -> array[float]:
    return array("f", values)


def same(left: object, right: object) -> bool:
    return repr(list(left)) == repr(list(right))  # type: ignore[call-overload]


def test_a_chunk_comes_back_as_it_was() -> None:
    values = floats([n * 0.1 if n % 7 else nan for n in range(SLOTS)])
    for chunk in (Chunk.plain(values), Chunk(values, floats([-1.5] * SLOTS), floats([1e9] * SLOTS)), EMPTY):
        assert all(map(same, unpack(pack(chunk)), chunk))


def test_a_constant_hour_takes_a_few_bytes() -> None:
    assert len(pack(Chunk.plain(floats([1.0] * SLOTS)))) < 40
    assert len(pack(EMPTY)) < 40


@pytest.mark.parametrize("packed", [b"", b"nothing", pack(EMPTY)[:-4], __import__("zlib").compress(b"abc")])
def test_a_broken_chunk_is_an_error_and_no_curve(packed: bytes) -> None:
    with pytest.raises(StoreError, match="history"):
        unpack(packed)


def test_six_slots_become_one_with_least_and_greatest() -> None:
    chunk = Chunk.plain(floats([float(n % 6) for n in range(SLOTS)]))
    rolled = rolled_up([chunk] * 6, spread=True)
    assert [len(row) for row in rolled] == [SLOTS] * 3
    assert {*rolled.mean} == {2.5}
    assert ({*rolled.low}, {*rolled.high}) == ({0.0}, {5.0})


def test_a_slot_without_a_sample_counts_for_nothing_and_a_span_without_any_stays_empty() -> None:
    chunk = Chunk.plain(floats([nan, 4.0, nan, 0.0, nan, nan] + [nan] * (SLOTS - 6)))
    rolled = rolled_up([chunk, *[EMPTY] * 5], spread=True)
    assert (rolled.mean[0], rolled.low[0], rolled.high[0]) == (2.0, 0.0, 4.0)
    assert all(isnan(value) for row in rolled for value in row[1:])
    assert not holds_nothing(rolled.mean)
    assert holds_nothing(EMPTY.mean)


def test_a_rolled_up_value_is_right_to_a_quarter_of_a_thousandth() -> None:
    for value in (pi, 1e-7, 123456.789, -0.2):
        mean = rolled_up([Chunk.plain(floats([value] * SLOTS))] * 6, spread=False).mean[0]
        assert abs(mean - value) <= abs(value) * 0.00025
