"""What a person writes back to an SMS: `ACK 7`, `ack INC-7`, `收到 7`, `认领`."""

from __future__ import annotations

import re
import unicodedata

_REPLY = re.compile(r"(?:ack|收到|认领)[\s:：,，#]*(?:(?:INC[\s-]*)?([0-9]{1,9}))?[\s.。!！]*", re.IGNORECASE)
_LONGEST = 60


def about_of(text: str) -> str | None:
    """The number of the incident that a reply acknowledges; "" where it names none; None where it acknowledges nothing."""
    if len(text) > _LONGEST:
        return None
    # A Chinese keyboard writes letters and digits in full width, too.
    found = _REPLY.fullmatch(unicodedata.normalize("NFKC", text).strip())
    return None if found is None else (found[1] or "").lstrip("0")
