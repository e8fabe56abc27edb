"""A curve over its band as SVG, drawn without a script: whole pixels and relative steps, so that a day is 1.7 kB.

Colours come from classes of the stylesheet, because the pages forbid inline styles.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from markupsafe import Markup

HEIGHT = 40
_SPIKE = 2.0
"""What exceeds the band's top by more than so many times is cut off: one spike must not make the day a flat line."""

Points = Sequence[float | None]
"""Values at even distances; None where nothing was measured."""
Shade = tuple[int, int, str]
"""From this point up to that one, both included, and its class: `incident`, `silenced`, `change`, ..."""


def curve(observed: Points, low: Points = (), high: Points = (), shades: Sequence[Shade] = ()) -> Markup:
    """The drawing without its `<svg>`: shades, the band from `low` to `high`, the line. A pixel a point of `observed`;
    the band may have fewer points over the same width."""
    top = _top(observed, high)
    width = max(1, len(observed) - 1)
    parts = [
        f'<rect class="{kind}" x="{first}" width="{max(1, last - first)}" height="{HEIGHT}"/>'
        for first, last, kind in shades
    ]
    if band := "".join(_band(low, high, width, top)):
        parts.append(f'<path class="band" d="{band}"/>')
    if line := "".join(_line(run) for run in _runs([_pixel(value, top) for value in observed])):
        parts.append(f'<path class="observed" d="{line}"/>')
    return Markup("".join(parts))  # noqa: S704 - numbers, and classes of our own


def svg(drawing: Markup, points: int, label: str) -> Markup:
    """The drawing of so many points as a picture that a screen reader names by `label`."""
    return Markup(
        '<svg class="curve" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>'
    ).format(max(1, points - 1), HEIGHT, label, drawing)


def _top(observed: Points, high: Points) -> float:
    """The value at the upper edge."""
    most = max((value for value in observed if value is not None), default=0.0)
    expected = max((value for value in high if value is not None), default=0.0)
    if expected > 0.0:
        return max(expected, min(most, _SPIKE * expected))
    return most or 1.0


def _pixel(value: float | None, top: float) -> int | None:
    return None if value is None else HEIGHT - 1 - round(min(1.0, max(0.0, value / top)) * (HEIGHT - 2))


def _runs(pixels: Sequence[int | None]) -> Iterator[list[tuple[int, int]]]:
    """The stretches without a hole, each as points (x, y)."""
    for known, run in groupby(enumerate(pixels), lambda one: one[1] is not None):
        if known:
            yield [(x, y) for x, y in run if y is not None]


def _line(points: Sequence[tuple[int, int]]) -> str:
    """A path through these points: `M0 39l1-2 1 3h4`; a single one is a dot."""
    (x, y), out, flat, mode = points[0], [f"M{points[0][0]} {points[0][1]}"], 0, ""
    for to_x, to_y in points[1:]:
        if to_y == y:
            flat += to_x - x
        else:
            if flat:
                out.append(f"h{flat}")
                flat, mode = 0, ""
            step = f"{to_x - x}{'' if to_y < y else ' '}{to_y - y}"
            out.append(f"l{step}" if mode != "l" else step if step.startswith("-") else f" {step}")
            mode = "l"
        x, y = to_x, to_y
    return "".join(out) + (f"h{flat}" if flat or len(points) == 1 else "")


def _band(low: Points, high: Points, width: int, top: float) -> Iterator[str]:
    pixels = [
        None if below is None or above is None else (_pixel(below, top), _pixel(above, top))
        for below, above in zip(low, high, strict=True)
    ]
    across = width / max(1, len(pixels) - 1)
    for known, run in groupby(enumerate(pixels), lambda one: one[1] is not None):
        there = [(round(n * across), one) for n, one in run if one is not None] if known else []
        if len(there) > 1:
            edge = [(x, above) for x, (_, above) in there] + [(x, below) for x, (below, _) in there[::-1]]
            yield _line([(x, y) for x, y in edge if y is not None]) + "z"
