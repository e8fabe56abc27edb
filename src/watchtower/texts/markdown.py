"""Texts inside Markdown: nothing in them is a sign."""

from __future__ import annotations

import re

_SIGNS = re.compile(r"([\\`*_\[\]<>|~]|^[#+-](?=\s)|^\d+(?=[.)]))")


def escaped(text: str) -> str:
    """One line, with every sign of Markdown as itself."""
    return _SIGNS.sub(r"\\\1", " ".join(text.split()))


class AsWritten(str):
    """Markdown that is put out as it is. Every other text is put out by `escaped`."""

    __slots__ = ()
