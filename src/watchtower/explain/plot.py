"""A curve with its band in the terminal: dots of braille, two by four in a character."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_BITS = ((0x40, 0x04, 0x02, 0x01), (0x80, 0x20, 0x10, 0x08))
_HEIGHT = 8
"""Lines of the plot."""

Point = tuple[float, float, float] | None
"""Low, middle and high; None where nothing is known."""


def plot(
    points: Sequence[Point], width: int, labels: Mapping[float, str], now: float, unit: str
) -> list[str]:
    """The lines of a plot that is `width` characters wide, axes included.

    Full up to the low edge, speckled up to the high one, the middle as a line. `labels` and `now` go by the
    share (0..1) of the way from left to right.
    """
    top = _rounded(max((point[2] for point in points if point), default=0.0)) or 1.0
    edge = [f"{top:.6g}", *[""] * (_HEIGHT - 1), "0"]
    edge[_HEIGHT // 2] = f"{top / 2:.6g}"
    margin = max(map(len, edge)) + 1
    across = max(20, width - margin - 1)
    dots = [_at(points, (x + 0.5) / (2 * across)) for x in range(2 * across)]
    lines = [
        f"{edge[row]:>{margin}}┤" + "".join(_character(dots, column, row, top) for column in range(across))
        for row in range(_HEIGHT)
    ]
    axis = ["─"] * across
    axis[min(across - 1, int(now * across))] = "┴"
    lines.append(f"{edge[-1]:>{margin}}┼" + "".join(axis))
    words = [" "] * across
    for share, label in labels.items():
        start = int(share * across)
        if start + len(label) <= across:
            words[start : start + len(label)] = label
    lines.append(" " * (margin + 1) + "".join(words).rstrip())
    place = min(across - 1, int(now * across))
    lines.append(" " * (margin + 1 + place) + "▲")
    return [*([f"{unit:>{margin}}"] if unit else []), *(line.rstrip() for line in lines)]


def _character(dots: Sequence[Point], column: int, row: int, top: float) -> str:
    cell = 0
    for side in (0, 1):
        point = dots[2 * column + side]
        if point is None:
            continue
        low, middle, high = point
        line = min(4 * _HEIGHT - 1, int(middle / top * 4 * _HEIGHT))
        for dot in range(4):
            height = 4 * (_HEIGHT - 1 - row) + dot
            value = (height + 0.5) / (4 * _HEIGHT) * top
            speckled = value <= high and height % 2 == 0 and side == height // 2 % 2
            if value <= low or speckled or (height == line and middle > 0.0):
                cell |= _BITS[side][dot]
    return chr(0x2800 + cell) if cell else " "


def _at(points: Sequence[Point], share: float) -> Point:
    """The interpolated value between two neighbours; that of one where the other is unknown."""
    place = share * len(points) - 0.5
    left = max(0, min(len(points) - 1, int(place // 1)))
    right = min(len(points) - 1, left + 1)
    before, after, along = points[left], points[right], min(max(place - left, 0.0), 1.0)
    if before is None or after is None:
        return points[min(len(points) - 1, int(share * len(points)))]
    low, middle, high = (a + (b - a) * along for a, b in zip(before, after, strict=True))
    return low, middle, high


def _rounded(most: float) -> float:
    """The next round number above."""
    if most <= 0.0:
        return 0.0
    size = 10.0 ** (len(f"{most:.0f}") - 1) if most >= 1.0 else 10.0 ** -len(f"{1 / most:.0f}")
    return next(n * size for n in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 20) if n * size >= most)


def bar(value: float, most: float, width: int = 30) -> str:
    """A bar of eighths of a character."""
    eighths = round(value / most * width * 8) if most > 0.0 else 0
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()
