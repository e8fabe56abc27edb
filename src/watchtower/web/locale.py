"""Who is looking: the language and the zone in which a page is written, and how it says time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from starlette.requests import Request

from watchtower.model import Instant, Language, Text
from watchtower.texts.units import duration_words, moment
from watchtower.web.markup import Html, fill

JUST_NOW = Text("now", "刚刚")
AGO = Text("{} ago", "{}前")


@dataclass(frozen=True, slots=True)
class Visitor:
    """`chosen` is true when the language was asked for in the address, so that links keep it. `root` is the path of
    WATCHTOWER_BASE_URL, below which everything lies for whoever comes through a proxy."""

    language: Language
    zone: tzinfo = UTC
    chosen: bool = False
    root: str = ""

    def say(self, text: Text) -> str:
        return text.in_(self.language)

    def both(self, en: str, zh: str) -> str:
        return zh if self.language is Language.ZH else en

    def here(self, path: str) -> str:
        """The path of a link, in the language that was chosen."""
        return f"{self.root}{path}?lang={self.language}" if self.chosen else self.root + path

    def span(self, seconds: float) -> str:
        return duration_words(max(0.0, seconds), self.language)

    def ago(self, instant: Instant, at: Instant) -> Html:
        """`3 min 20 s ago`, and the moment itself for whoever points at it."""
        passed = max(0.0, at - instant)
        words = self.say(AGO).format(self.span(round(passed))) if passed >= 1 else self.say(JUST_NOW)
        return self._time("ago", instant, words, at)

    def moment(self, instant: Instant, at: Instant) -> Html:
        """`14:43:10 UTC`; the page's script puts it into the visitor's own zone, where we do not know that."""
        return self._time(
            "utc" if self.zone is UTC else "moment",
            instant,
            moment(instant, self.zone, self.language, at=at),
            at,
        )

    def short(self, instant: Instant, words: str, exact: bool) -> Html:
        """`words` are `14:43`, with `exact` `14:43:10`; the script puts them into the visitor's own zone."""
        kind = ("hms" if exact else "hm") if self.zone is UTC else "moment"
        return self._time(kind, instant, words, instant)

    def _time(self, kind: str, instant: Instant, words: str, at: Instant) -> Html:
        iso = datetime.fromtimestamp(instant, UTC).isoformat(timespec="seconds")
        return fill(
            "time", kind=kind, iso=iso, words=words, full=moment(instant, self.zone, self.language, at=0.0)
        )


def visitor(request: Request) -> Visitor:
    """By `?lang=`, else by what the browser asks for, else English."""
    asked, root = request.query_params.get("lang", ""), request.scope.get("state", {}).get("root", "")
    if asked in tuple(Language):
        return Visitor(Language(asked), chosen=True, root=root)
    return Visitor(preferred(request.headers.get("accept-language", "")), root=root)


def preferred(header: str) -> Language:
    """The first of ours in an Accept-Language header, by its weights."""
    wishes = []
    for order, part in enumerate(header[:500].split(",")):
        tag, _, weight = part.strip().partition(";q=")
        try:
            wishes.append((-float(weight or 1), order, tag.lower().partition("-")[0]))
        except ValueError:
            continue
    known = [tag for _, _, tag in sorted(wishes) if tag in tuple(Language)]
    return Language(known[0]) if known else Language.EN


def zone_of(name: str) -> tzinfo:
    """UTC for a zone that this machine does not know."""
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
