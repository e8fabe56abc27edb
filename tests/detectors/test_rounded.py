"""Numbers at two bytes each."""

from array import array
from math import e

from hypothesis import given
from hypothesis import strategies as st

from watchtower.detectors.packed import pack
from watchtower.detectors.rounded import Rounded


def numbers_of(*values: float) -> Rounded:
    """Read from four bytes of each."""
    out = Rounded(len(values))
    out.packed = pack(array("f", values))
    return out


@given(st.floats(2e-4, 9e10))
def test_a_number_is_rounded_by_less_than_a_part_in_three_thousand(number: float) -> None:
    numbers = Rounded(3)
    numbers[1] = number
    assert abs(numbers[1] / number - 1.0) < 1.0 / 3000.0


def test_nothing_is_zero_and_one_is_one() -> None:
    numbers = numbers_of(0.0, 1.0, e, 1.0)
    assert [numbers[0], numbers[1]] == [0.0, 1.0]
    numbers[1] = 0.0
    assert list(numbers) == [0.0, 0.0, numbers[2], 1.0]


def test_what_is_beyond_the_scale_is_at_its_end_and_never_zero() -> None:
    numbers = numbers_of(1e-30, 1e30)
    assert 0.0 < numbers[0] < 2e-4
    assert 5e10 < numbers[1] < 1e12


def test_sums_are_those_of_the_numbers() -> None:
    counts, seconds = numbers_of(3.0, 0.0, 1.0, 8.0, 5.0), numbers_of(1.0, 2.0, 0.0, 4.0, 1.0)
    assert counts.sum(1, 4) == counts[2] + counts[3]
    assert abs(counts.over(seconds) - 10.0) < 0.01


def test_packed_they_are_the_same() -> None:
    numbers, again = numbers_of(2.5, 0.0, 1e9), Rounded(3)
    again.packed = numbers.packed
    assert list(again) == list(numbers)
