"""The picture at the end: three days, the two hours that mattered, and the messages on the phone. Needs matplotlib."""

from __future__ import annotations

import importlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from watchtower.demo.cards import INK, QUIET, colour_of, messages, when
from watchtower.demo.numbers import longest_silence, summary
from watchtower.demo.replay import ZONE, Arrival, DemoReplay, tell
from watchtower.model import Instant, Language, Text
from watchtower.pictures import chinese_fonts, matplotlib, save
from watchtower.replay.plot import COLOURS, thinned
from watchtower.texts.units import severity_word

_CURVE, _GRID = "#2563eb", "#e2e8f0"
_SHUT = Text("server shut down", "服务器关闭")


def draw(story: DemoReplay, file: Path) -> str:
    """Write the picture; a sentence when it could not be drawn as asked (no Chinese font: it is in English)."""
    library = matplotlib()
    from matplotlib import pyplot

    fonts, note = ["DejaVu Sans"], ""
    if story.language is Language.ZH:
        fonts = chinese_fonts() + fonts
        if len(fonts) == 1:
            story, note = tell(Language.EN), "本机没有中文字体，图片用英文绘制。"
    style = {"font.family": fonts, "font.size": 10, "axes.edgecolor": _GRID, "text.color": INK, "xtick.color": QUIET,
             "ytick.color": QUIET, "axes.spines.top": False, "axes.spines.right": False,
             "timezone": ZONE.key}  # fmt: skip
    with library.rc_context(style):
        figure = pyplot.figure(figsize=(15, 11))
        grid = figure.add_gridspec(
            3, 2, height_ratios=(1.1, 1.0, 1.15), left=0.045, right=0.975, top=0.79, bottom=0.025, hspace=0.4, wspace=0.09
        )  # fmt: skip
        _title(figure, story)
        _overview(figure.add_subplot(grid[0, :]), story)
        first = story.arrivals[0].at if story.arrivals else story.start
        back = story.resolved_at or story.end
        _zoom(figure.add_subplot(grid[1, 0]), story, first - 900, first + 2100)
        _zoom(figure.add_subplot(grid[1, 1]), story, longest_silence(story).end - 3600, back + 5400)
        messages(figure.add_subplot(grid[2, :]), story)
        save(figure, file, dpi=120, facecolor="white")
    return note


def _title(figure: Any, story: DemoReplay) -> None:
    title = Text("Hurricane Erin switches off a web site", "飓风“艾琳”让一个网站停摆").in_(story.language)
    figure.text(0.045, 0.965, title, fontsize=21, fontweight="bold", va="top")
    lines = summary(story)
    half = (len(lines) + 1) // 2
    for column, part in enumerate((lines[:half], lines[half:])):
        figure.text(
            0.045 + column * 0.48,
            0.918,
            "\n".join(part),
            fontsize=11,
            color=QUIET,
            va="top",
            linespacing=1.5,
        )


def _overview(axis: Any, story: DemoReplay) -> None:
    label = Text("Requests in ten seconds, NASA Kennedy Space Center, 1 to 3 August 1995 (UTC-4)",
                 "NASA 肯尼迪航天中心网站每 10 秒请求数，1995 年 8 月 1 日至 3 日（UTC-4）").in_(story.language)  # fmt: skip
    axis.set_title(label, loc="left", fontsize=10.5, color=QUIET, pad=32)
    _curve(axis, story, story.start, story.end, 900)
    silence = longest_silence(story)
    middle = when((silence.start + silence.end) / 2)
    axis.text(
        middle,
        axis.get_ylim()[1] * 0.5,
        _SHUT.in_(story.language),
        ha="center",
        fontsize=13,
        color=COLOURS["P0"],
    )
    _marks(axis, story, story.start, story.end)
    _days(axis, story)


def _zoom(axis: Any, story: DemoReplay, start: Instant, end: Instant) -> None:
    start, end = max(start, story.start), min(end, story.end)
    _curve(axis, story, start, end, 400)
    _marks(axis, story, start, end)
    _labels(axis, story, start, end)
    day = datetime.fromtimestamp(start, ZONE).day
    axis.set_title(
        Text(f"{day} August", f"8 月 {day} 日").in_(story.language), loc="left", fontsize=10.5, color=QUIET
    )
    dates: Any = importlib.import_module("matplotlib.dates")

    axis.xaxis.set_major_formatter(dates.DateFormatter("%H:%M", tz=ZONE))


