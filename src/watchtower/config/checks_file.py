"""The tables of `checks/*.toml`: what each may say, beside the keys that a check's probe brings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from watchtower.config.names import Labels, Name
from watchtower.fields import AfterValidator, Duration, Field, Settings, WithJsonSchema, Words
from watchtower.model import Tier

_AMOUNT = r"^[0-9]+(\.[0-9]+)? [A-Z]{3}$"


def _amount(value: str) -> str:
    if value and not re.fullmatch(_AMOUNT[1:-1], value):
        raise ValueError(f'"{value}" is no amount: write a number and a currency, such as "182.50 CNY"')
    return value


def _day(value: str) -> str:
    try:
        date.fromisoformat(value or "2026-01-01")
    except ValueError:
        raise ValueError(f'"{value}" is no day: write YYYY-MM-DD') from None
    return value


class RecoveryTable(Settings):
    """What a flow would recover with. Where it is declared, severity is judged by it."""

    standby: str = Field(default="", description="The check that sees the standby's health.")
    drilled: Annotated[str, AfterValidator(_day)] = Field(
        default="", description='The day the switch was last tried with success, such as "2026-10-01".'
    )
    degrade: str = Field(default="", description="The [degrade.NAME] plan that would help.")


class FlowTable(Settings):
    """A core business flow, such as checkout."""

    title: Words | None = Field(
        default=None, description="What people call the flow; its name when left out."
    )
    tier: Tier = Field(default=Tier.CORE, description="How much it matters: core, supporting or peripheral.")
    amount_per_request: Annotated[
        str, AfterValidator(_amount), WithJsonSchema({"type": "string", "pattern": _AMOUNT})
    ] = Field(default="", description='What one request is worth, such as "182.50 CNY".')
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
    loss: str = Field(
        default="",
        description='A check\'s measurement of the money lost so far, such as "reconcile.difference".',
    )
    recovery: RecoveryTable | None = Field(default=None, description="What it would recover with.")
    traffic: tuple[str, ...] | None = Field(
        default=None,
        min_length=1,
        description="Checks that count its requests. Default: its checks with the detector traffic.",
    )
    inside: tuple[str, ...] = Field(default=(), description="Checks that see its service from within.")
    outside: tuple[str, ...] = Field(
        default=(), description="Checks that come in as users do: pages, DNS, certificates, by location."
    )
    agree: int | None = Field(
        default=None, ge=1, description="How many outside views must fail. Default: more than half."
    )


class CheckTable(Settings):
    """The keys of every check, whatever its probe."""

    name: Name = Field(description="The check's name, unique over all files.")
    probe: str = Field(
        min_length=1, description="The kind of probe; it decides which further keys there are."
    )
    flow: str = Field(default="", description="The flow that this check measures.")
    flows: dict[str, str] = Field(default={}, description="Series -> flow, where one check measures several.")
    every: Duration | None = Field(default=None, ge=0.1, description="Time from one run to the next.")
    timeout: Duration | None = Field(default=None, gt=0, description="Longest that one run may take.")
    title: Words | None = Field(default=None, description="What people call this check.")
    labels: Labels = Field(
        default={}, description="Labels for rules to match, and that go along with alerts."
    )
    no_data_after: Duration | None = Field(
        default=None,
        gt=0,
        description="No answer for this long: the check is blind. Default: 3 × every, at least 60s.",
    )
    detect: dict[str, Any] | None = Field(
        default=None, description="Settings of the detector; `kind` chooses another, or none."
    )


class ChecksFile(Settings):
    """`checks/*.toml`: what is watched."""

    flow: Mapping[str, FlowTable] = Field(default={}, description="Flows by name.")
    check: tuple[Mapping[str, Any], ...] = ()


COMMON_KEYS = frozenset(CheckTable.declared_fields)
"""What no probe may call its own keys."""
