"""Was money affected? Then somebody has to reconcile it before the review can be closed."""

from __future__ import annotations

from typing import Any

from watchtower.core.incident.history import History
from watchtower.money import parse_money

_MONEY = ("affected_amount", "loss")


def money_affected(history: History) -> bool:
    """True when an amount or a loss above zero was counted, or a person entered one."""
    now = history.impact.indicators
    counted = () if now is None else (now.affected_amount, now.loss)
    if any(amount is not None and amount.point > 0 for amount in counted):
        return True
    return any(_above_zero(history.impact.manual.get(name)) for name in _MONEY)


def _above_zero(stated: Any) -> bool:
    try:
        return parse_money(str(stated)).amount > 0
    except ValueError:
        return False
