"""One line of an incident's append-only log. Everything that is told of an incident is folded from these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from watchtower.model import Instant


@dataclass(frozen=True, slots=True)
class Entry:
    """`kind` is `room.word` (`sop.done`, `levels.raised`), or a bare word of the incident's own course
    (`opened`, `acknowledged`, ...). `data` is plain JSON: what was written and read back is the same."""

    at: Instant
    kind: str
    by: str = "watchtower"
    detail: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
