"""What is said in one of the two languages, for commands that show much text."""

from __future__ import annotations

from watchtower.model import Language, Text
from watchtower.texts.units import duration_words
from watchtower.values import Frozen

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class InWords(Frozen):
    """Says things in one language."""

    language: Language

    def __call__(self, en: str, zh: str) -> str:
        return Text(en, zh).in_(self.language)

    def span(self, seconds: float) -> str:
        return duration_words(seconds, self.language)

    def weekday(self, day: int) -> str:
        """The name of a day; Monday is 0."""
        return self(_WEEKDAYS[day], f"周{'一二三四五六日'[day]}")
