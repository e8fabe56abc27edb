"""Money: one spelling, and no sum of two currencies."""

from __future__ import annotations

from decimal import Decimal

import pytest

from watchtower.money import Money, parse_money


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("182.50 CNY", "182.50", "CNY"),
        (" 1,200 usd ", "1200", "USD"),
        ("-3 EUR", "-3", "EUR"),
        ("0 CNY", "0", "CNY"),
    ],
)
def test_what_people_write(text: str, amount: str, currency: str) -> None:
    assert parse_money(text) == Money(Decimal(amount), currency)
    assert parse_money(str(parse_money(text))) == parse_money(text)


@pytest.mark.parametrize(
    "text", ["", "182.50", "CNY", "NaN CNY", "Infinity CNY", "1 RMBY", "1 C1Y", "one CNY"]
)
def test_what_is_no_money(text: str) -> None:
    with pytest.raises(ValueError, match="a number and a currency"):
        parse_money(text)


def test_one_currency_adds_up_and_two_do_not() -> None:
    one, other = parse_money("0.10 CNY"), parse_money("0.20 CNY")
    assert (str(one + other), str(one - other)) == ("0.30 CNY", "-0.10 CNY")
    with pytest.raises(ValueError, match="CNY and USD do not add up"):
        one + parse_money("1 USD")
    with pytest.raises(ValueError, match="do not add up"):
        one - parse_money("1 USD")
