"""Sentences before they are put into a language and a zone: the brief is built once, and said to everybody."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from watchtower.model import Instant, Language, Text
from watchtower.texts.units import UNKNOWN, duration_words, offset
from watchtower.values import Frozen


class When(Frozen):
    """A moment: `14:43`, with `exact` `14:43:10`, with `zoned` `14:43 UTC+8`; of another day with its date."""

    instant: Instant
    exact: bool = False
    zoned: bool = False


class Span(Frozen):
    """A duration in seconds: `3 min 20 s`, from ten minutes on in whole minutes."""

    seconds: float


class Fill(Frozen):
    """`Fill(Text("due {}", "{} 到期"), (When(at),))`: phrases in a sentence."""

    text: Text
    parts: tuple[Phrase, ...]


Phrase = str | Text | When | Span | Fill
"""A `str` is the same in every language: what a person wrote, a name, a number."""


def fill(en: str, zh: str, *parts: Phrase) -> Fill:
    return Fill(Text(en, zh), parts)


def many(phrases: tuple[Phrase, ...] | list[Phrase], between: Text | str = " · ") -> Phrase:
    """Several in a row; empty ones are left out."""
    kept = [p for p in phrases if p not in ("", Text("", ""))]
    if len(kept) < 2:
        return kept[0] if kept else ""
    sign = between if isinstance(between, Text) else Text(between, between)
    holes = ["{}"] * len(kept)
    return Fill(Text(sign.en.join(holes), sign.zh.join(holes)), tuple(kept))


class Tongue(Frozen):
    """How it is said: in which language, in whose zone, and when."""

    language: Language = Language.EN
    zone: tzinfo = UTC
    at: Instant = 0.0

    def say(self, phrase: Phrase) -> str:
        """The phrase in words."""
        match phrase:
            case str():
                return phrase
            case Text():
                return phrase.in_(self.language)
            case Span(seconds):
                return duration_words(coarse(seconds), self.language)
            case When(instant, exact, zoned):
                after = f" {offset(datetime.fromtimestamp(instant, self.zone))}" if zoned else ""
                return clock(instant, self.zone, self.at, exact) + after
            case Fill(text, parts):
                return "".join(map(self.say, pieces(text.in_(self.language), parts)))


def coarse(seconds: float) -> float:
    """Nobody reads seconds beside minutes, once there are ten of them."""
    if abs(seconds) >= 600:
        return round(seconds / 60) * 60.0
    return round(seconds) if abs(seconds) >= 1 else seconds


def pieces(template: str, parts: tuple[Phrase, ...]) -> list[Phrase]:
    """The sentence's own words and its parts in turn. Braces in what people write are no places."""
    words = template.split("{}")
    out: list[Phrase] = [words[0]]
    for word, part in zip(words[1:], parts, strict=False):
        out += [part, word]
    return out


def clock(instant: Instant, zone: tzinfo, at: Instant, exact: bool = False) -> str:
    """`14:43`, or `11-22 14:43` on another day than `at`."""
    try:
        when, today = datetime.fromtimestamp(instant, zone), datetime.fromtimestamp(at, zone)
    except (OverflowError, ValueError, OSError):
        return UNKNOWN.en
    day = "" if when.date() == today.date() else f"{when:%m-%d} "
    return f"{day}{when:%H:%M:%S}" if exact else f"{day}{when:%H:%M}"
