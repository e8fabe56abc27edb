"""Charts as SVG, by attributes alone: a page that forbids inline styles shows them too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from markupsafe import Markup

from watchtower.model import Severity

COLOURS = {"P0": "#b1002a", "P1": "#e5484d", "P2": "#f08c2e", "P3": "#e0be4a", "P4": "#8b95a1"}
_TALLEST = 30.0
"""Of one incident: a month with a single one must not look like a wall."""
GOOD, BAD, PLAIN, TRACK, INK = "#2a9d5c", "#d97706", "#3b82f6", "#8b95a133", "currentColor"


def stacks(
    columns: Sequence[tuple[str, Mapping[str, int]]], title: str, width: int = 720, height: int = 150
) -> Markup:
    """A column of levels for each (label, count by level), the worst at the bottom; empty labels are left out."""
    most = max((sum(levels.values()) for _, levels in columns), default=0) or 1
    slot, floor, top = width / max(1, len(columns)), height - 18, 30
    each = min(_TALLEST, (floor - top) / most)
    parts = [_line(0, floor, width, floor)]
    for index, (label, levels) in enumerate(columns):
        x, y = index * slot, float(floor)
        for level in Severity:
            count = levels.get(level, 0)
            if count:
                y -= count * each
                parts.append(
                    _box(
                        x + slot * 0.12,
                        y,
                        slot * 0.76,
                        max(1.0, count * each - 1),
                        COLOURS[level],
                        f"{label} {level}: {count}",
                    )
                )
        if total := sum(levels.values()):
            parts.append(_text(x + slot / 2, y - 3, str(total), "middle", 11))
        if label:
            parts.append(_text(x + slot / 2, height - 4, label, "middle", 11, soft=True))
    used = [level for level in Severity if any(levels.get(level) for _, levels in columns)]
    for place, level in enumerate(reversed(used)):
        x = width - 42 * (place + 1)
        parts += [_box(x, 0, 10, 10, COLOURS[level]), _text(x + 14, 9, level, "start", 11)]
    return _svg(parts, title, width, height)


def bars(found: Sequence[tuple[str, str, float | None, str]], title: str, width: int = 720) -> Markup:
    """A row for each (label, value, share 0..1 or None, colour)."""
    row, left, right = 24, 270, 110
    long = width - left - right
    parts: list[str] = []
    for index, (label, value, share, colour) in enumerate(found):
        y = index * row
        parts.append(_text(left - 10, y + 16, label, "end", 13))
        if share is not None:
            parts += [
                _box(left, y + 4, long, 15, TRACK),
                _box(left, y + 4, max(1.0, long * min(1.0, share)), 15, colour, value),
            ]
        parts.append(_text(left + long + 10 if share is not None else left, y + 16, value, "start", 13))
    return _svg(parts, title, width, max(row, row * len(found)))


def line(
    points: Sequence[tuple[str, float | None, str]], title: str, width: int = 720, height: int = 130
) -> Markup:
    """A line through (label, value, value in words); a gap where there is no value."""
    most = max((value for _, value, _ in points if value is not None), default=0) or 1
    slot, floor, top = width / max(1, len(points)), height - 20, 22
    parts, previous = [_line(0, floor, width, floor)], None
    for index, (label, value, words) in enumerate(points):
        x = (index + 0.5) * slot
        parts.append(_text(x, height - 4, label, "middle", 11, soft=True))
        if value is None:
            previous = None
            continue
        y = floor - (floor - top) * value / most
        if previous is not None:
            parts.append(_line(*previous, x, y, PLAIN, 2))
        parts += [
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{PLAIN}"/>',
            _text(x, y - 8, words, "middle", 11),
        ]
        previous = x, y
    return _svg(parts, title, width, height)


def _svg(parts: Sequence[str], title: str, width: int, height: float) -> Markup:
    return Markup(  # every text in it is escaped  # noqa: S704
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:.0f}" width="100%" role="img" '
        f'font-family="system-ui, sans-serif"><title>{escape(title)}</title>{"".join(parts)}</svg>'
    )


def _box(x: float, y: float, width: float, height: float, colour: str, words: str = "") -> str:
    told = f"<title>{escape(words)}</title>" if words else ""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="2" fill="{colour}">{told}</rect>'


def _line(x: float, y: float, to_x: float, to_y: float, colour: str = TRACK, thick: int = 1) -> str:
    return f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" stroke="{colour}" stroke-width="{thick}"/>'


def _text(x: float, y: float, words: str, anchor: str, size: int, soft: bool = False) -> str:
    faint = ' opacity="0.65"' if soft else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{INK}"{faint}>{escape(words)}</text>'
