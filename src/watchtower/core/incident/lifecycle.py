"""The kinds of log entries of an incident's own lifecycle, of its alerts and of its pages: bare words.

An alert's and a page's own moves use the same words as the incident's: `resolved` of one alert ends no incident. They
differ by what they carry.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NewType

import msgspec

from watchtower.model import AlertState, Instant, Severity, Text
from watchtower.page_kinds import PageKind
from watchtower.texts.reasons import SUPPRESSING, PageReason

IncidentWord = Literal[
    "opened", "alert_added", "explained_by_dependency", "dependency_found", "shares_dependency",
    "began_together", "alert_resolved", "alert_unwatched", "merged", "merged_into", "raised", "lowered",
    "acknowledged", "acknowledged_in_part", "acks_missing", "ack_expired", "next_warning", "mitigated",
    "recurred", "resolved", "unwatched", "reopened", "notified", "not_notified", "passed_on",
    "settled",
]  # fmt: skip
"""Kinds of the lifecycle's lines."""
PagesQueued = NewType("PagesQueued", str)
"""And those that pages of a kind were queued: `page_new`, ..."""
AlertWord = Literal[
    "joined", "pending", "firing", "resolved", "inactive", "unwatched", "removed_from_plan", "series_gone",
    "drill", "drill_ended", "reached_nobody", "reached", "channel_broken", "channel_works",
    "declared", "declared_over", "keeps_firing", "holds_again",
]  # fmt: skip
"""Kinds of an alert's lines; the last two are not logged: its state stays."""
PageWord = Literal[
    "delivered",
    "failing",
    "failed",
    "superseded",
    "over_budget",
    "received",
    "answered",
    "read",
    "undelivered",
]
"""Kinds of a page's lines after its first, which says why it was queued."""


def queued(kind: PageKind) -> PagesQueued:
    """The line that pages of this kind were queued."""
    return PagesQueued(f"page_{kind}")


class IncidentLine(msgspec.Struct):
    """What every line of the incident's lifecycle carries. `since` is when it was mitigated, while it is; `again` when it
    began to be bad again, once it did."""

    state: str
    severity: Severity
    record: Severity
    onset: Instant | None = None
    since: Instant | None = None
    again: Instant | None = None


class AlertLine(msgspec.Struct):
    """What every line of an alert carries; `alert` is its fingerprint."""

    alert: str
    state: str
    rule: str = ""
    check: str = ""
    series: str = ""
    previous: str = ""
    severity: Severity | None = None
    text: Text | None = None


class PageLine(msgspec.Struct):
    """What every line of a page carries; to whom, by what and what kind of page it is only its first."""

    page: str
    state: str
    responder: str = ""
    channel: str = ""
    kind: str = ""


INCIDENT: Mapping[str, str] = {
    **{queued(kind): f"Pages were queued: {kind.traits.word.en}." for kind in PageKind},
    "opened": "The incident was opened.",
    "alert_added": "An alert joined it.",
    "explained_by_dependency": "An alert joined: something it depends on fails.",
    "dependency_found": "An alert joined: what the incident depends on fails.",
    "shares_dependency": "An alert joined: both depend on the same.",
    "began_together": "An alert joined: both began at the same time.",
    "alert_resolved": "One of its alerts ended.",
    "alert_unwatched": "One of its alerts is no longer watched.",
    "merged": "Another incident was merged into it.",
    "merged_into": "It was merged into another incident.",
    "raised": "Its severity was raised.",
    "lowered": "Its severity was lowered.",
    "acknowledged": "It was acknowledged.",
    "acknowledged_in_part": "It was acknowledged, and others must too.",
    "acks_missing": "Its severity rose, and more people must acknowledge it.",
    "ack_expired": "Its acknowledgement expired.",
    "next_warning": "The next warning came: it must be acknowledged again.",
    "mitigated": "Nothing fires, and its users are back.",
    "recurred": "It was mitigated, and is bad again.",
    "resolved": "It is over.",
    "unwatched": "What saw it left the configuration.",
    "reopened": "It was over, and came back.",
    "notified": "Somebody was notified.",
    "not_notified": "Somebody could not be notified.",
    "passed_on": "A page that failed went on to somebody else.",
    "settled": "It is over, everybody was notified, and an alert that fires again would open another incident.",
}
"""Lines of the incident, with what each means."""
ALERTS: Mapping[str, str] = {
    "joined": "An alert joined the incident.",
    "pending": "An alert holds, and not for long enough to fire.",
    "firing": "An alert fires.",
    "resolved": "An alert ended.",
    "inactive": "An alert ceased before it fired.",
    "unwatched": "An alert is no longer watched.",
    "removed_from_plan": "The rule or check of an alert left the configuration.",
    "series_gone": "The series of an alert is no more.",
    "drill": "A drill's alert began.",
    "drill_ended": "A drill's alert ended.",
    "reached_nobody": "Nobody could be notified of an incident.",
    "reached": "Somebody was notified after all.",
    "channel_broken": "A channel refused a page because of us, such as wrong credentials or an empty balance.",
    "channel_works": "A page went through by the channel again.",
    "declared": "A person declared an incident.",
    "declared_over": "A person said that what was declared is over.",
}
"""Lines of an alert."""
MOVED: Mapping[AlertState, AlertWord] = {
    AlertState.INACTIVE: "inactive",
    AlertState.PENDING: "pending",
    AlertState.FIRING: "firing",
    AlertState.RESOLVED: "resolved",
    AlertState.UNWATCHED: "unwatched",
}
"""The line that an alert came to a state."""
PAGES: Mapping[str, str] = {
    **{str(one): f"A page was queued: {one.text.en}." for one in PageReason if one not in SUPPRESSING},
    "delivered": "A page was delivered.",
    "failing": "A page fails and is still tried.",
    "failed": "A page was given up.",
    "superseded": "A page was cancelled: what it says is out of date.",
    "over_budget": "A page was not sent: its channel's budget has no room for it.",
    "received": "A receipt says that a page arrived.",
    "answered": "A receipt says that somebody took a call, or a mailbox did.",
    "read": "A receipt says that a page was read.",
    "undelivered": "A receipt says that a page did not arrive.",
}
"""Lines of a page."""
SUPPRESSED: Mapping[str, str] = {str(one): f"Nobody was paged: {one.text.en}." for one in SUPPRESSING}
"""Lines that say why somebody was not paged; they carry nothing."""
