"""A page as the text of an SMS: what matters first, cut so that it always fits.

    [P0] Shop Checkout: No requests for 3 min 20 s, down, up to 22,200 users, since 22:39 (3 min 20 s). 1) Switch gateway.
    INC-7 ack https://w.example/ack/k7

Given up in this order when room is short: the further steps, who has it, the note, words of the summary, all flows but
the worst, the product, for how long, the worst flow, the first step (or the duty of a role), how many users, since
when. Why the severity is what it is stands in the mail. The
severity and the incident's id always stay; the title is cut, and the link left out, only where they alone
would not fit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from watchtower.channels import sentences
from watchtower.channels.contract import Letter
from watchtower.channels.gsm7 import fits_gsm7, plainer, segments
from watchtower.core.notify.messages import Message
from watchtower.daily_hours import zone_of
from watchtower.model import Language, Text
from watchtower.page_kinds import PageKind
from watchtower.values import Frozen, replace

_BRIEFLY = {True: 60, False: 16}
"""Characters of a summary that say what it is about: in GSM-7, and in Chinese."""
_ROOM = ((3, True), (1, False), (0, False))
"""How many flows are named, and whether the product and the duration are: less where there is no room for the first
step."""
_SHORTEST = 8
"""Fewer characters than this of a summary say nothing."""


class _Draft(Frozen):
    """The pieces in the order in which they are read."""

    language: Language
    marker: str
    kind: str
    title: str
    incident: str
    link: str
    over: bool
    about: bool
    """The summary is its note: since when stands with the title."""
    summary: str = ""
    harm: str = ""
    since: str = ""
    standing: str = ""
    also: str = ""
    shared: str = ""
    note: str = ""
    steps: str = ""

    def text(self) -> str:
        zh = self.language is Language.ZH
        colon, comma, stop = ("：", "，", "。") if zh else (": ", ", ", ". ")
        when, turn = (self.since, self.standing), comma if self.over else colon
        title = comma.join(filter(None, (self.title, *when))) if self.about else self.title
        head = colon.join(filter(None, (self.kind, turn.join(filter(None, (title, self.summary))))))
        said = comma.join(filter(None, (head, self.harm, *(() if self.about else when))))
        pieces = (said, self.also, self.shared, self.note, self.steps)
        body = "".join(_ended(piece, stop) for piece in pieces if piece)
        end = " ".join(filter(None, (self.incident, self.link)))
        return plainer(f"{self.marker} {body}{end}" if body else f"{self.marker} {end}")


def _ended(sentence: str, stop: str) -> str:
    """With its full stop; one that was cut keeps its dots instead."""
    if sentence.endswith(("...", "…")):
        return f"{sentence} " if stop == ". " else sentence
    return sentence.rstrip(" .。") + stop


def compose(letter: Letter, max_segments: int = 2) -> str:
    """The text for this letter, of at most `max_segments` (1 or more) SMS."""

    def fits(draft: _Draft) -> bool:
        return segments(draft.text()) <= max_segments

    drafts = (_filled(letter, fits, *room) for room in _ROOM)
    first = next(drafts)
    if not _todo(letter.message, letter.language) or first.steps:
        return first.text()
    return next((draft for draft in drafts if draft.steps), first).text()


def _filled(letter: Letter, fits: Callable[[_Draft], bool], flows: int, whole: bool) -> _Draft:
    message, language = letter.message, letter.language
    draft = _required(letter)
    if not whole:
        draft = replace(draft, title=sentences.clean(message.title.in_(language)))
    if not fits(draft):
        draft = _shrunk(draft, fits)
    kind = message.kind.traits
    live = kind.of_incident and not kind.ends
    summary = sentences.summary(message, language)
    brief = clip(summary, _BRIEFLY[fits_gsm7(summary)])
    if not fits(replace(draft, summary=brief)):  # a title that leaves no room for what is wrong
        draft = replace(draft, title=clip(draft.title, _BRIEFLY[fits_gsm7(draft.title)]))
    if live:
        draft = _whole(draft, "since", _since(letter, summary, whole), fits)
    if kind.of_incident and sentences.tells_harm(message):
        draft = _whole(draft, "harm", sentences.harm(message, language, flows), fits)
    if live and message.also:  # what the worst saw is more than what the others are called
        draft = _longest(draft, "summary", clip(summary, _BRIEFLY[fits_gsm7(summary)]), fits)
    draft = _whole(draft, "shared", sentences.shared(message, language), fits)
    draft = _longest(draft, "also", sentences.also(message, language), fits)
    if not live or kind.note_is_all or sentences.is_well(message):
        draft = _longest(draft, "summary", summary, fits)
        if kind.notes:
            draft = _longest(draft, "note", _note(letter, draft), fits)
        return _standing(draft, message, fits)
    # What to do comes before the last words of what was seen.
    draft = _longest(draft, "summary", brief, fits)
    todo = _todo(message, language)
    first = todo[0] if todo else ""
    least = _whole(draft, "steps", first, fits)
    if first and not least.steps:
        least = _longest(draft, "steps", clip(first, _BRIEFLY[fits_gsm7(first)]), fits)
    draft = _longest(least, "summary", summary, fits)
    draft = _longest(draft, "note", _note(letter, draft), fits)
    draft = _standing(draft, message, fits)
    for count in range(len(todo), 0, -1):
        more = _whole(replace(draft, steps=""), "steps", " ".join(todo[:count]), fits)
        if more.steps:
            return more
    return _longest(draft, "steps", todo[0] if todo else "", fits)


def _note(letter: Letter, draft: _Draft) -> str:
    message = letter.message
    told = [sentences.note(message, letter.language), "" if draft.link else message.command]
    return " ".join(filter(None, told))


def _standing(draft: _Draft, message: Message, fits: Callable[[_Draft], bool]) -> _Draft:
    """Who has it, where anybody has, or how it is; a page that its users are back says so already."""
    if message.kind.ends:
        return _whole(draft, "standing", sentences.now(message, draft.language), fits)
    known = message.status in ("acknowledged", "mitigated") or message.acks_missing
    if not known or message.kind is PageKind.MITIGATED:
        return draft
    return _whole(draft, "standing", sentences.standing(message, draft.language), fits)


def _todo(message: Message, language: Language) -> list[str]:
    """The first steps for who repairs; for who is told for a role of their own what that role is to do, once."""
    if message.duty_short is not None:
        return [sentences.clean(message.duty_short.in_(language))] if message.kind.traits.tells_duty else []
    return [f"{n}) {sentences.clean(step.in_(language))}" for n, step in enumerate(message.sop_steps, 1)]


def _since(letter: Letter, summary: str, whole: bool) -> str:
    """For how long it has been stands there only where the summary does not say so, and there is room."""
    message = letter.message
    if message.kind is PageKind.MITIGATED:
        return ""  # it was said first
    if sentences.is_well(message):
        spent = sentences.span(message.elapsed, letter.language)
        return "" if spent in summary else sentences.lasted(message, letter.language)
    began, seconds = sentences.spell(message)
    start = sentences.clock(began, zone_of(letter.zone), message.at)
    spent = sentences.span(seconds, letter.language)
    if not whole or (spent in summary and not sentences.tells_note(message)):
        return Text(f"since {start}", f"{start} 起").in_(letter.language)
    return Text(f"since {start} ({spent})", f"{start} 起已 {spent}").in_(letter.language)


def _required(letter: Letter) -> _Draft:
    message, language = letter.message, letter.language
    decides = sentences.decides(message)
    if letter.ack_url and (decides or sentences.asks(message)):
        ack = Text("ack all", "全部认领") if message.also else Text("ack", "认领")
        asked = Text("decide", "处理") if decides else ack
        link = f"{asked.in_(language)} {letter.ack_url}"
    else:
        link = letter.brief_url
    return _Draft(
        language=language,
        marker=sentences.marker(message, language),
        kind=sentences.lead(message, language),
        title=sentences.subject_of(message, language),
        incident=sentences.incident(message, language),
        link=link,
        over=sentences.says_what_was(message),
        about=sentences.tells_note(message),
    )


def _shrunk(draft: _Draft, fits: Callable[[_Draft], bool]) -> _Draft:
    """The required pieces alone are too long: cut the title; then leave out the link and cut it again."""
    for base in (draft, replace(draft, link="")):
        shorter = _longest(replace(base, title=""), "title", base.title, fits)
        if shorter.title:
            return shorter
    bare = replace(draft, link="", title="")
    return bare if fits(bare) else replace(bare, kind="", incident=clip(bare.incident, 20))


def _with(draft: _Draft, piece: str, text: str) -> _Draft:
    changes: dict[str, Any] = {piece: text}
    return replace(draft, **changes)


def _whole(draft: _Draft, piece: str, text: str, fits: Callable[[_Draft], bool]) -> _Draft:
    """The draft with all of `text`, or without it."""
    fuller = _with(draft, piece, text)
    return fuller if fits(fuller) else draft


def _longest(draft: _Draft, piece: str, text: str, fits: Callable[[_Draft], bool]) -> _Draft:
    """The draft with as much of `text` as fits, or without it."""
    fuller = _whole(draft, piece, text, fits)
    if fuller is not draft:
        return fuller
    low, high = 0, min(len(text) - 1, 2000)
    while low < high:
        middle = (low + high + 1) // 2
        if fits(_with(draft, piece, clip(text, middle))):
            low = middle
        else:
            high = middle - 1
    cut = clip(text, low)
    return _whole(draft, piece, cut, fits) if len(cut) >= (2 if piece == "title" else _SHORTEST) else draft


def clip(text: str, limit: int) -> str:
    """At most `limit` characters, the last words left out for an ellipsis; a long last word is cut."""
    if len(text) <= limit:
        return text
    dots = "..." if fits_gsm7(text) else "…"
    if limit <= len(dots):
        return text[: max(0, limit)]
    kept = text[: limit - len(dots)]
    head, space, _ = kept.rpartition(" ")
    # A space far back is no good place: Chinese has none, and one long word should not cost everything.
    return (head if space and len(head) > len(kept) * 0.7 else kept).rstrip(" ,.:;，。：；") + dots
