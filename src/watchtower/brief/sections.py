"""What a brief is made of: sections of lines, each as short as a line of a screen, in no language yet."""

from __future__ import annotations

from enum import StrEnum

from watchtower.model import Text
from watchtower.texts.phrases import Phrase
from watchtower.values import Frozen


class Tone(StrEnum):
    """How a line is looked at."""

    PLAIN = ""
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    SOFT = "soft"


class Line(Frozen):
    """`label` stands before it: a time, a role, the name of a number."""

    text: Phrase
    label: Phrase = ""
    tone: Tone = Tone.PLAIN


class Section(Frozen):
    """`lines` are all there are, the weightiest first; `keep` is how many of them a screen must show; `elsewhere`
    counts what is only in the full timeline."""

    name: str
    title: Text
    lines: tuple[Line, ...]
    keep: int = 1
    elsewhere: int = 0
