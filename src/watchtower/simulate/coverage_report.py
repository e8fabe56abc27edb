"""The coverage of a series as a heat map in the terminal, and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from statistics import median
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from watchtower.model import Language
from watchtower.replay.records import iso
from watchtower.simulate.coverage import LOSSES, LossPlayed, SeriesCovered
from watchtower.texts.in_words import InWords
from watchtower.texts.units import number

if TYPE_CHECKING:
    from rich.text import Text as Styled

STEPS = (60.0, 300.0, 1800.0)
"""Seconds up to which a loss is paged at once, soon, late; beyond the last one far too late."""
COLOURS = ("#15803d", "#65a30d", "#ca8a04", "#dc2626")
NEVER, UNKNOWN = "#7f1d1d", "#6b7280"
_WIDE = 5 + 24 * 4
"""Columns of a whole map. A narrower terminal gets every second hour: the worse of two."""


def title(covered: SeriesCovered, say: InWords) -> str:
    name = covered.name if not covered.flow else f"{covered.flow} ({covered.name})"
    return say(
        f"{name}: how long a loss lasts until somebody is paged, by the hour it begins, {covered.zone}",
        f"{name}：请求丢失持续多久后有人收到告警，按开始的钟点，{covered.zone}",
    )


def lost(share: float, say: InWords) -> str:
    return say(f"{share:.0%} of the requests are missing", f"丢失 {share:.0%} 的请求")


def colour(one: LossPlayed) -> str:
    if one.per_minute is None or one.idle:
        return UNKNOWN
    if one.seconds is None:
        return NEVER
    return COLOURS[sum(one.seconds > step for step in STEPS)]


def short(one: LossPlayed) -> str:
    """At most three characters: `40s`, `12m`, `3h`, `-` where nobody is paged, `?` where nobody can know, `0` where nothing is
    expected."""
    if one.per_minute is None or one.idle:
        return "?" if one.per_minute is None else "0"
    if one.seconds is None:
        return "-"
    if one.seconds < 99.5:
        return f"{one.seconds:.0f}s"
    return f"{one.seconds / 60:.0f}m" if one.seconds < 99.5 * 60 else f"{one.seconds / 3600:.0f}h"


def heat_map(covered: SeriesCovered, share: float, width: int, say: InWords) -> Iterator[Styled]:
    """A line of hours, and a line a weekday."""
    from rich.text import Text as Styled

    step = 1 if width >= _WIDE else 2
    by_hour = covered.hours(share)
    yield Styled(" " * 5 + "".join(f"{hour:02}".rjust(3) + " " for hour in range(0, 24, step)))
    for day in range(7):
        line = Styled(say.weekday(day)).append(" " * (2 if say.language is Language.EN else 1))
        for hour in range(0, 24, step):
            mine = [one for n in range(step) if (one := by_hour.get((day, hour + n)))]
            if mine:
                one = max(mine, key=_badness)
                line.append(short(one).rjust(3), style=f"white on {colour(one)}").append(" ")
            else:
                line.append(" " * 4)
        yield line


def _badness(one: LossPlayed) -> float:
    if one.per_minute is None or one.idle:
        return -1.0
    return float("inf") if one.seconds is None else one.seconds


def summary(covered: SeriesCovered, share: float, say: InWords) -> Iterator[str]:
    """In how many hours it is paged, after what time, what it costs, and who is paged."""
    mine = [one for one in covered.played if one.share == share]
    played = [one for one in mine if one.per_minute is not None and not one.idle]
    idle, unknown = sum(one.idle for one in mine), sum(one.per_minute is None for one in mine)
    told = [one for one in played if one.seconds is not None]
    if told:
        seconds = [one.seconds or 0.0 for one in told]
        worst = max(told, key=lambda one: one.requests or 0.0)
        yield say(
            f"paged in {len(told)} of {len(played)} hours: median {say.span(median(seconds))}, "
            f"longest {say.span(max(seconds))}; at most {number(worst.requests or 0.0)} requests lost",
            f"{len(played)} 个钟点中 {len(told)} 个会告警：中位 {say.span(median(seconds))}，"
            f"最长 {say.span(max(seconds))}；最多损失 {number(worst.requests or 0.0)} 笔请求",
        )
    if len(told) < len(played):
        longest, missed = say.span(covered.longest), [one for one in played if one.seconds is None]
        cost = number(max(one.requests or 0.0 for one in missed))
        yield say(
            f"nobody within {longest}: {len(missed)} hours, up to {cost} requests lost by then",
            f"{longest}内无人收到：{len(missed)} 个钟点，届时最多损失 {cost} 笔请求",
        )
    if idle:
        yield say(f"nothing is expected: {idle} hours", f"无预期请求：{idle} 个钟点")
    if share in covered.not_before:
        yield _not_before(covered, share, say)
    if unknown:
        yield say(f"not known yet: {unknown} hours", f"尚不清楚：{unknown} 个钟点")
    people = Counter((one.severity, *one.people) for one in told)
    for (severity, *who), hours in people.most_common():
        names = "、".join(
            f"{name}（{channel}）" for name, _, channel in (one.rpartition(" by ") for one in who)
        )
        yield say(
            f"{severity} to {', '.join(who)}: {hours} hours", f"{severity} 发给 {names}：{hours} 个钟点"
        )


def _not_before(covered: SeriesCovered, share: float, say: InWords) -> str:
    """When enough will be known."""
    first, at = covered.played[0].at, covered.not_before[share]
    hour = f"{datetime.fromtimestamp(first, ZoneInfo(covered.zone)):%H:%M}"
    if at is None:
        return say(
            f"a loss of {share:.0%} at {hour}: not seen within an hour, even after a week of usual traffic",
            f"{hour} 丢失 {share:.0%} 请求：即使再学习一周，一小时内也发现不了",
        )
    local = datetime.fromtimestamp(at, ZoneInfo(covered.zone))
    day = f"{say.weekday(local.weekday())} {local:%Y-%m-%d}"
    return say(
        f"a loss of {share:.0%} at {hour}: not before {day}, when enough has been learnt",
        f"{hour} 丢失 {share:.0%} 请求：最早 {day} 学习充分后方可发现",
    )


def lines(covered: SeriesCovered, width: int, say: InWords) -> Iterator[Styled | str]:
    """The whole report of a series."""
    from rich.text import Text as Styled

    yield Styled(title(covered, say), style="bold")
    for share in LOSSES:
        yield ""
        yield lost(share, say)
        yield from heat_map(covered, share, width, say)
        yield from (f"     {line}" for line in summary(covered, share, say))


def as_json(covered: SeriesCovered) -> Mapping[str, Any]:
    """One object a series; `played` has one for each hour and loss."""
    return {
        "check": covered.check, "series": covered.series, "flow": covered.flow, "zone": covered.zone,
        "played_seconds": covered.longest,
        "not_before": [
            {"missing_share": share, "at": at, "time": None if at is None else iso(at)}
            for share, at in covered.not_before.items()
        ],
        "played": [
            {
                "at": one.at, "time": iso(one.at), "missing_share": one.share, "requests_per_minute": one.per_minute,
                "seconds": one.seconds, "lost_requests": one.requests, "severity": one.severity or None,
                "people": list(one.people),
            }
            for one in covered.played
        ],
    }  # fmt: skip


def draw(found: Sequence[SeriesCovered], say: InWords, file: Any) -> None:
    """Writes the heat maps as a picture. Needs matplotlib."""
    from watchtower.pictures import matplotlib, save

    matplotlib()
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.5 * len(LOSSES), 0.6 + 2.6 * len(found)), layout="constrained")
    axes = figure.subplots(len(found), len(LOSSES), squeeze=False)
    for row, covered in zip(axes, found, strict=True):
        for axis, share in zip(row, LOSSES, strict=True):
            for (day, hour), one in covered.hours(share).items():
                axis.add_patch(_tile(hour, day, colour(one)))
                axis.text(
                    hour + 0.5, day + 0.5, short(one), fontsize=5, color="white", ha="center", va="center"
                )
            axis.set(
                xlim=(0, 24), ylim=(7, 0), xticks=range(0, 25, 3), title=f"{covered.name}: {lost(share, say)}"
            )
            axis.set_yticks([day + 0.5 for day in range(7)], [say.weekday(day) for day in range(7)])
            axis.title.set_fontsize(9)
            axis.tick_params(labelsize=7, length=0)
    save(figure, file)


def _tile(hour: int, day: int, colour: str) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((hour, day), 0.96, 0.94, facecolor=colour)
