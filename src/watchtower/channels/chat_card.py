"""What a page says as a card of a chat: a coloured head with severity and what is affected, what was measured, since
when, what to do, and buttons. Each channel spells it as its far side wants it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from watchtower.channels import sentences
from watchtower.channels.chat_body import LONGEST, chat_body
from watchtower.channels.contract import Letter
from watchtower.channels.mail_body import body_of
from watchtower.channels.sms_text import clip
from watchtower.model import Severity, Text
from watchtower.values import Frozen, replace

_COLOURS: Mapping[Severity, str] = {
    Severity.P0: "red",
    Severity.P1: "orange",
    Severity.P2: "yellow",
    Severity.P3: "blue",
    Severity.P4: "grey",
}
_SHOWN = 6
"""Steps that a card names; all of them are behind its link."""
_MOST = 8000
"""Bytes of its lines, and of its steps: DingTalk and Feishu refuse a request of more than 20,000."""


class ChatCard(Frozen):
    """In the reader's language and zone; `colour` is a word, as `red`. `summary` is the one line that a phone shows.

    `links` are label and URL. `button` is the label of the acknowledge button, empty where there is none; `about` is what
    it carries back. Where there is a button, no link acknowledges.
    """

    title: str
    colour: str
    summary: str
    lines: tuple[str, ...]
    steps: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    button: str = ""
    about: str = ""


def card_of(letter: Letter, *, hears: bool = False) -> ChatCard:
    """The card of this letter; with a button where the channel `hears` what is pressed."""
    message, language = letter.message, letter.language
    body, chat = body_of(letter), chat_body(letter)
    colon, comma = Text(": ", "：").in_(language), Text(", ", "，").in_(language)
    well = sentences.is_well(message)
    said = comma.join(filter(None, (sentences.summary(message, language), sentences.now(message, language))))
    rows = body.rows if message.kind.traits.of_incident else ()
    steps = [f"{number}. {step}" for number, step in enumerate(body.steps[:_SHOWN], 1)]
    steps.append(colon.join(filter(None, (body.sop, body.sop_url))))
    card = ChatCard(
        title=clip(
            " ".join([sentences.marker(message, language), sentences.subject_of(message, language)]), 200
        ),
        colour="green" if well else _COLOURS[message.severity],
        summary=chat.headline[:300],
        lines=_kept([said, *(f"{name}{colon}{value}" for name, value in rows)]),
        steps=_kept(steps, _MOST // 2),
        links=tuple(body.links),
    )
    if not hears or not chat.button:
        return card
    links = tuple(one for one in body.links if one[1] != letter.ack_url)
    return replace(card, button=chat.button, about=letter.button, links=links)


def _kept(lines: Iterable[str], most: int = _MOST) -> tuple[str, ...]:
    """As many of these as there is room for, each cut where it is too long."""
    kept, size = list[str](), 0
    for line in (clip(line, LONGEST) for line in lines if line):
        size += len(line.encode()) + 2
        if size > most:
            break
        kept.append(line)
    return tuple(kept)


def markdown(card: ChatCard) -> str:
    """The card as markdown, for chats whose cards are that. What an alert quotes makes no link and no tag."""
    lines = [f"### {card.title}", *card.lines, *card.steps]
    plain = [line.replace("](", "] (").replace("<", "＜") for line in lines]
    return "\n\n".join([*plain, *(f"[{label}]({url})" for label, url in card.links)])
