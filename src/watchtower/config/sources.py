"""Reading the files: bytes, UTF-8, TOML, and `include` of more rules files. A file that fails does not stop the others."""

from __future__ import annotations

import datetime
import glob
import math
import os
import re
import tomllib
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from watchtower.config.lines import Lines, Loc
from watchtower.config.problems import Report, dotted
from watchtower.config.unchanged import PlainTable, Unchanged, without
from watchtower.core.plan.checks import Check
from watchtower.errors import Problem
from watchtower.values import Frozen, Mutable, field

_POSITION = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)")
_DEPTH = 24
_MEANINGS = {
    "Cannot overwrite a value": ("this key stands twice in its table", "keep one of them"),
    "Cannot mutate immutable namespace": (
        "this table was already written inline, { … }",
        "write it in one place",
    ),
    "Expected newline or end of document after a statement": (
        "something follows the value",
        "one key a line; a text needs quotes around all of it",
    ),
    "Invalid value": ("this is no value", 'a text needs quotes: "like this"; true and false are lower-case'),
    "Invalid statement": ("this is no key and no [table]", 'write key = "value", and # before a comment'),
    "Unterminated string": ("the text does not end", 'close the quotes: "like this"'),
    "Illegal character '\\n'": ("the text does not end", 'close the quotes: "like this"'),
    "Unclosed array": ("the list does not end", "close it with ]"),
    "Unclosed inline table": ("the table does not end", "close it with } on the same line"),
    "Invalid initial character for a key part": (
        "no key stands here",
        "{ … } must end on the line where it begins",
    ),
    "Expected ']]' at the end of an array declaration": ("the header does not end", "write [[name]]"),
    "Expected ']' at the end of a table declaration": ("the header does not end", "write [name]"),
    "Expected '=' after a key in a key/value pair": ('"=" is missing after the key', 'write key = "value"'),
}
"""tomllib's words -> ours, and a hint."""

_LARGEST = 64 << 20
"""Bytes of one file; 100,000 checks take 20 MB."""


class SourceFile(Frozen):
    """One file that was read: its name as people gave it, what it says, and the line finder."""

    name: str
    data: Mapping[str, Any]
    lines: Lines
    refers: bool = True
    """Whether it may name variables of the environment."""
    packed: bytes = b""
    """Its text, compressed."""
    unchanged: Sequence[tuple[PlainTable, Check]] = ()
    """Tables that are not in `data`."""


class SourceFiles(Mutable):
    """All files of one kind. `complete` is false when one could not be read: names may be missing then."""

    files: list[SourceFile] = field(default_factory=list)
    watch: list[Path] = field(default_factory=list)
    seen: set[Path] = field(default_factory=set)
    complete: bool = True


def read_rules(path: Path, report: Report) -> SourceFiles:
    """Reads `rules.toml` and all that it includes, each file once."""
    sources = SourceFiles()
    _read_including(path, (), sources, report)
    return sources


def read_checks(folder: Path, report: Report, unchanged: Unchanged | None = None) -> SourceFiles:
    """Reads every `*.toml` directly in the checks folder, in the order of their names."""
    sources = SourceFiles(watch=[folder])
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "there is no such folder"
        hint = "checks live in *.toml files in a folder; name it with --checks or WATCHTOWER_CHECKS"
        report.problem(Problem(str(folder), 1, "", what, hint))
        sources.complete = False
        return sources
    try:
        os.listdir(folder)
    except OSError as error:  # a glob would find nothing in it, which is not what it holds
        what, hint = f"cannot be read: {(error.strerror or 'unknown').lower()}", "may this user list it?"
        report.problem(Problem(str(folder), 1, "", what, hint))
        sources.complete = False
    for path in sorted(folder.glob("*.toml")):
        if not path.name.startswith("."):
            _add(path, sources, report, unchanged)
    for path in sorted(folder.glob("*/*.toml")):
        if not path.parent.name.startswith("."):
            report.warning(
                Problem(
                    str(path),
                    1,
                    "",
                    "is not read",
                    f"only *.toml directly in {folder} are; move it there",
                    "unread-file",
                )
            )
    return sources


def _read_including(path: Path, chain: tuple[Path, ...], sources: SourceFiles, report: Report) -> None:
    source = _add(path, sources, report)
    if source is None or "include" not in source.data:
        return
    patterns = source.data["include"]
    if not (isinstance(patterns, list) and all(isinstance(pattern, str) for pattern in patterns)):
        what = 'must be a list of file names, such as ["rules/*.toml"]'
        report.problem(Problem(source.name, source.lines.line(("include",)), "include", what))
        sources.complete = False
        return
    here = (*chain, path.resolve())
    for index, pattern in enumerate(patterns):
        line = source.lines.line(("include", index))
        for found in _matching(
            path.parent, pattern, sources, Problem(source.name, line, "include", ""), report
        ):
            if found.resolve() in here:
                what = f'"{pattern}" comes back to {found}, which is being read already'
                report.problem(
                    Problem(source.name, line, "include", what, "take it out of one of the two files")
                )
            elif found.resolve() not in sources.seen:
                _read_including(found, here, sources, report)


