"""Tables of checks that say what they said when they were last read: what was made of them is taken again, and they are not read.

Only a table of which the text alone says what it means: it is of a probe of ours, names no variable and no country's
holidays, and each key of it stands on one line. All others are read as ever.
"""

from __future__ import annotations

import re
import tomllib
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from watchtower.config.lines import Lines, Step
from watchtower.config.loaded import Texts
from watchtower.core.plan.checks import Check
from watchtower.values import Frozen

_TABLE = re.compile(
    r"^\[\[check\]\][ \t\r]*\n(?:[ \t\r]*(?:#.*)?\n|\[\[?check\.[\w.-]+\]\]?[ \t\r]*\n"
    r"|[ \t]*[A-Za-z_][\w-]*[ \t]*[.=](?:[^\n\[#]++|\[[^\n\[\]#]*\])*+(?:#[^\n\[]*)?\n)*+(?=\[\[?[A-Za-z]|\Z)",
    re.MULTILINE,
)
"""A `[[check]]` of plain lines, up to the next header: every bracket is closed on its line."""
_NAME = re.compile(r"^[ \t]*name[ \t]*=[ \t]*[\"']([\w-]+)", re.MULTILINE)
_MEANS_MORE = re.compile(r"[$\\]|holidays")
"""What such a table means, the environment says, or the year."""
_LONG_TEXT = re.compile("\"\"\"|'''")
"""In a file that has one, what looks like a header may be none."""


class PlainTable(Frozen):
    """Where it begins, and its text."""

    line: int
    start: int
    text: str

    @property
    def lines(self) -> Lines:
        return _LinesBelow(self.text, self.line - 1)

    @property
    def raw(self) -> Mapping[str, Any]:
        """What it says, which is read when somebody asks for it."""
        return _ReadLate(self.text)


class Unchanged:
    """Checks of a plan, all of probes of ours, found by what their tables in these files say."""

    def __init__(self, folder: Path, checks: Mapping[str, Check], texts: Texts) -> None:
        self.checks = checks
        self._made: dict[str, Check] = {}
        self._beside = []
        for file, packed in texts.items():
            if file.parent == folder:
                text = zlib.decompress(packed).decode("utf-8-sig")
                tables = _tables(text)
                self._beside.append(tomllib.loads(without(text, tables)))
                for one in tables:
                    name = _NAME.search(one.text)
                    if name and name[1] in checks and not _MEANS_MORE.search(one.text):
                        self._made[one.text] = checks[name[1]]

    def of(self, text: str) -> list[tuple[PlainTable, Check]]:
        """The tables of a file that are unchanged, each with its check."""
        return [(one, self._made[one.text]) for one in _tables(text) if one.text in self._made]

    def beside(self, files: Iterable[Mapping[str, Any]]) -> bool:
        """Whether all but the checks is as it was in these files: a flow, of which a check's measurements depend."""
        return _beside(files) == _beside(self._beside)


def without(text: str, tables: Sequence[PlainTable]) -> str:
    """The text with blank lines in the place of these tables, so that all others stand where they stood."""
    out: list[str] = []
    at = 0
    for one in tables:
        out += text[at : one.start], "\n" * one.text.count("\n")
        at = one.start + len(one.text)
    return "".join((*out, text[at:]))


def _tables(text: str) -> list[PlainTable]:
    found, line, at = [], 1, 0
    for one in () if _LONG_TEXT.search(text) else _TABLE.finditer(text):
        line, at = line + text.count("\n", at, one.start()), one.start()
        found.append(PlainTable(line, at, one.group()))
    return found


def _beside(files: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    others = ({key: value for key, value in data.items() if key != "check"} for data in files)
    return [one for one in others if one]


class _LinesBelow(Lines):
    """The lines of a table below so many others."""

    def __init__(self, text: str, above: int) -> None:
        self._text, self._above = text, above

    def line(self, loc: Sequence[Step]) -> int:
        """`loc` begins as if the table were the file's only one."""
        return self._above + (Lines(self._text).line(loc) if len(loc) > 2 else 1)


class _ReadLate(Mapping[str, Any]):
    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _read(self) -> Mapping[str, Any]:
        table: Mapping[str, Any] = tomllib.loads(self._text)["check"][0]
        return table

    def __getitem__(self, key: str) -> Any:
        if key not in self._text:
            raise KeyError(key)
        return self._read[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read)

    def __len__(self) -> int:
        return len(self._read)
