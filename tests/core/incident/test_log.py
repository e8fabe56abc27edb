"""Each decision's line in the incident's log, and what is read back from it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.incident.test_incident_table import an_incident
from tests.core.people.crew import LI, Crew, plan
from watchtower.core.events import (
    AlertChanged,
    Decision,
    IncidentChanged,
    NotPaged,
    PageChanged,
    PageQueued,
    Refused,
)
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.history import History
from watchtower.core.incident.incidents import Notified, PageState
from watchtower.core.incident.kinds import (
    BUILT_IN,
    CHANNEL,
    DECLARED,
    DRILL,
    GAP,
    LOCATION,
    NO_DATA,
    UNREACHED,
    IncidentKind,
    kind_of,
)
from watchtower.core.incident.log import line_of
from watchtower.core.incident.milestones import Milestones
from watchtower.core.incident.payload import Payload, kinds, read
from watchtower.model import AlertState, IncidentState, Severity, Text
from watchtower.texts.reasons import PageReason

FIRES, OVER = AlertState.FIRING, AlertState.RESOLVED
ALERT = Alert(
    "down", "bank", "x", FIRES, Severity.P2, text=Text("bank is down", "银行中断"), incident="INC-1"
)
SAID = {
    "alert": ALERT.fingerprint, "rule": "down", "check": "bank", "series": "x", "state": "firing",
    "previous": "pending", "severity": "P2", "text": {"en": "bank is down", "zh": "银行中断"},
}  # fmt: skip
LEVELS = {"state": "triggered", "severity": "P1", "record": "P1", "onset": 1.0}


def first_page() -> PageQueued:
    return next(d for d in Crew(plan(LI)).down("bank") if isinstance(d, PageQueued))


@pytest.mark.parametrize(
    ("decision", "wanted"),
    [
        (
            IncidentChanged(5.0, "raised", an_incident(IncidentState.TRIGGERED), "why", "li"),
            LogEntry(5.0, "raised", "li", "why", {**LEVELS, "since": 2.0}),
        ),
        (
            IncidentChanged(5.0, "opened", replace(an_incident(IncidentState.TRIGGERED), mitigated_at=None)),
            LogEntry(5.0, "opened", data=LEVELS),
        ),
        (
            AlertChanged(5.0, "firing", ALERT, AlertState.PENDING),
            LogEntry(5.0, "firing", detail="bank is down", data=SAID),
        ),
        (AlertChanged(5.0, "keeps_firing", ALERT, FIRES), None),
        (
            AlertChanged(5.0, "joined", ALERT, FIRES),
            LogEntry(5.0, "joined", detail="bank is down", data={**SAID, "previous": "firing"}),
        ),
        (AlertChanged(5.0, "firing", replace(ALERT, incident=""), AlertState.PENDING), None),
        (
            PageChanged(5.0, "failed", "INC-1.1.li.sms", "INC-1", PageState.FAILED, "550"),
            LogEntry(5.0, "failed", detail="550", data={"page": "INC-1.1.li.sms", "state": "failed"}),
        ),
        (
            PageChanged(5.0, "delivered", "p", "INC-1", PageState.DELIVERED, "", "sms.cn"),
            LogEntry(5.0, "delivered", data={"page": "p", "state": "delivered", "via": "sms.cn"}),
        ),
        (NotPaged(5.0, PageReason.OVER, "INC-1", "late"), LogEntry(5.0, "over", detail="late")),
    ],
)  # fmt: skip
def test_the_line_of_a_decision(decision: Decision, wanted: LogEntry | None) -> None:
    assert line_of(decision) == (None if wanted is None else ("INC-1", wanted))


def test_the_line_of_a_page_that_is_queued_says_to_whom() -> None:
    decision = first_page()
    assert line_of(decision) == (
        "INC-1",
        LogEntry(
            decision.at, decision.reason,
            data={"page": "INC-1.1.li.sms", "responder": "li", "channel": "sms", "kind": "new", "state": "queued"},
        ),
    )  # fmt: skip


def test_what_is_refused_stands_in_no_log() -> None:
    assert line_of(Refused(5.0, "fires", "INC-1", "it still fires")) is None


class Counted(Payload):
    """Of a step of a test."""

    kind = "test.counted"
    count: int = 1
    what: str = "x"


class Needed(Payload):
    """Cannot be read without its field."""

    kind = "test.needed"
    what: str


KNOWN = kinds(Counted, Needed)


@pytest.mark.parametrize(
    ("kind", "data", "wanted"),
    [
        ("test.counted", {"count": 3, "what": "y"}, Counted(3, "y")),
        ("test.counted", {"count": "3"}, Counted(3)),
        ("test.counted", {"count": [], "what": "y", "more": 1}, Counted(1, "y")),
        ("test.counted", {"count": [], "what": []}, Counted()),
        ("test.needed", {"what": []}, None),
        ("test.needed", {}, None),
        ("test.other", {"what": "y"}, None),
    ],
)
def test_what_cannot_be_read_has_its_default(
    kind: str, data: dict[str, object], wanted: Payload | None
) -> None:
    assert read(LogEntry(1.0, kind, data=data), KNOWN) == wanted


def test_an_entry_carries_what_is_no_default() -> None:
    assert Counted(3).entry(2.0, "why", "li") == LogEntry(2.0, "test.counted", "li", "why", {"count": 3})


def after(*entries: LogEntry, start: Milestones | None = None) -> Milestones:
    found = start or Milestones()
    for entry in entries:
        found = found.after(entry)
    return found


def line(at: float, kind: str, by: str = "watchtower", detail: str = "", **data: object) -> LogEntry:
    return LogEntry(at, kind, by, detail, {**LEVELS, **data} if data else {})


AT = {"opened": 1.0, "acknowledged": 2.0, "mitigated": 5.0, "resolved": 9.0}


@pytest.mark.parametrize(
    ("entries", "wanted"),
    [
        ([line(1, "opened", detail="down on bank")], {"opened_at": 1, "detected_by": "down on bank"}),
        (
            [line(2, "acknowledged", "li"), line(3, "acknowledged", "wang")],
            {"acknowledged_at": 2, "acknowledged_by": "li", "acted_at": 3},
        ),
        (
            [line(2, "notes.cause", "li", "disk"), line(3, "notes.cause", "li", "network")],
            {"cause_identified_at": 2, "cause": "network", "acted_at": 3},
        ),
        ([line(5, "mitigated")], {"mitigated_at": 5}),
        ([line(5, "mitigated", onset=0.5)], {"mitigated_at": 5, "onset": 0.5}),
        ([line(5, "mitigated", since=4.0)], {"mitigated_at": 4.0, "onset": 1.0}),
        ([line(9, "resolved")], {"mitigated_at": 9, "resolved_at": 9}),
        ([line(5, "mitigated"), line(9, "resolved")], {"mitigated_at": 5, "resolved_at": 9}),
        ([line(9, "merged_into")], {"mitigated_at": 9, "resolved_at": 9}),
        ([line(9, "unwatched")], {"unwatched_at": 9}),
        ([line(8, "unwatched"), line(9, "reopened")], {"reopened": 1, "again_at": 9, "well_since": 8}),
        ([line(5, "mitigated"), line(6, "resolved"), *[line(9, "reopened")] * 2], {"reopened": 2, "again_at": 9, "well_since": 9}),
        ([line(5, "mitigated"), line(9, "recurred")], {"recurred": 1, "again_at": 9, "well_since": 5}),
        ([line(8, "page_new"), line(9, "page_reminder")], {"pages": 2}),
        ([line(9, "raised")], {"acted_at": 9}),
        ([line(9, "lowered", "")], {"acted_at": 9}),
        ([line(9, "severity.set", "li")], {"acted_at": 9}),
        ([line(9, "severity.set", "")], {}),
        ([line(9, "resolved", alert="x")], {}),
        ([line(9, "resolved", "li", page="x")], {"acted_at": 9}),
        ([line(9, "settled", state="resolved", severity="P3", record="P2", onset=None)],
         {"state": "resolved", "severity": Severity.P3, "record": Severity.P2}),
        ([line(1, "opened", onset=0.5), line(9, "settled", onset=None)],
         {"opened_at": 1, "onset": 0.5}),
    ],
)  # fmt: skip
def test_milestones_after_entries(entries: list[LogEntry], wanted: dict[str, object]) -> None:
    found = after(*entries)
    levels = {"state", "severity", "record", "onset"} - set(wanted)
    blank = {name: getattr(Milestones(), name) for name in levels}
    assert replace(found, **blank) == Milestones(**wanted)  # type: ignore[arg-type]


def test_the_time_for_which_it_was_bad_has_no_time_in_between() -> None:
    first = after(line(2, "opened", state="triggered"))
    assert (first.onset, first.bad_seconds(6.0), first.bad_seconds(0.5)) == (1.0, 5.0, 0.0)
    well = after(line(5, "mitigated", since=4.0), start=first)
    assert well.bad_seconds(60.0) == 3.0
    again = after(line(20, "recurred", again=18.0), start=well)
    assert (again.again_at, again.well_since, again.bad_before, again.bad_seconds(30.0)) == (
        18.0,
        4.0,
        3.0,
        15.0,
    )
    assert after(line(20, "recurred"), start=first).bad_seconds(30.0) == 29.0
    assert Milestones().bad_seconds(30.0) == 0.0
    assert [after(line(9, end), start=first).bad_seconds(30.0) for end in ("resolved", "unwatched")] == [
        8.0,
        8.0,
    ]


def test_the_levels_of_the_last_line_count() -> None:
    found = after(line(1, "opened", severity="P2", state="mitigated"), line(2, "resolved", alert="x"))
    assert (found.severity, found.record, found.state, found.onset) == (
        Severity.P2,
        Severity.P1,
        "mitigated",
        1.0,
    )


def test_a_history_changes_by_what_its_slices_read() -> None:
    history = History()
    assert history.after(line(1, "opened")).milestones.opened_at == 1
    assert history.after(line(1, "notes.cause", "li", "disk")).milestones.cause == "disk"


@pytest.mark.parametrize(
    ("key", "kind", "of_product"),
    [
        ("flow:pay", IncidentKind.FLOW, True),
        ("check:bank:x", IncidentKind.CHECK, True),
        ("drill:monday", IncidentKind.DRILL, False),
        ("no_data", IncidentKind.NO_DATA, False),
        ("unreached", IncidentKind.UNREACHED, False),
        ("channel:sms.cn", IncidentKind.CHANNEL, False),
    ],
)
def test_the_kind_of_an_incident(key: str, kind: IncidentKind, of_product: bool) -> None:
    assert (kind_of(key), kind.of_product) == (kind, of_product)
    assert kind.key("x") == f"{kind}:x"


def test_the_built_in_rules_open_what_they_are_named_after() -> None:
    assert dict(BUILT_IN) == {
        NO_DATA: IncidentKind.NO_DATA, UNREACHED: IncidentKind.UNREACHED, DRILL: IncidentKind.DRILL,
        CHANNEL: IncidentKind.CHANNEL, GAP: IncidentKind.GAP, DECLARED: IncidentKind.DECLARED,
        LOCATION: IncidentKind.LOCATION,
    }  # fmt: skip


Q, F, D, X = PageState.QUEUED, PageState.FAILING, PageState.DELIVERED, PageState.FAILED


@pytest.mark.parametrize(
    ("state", "notified", "wanted"),
    [
        (IncidentState.TRIGGERED, (D, D), False),
        (IncidentState.RESOLVED, (D, D), True),
        (IncidentState.RESOLVED, (D, None), True),
        (IncidentState.RESOLVED, (X, X), True),
        (IncidentState.RESOLVED, (Q, D), False),
        (IncidentState.RESOLVED, (F, None), False),
        (IncidentState.RESOLVED, (D, Q), False),
        (IncidentState.RESOLVED, (D, F), False),
    ],
)
def test_everybody_was_notified_of_the_end(
    state: IncidentState, notified: tuple[PageState, PageState | None], wanted: bool
) -> None:
    others = {("wang", "sms"): Notified(D, D)}
    incident = replace(an_incident(state), notified={**others, ("li", "sms"): Notified(*notified)})
    assert incident.notified_all is wanted
