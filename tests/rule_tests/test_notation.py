"""How timelines are written."""

from __future__ import annotations

import re

import pytest

from watchtower.model import Outcome
from watchtower.rule_tests.notation import Gap, numbers, outcomes

NO, FAILED = Gap.NO_DATA, Gap.FAILED
UP, DOWN, UNKNOWN = Outcome.UP, Outcome.DOWN, Outcome.UNKNOWN

NUMBERS = [
    ("one poll", "40", [40.0], False),
    ("a value so many times", "40x3", [40.0] * 3, False),
    ("a value for a time", "40x1m", [40.0] * 6, False),
    ("one after the other", "4x2 0 5", [4.0, 4.0, 0.0, 5.0], False),
    ("no data", "1 _x2 1", [1.0, NO, NO, 1.0], False),
    ("the probe failed", "1 ?x20s 1", [1.0, FAILED, FAILED, 1.0], False),
    ("a ramp has both ends", "10..40x4", [10.0, 20.0, 30.0, 40.0], False),
    ("a ramp down", "1..0x3", [1.0, 0.5, 0.0], False),
    ("on to the end", "4 0...", [4.0, 0.0], True),
    ("on to the end, in one character", "4 _…", [4.0, NO], True),
    ("fractions, signs and exponents", "-0.5 +2 1e3x2", [-0.5, 2.0, 1000.0, 1000.0], False),
]
OUTCOMES = [
    ("a word alone is the whole test", "up", [UP], True),
    ("letters are polls", "-x?_", [UP, DOWN, UNKNOWN, NO], False),
    ("two downs are two letters", "xx", [DOWN, DOWN], False),
    ("down, thirty times", "xx3", [DOWN] * 3, False),
    ("up for a time", "-x30s x", [UP, UP, UP, DOWN], False),
    ("words with counts", "upx2 downx2 unknown", [UP, UP, DOWN, DOWN, UNKNOWN], False),
    ("on to the end", "- x...", [UP, DOWN], True),
]
WRONG = [
    ("40y5", '"40y5" is no part of a timeline'),
    ("forty", '"forty" is no part of a timeline'),
    ("", "is empty"),
    ("40x", '"40x" is no part of a timeline'),
    ("40x0", "x0: must be from 1 to 1,000,000"),
    ("40x15s", "x15s is no whole number of polls: there is one every 10s"),
    ("40x5parsecs", '"5parsecs" is not a duration'),
    ("40... 5", '"40..." goes on to the end, but "5" follows'),
    ("_..5", '"_..5" is no part of a timeline'),
    ("1x999999 1x999999", "has more than 1,000,000 polls"),
    ("1x900w", "has more than 1,000,000 polls"),
]


@pytest.mark.parametrize(("text", "cells", "on"), [n[1:] for n in NUMBERS], ids=[n[0] for n in NUMBERS])
def test_a_line_of_numbers(text: str, cells: list[object], on: bool) -> None:
    strand = numbers(text, 10.0)
    assert (list(strand.cells), strand.open) == (cells, on)


@pytest.mark.parametrize(("text", "cells", "on"), [o[1:] for o in OUTCOMES], ids=[o[0] for o in OUTCOMES])
def test_a_line_of_outcomes(text: str, cells: list[object], on: bool) -> None:
    strand = outcomes(text, 10.0)
    assert (list(strand.cells), strand.open) == (cells, on)


@pytest.mark.parametrize(("text", "said"), WRONG, ids=[w[0] or "nothing" for w in WRONG])
def test_what_cannot_be_read_is_named(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        numbers(text, 10.0)
