"""The lower strip of the picture: the first mail, and the SMS in a bubble each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.cells import cell_len

from watchtower.demo import captions
from watchtower.demo.replay import ZONE, Arrival, DemoReplay
from watchtower.model import Instant
from watchtower.page_kinds import PageKind
from watchtower.replay.plot import COLOURS

INK, QUIET, _GREEN = "#0f172a", "#64748b", "#16a34a"
_COLUMNS, _LINES = 1850.0, 104.0
"""How much text a card takes: columns for its full width and lines, each at a font of one point."""

_NEVER_FIRST = frozenset("，。？！：；）、”》")
"""No Chinese line begins with these."""


def when(at: Instant) -> datetime:
    return datetime.fromtimestamp(at, ZONE)


def colour_of(arrival: Arrival) -> str:
    return _GREEN if arrival.kind.ends else COLOURS[arrival.severity]


def messages(axis: Any, story: DemoReplay) -> None:
    """The first mail, and the SMS in a bubble each, as they came."""
    axis.set_axis_off()
    axis.set_xlim(0, 1)
    axis.set_ylim(0, 1)
    for left, title, channel in (
        (0.0, captions.MAILBOX, "email"),
        (0.31, captions.PHONE, "sms"),
    ):
        count = sum(len(a.to) for a in story.arrivals if a.channel == channel)
        axis.text(left, 1.04, f"{title.in_(story.language)} ({count})", fontsize=10.5, color=QUIET)
    mails = [a for a in story.arrivals if a.channel == "email"]
    if mails:
        _card(axis, story, mails[0], 0.0, 0.295, 8.0)
    shown = _chosen([a for a in story.arrivals if a.channel == "sms"])
    width = 0.69 / max(1, len(shown))
    for index, message in enumerate(shown):
        _card(axis, story, message, 0.31 + index * width, width - 0.015 * (index + 1 < len(shown)), 9.0)


def _card(axis: Any, story: DemoReplay, arrival: Arrival, left: float, width: float, size: float) -> None:
    from matplotlib.patches import FancyBboxPatch

    colour = colour_of(arrival)
    shape = "round,pad=0,rounding_size=0.01"
    axis.add_patch(
        FancyBboxPatch(
            (left, 0.0), width, 0.99, boxstyle=shape, mutation_aspect=4, facecolor="#f8fafc", edgecolor=colour
        )
    )
    who = captions.TO.in_(story.language).format(who=captions.names(arrival.to, story.language))
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
        if cell_len(line + word) > width and line and word not in _NEVER_FIRST:
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
