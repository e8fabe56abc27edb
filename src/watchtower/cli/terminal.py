"""Filters the output of commands, so that no text from outside controls a terminal or breaks a pipe."""

from __future__ import annotations

import io
import sys

from watchtower.outside_text import clean_for_terminal


class Terminal(io.TextIOWrapper):
    """Standard output or error: colours pass, other control characters and half characters are replaced."""

    def write(self, text: str, /) -> int:
        super().write(clean_for_terminal(text))
        return len(text)


def guard_terminal() -> None:
    """Replaces standard output and standard error by filtered ones."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            by_line = stream.line_buffering
            encoding = stream.encoding
            made = Terminal(stream.detach(), encoding=encoding, errors="replace", line_buffering=by_line)
            setattr(sys, name, made)
