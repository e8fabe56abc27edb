"""Money as a value: an amount in one currency."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated

from watchtower.fields import AfterValidator, WithJsonSchema
from watchtower.values import Frozen


class Money(Frozen):
    """An amount in one currency (`CNY`); the currency is empty where nobody named it.

    Adding and subtracting raise ValueError where the currencies differ: an exchange rate is a decision.
    """

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def _same(self, other: Money) -> Decimal:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")
        return other.amount


def parse_money(text: str) -> Money:
    """`"1,200.50 CNY"`. Raises ValueError with a hint."""
    number, _, currency = text.strip().partition(" ")
    try:
        amount = Decimal(number.replace(",", ""))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or len(currency) != 3 or not currency.isalpha():
        raise ValueError('write a number and a currency, such as "1200.50 CNY"')
    return Money(amount, currency.upper())


def _rate(value: str) -> Decimal:
    try:
        rate = Decimal(value)
    except ArithmeticError:
        rate = Decimal(0)
    if not (rate.is_finite() and rate > 0):
        raise ValueError(
            f'"{value}" is no rate: write what one unit is worth in your currency, such as "7.12"'
        )
    return rate


if TYPE_CHECKING:
    Rate = Decimal
else:
    Rate = Annotated[
        str, AfterValidator(_rate), WithJsonSchema({"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?$"})
    ]
