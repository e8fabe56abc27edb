"""What commands write passes one place, so that no text from outside is obeyed by a terminal or breaks a pipe."""

from __future__ import annotations

import io
import sys

from watchtower.outside_text import clean_for_terminal


class Terminal(io.TextIOWrapper):
    """Standard output or error: colours pass, every other control sign and half character is replaced."""

    def write(self, text: str, /) -> int:
        super().write(clean_for_terminal(text))
        return len(text)


def guard_terminal() -> None:
    """Put it in the place of standard output and standard error."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            by_line = stream.line_buffering
            encoding = stream.encoding
            made = Terminal(stream.detach(), encoding=encoding, errors="replace", line_buffering=by_line)
            setattr(sys, name, made)
