"""The picture at the end: three days, the two hours that mattered, and the messages on the phone. Needs matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from rich.cells import cell_len

from watchtower.core.wording import kind_word, severity_word
from watchtower.demo import words
from watchtower.demo.numbers import longest_silence, summary
from watchtower.demo.story import ZONE, Arrival, Story, tell
from watchtower.errors import UsageError
from watchtower.model import ChannelName, Instant, Language, PageKind, Text
from watchtower.replay.plot import COLOURS, matplotlib, thinned

_INK, _QUIET, _CURVE, _GRID = "#0f172a", "#64748b", "#2563eb", "#e2e8f0"
_GREEN = "#16a34a"
_CHINESE = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Noto Sans CJK JP", "WenQuanYi Zen Hei",
            "WenQuanYi Micro Hei", "PingFang SC", "Microsoft YaHei", "SimHei", "Noto Serif CJK SC")  # fmt: skip
_COLUMNS, _LINES = 1640.0, 150.0
"""How much text a card takes: columns for its full width and lines, each at a font of one point."""
_SHUT = Text("server shut down", "服务器关闭")


def draw(story: Story, file: Path) -> str:
    """Write the picture; a sentence when it could not be drawn as asked (no Chinese font: it is in English)."""
    library = matplotlib()
    from matplotlib import pyplot

    fonts, note = ["DejaVu Sans"], ""
    if story.language is Language.ZH:
        from matplotlib import font_manager

        there = {font.name for font in font_manager.fontManager.ttflist}
        fonts = [name for name in _CHINESE if name in there] + fonts
        if len(fonts) == 1:
            story, note = tell(Language.EN), "本机没有中文字体，图片用英文绘制。"
    style = {"font.family": fonts, "font.size": 10, "axes.edgecolor": _GRID, "text.color": _INK, "xtick.color": _QUIET,
             "ytick.color": _QUIET, "axes.spines.top": False, "axes.spines.right": False, "timezone": "America/New_York"}  # fmt: skip
    with library.rc_context(style):
        figure = pyplot.figure(figsize=(15, 11))
        grid = figure.add_gridspec(
            3, 2, height_ratios=(1.1, 1.0, 1.15), left=0.045, right=0.975, top=0.79, bottom=0.025, hspace=0.4, wspace=0.09
        )  # fmt: skip
        _title(figure, story)
        _overview(figure.add_subplot(grid[0, :]), story)
        first = story.arrivals[0].at if story.arrivals else story.start
        back = story.resolved_at or story.end
        _zoom(figure.add_subplot(grid[1, 0]), story, first - 1200, first + 1800)
        _zoom(figure.add_subplot(grid[1, 1]), story, longest_silence(story).end - 3600, back + 5400)
        _messages(figure.add_subplot(grid[2, :]), story)
        try:
            figure.savefig(file, dpi=120, facecolor="white")
        except (OSError, ValueError) as error:
            raise UsageError(f"{file} cannot be written: {error}") from None
        finally:
            pyplot.close(figure)
    return note


def _title(figure: Any, story: Story) -> None:
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
            color=_QUIET,
            va="top",
            linespacing=1.5,
        )


def _overview(axis: Any, story: Story) -> None:
    label = Text("Requests in ten seconds, NASA Kennedy Space Center, 1 to 3 August 1995 (UTC-4)",
                 "NASA 肯尼迪航天中心网站每 10 秒请求数，1995 年 8 月 1 日至 3 日（UTC-4）").in_(story.language)  # fmt: skip
    axis.set_title(label, loc="left", fontsize=10.5, color=_QUIET, pad=32)
    _curve(axis, story, story.start, story.end, 900)
    silence = longest_silence(story)
    middle = _when((silence.start + silence.end) / 2)
    axis.text(
        middle,
        axis.get_ylim()[1] * 0.5,
        _SHUT.in_(story.language),
        ha="center",
        fontsize=13,
        color=COLOURS["P0"],
    )
    _marks(axis, story, story.start, story.end, labels=False)
    _days(axis, story)


def _zoom(axis: Any, story: Story, start: Instant, end: Instant) -> None:
    start, end = max(start, story.start), min(end, story.end)
    _curve(axis, story, start, end, 400)
    _marks(axis, story, start, end, labels=True)
    for caption in story.captions:
        if start < caption.at < end:
            axis.axvline(_when(caption.at), color=_INK, linewidth=1, linestyle=":", zorder=4)
            text = (
                f" {datetime.fromtimestamp(caption.at, ZONE):%H:%M:%S}  {caption.text.in_(story.language)} "
            )
            height = (0.30 if caption.at < (start + end) / 2 else 0.2) * axis.get_ylim()[1]
            axis.text(_when(caption.at), height, text, fontsize=8.5, color=_INK, zorder=6)
    day = datetime.fromtimestamp(start, ZONE).day
    axis.set_title(
        Text(f"{day} August", f"8 月 {day} 日").in_(story.language), loc="left", fontsize=10.5, color=_QUIET
    )
    from matplotlib import dates

    axis.xaxis.set_major_formatter(dates.DateFormatter("%H:%M", tz=ZONE))


def _curve(axis: Any, story: Story, start: Instant, end: Instant, points: int) -> None:
    chosen = [(t, v) for t, v in zip(story.samples.times, story.requests, strict=True) if start <= t < end]
    times, means, _, highs = thinned(
        [t for t, _ in chosen], [v for _, v in chosen], story.samples.interval, points
    )
    moments = [_when(at) for at in times]
    axis.fill_between(moments, highs, color=_CURVE, alpha=0.15, linewidth=0, step="mid", zorder=2)
    axis.fill_between(moments, means, color=_CURVE, alpha=0.85, linewidth=0, step="mid", zorder=3)
    axis.set_xlim(_when(start), _when(end))
    axis.set_ylim(0, max(highs, default=1.0) * 1.05 or 1.0)
    axis.grid(axis="y", color=_GRID)
    axis.set_axisbelow(True)
    axis.tick_params(length=0)
    for (at, level), (until, _) in zip(story.levels, [*story.levels[1:], (end, None)], strict=True):
        if level is not None and until > start and at < end:
            axis.axvspan(
                _when(max(at, start)), _when(min(until, end)), color=COLOURS[level], alpha=0.16, linewidth=0
            )


def _marks(axis: Any, story: Story, start: Instant, end: Instant, *, labels: bool) -> None:
    """A mark above the curve for each message; its label on one of three floors, so that neighbours stay apart."""
    top = axis.get_ylim()[1]
    moments = [a for a in _by_moment(story) if start <= a.at <= end]
    taken: list[Instant] = []
    for arrival in moments:
        colour = _colour(arrival)
        axis.plot([_when(arrival.at)], [top], "v", color=colour, markersize=9, clip_on=False, zorder=5)
        if not labels:
            continue
        axis.axvline(_when(arrival.at), color=colour, linewidth=1)
        floor = 0
        while floor < len(taken) and arrival.at - taken[floor] < (end - start) * 0.3:
            floor += 1
        taken[floor : floor + 1] = [arrival.at]
        text = f" {datetime.fromtimestamp(arrival.at, ZONE):%H:%M:%S}  {_label(arrival, story.language)} "
        side = "right" if arrival.at > start + 0.6 * (end - start) else "left"
        box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5}
        axis.text(
            _when(arrival.at),
            top * (0.9 - 0.14 * floor),
            text,
            color=colour,
            fontsize=9.5,
            bbox=box,
            zorder=6,
        )


def _messages(axis: Any, story: Story) -> None:
    """The first mail, and the SMS in a bubble each, as they came."""
    axis.set_axis_off()
    axis.set_xlim(0, 1)
    axis.set_ylim(0, 1)
    for left, title, channel in (
        (0.0, words.MAILBOX, ChannelName.EMAIL),
        (0.31, words.PHONE, ChannelName.SMS),
    ):
        count = sum(len(a.to) for a in story.arrivals if a.channel is channel)
        axis.text(left, 1.04, f"{title.in_(story.language)} ({count})", fontsize=10.5, color=_QUIET)
    mails = [a for a in story.arrivals if a.channel is ChannelName.EMAIL]
    if mails:
        _card(axis, story, mails[0], 0.0, 0.295, 8.0)
    shown = _chosen([a for a in story.arrivals if a.channel is ChannelName.SMS])
    width = 0.69 / max(1, len(shown))
    for index, message in enumerate(shown):
        _card(axis, story, message, 0.31 + index * width, width - 0.015 * (index + 1 < len(shown)), 9.0)


def _card(axis: Any, story: Story, arrival: Arrival, left: float, width: float, size: float) -> None:
    from matplotlib.patches import FancyBboxPatch

    colour = _colour(arrival)
    shape = "round,pad=0,rounding_size=0.01"
    axis.add_patch(
        FancyBboxPatch(
            (left, 0.0), width, 0.99, boxstyle=shape, mutation_aspect=4, facecolor="#f8fafc", edgecolor=colour
        )
    )
    who = words.TO.in_(story.language).format(who=words.names(arrival.to, story.language))
    head = f"{datetime.fromtimestamp(arrival.at, ZONE):%H:%M:%S}  {who}"
    axis.text(left + 0.01, 0.93, head, fontsize=9, color=colour, fontweight="bold", va="top")
    columns = int((width - 0.02) * _COLUMNS / size)
    lines = [line for part in arrival.text.strip().split("\n") for line in _folded(part, columns)]
    if arrival.subject:
        lines = [arrival.subject, "", *lines]
    most = int(_LINES / size)
    if len(lines) > most:
        lines = [*lines[: most - 1], "…"]
    axis.text(left + 0.01, 0.83, "\n".join(lines), fontsize=size, va="top", linespacing=1.3)


def _chosen(messages: Sequence[Arrival], most: int = 4) -> Sequence[Arrival]:
    """The first of each kind and the last, where there are too many for one row."""
    if len(messages) <= most:
        return messages
    kinds: dict[PageKind, Arrival] = {}
    for message in messages:
        kinds.setdefault(message.kind, message)
    return sorted({*list(kinds.values())[: most - 1], messages[-1]}, key=lambda message: message.at)


def _folded(text: str, width: int) -> list[str]:
    """Lines of at most `width` columns; Chinese may break anywhere, words only when they are too long."""
    lines, line = [], ""
    for word in _pieces(text):
        if cell_len(line + word) > width and line:
            lines.append(line.rstrip())
            line = ""
        while cell_len(word) > width:
            lines.append(word[:width])
            word = word[width:]
        line += word
    return [*lines, line.rstrip()]


def _pieces(text: str) -> list[str]:
    pieces = [""]
    for character in text:
        if ord(character) > 0x2E7F:
            pieces += [character, ""]
        else:
            pieces[-1] += character
            if character == " ":
                pieces.append("")
    return [piece for piece in pieces if piece]


def _by_moment(story: Story) -> list[Arrival]:
    return list({arrival.at: arrival for arrival in story.arrivals}.values())


def _label(arrival: Arrival, language: Language) -> str:
    if arrival.kind is PageKind.RESOLVED:
        return kind_word(arrival.kind, language)
    return (
        f"{arrival.severity} {severity_word(arrival.severity, language)}: {kind_word(arrival.kind, language)}"
    )


def _colour(arrival: Arrival) -> str:
    return _GREEN if arrival.kind is PageKind.RESOLVED else COLOURS[arrival.severity]


def _days(axis: Any, story: Story) -> None:
    from matplotlib.dates import DateFormatter, HourLocator

    axis.xaxis.set_major_locator(HourLocator(byhour=(0, 6, 12, 18), tz=ZONE))
    axis.xaxis.set_major_formatter(DateFormatter("%H:%M", tz=ZONE))
    day = datetime.fromtimestamp(story.start, ZONE)
    while day.timestamp() < story.end:
        text = Text(f"{day.day} August", f"8 月 {day.day} 日").in_(story.language)
        axis.text(day, axis.get_ylim()[1] * 1.07, text, fontsize=10, fontweight="bold")
        if day.timestamp() > story.start:
            axis.axvline(day, color=_GRID, linewidth=1)
        day += timedelta(days=1)


def _when(at: Instant) -> datetime:
    return datetime.fromtimestamp(at, ZONE)
