"""Times that recur: a first one and a rule of RFC 5545, on the clocks of a zone."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from math import inf

from watchtower.core.oncall.turns import instant
from watchtower.model import Instant

TimeSpan = tuple[Instant, Instant]
"""Begin and end; the end is no part of it."""
BACK, AHEAD = timedelta(days=400), timedelta(days=800)
"""Times that recur are written out so far back and ahead of now."""
MOST = 20_000
EVERY_WEEK = 'write one such as "FREQ=WEEKLY;BYDAY=TH"'
_TOO_OFTEN = ("SECONDLY", "MINUTELY")


def recurring(rrule: str, first: datetime, lasts: float, now: datetime) -> tuple[TimeSpan, ...]:
    """The times around `now`, of `lasts` seconds each, joined where they overlap. `first` bears its zone; one in the hour
    that its clocks leave out comes an hour later. Raises ValueError, whose text follows the rule in a sentence."""
    from dateutil.rrule import rrulestr

    text = rrule.strip().upper().removeprefix("RRULE:")
    parts = dict(part.partition("=")[::2] for part in text.split(";"))
    if parts.get("FREQ") in _TOO_OFTEN:
        raise ValueError("recurs every minute or second")
    end = f"{now + AHEAD:%Y%m%dT%H%M%SZ}"
    if "\n" in text:
        raise ValueError("is more than one rule")
    try:
        rrulestr(text, dtstart=first)
        if int(parts.get("INTERVAL", 1)) < 1:  # it would be written out for ever
            raise ValueError("an INTERVAL is 1 at least")
        count = int(parts.pop("COUNT", MOST))
        # A rule that never comes true would be looked for until the year 9999.
        parts["UNTIL"] = min(parts.get("UNTIL", end), end)
        rule = rrulestr(";".join(f"{name}={value}" for name, value in parts.items()), dtstart=first)
        found = islice(rule.xafter(now - BACK, inc=True), MOST + 1) if count >= MOST else islice(rule, count)
        begins = [instant(one, first.tzinfo or UTC) for one in found]
    except (ValueError, TypeError, AttributeError, KeyError, OverflowError) as error:
        raise ValueError(f"is no rule of RFC 5545: {error}") from None
    if len(begins) > MOST:
        raise ValueError(f"recurs more than {MOST} times")
    return joined((begin, begin + lasts) for begin in begins)


def joined(spans: Iterable[TimeSpan]) -> tuple[TimeSpan, ...]:
    """In their order, those that overlap or touch as one."""
    out: list[TimeSpan] = []
    for begin, end in sorted(spans):
        if out and begin <= out[-1][1]:
            out[-1] = out[-1][0], max(end, out[-1][1])
        else:
            out.append((begin, end))
    return tuple(out)


def span_at(spans: Sequence[TimeSpan], at: Instant) -> TimeSpan | None:
    """The one that holds now; None between them."""
    before = bisect_right(spans, (at, inf)) - 1
    return spans[before] if before >= 0 and at < spans[before][1] else None


def span_after(spans: Sequence[TimeSpan], at: Instant) -> TimeSpan | None:
    """The first that begins after this moment."""
    after = bisect_right(spans, (at, inf))
    return spans[after] if after < len(spans) else None
