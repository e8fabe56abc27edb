"""A card in Feishu's JSON 2.0, in which an unknown property is an error (open.feishu.cn, card-json-v2-structure)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from watchtower.channels.chat_card import ChatCard


def feishu_card(card: ChatCard, said: str = "", by: str = "") -> dict[str, Any]:
    """The card; `said` stands first, and says what became of a press. `by` is which id of whoever presses is theirs here."""
    return {
        "schema": "2.0",
        "config": {"update_multi": True, "summary": {"content": said or card.summary}},
        "header": {"title": _text(card.title), "template": card.colour},
        "body": {"elements": list(_elements(card, said, by))},
    }


def _elements(card: ChatCard, said: str, by: str) -> Iterator[dict[str, Any]]:
    if said:
        yield _block(said)
        yield {"tag": "hr"}
    for lines in (card.lines, card.steps):
        if lines:
            yield _block("\n".join(lines))
    if card.button:
        value = {"about": card.about, "by": by}
        yield _button(card.button, {"type": "callback", "value": value}, "primary")
    for number, (label, url) in enumerate(card.links):
        kind = "default" if number or card.button else "primary"
        yield _button(label, {"type": "open_url", "default_url": url}, kind)


def _block(content: str) -> dict[str, Any]:
    """Plain text: what an alert quotes is never read as markup, and mentions nobody."""
    return {"tag": "div", "text": _text(content)}


def _button(label: str, does: dict[str, Any], kind: str) -> dict[str, Any]:
    return {"tag": "button", "text": _text(label), "type": kind, "width": "fill", "behaviors": [does]}


def _text(content: str) -> dict[str, str]:
    return {"tag": "plain_text", "content": content}
