"""What the pages with curves say: checks, flows, the impact of an incident; `texts/curves.tsv` has the words."""

from __future__ import annotations

from watchtower.model import Text
from watchtower.texts.text_file import TextFile

_TEXTS = TextFile("curves")
_HOURS = {"1h": 1, "6h": 6, "24h": 24, "7d": 7 * 24, "30d": 30 * 24, "365d": 365 * 24}
SPANS = {key: (hours * 3600.0, _TEXTS["SPANS"][key]) for key, hours in _HOURS.items()}
"""Spans that are offered, as the address writes them, in seconds."""
NAMES = _TEXTS["NAMES"]
"""What a kept value is called; others by their own names."""


def __getattr__(name: str) -> Text:
    return _TEXTS.one(name)
