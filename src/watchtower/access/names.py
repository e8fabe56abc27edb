"""The name of a person, as it is written into the log."""

from __future__ import annotations

from typing import Any

from watchtower.outside_text import REPLACEMENT, clean

LONGEST = 100
RESERVED = "watchtower"
"""The name in entries that watchtower wrote itself."""


def usable_name(given: Any) -> str:
    """Raises ValueError, with the reason and a hint, for a name that nobody can have."""
    if not isinstance(given, str) or not given.strip() or len(given) > LONGEST:
        raise ValueError(
            '"by" is no usable name: who are you?', f"send your name, at most {LONGEST} characters"
        )
    by = " ".join(clean(given).split())
    if REPLACEMENT in by or not by:
        raise ValueError("the name holds a sign that cannot be written", "send letters as UTF-8")
    if by.casefold() == RESERVED:
        raise ValueError(f'"{by}" is the name of the machine', "send your own name")
    return by
