"""Refusals in Chinese. Where one is made, it is written in English; `refusals.tsv` holds each with its translation.

A `{}` stands for anything, and goes where it stands in the translation (`{1}`: the second of them).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import re2

from watchtower.model import Language

LONGEST, LINES = 300, 20
"""Characters of a line that is translated, and lines of one refusal: what is more holds somebody's own text."""


def in_language(said: str, language: Language) -> str:
    """The refusal in this language, line by line; a line that nobody has translated as it is."""
    if language is Language.EN or not said:
        return said
    lines = said.split("\n")
    return "\n".join([*(translated(line) or line for line in lines[:LINES]), *lines[LINES:]])


def translated(line: str, inner: bool = True) -> str | None:
    """One line in Chinese, also where a gap holds another sentence; None where there is no translation."""
    for pattern, zh in table() if len(line) <= LONGEST else ():
        if found := pattern.fullmatch(line):
            parts = found.groups()
            return zh.format(*((inner and translated(part, inner=False)) or part for part in parts))
    return None


@cache
def table() -> Sequence[tuple[Any, str]]:
    """Sentences with their translation; those with fewer gaps first, then the longer ones."""
    rows = (files("watchtower.api") / "refusals.tsv").read_text("utf-8").splitlines()
    pairs = [row.split("\t") for row in rows]
    pairs.sort(key=lambda pair: (pair[0].count("{}"), -len(pair[0])))
    # RE2, because what is in the gaps comes from outside.
    return [(re2.compile("(?s)" + "(.+?)".join(map(re2.escape, en.split("{}")))), zh) for en, zh in pairs]
