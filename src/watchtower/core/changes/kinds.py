"""The kind of log entry about changes. It stands in a book of its day, not in the log of an incident."""

from __future__ import annotations

from watchtower.core.incident.payload import Payload, kinds
from watchtower.model import Instant

BOOKS = "changes-"
"""With the day (`changes-2026-11-30`), what stands where other entries name their incident. A day is pruned as a whole."""


class ChangeReported(Payload):
    """Something was changed, or what is known of a change was. The entry's sentence says what, `what` of which kind."""

    kind = "changes.reported"
    key: str
    what: str
    begins_at: Instant
    ends_at: Instant | None = None
    flow: str = ""
    service: str = ""
    link: str = ""


KINDS = kinds(ChangeReported)
