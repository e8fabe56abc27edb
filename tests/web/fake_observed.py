"""What the small daemon in memory observed last."""

from __future__ import annotations

from watchtower.model import Observation, Outcome, Reading, Value

AT = 1_763_827_433.0  # 2025-11-22T16:03:53Z


def seen(check: str, ago: float, **measured: Value) -> Observation:
    return Observation(check, AT - ago, Reading(Outcome.UP, measured), 0.12)


def said(check: str, ago: float, outcome: Outcome, reason: str, detail: str, series: str = "") -> Observation:
    return Observation(check, AT - ago, Reading(outcome, {}, reason, detail, series), 3.0)


def series(check: str, name: str, ago: float, **measured: Value) -> Observation:
    return Observation(check, AT - ago, Reading(Outcome.UP, measured, series=name), 0.02)


OBSERVED = (
    seen("checkout-requests", 4, requests=0.0, errors=0.0),
    said("bank-gateway", 7, Outcome.DOWN, "timeout", "no answer from bank.example within 3 s"),
    series("methods", "card", 4, requests=0.0),
    series("methods", "wallet", 4, requests=118.0, latency=0.42),
    seen("login-requests", 2, requests=84.0, errors=1.0, latency=0.08),
    seen("login-page", 9, latency=1.84, status=200.0, tls_days_left=61.2),
    said("refund-requests", 400, Outcome.UP, "", ""),
    seen("sms-balance", 130, **{"balance": 412.5, "runway.days_left": 2.25}),
    said("ledger", 31, Outcome.UNKNOWN, "auth", "the database refuses our password"),
)