def _curve(axis: Any, story: DemoReplay, start: Instant, end: Instant, points: int) -> None:
    chosen = [(t, v) for t, v in zip(story.samples.times, story.requests, strict=True) if start <= t < end]
    times, means, _, highs = thinned(
        [t for t, _ in chosen], [v for _, v in chosen], story.samples.interval, points
    )
    moments = [when(at) for at in times]
    axis.fill_between(moments, highs, color=_CURVE, alpha=0.15, linewidth=0, step="mid", zorder=2)
    axis.fill_between(moments, means, color=_CURVE, alpha=0.85, linewidth=0, step="mid", zorder=3)
    axis.set_xlim(when(start), when(end))
    axis.set_ylim(0, max(highs, default=1.0) * 1.05 or 1.0)
    axis.grid(axis="y", color=_GRID)
    axis.set_axisbelow(True)
    axis.tick_params(length=0)
    for (at, level), (until, _) in zip(story.levels, [*story.levels[1:], (end, None)], strict=True):
        if level is not None and until > start and at < end:
            axis.axvspan(
                when(max(at, start)), when(min(until, end)), color=COLOURS[level], alpha=0.16, linewidth=0
            )


def _marks(axis: Any, story: DemoReplay, start: Instant, end: Instant) -> None:
    """A mark above the curve for each message."""
    top = axis.get_ylim()[1]
    for arrival in _by_moment(story):
        if start <= arrival.at <= end:
            colour = colour_of(arrival)
            axis.plot([when(arrival.at)], [top], "v", color=colour, markersize=9, clip_on=False, zorder=5)


def _labels(axis: Any, story: DemoReplay, start: Instant, end: Instant) -> None:
    """The labels of events: each on its own height, from the top down, so that neighbours stay apart."""
    top, language = axis.get_ylim()[1], story.language
    said = [(a.at, _label(a, language), colour_of(a), "-") for a in _by_moment(story)]
    shown = {at for at, *_ in said}
    said += [
        (c.at, c.text.in_(language).rstrip(".。"), INK, ":") for c in story.captions if c.at not in shown
    ]
    inside = sorted(one for one in said if start < one[0] < end)
    for floor, (at, text, colour, line) in enumerate(inside):
        axis.axvline(when(at), color=colour, linewidth=1, linestyle=line, zorder=4)
        side = "right" if at > start + 0.55 * (end - start) else "left"
        box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.2}
        text = f" {datetime.fromtimestamp(at, ZONE):%H:%M:%S}  {text} "
        height = top * (0.92 - min(0.14, 0.8 / len(inside)) * floor)
        axis.text(when(at), height, text, color=colour, fontsize=9, bbox=box, zorder=6, ha=side, va="center")


def _by_moment(story: DemoReplay) -> list[Arrival]:
    return list({arrival.at: arrival for arrival in story.arrivals}.values())


def _label(arrival: Arrival, language: Language) -> str:
    kind = arrival.kind.traits.word.in_(language)
    if arrival.kind.ends:
        return kind
    return f"{arrival.severity} {severity_word(arrival.severity, language)}: {kind}"


def _days(axis: Any, story: DemoReplay) -> None:
    dates: Any = importlib.import_module("matplotlib.dates")

    axis.xaxis.set_major_locator(dates.HourLocator(byhour=(0, 6, 12, 18), tz=ZONE))
    axis.xaxis.set_major_formatter(dates.DateFormatter("%H:%M", tz=ZONE))
    day = datetime.fromtimestamp(story.start, ZONE)
    while day.timestamp() < story.end:
        text = Text(f"{day.day} August", f"8 月 {day.day} 日").in_(story.language)
        axis.text(day, axis.get_ylim()[1] * 1.07, text, fontsize=10, fontweight="bold")
        if day.timestamp() > story.start:
            axis.axvline(day, color=_GRID, linewidth=1)
        day += timedelta(days=1)
