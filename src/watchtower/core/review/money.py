"""Was money affected? Then somebody has to reconcile it before the review can be closed."""

from __future__ import annotations

from watchtower.core.indicators import Indicators
from watchtower.core.story import Story


def money_affected(story: Story) -> bool:
    """True when an amount or a loss above zero was counted, or a person entered one."""
    now: Indicators | None = getattr(story.impact, "indicators", None)
    if now is None:
        return False
    return any(amount is not None and amount.point > 0 for amount in (now.affected_amount, now.loss))
