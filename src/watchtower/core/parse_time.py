"""Moments that people write: ISO 8601 with a zone, seconds since the epoch, or so long from now."""

from __future__ import annotations

import math
from datetime import UTC, datetime, tzinfo
from typing import Any

from watchtower.fields import parse_duration
from watchtower.model import Instant

HOW = "write 2026-11-22T20:30Z (without a zone it is UTC)"


def parse_instant(value: Any, now: Instant | None = None, zone: tzinfo = UTC) -> Instant:
    """UTC seconds. Raises ValueError; a time without a zone is in `zone`. With `now`, `30m` is half an hour from now."""
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
    if now is not None:
        try:
            return now + parse_duration(text)
        except ValueError:
            pass
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(HOW if now is None else f"{HOW}, or 30m for half an hour from now") from None
    return (when if when.tzinfo else when.replace(tzinfo=zone)).timestamp()


def parse_rfc3339(given: object) -> Instant:
    """UTC seconds of what programs write: a text with its offset. Raises ValueError."""
    try:
        moment = datetime.fromisoformat(str(given))
        if moment.tzinfo is None:
            raise ValueError
        return moment.timestamp()
    except (ValueError, OverflowError):
        raise ValueError(f"{str(given)[:40]!r} is no time of RFC 3339") from None
