"""The visitor: the language and the zone in which a page is written, and how it shows times."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple
from urllib.parse import urlencode

from starlette.requests import Request

from watchtower.access.form_tokens import make
from watchtower.access.roles import SignInMethod
from watchtower.api.auth import Access
from watchtower.model import AccessRole, Instant, Language, Text
from watchtower.texts.phrases import Fill, Span, Tongue, When
from watchtower.texts.units import duration_words, moment

JUST_NOW = Text("now", "刚刚")
AGO = Text("{} ago", "{}前")


class Piece(NamedTuple):
    """A part of a sentence on a page: words, a link where it has an address, a time where it has the class of one."""

    words: str
    href: str = ""
    time: str = ""
    iso: str = ""
    full: str = ""


@dataclass(frozen=True, slots=True)
class Visitor:
    """`chosen` is true when the language was asked for in the address, so that links keep it. `root` is the path of
    WATCHTOWER_BASE_URL, below which everything lies for whoever comes through a proxy.

    Of who signed in: the name, the role, and the token for the forms of the page."""

    language: Language
    zone: tzinfo = UTC
    chosen: bool = False
    root: str = ""
    asked: str = ""
    """What else the address asks for, as `span=7d&`: the link to the other language keeps it."""
    path: str = ""
    """What they look at, below the root."""
    name: str = ""
    role: AccessRole | None = None
    form_token: str = field(default="", repr=False)

    @property
    def acts(self) -> bool:
        """Whether forms that change something are for them; who has not signed in may have a token."""
        return self.role is None or self.role.covers(AccessRole.RESPOND)

    @property
    def admin(self) -> bool:
        return self.role is AccessRole.ADMIN

    def say(self, text: Text) -> str:
        return text.in_(self.language)

    def both(self, en: str, zh: str) -> str:
        return zh if self.language is Language.ZH else en

    def here(self, path: str, query: str = "") -> str:
        """The path of a link with its query, in the language that was chosen."""
        asked = "&".join(filter(None, (query, f"lang={self.language}" if self.chosen else "")))
        return f"{self.root}{path}?{asked}" if asked else self.root + path

    def span(self, seconds: float) -> str:
        return duration_words(max(0.0, seconds), self.language)

    def ago(self, instant: Instant, at: Instant) -> Piece:
        """Returns `3 min 20 s ago`, with the moment itself as a tooltip."""
        passed = max(0.0, at - instant)
        words = self.say(AGO).format(self.span(round(passed))) if passed >= 1 else self.say(JUST_NOW)
        return self._time("ago", instant, words)

    def lasting(self, since: Instant, at: Instant) -> Piece:
        """Returns `3 min 20 s`, on which the page's script counts."""
        return self._time("span", since, self.span(round(at - since)))

    def left(self, until: Instant, at: Instant) -> Piece:
        """Returns `3 min 20 s`, from which the page's script counts down."""
        return self._time("left", until, self.span(round(until - at)))

    def moment(self, instant: Instant, at: Instant) -> Piece:
        """Returns `14:43:10 UTC`. The page's script converts it to the visitor's zone where the daemon does not know it."""
        kind = "utc" if self.zone is UTC else "moment"
        return self._time(kind, instant, moment(instant, self.zone, self.language, at=at))

    def pieces(self, at: Instant, phrase: object, *parts: object) -> list[Piece]:
        """Returns a phrase as links, times and the words between them. `parts` go into the places of a Text."""
        match phrase:
            case Piece():
                return [phrase]
            case Fill(text, inner):
                return self.pieces(at, text, *inner)
            case When(instant, exact, _):
                kind = ("hms" if exact else "hm") if self.zone is UTC else "moment"
                return [self._time(kind, instant, Tongue(self.language, self.zone, at).say(phrase))]
            case Text() if parts:
                first, *rest = self.say(phrase).split("{}")
                out = [Piece(first)]
                for part, words in zip(parts, rest, strict=False):
                    out += [*self.pieces(at, part), Piece(words)]
                return out
            case Text() | Span():
                return [Piece(Tongue(self.language).say(phrase))]
            case _:
                words = str(phrase)
                follow = link(words).startswith("http") and not any(map(str.isspace, words))
                return [Piece(words, href=words if follow else "")]

    def _time(self, kind: str, instant: Instant, words: str) -> Piece:
        iso = datetime.fromtimestamp(instant, UTC).isoformat(timespec="seconds")
        return Piece(words, "", kind, iso, moment(instant, self.zone, self.language, at=0.0))


def link(url: str) -> str:
    """Returns the address if it is safe to follow; an empty text otherwise, as for `javascript:`."""
    return url if url.lower().startswith(("https://", "http://", "/")) else ""


def visitor(request: Request) -> Visitor:
    """Returns the visitor. The language is that of `?lang=`, else that of the browser, else English."""
    asked, root = request.query_params.get("lang", ""), request.scope.get("state", {}).get("root", "")
    chosen = asked in tuple(Language)
    language = Language(asked) if chosen else preferred(request.headers.get("accept-language", ""))
    others = [one for one in request.query_params.multi_items() if one[0] != "lang"]
    more = f"{urlencode(others)}&" if others else ""
    who = Visitor(language, chosen=chosen, root=root, asked=more, path=request.scope["path"])
    if "app" not in request.scope:  # refused before it came there
        return who
    access: Access = request.app.state.access
    caller = access.caller(request)
    if caller.way is not SignInMethod.SESSION:
        return who
    return replace(who, name=caller.name, role=caller.role, form_token=make(access.ack_key, caller.session))


def preferred(header: str) -> Language:
    """Returns the first known language of an Accept-Language header, by weight."""
    wishes = []
    for order, part in enumerate(header[:500].split(",")):
        tag, _, weight = part.strip().partition(";q=")
        try:
            wishes.append((-float(weight or 1), order, tag.lower().partition("-")[0]))
        except ValueError:
            continue
    known = [tag for _, _, tag in sorted(wishes) if tag in tuple(Language)]
    return Language(known[0]) if known else Language.EN
