"""What a person writes back to an SMS: `ACK 7`, `ack INC-7`, `收到 7`, `认领`."""

from __future__ import annotations

import re

_REPLY = re.compile(r"(?:ack|收到|认领)[\s:：,，#]*(?:(?:INC-)?([0-9]{1,9}))?[\s.。!！]*", re.IGNORECASE)
_LONGEST = 60


def about_of(text: str) -> str | None:
    """The number of the incident that a reply acknowledges; "" where it names none; None where it acknowledges nothing."""
    found = _REPLY.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    return None if found is None else (found[1] or "").lstrip("0")
