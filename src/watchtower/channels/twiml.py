"""TwiML: what Twilio is to do in a call, or in answer to a message (https://www.twilio.com/docs/voice/twiml)."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from watchtower.model import Language

HEADERS: Mapping[str, str] = {"Content-Type": "text/xml; charset=utf-8"}
NOTHING = b"<Response/>"
"""There is nothing to do."""
_TONGUES: Mapping[Language, str] = {Language.EN: "en-US", Language.ZH: "zh-CN"}
_PATIENCE = 8
"""Seconds after the last word in which a key may still be pressed."""


def spoken(text: str, language: Language, *, action: str = "", times: int = 1) -> str:
    """Says it so many times. With `action` one key may be pressed at any moment, and is sent there."""
    said = f'<Say language="{_TONGUES[language]}" loop="{times}">{escape(text)}</Say>'
    if action:
        said = f'<Gather numDigits="1" timeout="{_PATIENCE}" action={quoteattr(action)}>{said}</Gather>'
    return f"<Response>{said}</Response>"


def written(text: str) -> str:
    """An SMS in answer to one."""
    return f"<Response><Message>{escape(text)}</Message></Response>"
