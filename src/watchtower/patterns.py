"""Regular expressions for text that comes from outside, in time that grows with its length and no faster.

Python's `re` tries one way after the other and holds the interpreter meanwhile: twenty-five blanks in a page are
enough to stop a daemon for minutes. RE2 walks through the text once and lets other threads run. What it cannot do
(looking ahead or behind, back-references) is refused when the configuration is read. It costs 4 MB of memory, so it
is loaded only where somebody has written a pattern.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from watchtower.fields import BeforeValidator, WithJsonSchema

_MOST_MEMORY = 1 << 20
"""Bytes that one pattern may use for its program and its states; RE2 allows itself eight times that."""
_MOST_STEPS = 1000
"""Instructions of a program: without room for its states RE2 goes through all of them for each character."""
_SLICE = 1 << 20

_CANNOT = (
    (r"\(\?<[=!]", "it looks behind, (?<=…) or (?<!…)"),
    (r"\(\?[=!]", "it looks ahead, (?=…) or (?!…)"),
    (r"\(\?P=|\\[1-9]", "it refers back to a group, as \\1 does"),
    (
        r"\(\?>|[*+?}]\+",
        "it has an atomic group or a possessive repetition, which nothing needs here: leave it out",
    ),
    (r"\\Z", "write \\z for the end of the text, not \\Z"),
    (r"\\[uU]", "write the character itself, or \\x{4E2D}, not \\u4E2D"),
    (r"\(\?\(", "it has a condition, (?(1)…)"),
    (r"\(\?#", "it has a comment, (?#…): leave it out"),
    (r"\(\?[a-zA-Z]*[xuaL]", "of the flags there are only i, m, s and U"),
    (r"repetition size", "it repeats something more than 1000 times"),
    (r"too large", "its program is too large"),
)
"""What RE2's own words are about, and what to tell the person who wrote the pattern."""


class Pattern:
    """One pattern. `search` and `fullmatch` take text, or its UTF-8 bytes, which is cheaper for a long one.

    `\\w`, `\\d`, `\\s` and `\\b` are about ASCII. `$` also matches before a newline that ends the text, as everywhere.
    """

    __slots__ = ("_compiled", "pattern")

    def __init__(self, pattern: str) -> None:
        self.pattern, self._compiled = pattern, None
        self._compiled = _compiled(pattern)

    @property
    def groups(self) -> Iterable[str]:
        """The names of its named groups."""
        return list(self._engine().groupindex)

    def search(self, text: str | bytes) -> bool:
        """Whether it is found anywhere."""
        return self._found(self._engine().search, text) is not None

    def fullmatch(self, text: str | bytes) -> bool:
        """Whether it matches the text from end to end."""
        return self._engine().fullmatch(_bytes(text)) is not None

    def named(self, text: str | bytes) -> Mapping[str, str | None] | None:
        """What its named groups hold where it is found first; None when it is not."""
        found = self._found(self._engine().search, text)
        if found is None:
            return None
        return {
            name: None if part is None else part.decode("utf-8", "replace")
            for name, part in ((name, found.group(name)) for name in self.groups)
        }

    def _found(self, search: Any, text: str | bytes) -> Any:
        content = _bytes(text)
        found = search(content)
        if found is None and "$" in self.pattern and content.endswith(b"\n"):
            found = search(content[:-1])
        return found

    def _engine(self) -> Any:
        if self._compiled is None:
            self._compiled = _compiled(self.pattern)
        return self._compiled

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pattern) and self.pattern == other.pattern

    def __hash__(self) -> int:
        return hash(self.pattern)

    def __repr__(self) -> str:
        return f"Pattern({self.pattern!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _unread, (self.pattern,)


def _unread(pattern: str) -> Pattern:
    """A pattern that was found good elsewhere: it is compiled when it is first used."""
    made = Pattern.__new__(Pattern)
    made.pattern, made._compiled = pattern, None
    return made


def parse_pattern(value: object) -> Pattern:
    """Raises ValueError, in words for the person who wrote it."""
    if isinstance(value, Pattern):
        return value
    if not isinstance(value, str):
        raise ValueError("write a regular expression as text")
    return Pattern(value)


Regex = Annotated[
    Pattern, BeforeValidator(parse_pattern), WithJsonSchema({"type": "string", "format": "regex"})
]
"""A `Pattern`, written in TOML as text."""


def utf8(text: str) -> bytes:
    """The text's UTF-8, in slices: encoding a long one at once would hold the interpreter."""
    if len(text) <= _SLICE:
        return text.encode("utf-8", "replace")
    return b"".join(text[at : at + _SLICE].encode("utf-8", "replace") for at in range(0, len(text), _SLICE))


def _bytes(text: str | bytes) -> bytes:
    return utf8(text) if isinstance(text, str) else text


def _compiled(pattern: str) -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MOST_MEMORY
    try:
        made = re2.compile(pattern, options)
        if made.programsize <= _MOST_STEPS:
            return made
        said = "pattern too large"
    except (re2.error, UnicodeEncodeError) as error:
        said = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else str(error)
    shown = pattern if len(pattern) <= 200 else f"{pattern[:200]}…"
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{shown!r} is not a regular expression: {error}") from None
    said = f"{said}=" if said.endswith("(?P") else said  # it does not quote the rest
    why = next((words for sign, words in _CANNOT if re.search(sign, said)), said)
    raise ValueError(f"{shown!r} cannot be matched in one pass over the text: {why}")
