"""Numbers from outside: read exactly, or not at all."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest

from watchtower.numbers import as_number, parse_number

READ = [
    ("12.5", "12.5"),
    (" 12.50 ", "12.50"),
    ("-1,828.72", "-1828.72"),
    ("1,234,567", "1234567"),
    ("+.5", "0.5"),
    ("-0", "0"),
    (7, "7"),
    (0.1, "0.1"),
    (Decimal("1e3"), "1000"),
    (10**30, "1" + "0" * 30),
]
REFUSED = [
    *("0,95", "1.828,72", "1,204", "0,123", "-0,082", "1,23", "1,2345.6", "1 204", "1'204", "1.204.000"),
    *("", "-", ".", "5.", "+-1", "--", "N/A", "NaN", "inf", "-Infinity", "0x10", "1_000", "1e5", "12 3"),
    *("１２", "٣", "²", "Ⅷ", "12K", "2 kB", "95%", "$5", "1" * 60, "1" * 100_000),
    *(
        math.nan,
        math.inf,
        1e400,
        True,
        False,
        None,
        {},
        [1],
        b"12",
        10**400,
        Decimal("1e999999999"),
        Decimal("1e-400"),
    ),
]


@pytest.mark.parametrize(("written", "number"), READ)
def test_what_is_wholly_understood_is_read_exactly(written: object, number: str) -> None:
    assert parse_number(written) == Decimal(number)
    assert as_number(written) == float(number)


@pytest.mark.parametrize("written", REFUSED, ids=lambda w: repr(w)[:20])
def test_what_is_not_wholly_understood_is_not_known(written: object) -> None:
    assert as_number(written) is None
    with pytest.raises(ValueError, match=r"is no number|decimal comma|unit|too small"):
        parse_number(written)


def test_units_are_understood_only_where_the_caller_names_them() -> None:
    units = {"ms": "0.001", "s": 1, "%": "0.01"}
    assert [as_number(text, units=units) for text in ("12 ms", "12ms", "1,204.5 s", "95%", "7")] == [
        *(0.012, 0.012, 1204.5, 0.95, 7.0)
    ]
    assert [as_number(text, units=units) for text in ("12 MS", "12K", "2 s s", "0,5ms")] == [None] * 4


def test_a_writer_known_to_group_and_one_known_to_use_exponents() -> None:
    assert as_number("1,204", grouped=True) == 1204.0
    assert [as_number(text, grouped=True) for text in ("0,950", "1,20", "1.204,5")] == [None] * 3
    assert [as_number(text, exponent=True) for text in ("1.5e3", "2E-2", "1e400", "1e-400")] == [
        1500.0,
        0.02,
        None,
        None,
    ]


def test_the_refusal_says_what_is_wrong_and_stays_short() -> None:
    with pytest.raises(ValueError, match="decimal comma") as caught:
        parse_number("1,204")
    assert "1,204" in str(caught.value)
    with pytest.raises(ValueError, match="is no number") as caught:
        parse_number("9" * 1_000_000)
    assert len(str(caught.value)) < 100
