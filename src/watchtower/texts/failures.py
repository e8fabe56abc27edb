"""Why a target is not well, in words: the one-word reasons of probes, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.model import Text, Value
from watchtower.texts.text_file import TextFile

REASONS = TextFile("failures")["REASONS"]
"""`{name}` stands for a measurement; without it the reason is said by its first words alone."""
_DOWN = REASONS["failed"]


def failure(reason: str, facts: Mapping[str, Value] | None = None) -> Text:
    """`HTTP 503`, `connection refused`; a word of a site's own probe as it is; `down` where there is none."""
    known = REASONS.get(reason)
    if known is None:
        return Text(reason.replace("_", " "), reason.replace("_", " ")) if reason else _DOWN
    if "{" not in known.en:
        return known
    numbers = {name: f"{value:.0f}" for name, value in (facts or {}).items() if isinstance(value, float)}
    try:
        return Text(known.en.format_map(numbers), known.zh.format_map(numbers))
    except KeyError:
        return _DOWN
