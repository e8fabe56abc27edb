"""A month in figures, with the months before it to compare, its days, and its incidents: all that a report shows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

import msgspec

from watchtower.core.reviews.record import Record
from watchtower.model import Instant, Severity, Text
from watchtower.review.metrics import Figures, Ratio, Spread, figures
from watchtower.values import Frozen, field

MONTHS = 6
"""How many months a trend has, this one the last; repeats of a cause are looked for in as many."""
LISTED = 100
"""Incidents that are listed at most, the worst and longest first."""


class Point(Frozen):
    """One month of the trend."""

    month: str
    levels: Mapping[str, int]
    detect: Spread
    mitigate: Spread
    all_three: Ratio
    self_detected: Ratio


class Listed(Frozen):
    """One incident of the month; spans in seconds from its onset, None where it did not happen."""

    incident: str
    title: Text
    level: Severity
    opened_at: Instant
    source: str
    detect: float
    acknowledge: float | None
    mitigate: float | None
    resolve: float | None
    cause_tag: str = ""
    users: float | None = None
    amount: str = ""
    counts: bool = True
    kind: str = ""
    """Why it does not count: `drill`, `false_page`, `warning`, `own`."""


class MonthReport(Frozen):
    """`month` is `2026-11` in `zone`; `at` is when this was made: a month that is not over yet is told so far."""

    month: str
    zone: str
    at: Instant
    figures: Figures
    trend: tuple[Point, ...] = ()
    days: tuple[Mapping[str, int], ...] = ()
    """For each day of the month: real incidents by level."""
    incidents: tuple[Listed, ...] = ()
    unlisted: int = field(default=0)
    root_day: str = ""
    root: str = ""
    """The newest root of the log that was made of a day of the month, and its day; empty for none."""


def span_of(month: str, zone: tzinfo = UTC, months: int = 1) -> tuple[Instant, Instant]:
    """Beginning and end of `2026-11`, or of so many months up to its end. Raises ValueError for what is no month."""
    if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", month):
        raise ValueError(f'"{month}" is no month: write one such as 2026-11')
    number = int(month[:4]) * 12 + int(month[5:]) - 1
    return _begin(number - months + 1, zone), _begin(number + 1, zone)


def month_of(at: Instant, zone: tzinfo = UTC) -> str:
    return f"{datetime.fromtimestamp(at, zone):%Y-%m}"


def report(
    records: Sequence[Record], month: str, zone: tzinfo, at: Instant, root: tuple[str, str] = ("", "")
) -> MonthReport:
    """`records` are those of the six months that end with this one; `root` is the log's, with its day."""
    since, until = span_of(month, zone)
    mine = [r for r in records if since <= r.opened_at < until]
    listed = sorted(mine, key=lambda r: (not r.counts, r.record.rank, -(r.to_mitigate or at - r.onset)))
    return MonthReport(
        month, str(zone), at, figures(mine, since, until, at, records), _trend(records, month, zone, at),
        _days(mine, since, until, zone), tuple(map(_listed, listed[:LISTED])), max(0, len(listed) - LISTED),
        *root,
    )  # fmt: skip


def to_json(made: MonthReport) -> dict[str, Any]:
    """Plain JSON; each share also as a number, null where there was nothing to share."""
    plain: dict[str, Any] = msgspec.to_builtins(made)
    _with_shares(plain)
    return plain


def from_json(data: Any) -> MonthReport:
    """What `to_json` wrote. Raises ValueError for what is none."""
    return msgspec.convert(data, MonthReport, strict=False)


def _trend(records: Sequence[Record], month: str, zone: tzinfo, at: Instant) -> tuple[Point, ...]:
    out = []
    last = int(month[:4]) * 12 + int(month[5:]) - 1
    for number in range(last - MONTHS + 1, last + 1):
        since, until = _begin(number, zone), _begin(number + 1, zone)
        if since > at:
            continue
        it = figures([r for r in records if since <= r.opened_at < until], since, until, at)
        levels = {str(each.level): each.incidents for each in it.levels if each.level is not None}
        times, name = it.levels[-1].times, f"{number // 12}-{number % 12 + 1:02}"
        out.append(Point(name, levels, times["detect"], times["mitigate"], it.all_three, it.self_detected))
    return tuple(out)


def _days(
    mine: Sequence[Record], since: Instant, until: Instant, zone: tzinfo
) -> tuple[Mapping[str, int], ...]:
    first = datetime.fromtimestamp(since, zone).date()
    count = (datetime.fromtimestamp(until - 1, zone).date() - first).days + 1
    days: list[dict[str, int]] = [{} for _ in range(count)]
    for record in mine:
        if record.counts:
            day = days[(datetime.fromtimestamp(record.opened_at, zone).date() - first).days]
            day[str(record.record)] = day.get(str(record.record), 0) + 1
    return tuple(days)


def _listed(record: Record) -> Listed:
    kind = (
        "drill" if record.drill
        else "false_page" if record.false_page
        else "" if record.counts
        else str(record.source)
    )  # fmt: skip
    return Listed(
        record.incident, record.title, record.record, record.opened_at, str(record.source), record.to_detect,
        record.to_acknowledge, record.to_mitigate, record.to_resolve, record.cause_tag, record.users, record.amount,
        record.counts, kind,
    )  # fmt: skip


def _begin(number: int, zone: tzinfo) -> Instant:
    return datetime(number // 12, number % 12 + 1, 1, tzinfo=zone).timestamp()


def _with_shares(value: Any) -> None:
    if isinstance(value, dict):
        if value.keys() == {"kept", "of"}:
            value["share"] = value["kept"] / value["of"] if value["of"] else None
        for each in value.values():
            _with_shares(each)
    elif isinstance(value, list):
        for each in value:
            _with_shares(each)
