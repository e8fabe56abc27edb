"""How values, durations and our own terms are said to people, in English and Chinese.

Pure: an instant is shown in the zone that the caller hands over, UTC when there is none. Everything here is
total: whatever value comes, words come back.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo

from watchtower.model import Instant, Language, Severity, Text, Unit, Value

UNKNOWN = Text("unknown", "未知")

SEVERITIES: Mapping[Severity, Text] = {
    Severity.P0: Text("critical", "致命"),
    Severity.P1: Text("major", "严重"),
    Severity.P2: Text("moderate", "中等"),
    Severity.P3: Text("minor", "轻微"),
    Severity.P4: Text("notice", "提示"),
}
STATUSES: Mapping[str, Text] = {
    "triggered": Text("not acknowledged", "无人认领"),
    "acknowledged": Text("acknowledged", "已认领"),
    "mitigated": Text("mitigated, being watched", "已止损，观察中"),
    "resolved": Text("resolved", "已恢复"),
    "unwatched": Text("no longer watched", "不再监控"),
}

CHANGE_KINDS: Mapping[str, Text] = {
    "deploy": Text("deploy", "发布"),
    "config": Text("config", "配置"),
    "campaign": Text("campaign", "活动"),
    "certificate": Text("certificate", "证书"),
    "quota": Text("quota", "配额"),
    "other": Text("change", "变更"),
}

_SPANS = ((86400, Text("d", "天")), (3600, Text("h", "小时")), (60, Text("min", "分")), (1, Text("s", "秒")))
_BYTES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def severity_word(severity: Severity, language: Language) -> str:
    """`critical`, `major`, ... for P0, P1, ..."""
    return SEVERITIES[severity].in_(language)


def status_word(status: str, language: Language) -> str:
    """An incident's status in words; one that we have no words for, as it is."""
    words = STATUSES.get(status)
    return words.in_(language) if words else status


def show(value: Value, unit: Unit, language: Language, *, at: Instant | None = None) -> str:
    """One fact in words. `at` is the time of the telling: an instant of another day then shows its date."""
    if value is None:
        return UNKNOWN.in_(language)
    if isinstance(value, bool):
        return (Text("yes", "是") if value else Text("no", "否")).in_(language)
    if isinstance(value, str):
        return value
    if math.isnan(value):
        return UNKNOWN.in_(language)
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    match unit:
        case Unit.SECONDS:
            return duration_words(value, language)
        case Unit.DAYS:
            return _days(value, language)
        case Unit.BYTES:
            return _bytes(value)
        case Unit.RATIO:
            return _percent(value)
        case Unit.PER_SECOND:
            return f"{number(value)}{Text('/s', '/秒').in_(language)}"
        case Unit.MONEY:
            return f"{value:,.2f}".replace("-0.00", "0.00")
        case Unit.INSTANT:
            return moment(value, UTC, language, at=at)
        case Unit.NONE:
            return number(value)


def duration_words(seconds: float, language: Language) -> str:
    """At most two units: `320 ms`, `4.2 s`, `3 min 20 s`, `2 h 5 min`, `1 d 4 h`; `3 分 20 秒`."""
    if not math.isfinite(seconds):
        return UNKNOWN.in_(language)
    sign, size = ("-", -seconds) if seconds < 0 else ("", seconds)
    if 0 < size < 0.9995:
        return f"{sign}{number(size * 1000)} {Text('ms', '毫秒').in_(language)}"
    if size < 59.95:
        return f"{sign}{number(size)} {_SPANS[-1][1].in_(language)}"
    left = (
        round(size) if size < 3600 else round(size / 60) * 60 if size < 86400 else round(size / 3600) * 3600
    )
    words: list[str] = []
    for span, name in _SPANS:
        if left >= span:
            words.append(f"{left // span} {name.in_(language)}")
            left %= span
    return sign + " ".join(words)


def moment(instant: Instant, zone: tzinfo, language: Language, *, at: Instant | None = None) -> str:
    """`14:43:10 UTC`; with the date in front when `at` is given and is of another day in that zone.

    The zone is named by its offset where its abbreviation would be ambiguous (`CST`): only UTC is written out.
    """
    try:
        when = datetime.fromtimestamp(instant, zone)
    except (OverflowError, ValueError, OSError):
        return UNKNOWN.in_(language)
    day = "" if at is None or datetime.fromtimestamp(at, zone).date() == when.date() else f"{when:%Y-%m-%d} "
    return f"{day}{when:%H:%M:%S} {offset(when)}"


def iso(instant: Instant, timespec: str = "milliseconds") -> str:
    """`2026-11-22T15:43:53.250Z`, for programs."""
    return datetime.fromtimestamp(instant, UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def offset(when: datetime) -> str:
    """`UTC`, `UTC+8`, `UTC-3:30`."""
    minutes = round((when.utcoffset() or timedelta(0)).total_seconds() / 60)
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '-'}{hours}{f':{rest:02}' if rest else ''}"


def number(value: float) -> str:
    """Three significant digits, but whole numbers whole; no exponent below 1e15: `503`, `0.12`, `12345`."""
    if abs(value) >= 1e15:
        return f"{value:.3g}"
    if value == round(value) or abs(value) >= 1000:
        return f"{value:.0f}"
    decimals = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:.{min(decimals, 9)}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _days(value: float, language: Language) -> str:
    if 0 < abs(value) < 1:
        return duration_words(value * 86400, language)
    text = f"{value:.1f}".removesuffix(".0")
    return f"{text} {Text('day' if text in ('1', '-1') else 'days', '天').in_(language)}"


def _bytes(value: float) -> str:
    size, unit = value, 0
    while abs(size) >= 1023.5 and unit < len(_BYTES) - 1:
        size, unit = size / 1024, unit + 1
    return f"{number(size)} {_BYTES[unit]}"


def _percent(value: float) -> str:
    """Whole percents; within ten above 0 or below 100 a decimal, within one two, or as many as tell it from them: `89%`,
    `98.7%`, `99.95%`."""
    percent = value * 100
    far = min(abs(percent), abs(100 - percent))
    decimals = (
        0
        if far >= 10 or percent > 100
        else 1
        if far >= 1 or far == 0
        else min(6, max(2, -math.floor(math.log10(far))))
    )
    text = f"{percent:.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{'0' if text == '-0' else text}%"
