"""Moments that people write: ISO 8601 with a zone, or seconds since the epoch."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from watchtower.model import Instant


def parse_instant(value: Any) -> Instant:
    """UTC seconds. Raises ValueError; a time without a zone is UTC."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = float(value)
        if not math.isfinite(number):
            raise ValueError("not a moment")
        return number
    text = str(value).strip()
    try:
        return parse_instant(float(text))
    except ValueError:
        pass
    when = datetime.fromisoformat(text)
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
