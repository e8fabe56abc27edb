"""What the pages of signing in and of the account say; `texts/access.tsv` has the words."""

from __future__ import annotations

from watchtower.model import Text
from watchtower.texts.counted import CountWords
from watchtower.texts.text_file import TextFile

_TEXTS = TextFile("access")
SESSIONS_OPEN = CountWords("{} session", "{} sessions", "{} 个会话")
ROLES = _TEXTS["ROLES"]


def __getattr__(name: str) -> Text:
    return _TEXTS.one(name)