def _matching(
    base: Path, pattern: str, sources: SourceFiles, place: Problem, report: Report
) -> Iterator[Path]:
    """Returns the files that an include names, sorted. It is a problem when there are none."""
    what, hint = "", "a path is relative to the file that includes it"
    names: list[str] = []
    if not pattern or "\0" in pattern or Path(pattern).is_absolute():
        what = f'"{pattern}" is not a relative path' if pattern else "a file name is empty"
        hint = 'write a path relative to this file, such as "rules/*.toml"'
    else:
        names = sorted(name for name in glob.glob(pattern, root_dir=base) if (base / name).is_file())
        if not names:
            what = f'no file is named "{pattern}" beside this one'
    if what:
        sources.complete = False
        report.problem(Problem(place.file, place.line, place.where, what, hint))
    elif glob.has_magic(pattern):
        # A file that is added later shows in the folder's own time of change.
        sources.watch += sorted({(base / name).parent for name in names} - set(sources.watch))
    for name in names:
        yield base / name


def _add(
    path: Path, sources: SourceFiles, report: Report, unchanged: Unchanged | None = None
) -> SourceFile | None:
    sources.watch.append(path)
    sources.seen.add(path.resolve())
    hint = "name it with --rules or WATCHTOWER_RULES" if path.suffix else ""
    source = read_file(path, report, hint, unchanged)
    if source is None:
        sources.complete = False
    else:
        sources.files.append(source)
    return source


def read_file(
    path: Path, report: Report, hint: str = "", unchanged: Unchanged | None = None
) -> SourceFile | None:
    """Reads one file; None when it cannot be read, which is reported with this hint."""
    name = str(path)

    def fail(line: int, what: str, hint: str = "") -> None:
        report.problem(Problem(name, line, "", what, hint))

    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            fail(1, "is no regular file")  # reading a pipe would wait for ever
            return None
        if path.stat().st_size > _LARGEST:
            fail(1, f"is larger than {_LARGEST >> 20} MiB", "that is no configuration; is it the right file?")
            return None
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        fail(1, f"cannot be read: {reason.lower()}", hint)
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        fail(content.count(b"\n", 0, error.start) + 1, "is not UTF-8 text", "save the file in UTF-8")
        return None
    known = unchanged.of(text) if unchanged else []
    text = without(text, [table for table, _ in known])
    try:
        data = tomllib.loads(text)
        lines = Lines(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        line, what, hint = _syntax(error, text)
        fail(line, what, hint)
        return None
    odd = list(_odd(data, ()))
    for path_in, what, hint in odd:
        report.problem(Problem(name, lines.line(path_in), dotted(path_in), what, hint))
    if odd:
        return None
    refers = "${" in text or "\\" in text
    return SourceFile(name, data, lines, refers, zlib.compress(content, 1), known)


def _syntax(error: Exception, text: str) -> tuple[int, str, str]:
    """Returns line, what and hint for a text that is not TOML."""
    last = max(1, text.count("\n") + (0 if text.endswith("\n") else 1))
    if isinstance(error, RecursionError):
        return 1, "tables are nested too deeply", ""
    message = str(error)
    found = _POSITION.search(message)
    line, column = last, ""
    if found and found.group(1):
        line, column = min(int(found.group(1)), last), f" (column {found.group(2)})"
    bare = _POSITION.sub("", message)
    what, hint = _MEANINGS.get(bare, (bare[:1].lower() + bare[1:], ""))
    if bare.startswith("Cannot declare"):
        names = ".".join(re.findall(r"'([^']*)'", bare))
        what, hint = (
            f"the table [{names}] stands twice",
            "put its keys in one place; a list of tables is written [[…]]",
        )
    return line, f"not valid TOML: {what}{column}", hint


def _odd(value: Any, path: Loc) -> Iterator[tuple[Loc, str, str]]:
    """Returns values that TOML has and these files have no use for."""
    if len(path) > _DEPTH:
        yield path[:1], "is nested too deeply", ""
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _odd(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _odd(inner, (*path, index))
    elif isinstance(value, (datetime.date, datetime.time)):
        yield path, "is a date or a time of TOML's own", "put it in quotes"
    elif isinstance(value, float) and not math.isfinite(value):
        yield path, f"must be a number, not {value}", ""
