"""`[flow.NAME]`: what flows are worth, their checks, and their dependencies."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from watchtower.fields import AfterValidator, Field, Table, WithJsonSchema, Words
from watchtower.model import Instant, Text, Tier
from watchtower.money import Money, parse_money

_AMOUNT = r"^[0-9]+(\.[0-9]+)? [A-Z]{3}$"


def _amount(value: str) -> Money:
    if not re.fullmatch(_AMOUNT[1:-1], value):
        raise ValueError(f'"{value}" is no amount: write a number and a currency, such as "182.50 CNY"')
    return parse_money(value)


def _midnight(value: str) -> Instant:
    try:
        return datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise ValueError(f'"{value}" is no day: write YYYY-MM-DD') from None


def _measurement(value: str) -> tuple[str, str]:
    check, _, measurement = value.rpartition(".")
    return check, measurement


if TYPE_CHECKING:
    Price = Money
    Day = Instant
    Measurement = tuple[str, str]
else:
    Price = Annotated[str, AfterValidator(_amount), WithJsonSchema({"type": "string", "pattern": _AMOUNT})]
    Day = Annotated[str, AfterValidator(_midnight), WithJsonSchema({"type": "string", "format": "date"})]
    Measurement = Annotated[str, AfterValidator(_measurement)]
"""Texts in a file; here what they say."""


class RecoveryPlan(Table):
    """A flow's recovery plan. Where it is declared, the severity depends on it."""

    standby: str = Field(default="", description="The check that sees the standby's health.")
    drilled: Day | None = Field(
        default=None, description='The day the switch was last tried with success, such as "2026-10-01".'
    )
    degrade: str = Field(default="", description="The [degrade.NAME] plan that would help.")


class Flow(Table):
    """A core business flow, such as checkout."""

    name: str = Field(default="", written=False)
    title: Words = Field(
        default_factory=lambda: Text("", ""), description="What people call the flow; its name when left out."
    )
    tier: Tier = Field(default=Tier.CORE, description="How much it matters: core, supporting or peripheral.")
    amount_per_request: Price | None = Field(
        default=None, description='What one request is worth, such as "182.50 CNY".'
    )
    users_per_request: float | None = Field(
        default=None, gt=0, description="Users that one request stands for, where no check measures `users`."
    )
    requests_per_minute: float | None = Field(
        default=None, gt=0, description="What is usual, for a flow whose requests no check counts."
    )
    weight: float | None = Field(
        default=None,
        ge=0,
        description="Its share in the product. Default: by expected requests, amount and tier.",
    )
    depends_on: tuple[str, ...] = Field(
        default=(), description="Flows and checks without which it does not work: they share an incident."
    )
    loss: Measurement | None = Field(
        default=None,
        description='A check\'s measurement of the money lost so far, such as "reconcile.difference".',
    )
    outflow: bool = Field(
        default=False,
        description="Its requests are money that goes out, in units of amount_per_request: "
        "what exceeds the expected upper bound is lost.",
    )
    recovery: RecoveryPlan | None = Field(default=None, description="What it would recover with.")
    traffic: tuple[str, ...] = Field(
        default=(),
        min_length=1,
        description="Checks that count its requests. Default: its checks with the detector traffic.",
    )
    inside: tuple[str, ...] = Field(default=(), description="Checks that see its service from within.")
    outside: tuple[str, ...] = Field(
        default=(), description="Checks that come in as users do: pages, DNS, certificates, by location."
    )
    quorum: int = Field(
        default=0, ge=1, description="How many outside views must fail. Default: more than half."
    )

    def counted_by(self, check: str) -> bool:
        """Whether this check of it may count its requests."""
        return not self.traffic or check in self.traffic
