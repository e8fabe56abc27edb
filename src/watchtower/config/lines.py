"""Finds the line of a key in a TOML text.

tomllib gives values without positions. This scanner walks a text that tomllib has already accepted, so it
needs to find keys, not faults: one pass, a few regular expressions.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping, Sequence

Step = str | int
Loc = tuple[Step, ...]
"""Where a value is: table keys and list indexes, `("rule", 0, "when")`."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:\\.|[^"\\\n])*"|'[^'\n]*'""")
_SCALAR = re.compile(
    r'''"""(?:\\.|[^\\])*?"""(?!")|\'\'\'.*?\'\'\'(?!\')|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|[^,\]}#\n]+''',
    re.DOTALL,
)


_MARK = re.compile(
    r'''"""(?:\\.|[^\\])*?"""(?!")|\'\'\'.*?\'\'\'(?!\')|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|\#[^\n]*|[\[\]{}]''',
    re.DOTALL,
)
"""It finds brackets, and texts and comments, which may hold brackets that are no headers."""


class Lines:
    """The line (from 1) of every key, table and list item of a valid TOML text.

    Headers are found at once, keys when somebody asks for one: of most files nothing is ever said.
    """

    def __init__(self, text: str) -> None:
        # tomllib reads CRLF as LF; the count of lines is the same.
        self._text = text
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._at: dict[Loc, int] = {}
        self._last: dict[Loc, int] = {}
        """The index of the newest table of each array of tables."""
        self._headers = self._find_headers()
        self._whole = False

    @property
    def count(self) -> int:
        return len(self._starts) - (1 if self._text.endswith("\n") and len(self._starts) > 1 else 0)

    def line(self, loc: Sequence[Step]) -> int:
        """Returns the line of the innermost part of `loc` that stands in the text; 1 when none does."""
        path = tuple(loc)
        if path in self._headers:
            return self._headers[path]
        at = self._every()
        while path and path not in at:
            path = path[:-1]
        return at.get(path, 1)

    def __contains__(self, loc: Loc) -> bool:
        return loc in self._every()

    def _every(self) -> Mapping[Loc, int]:
        if not self._whole:
            self._at, self._last, self._whole = {}, {}, True
            self._scan()
        return self._at

    def _find_headers(self) -> Mapping[Loc, int]:
        """Of each `[table]` and of each `[[table]]` with its index: a bracket that begins a line, inside no other."""
        found, depth, position = {}, 0, 0
        while mark := _MARK.search(self._text, position):
            sign, start, position = mark.group(), mark.start(), mark.end()
            if sign == "[" and depth == 0 and self._begins_line(start):
                position, path = self._header(start)
                found[path] = self._at[path]
            elif sign in ("[", "{"):
                depth += 1
            elif sign in ("]", "}"):
                depth -= 1
        return found

    def _begins_line(self, position: int) -> bool:
        return not self._text[self._text.rfind("\n", 0, position) + 1 : position].strip(" \t")

    def _scan(self) -> None:
        table: Loc = ()
        position = self._skip(0)
        while position < len(self._text):
            if self._text.startswith("[", position):
                position, table = self._header(position)
            else:
                position = self._pair(position, table)
            position = self._skip(position)

    def _skip(self, position: int) -> int:
        found = _BLANK.match(self._text, position)
        return found.end() if found else position

    def _note(self, loc: Loc, position: int) -> None:
        self._at.setdefault(loc, bisect_right(self._starts, position))

    def _header(self, start: int) -> tuple[int, Loc]:
        many = self._text.startswith("[[", start)
        position, names = self._key(start + (2 if many else 1))
        path: Loc = ()
        for depth, name in enumerate(names, 1):
            path = (*path, name)
            if many and depth == len(names):
                self._last[path] = self._last.get(path, -1) + 1
            self._note(path, start)
            if path in self._last:
                path = (*path, self._last[path])
                self._note(path, start)
        # `[a.b]` may stand above `[a]`: a table's own header is its line.
        self._at[path] = bisect_right(self._starts, start)
        return position + (2 if many else 1), path

    def _pair(self, start: int, table: Loc) -> int:
        position, names = self._key(start)
        path = table
        for name in names:
            path = (*path, name)
            self._note(path, start)
        return self._value(self._skip(position + 1), path)

    def _key(self, position: int) -> tuple[int, list[str]]:
        """Reads a dotted key, and returns its parts. It stops on the sign that follows: `=` or `]`."""
        names = []
        while True:
            found = _KEY.match(self._text, self._space(position))
            if found is None:
                raise ValueError("no key")
            names.append(_plain(found.group()))
            position = self._space(found.end())
            if not self._text.startswith(".", position):
                return position, names
            position += 1

    def _space(self, position: int) -> int:
        found = _SPACE.match(self._text, position)
        return found.end() if found else position

    def _value(self, position: int, path: Loc) -> int:
        opening = self._text[position : position + 1]
        if opening not in ("[", "{"):
            found = _SCALAR.match(self._text, position)
            if found is None:
                raise ValueError("no value")
            return found.end()
        position, index = self._skip(position + 1), 0
        while self._text[position] not in "]}":
            if opening == "[":
                self._note((*path, index), position)
                position = self._value(position, (*path, index))
                index += 1
            else:
                position = self._pair(position, path)
            position = self._skip(position)
            if self._text[position] == ",":
                position = self._skip(position + 1)
        return position + 1


def _plain(key: str) -> str:
    if key[0] == '"':
        decoded: Mapping[str, str] = tomllib.loads(f"k = {key}")
        return decoded["k"]
    return key[1:-1] if key[0] == "'" else key
