"""One entry of an incident's append-only log. The history of an incident is projected from its log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from watchtower.model import Instant
from watchtower.values import Frozen, field


class LogEntry(Frozen):
    """`kind` is `feature.word` (`sop.done`, `severity.raised`), or a bare word of the incident's own lifecycle
    (`opened`, `acknowledged`, ...). `data` is plain JSON: what was written and read back is the same."""

    at: Instant
    kind: str
    by: str = "watchtower"
    detail: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
