"""Words for explanations: rows of a label and a sentence, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from watchtower.model import Instant
from watchtower.texts.in_words import InWords
from watchtower.texts.units import moment, number

Json = Mapping[str, Any]
Row = tuple[str, str]
"""A label and its text; without a label it goes on with the one before."""


class Say(InWords):
    """The reader's language, zone and current time."""

    zone: tzinfo
    at: Instant

    def when(self, instant: str) -> str:
        """An instant of the API."""
        return moment(datetime.fromisoformat(instant).timestamp(), self.zone, self.language, at=self.at)

    def rate(self, per_second: float) -> str:
        """Per minute, or per hour or day where that gives readable numbers."""
        factor, unit = self.pace(per_second)
        return f"{number(per_second * factor)}{unit}"

    def pace(self, per_second: float) -> tuple[float, str]:
        if per_second * 60.0 >= 1.0 or per_second <= 0.0:
            return 60.0, self("/min", "/分")
        if per_second * 3600.0 >= 1.0:
            return 3600.0, self("/h", "/小时")
        return 86400.0, self("/day", "/天")

    def day(self, days: float) -> str:
        text = f"{days:.1f}".removesuffix(".0")
        return f"{text} {self('day' if text == '1' else 'days', '天')}"


def epoch(instant: str) -> Instant:
    return datetime.fromisoformat(instant).timestamp()


def table(rows: Sequence[Row]) -> list[str]:
    """Rows with aligned texts; wide characters count as two columns."""
    from rich.cells import cell_len

    wide = max((cell_len(label) for label, _ in rows), default=0)
    return [f"  {label}{' ' * (wide - cell_len(label))}  {text}".rstrip() for label, text in rows]
