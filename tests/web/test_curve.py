"""Curves are small, honest about holes, and nothing in them needs a script or a style."""

from __future__ import annotations

import random
import re
from math import sin

from watchtower.web.curve import HEIGHT, curve, svg

DICE = random.Random(1)
USUAL = [100 + 60 * sin(n / 46) for n in range(288)]
DAY = [DICE.gauss(usual, usual**0.5) for usual in USUAL]
LOW, HIGH = [0.8 * one for one in USUAL[::6]], [1.2 * one for one in USUAL[::6]]


def heights(drawing: str, name: str = "observed") -> list[int]:
    """Every y that the path goes through."""
    found = re.search(f'class="{name}" d="([^"]*)"', drawing)
    assert found
    y, out = 0, []
    for command, numbers in re.findall(r"([Mlh])([^Mlhz]*)", found[1]):
        values = [int(one) for one in re.findall(r"-?\d+", numbers)]
        if command == "M":
            y = values[1]
            out.append(y)
        elif command == "h":
            out.append(y)
        else:
            for down in values[1::2]:
                y += down
                out.append(y)
    return out


def test_a_day_with_its_band_is_less_than_two_kilobytes() -> None:
    assert len(svg(curve(DAY, LOW, HIGH, [(250, 287, "incident")]), 288, "Checkout")) < 1900


def test_what_was_not_measured_is_a_hole_and_not_zero() -> None:
    drawn = curve([5.0, 5.0, None, None, 5.0, 5.0])
    assert drawn == '<path class="observed" d="M0 1h1M4 1h1"/>'
    assert curve([None, None]) == curve([]) == ""
    assert heights(curve([5.0, 0.0])) == [1, HEIGHT - 1]


def test_a_single_sample_is_seen() -> None:
    assert curve([None, 3.0, None]) == '<path class="observed" d="M1 1h0"/>'


def test_one_spike_does_not_flatten_the_day() -> None:
    spiked = [*DAY[:100], 1e6, *DAY[101:]]
    assert (
        heights(curve(spiked, LOW, HIGH))[:50]
        == heights(curve([*DAY[:100], 400.0, *DAY[101:]], LOW, HIGH))[:50]
    )
    assert max(heights(curve(spiked, LOW, HIGH))) - min(heights(curve(spiked, LOW, HIGH))[:90]) > 8


def test_a_band_without_some_hours_is_several_bands() -> None:
    low = [1.0, 1.0, None, 1.0, 1.0]
    drawn = curve([1.0] * 9, low, [2.0] * 5)
    assert len(re.findall("M", re.findall('class="band" d="([^"]*)"', drawn)[0])) == 2


def test_a_name_becomes_no_markup_and_shades_are_classes() -> None:
    drawn = svg(curve([1.0, 2.0], shades=[(0, 1, "silenced")]), 2, '"><script>')
    assert "<script>" not in drawn
    assert "style" not in drawn
    assert '<rect class="silenced" x="0" width="1"' in drawn
