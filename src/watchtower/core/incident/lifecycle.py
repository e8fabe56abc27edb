"""The kinds of log entries of an incident's own lifecycle, of its alerts and of its pages: bare words.

An alert's and a page's own moves use the same words as the incident's: `resolved` of one alert ends no incident. They
differ by what they carry.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from watchtower.model import Instant, Severity, Text


class IncidentLine(msgspec.Struct):
    """What every line of the incident's lifecycle carries. `since` is when it was mitigated, while it is."""

    state: str
    severity: Severity
    record: Severity
    onset: Instant | None = None
    since: Instant | None = None


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
    "opened": "The incident was opened.",
    "alert_added": "An alert joined it.",
    "explained_by_dependency": "An alert joined: something it depends on fails.",
    "dependency_found": "An alert joined: what the incident depends on fails.",
    "shares_dependency": "An alert joined: both depend on the same.",
    "began_together": "An alert joined: both began at the same time.",
    "alert_resolved": "One of its alerts ended.",
    "alert_unwatched": "One of its alerts is no longer watched.",
    "absorbs": "Another incident was merged into it.",
    "absorbed": "It was merged into another incident.",
    "raised": "Its severity was raised.",
    "lowered": "Its severity was lowered.",
    "acknowledged": "It was acknowledged.",
    "acknowledged_in_part": "It was acknowledged, and others must too.",
    "acks_missing": "Its severity rose, and more people must acknowledge it.",
    "ack_expired": "Its acknowledgement expired.",
    "next_warning": "The next warning came: it must be acknowledged again.",
    "mitigated": "Nothing fires, and its users are back.",
    "relapsed": "It was mitigated, and is bad again.",
    "resolved": "It is over.",
    "unwatched": "What saw it left the configuration.",
    "reopened": "It was over, and came back.",
    "told": "Somebody was notified.",
    "not_told": "Somebody could not be notified.",
    "passed_on": "A page that failed went on to somebody else.",
    "page_new": "Pages were queued: it is new.",
    "page_reminder": "Pages were queued: nobody has acknowledged it.",
    "page_upgrade": "Pages were queued: its severity was raised.",
    "page_downgrade": "Pages were queued: its severity was lowered.",
    "page_update": "Pages were queued: there is news.",
    "page_resolved": "Pages were queued: it is over.",
    "page_unwatched": "Pages were queued: it is no longer watched.",
    "settled": "It is over, everybody was notified, and a relapse would be another incident.",
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
}
"""Lines of an alert."""
PAGES: Mapping[str, str] = {
    "opened": "A page was queued: the incident is new.",
    "reopened": "A page was queued: the incident came back.",
    "raised": "A page was queued: the severity was raised.",
    "lowered": "A page was queued: the severity was lowered.",
    "resolved": "A page was queued: the incident is over.",
    "unwatched": "A page was queued: the incident is no longer watched.",
    "absorbed": "A page was queued: the incident was merged into another.",
    "not_acknowledged": "A reminder was queued.",
    "ack_expired": "A page was queued: the acknowledgement expired.",
    "escalated": "A page was queued to the next who are asked.",
    "next_warning": "A page was queued: the next warning came.",
    "alerts_joined": "A page was queued: more alerts joined.",
    "failover": "A page that failed was queued to somebody else.",
    "lowering_proposed": "A page was queued: the severity may be lowered.",
    "clock_soon": "A page was queued: an SLA clock runs out soon.",
    "clock_late": "A page was queued: an SLA clock ran out.",
    "duty_watch": "A page was queued: a duty may soon apply.",
    "duty_triggered": "A page was queued: a duty applies.",
    "duty_soon": "A page was queued: a filing is due soon.",
    "duty_late": "A page was queued: a filing is overdue.",
    "step_overdue": "A page was queued: steps of the checklist are overdue.",
    "approval_needed": "A page was queued: a degradation plan asks for approval.",
    "degrade_started": "A page was queued: a degradation plan started.",
    "degrade_failed": "A page was queued: a degradation plan failed.",
    "degrade_ends": "A page was queued: a degradation plan is taken back.",
    "degrade_in_force": "A page was queued: a degradation plan is still in force.",
    "delivered": "A page was delivered.",
    "failing": "A page fails and is still tried.",
    "failed": "A page was given up.",
    "superseded": "A page was cancelled: what it says is out of date.",
}
"""Lines of a page."""
SUPPRESSED: Mapping[str, str] = {
    "level_unchanged": "Nobody was paged: the severity is as it was.",
    "still_on_its_way": "Nobody was paged: an earlier page is on its way.",
    "nobody_was_told": "Nobody was paged: nobody had been notified of the incident.",
    "nobody_to_page": "Nobody was paged: there is nobody at this severity.",
    "nobody_for_role": "Nobody fills a role.",
    "no_policy": "Nobody was paged: there is no [page] table for this severity.",
    "over": "Nobody was paged: the incident is over.",
    "still_firing": "It was not resolved by hand: something still fires.",
}
"""Lines that say why somebody was not paged; they carry nothing."""
