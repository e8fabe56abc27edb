"""What a page says in a chat: the headline, what to do, and where to look. Each channel lays it out for its far side."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from watchtower.channels import sentences
from watchtower.channels.contract import Letter
from watchtower.channels.mail_body import body_of
from watchtower.channels.sms_text import clip
from watchtower.daily_hours import zone_of
from watchtower.model import Text
from watchtower.values import Frozen

ACKNOWLEDGE = Text("Acknowledge", "认领")
LONGEST = 600
"""Characters of a line: an alert may quote a stack trace, and a chat refuses the whole message for it."""


class ChatBody(Frozen):
    """In the reader's language and zone. `links` are label and URL; `button` is the label of the acknowledge button, empty
    where there is nothing to acknowledge."""

    headline: str
    lines: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    button: str


def chat_body(letter: Letter) -> ChatBody:
    """All parts of this letter."""
    message, language = letter.message, letter.language
    body, colon = body_of(letter), Text(": ", "：").in_(language)
    over = message.kind.ends
    lines = [] if over else [sentences.role_and_duty(message, language)]
    lines += [f"{number}. {step}" for number, step in enumerate(body.steps, 1)]
    lines += [colon.join(filter(None, (body.sop, body.sop_url))), message.command]
    if message.kind.traits.of_incident:
        lines.append(sentences.incident(message, language))
    return ChatBody(
        headline=clip(sentences.headline(message, zone_of(letter.zone), language), LONGEST),
        lines=tuple(clip(line, LONGEST) for line in lines if line),
        links=tuple(body.links),
        button=ACKNOWLEDGE.in_(language) if letter.button else "",
    )


def fitted(parts: Iterable[str], most: int, size: Callable[[str], int] = len) -> str:
    """The parts as lines, as many as fit into `most` by `size`; the first is cut where it alone does not."""
    text = ""
    for part in parts:
        longer = f"{text}\n{part}" if text else part
        if size(longer) > most:
            break
        text = longer
    if text:
        return text
    text = next(iter(parts), "")
    while size(f"{text}…") > most:
        text = text[: -max(1, len(text) // 50)]
    return f"{text}…"
