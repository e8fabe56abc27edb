"""One frame of the demo: curves above, the incident in a line, mailbox and phone below."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime

from rich.console import Console, Group
from rich.layout import Layout
from rich.panel import Panel
from rich.text import Text

from watchtower import model
from watchtower.demo import captions
from watchtower.demo.numbers import missing
from watchtower.demo.replay import ZONE, Arrival, DemoReplay
from watchtower.model import ChannelName, Instant, Language, Severity
from watchtower.texts.units import duration_words, severity_word, status_word

_HOUR = 3600.0


class Screen:
    """Draws frames of the demo for a console; its size is read for each."""

    def __init__(self, story: DemoReplay, console: Console) -> None:
        self._story, self._console, self._language = story, console, story.language
        whole = buckets(story.between, story.start, story.end, 2 * 78, story.end)
        self._top_days = max((v for v in whole if v is not None), default=1.0)
        self._top_hour = 2 * self._top_days

    def frame(self, at: Instant) -> Layout:
        """The frame at this moment."""
        width, height = self._console.size
        height = max(18, height - 1)
        days = 3 if height < 30 else 5
        hour = 3 if height < 30 else 7
        layout = Layout(size=height)
        layout.split_column(
            Layout(self._head(at, width), size=1),
            Layout(self._curve(at, width, days, whole=True), size=days + 1),
            Layout(self._curve(at, width, hour, whole=False), size=hour + 1),
            Layout(Group(self._status(at), self._caption(at)), size=2),
            Layout(name="messages"),
        )
        below = height - 1 - days - 1 - hour - 1 - 2
        mailbox, phone = width - width * 2 // 5, width * 2 // 5
        layout["messages"].split_row(
            Layout(self._mailbox(at, mailbox, below), size=mailbox),
            Layout(self._phone(at, phone, below), size=phone),
        )
        return layout

    def _say(self, text: model.Text) -> str:
        return text.in_(self._language)

    def clock(self, at: Instant) -> str:
        when = datetime.fromtimestamp(at, ZONE)
        if self._language is Language.ZH:
            return f"{when.month} 月 {when.day} 日 {when:%H:%M:%S}"
        return f"{when.day} Aug {when:%H:%M:%S}"

    def _head(self, at: Instant, width: int) -> Text:
        clock = f"{self.clock(at)} UTC-4 "
        text = Text(f" {self._say(captions.TITLE)}", "bold", no_wrap=True)
        text.append(" " * max(1, width - text.cell_len - Text(clock).cell_len))
        text.append(clock, "bold cyan")
        return text

    def _curve(self, at: Instant, width: int, height: int, *, whole: bool) -> Group:
        story, columns = self._story, width - 2
        start, end = (story.start, story.end) if whole else (at - _HOUR, at)
        values = buckets(story.between, start, end, 2 * columns, at)
        lines = braille(values, height, self._top_days if whole else self._top_hour)
        step = (end - start) / columns
        ends = [start + (column + 1) * step for column in range(columns)]
        levels = [story.level(moment) if moment - step < at else None for moment in ends]
        label = Text(
            f" {self._say(captions.THREE_DAYS if whole else captions.LAST_HOUR)} ", "dim", no_wrap=True
        )
        label.append("─" * max(0, columns - label.cell_len), "dim")
        body = shaded(lines, levels)
        return Group(label, _indented(body))

    def _status(self, at: Instant) -> Text:
        story, level = self._story, self._story.level(at)
        line = Text(" ", no_wrap=True, overflow="ellipsis")
        if level is None:
            line.append(f" {self._say(captions.WELL)} ", MARKS[None])
            return line
        acknowledged = story.acknowledged is not None and story.acknowledged[0] <= at
        line.append(f" {level} {severity_word(level, self._language)} ", MARKS[level])
        line.append(
            f" {story.incident}  {status_word('acknowledged' if acknowledged else 'triggered', self._language)}"
        )
        line.append(f"  {duration_words(at - story.onset, self._language)}", "bold")
        line.append(f"  {self._say(captions.MISSING).format(n=missing(story, at))}", "yellow")
        return line

    def _caption(self, at: Instant) -> Text:
        now = [caption for caption in self._story.captions if caption.at <= at]
        return Text(
            f"  {self._say(now[-1].text)}" if now else "", "italic", no_wrap=True, overflow="ellipsis"
        )

    def _arrived(self, at: Instant, channel: ChannelName) -> list[Arrival]:
        return [a for a in self._story.arrivals if a.channel == channel and a.at <= at]

    def _mailbox(self, at: Instant, width: int, height: int) -> Panel:
        """The newest mail, as much of it as fits; the title has the number of mails."""
        mails = self._arrived(at, "email")
        body = Text()
        if mails:
            newest = mails[-1]
            body.append_text(self._envelope(newest))
            body.append(f"\n{newest.subject}\n", "bold")
            body.append(newest.text.strip())
        title = f"{self._say(captions.MAILBOX)} ({sum(len(m.to) for m in mails)})"
        return self._panel(title, body, width, height, last=False)

    def _phone(self, at: Instant, width: int, height: int) -> Panel:
        """All messages, the newest at the bottom."""
        messages = self._arrived(at, "sms")
        body = Text()
        for index, message in enumerate(messages):
            body.append("\n" if index else "")
            body.append_text(self._envelope(message))
            body.append(f"\n{message.text}\n")
        title = f"{self._say(captions.PHONE)} ({sum(len(m.to) for m in messages)})"
        return self._panel(title, body, width, height, last=True)

    def _envelope(self, arrival: Arrival) -> Text:
        level: Severity | None = None if arrival.kind.ends else arrival.severity
        line = Text(f" {self.clock(arrival.at)} ", MARKS.get(level, "bold"))
        line.append(
            f" {self._say(captions.TO).format(who=captions.names(arrival.to, self._language))}", "dim"
        )
        return line

    def _panel(self, title: str, body: Text, width: int, height: int, *, last: bool) -> Panel:
        body.rstrip()
        lines = body.wrap(self._console, max(1, width - 4))
        room = max(1, height - 2)
        shown = lines[-room:] if last else lines[:room]
        return Panel(
            Text("\n").join(shown), title=title, title_align="left", border_style="dim", height=height
        )


def _indented(body: Text) -> Text:
    return Text("\n").join(Text(" ").append_text(line) for line in body.split("\n"))


_LEFT = (0x40, 0x04, 0x02, 0x01)
_RIGHT = (0x80, 0x20, 0x10, 0x08)
CURVE = "#60a5fa"
SHADES = {Severity.P0: "on #7f1d1d", Severity.P1: "on #7c2d12", None: ""}
MARKS = {
    Severity.P0: "bold white on #dc2626",
    Severity.P1: "bold white on #ea580c",
    None: "bold black on #22c55e",
}


def braille(values: Sequence[float | None], height: int, top: float) -> list[str]:
    """`height` lines, the upper one first, for values from 0 to `top`; two values a character, None is blank.

    A value above zero shows at least one dot, zero shows none.
    """
    cells = [[0] * ((len(values) + 1) // 2) for _ in range(height)]
    for index, value in enumerate(values):
        if not value or value <= 0:
            continue
        dots = min(4 * height, max(1, math.ceil(value / top * 4 * height))) if top > 0 else 1
        bits = _RIGHT if index % 2 else _LEFT
        for dot in range(dots):
            cells[height - 1 - dot // 4][index // 2] |= bits[dot % 4]
    return ["".join(chr(0x2800 + cell) for cell in line) for line in cells]


def buckets(
    values_between: Callable[[Instant, Instant], Sequence[float]],
    start: Instant,
    end: Instant,
    count: int,
    now: Instant,
) -> list[float | None]:
    """Means of `count` equal stretches from `start` to `end`; None where nothing was measured or it is still to come."""
    step, out = (end - start) / count, list[float | None]()
    for index in range(count):
        since, until = start + index * step, min(start + (index + 1) * step, now)
        rows = values_between(since, until) if since < until else ()
        out.append(sum(rows) / len(rows) if rows else None)
    return out


def shaded(lines: Sequence[str], levels: Sequence[Severity | None]) -> Text:
    """The lines with each character's background by the severity that held there."""
    out = Text()
    for number, line in enumerate(lines):
        if number:
            out.append("\n")
        for character, level in zip(line, levels, strict=True):
            out.append(character, f"{CURVE} {SHADES.get(level, '')}")
    return out
