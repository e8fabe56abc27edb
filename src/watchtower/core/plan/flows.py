"""What the configuration says of flows: what they are worth, what sees them, on what they stand."""

from __future__ import annotations

from dataclasses import dataclass

from watchtower.model import Instant, Text, Tier


@dataclass(frozen=True, slots=True)
class Views:
    """The checks that see a flow: by its requests, from the servers' side, and as its users come in.

    `agree` outside views must fail before users are said not to reach it.
    """

    traffic: tuple[str, ...]
    inside: tuple[str, ...]
    outside: tuple[str, ...]
    agree: int


@dataclass(frozen=True, slots=True)
class RecoveryPlan:
    """`standby` is the check that sees the standby's health, "" where there is none; `drilled` when the switch was
    last tried with success (None: never); `degrade` a degradation plan that would help."""

    standby: str = ""
    drilled: Instant | None = None
    degrade: str = ""


@dataclass(frozen=True, slots=True)
class Flow:
    """A core business flow, such as checkout."""

    name: str
    title: Text
    tier: Tier = Tier.CORE
    amount_per_request: str = ""
    """`"182.50 CNY"`: what one request is worth, for estimates of impact. Empty: not known."""
    views: Views | None = None
    """None where no view from outside is declared."""
    users_per_request: float | None = None
    """Distinct users a request stands for, where nobody measures users. None: not known."""
    requests_per_minute: float | None = None
    """What is usual, for flows whose requests nobody counts. None: not known."""
    weight: float | None = None
    """Its share in the product beside other flows' (any scale). None: by expected requests, amount and tier."""
    depends_on: tuple[str, ...] = ()
    """Flows and checks without which it does not work."""
    loss: tuple[str, str] | None = None
    """The check and its measurement that say how much money has been lost so far (a reconciliation's difference)."""
    recovery: RecoveryPlan | None = None
    """What it would recover with. None: not declared, so not judged."""
