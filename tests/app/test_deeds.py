"""What people did at a leader whose store does not take it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import time
from typing import Any

from tests.core.builders import Story, http_check, plan, rule
from tests.test_journal import Log
from watchtower.app import deeds
from watchtower.app.archive import Archive
from watchtower.app.inbox import Inbox
from watchtower.app.kept_requests import KeptRequests
from watchtower.app.leading import Leading
from watchtower.core.changes.change import ChangeEvent
from watchtower.core.events import (
    Acknowledged,
    ActionRequest,
    ChangeAnnounced,
    Decision,
    IncidentDeclared,
    IncidentLeft,
    Logged,
    OverrideAsked,
    OverrideEnded,
    PageChanged,
    PageQueued,
    ResolvedByHand,
    SilenceAsked,
    SilenceEnded,
)
from watchtower.core.incident.identity import Identities
from watchtower.core.incident.incidents import PageState
from watchtower.core.matchers import LabelMatcher
from watchtower.core.people.overrides import OnCallOverride
from watchtower.core.pipeline.engine import Engine
from watchtower.journal import Journal
from watchtower.model import Severity
from watchtower.store.kept_request import KeptRequest
from watchtower.telemetry import Telemetry
from watchtower.values import replace

KEY = b"from the store"
BANK = http_check()


BANKS = SilenceAsked((LabelMatcher("check", "=", "bank"),), 0.0, 1e10, "li", "the bank migrates")


class Here:
    """A daemon as a leader needs it: nobody takes anything from it."""

    peer_key = KEY

    def __init__(self) -> None:
        self.deeds: list[deeds.Deed] = []
        self.kept: list[bytes] = []

    async def hand_over(self) -> None: ...

    async def take(self, body: bytes) -> int:
        self.kept.append(body)
        return 202


class Ended:
    """A store that has one incident that is over."""

    async def incident(self, id: str) -> Any:
        return replace(story().engine.state.incidents["INC-1"], id="INC-5") if id == "INC-5" else None


def story() -> Story:
    made = Story(plan([BANK], [rule("down", "outcome == 'down'", BANK)]))
    made.down("bank")
    return made


def leading(engine: Engine, journal: Journal) -> tuple[Leading, Here]:
    here = Here()
    made = Leading(None, here, lambda: engine, lambda: journal)  # type: ignore[arg-type]
    made.inbox = Inbox(engine, journal, Telemetry("0"), on_unwritten=made.did)
    made.archive = Archive(Ended(), engine, made.inbox, lambda: 0)  # type: ignore[arg-type]
    return made, here


def test_only_who_has_the_key_is_believed_and_every_kind_comes_as_it_went() -> None:
    for event in (
        Acknowledged("INC-1", "li", "telegram", late=True),
        ResolvedByHand("INC-1", "li"),
        ActionRequest("INC-1", "note", "li", "api", {"text": "rolled back"}),
        ChangeAnnounced(ChangeEvent("ci-7", "deploy", "checkout 1.42", "ci")),
        BANKS,
        SilenceEnded("S-1", "li"),
        OverrideAsked(OnCallOverride("first", "li", 1.0, 2.0, "wang")),
        OverrideEnded("O-1", "li"),
        IncidentDeclared("refunds are late", "li", severity=Severity.P1, origin="3fa94c21bb07-KFDBMTKFDB"),
    ):
        deed = deeds.new(event, "check:bank")
        assert deeds.read(KEY, deeds.signed(KEY, deed)) == deed
        assert deeds.read(b"another", deeds.signed(KEY, deed)) is None
        assert deeds.read(b"", deeds.signed(b"", deed)) is None


async def test_what_is_written_at_last_is_no_longer_owed_and_what_waits_behind_it_is() -> None:
    log, told = Log(refuse=1), story()
    journal = Journal(log, log, lambda seconds, count: None)  # type: ignore[arg-type]
    here, journal_task = leading(told.engine, journal), asyncio.create_task(journal.run())
    one, daemon = here
    await one.inbox.ask(Acknowledged("INC-1", "li", "telegram"))
    assert [deed.event for deed in daemon.deeds] == [Acknowledged("INC-1", "li", "telegram", late=True)]
    log.gate = asyncio.Event()  # what comes now waits behind a store that is asked, and does not answer
    while journal.failing_since is None:
        await asyncio.sleep(0.01)
    await one.inbox.ask(ActionRequest("INC-1", "note", "li", "api", {"text": "looking"}))
    looking = asyncio.create_task(one.look_at_deeds())
    await asyncio.sleep(0)
    assert len(daemon.deeds) == 2
    log.gate.set()
    await looking
    while daemon.deeds:
        await one.look_at_deeds()
        await asyncio.sleep(0.01)
    journal.stop()
    await journal_task


async def test_a_deed_counts_once_under_whatever_name_and_late_where_somebody_has_it() -> None:
    told, log = story(), Log()
    journal = Journal(log, log, lambda seconds, count: None)  # type: ignore[arg-type]
    task = asyncio.create_task(journal.run())
    one, daemon = leading(told.engine, journal)
    known = told.engine.state.incidents["INC-1"]
    by_another_name = deeds.new(Acknowledged("INC-KFDBMT", "li", "sms", late=True), known.key)
    for _ in range(2):
        assert await one.take(deeds.signed(KEY, by_another_name), False) == 204
    assert told.engine.state.incidents["INC-1"].acknowledged_by == "li"
    elsewhere = deeds.signed(KEY, deeds.new(Acknowledged("INC-9", "wang", late=True), "check:nobody-knows"))
    assert await one.take(elsewhere, False) == 202
    assert daemon.kept == [elsewhere], "it is kept until somebody knows what it is about"
    assert await one.take(elsewhere, True) == 404
    assert await one.take(b"0 []", True) == 403
    over = deeds.signed(KEY, deeds.new(Acknowledged("INC-5", "wang", "slack", late=True), known.key))
    assert await one.take(over, True) == 204
    assert told.engine.state.incidents["INC-1"].acknowledged_by == "li", "that one is over, and is no other"
    daemon.deeds = [mine := deeds.new(Acknowledged("INC-1", "li"), "")]
    assert await one.take(deeds.signed(KEY, mine), False) == 409, "our own address is among our peers'"
    journal.stop()
    await task
    late = told.engine.handle(Acknowledged("INC-1", "wang", "api", late=True), told.at)
    assert [(d.entry.kind, d.entry.by) for d in late if isinstance(d, Logged)] == [
        ("people.ack_came_late", "wang")
    ]
    assert told.engine.handle(Acknowledged("INC-1", "wang", "api"), told.at) == []


def told_and_left(*seen: str) -> tuple[Story, IncidentLeft, list[Decision]]:
    """Another leader told of an incident and could not write it; ours sees these outcomes, and then hears of that."""
    theirs = story()
    theirs.engine.state.identities = Identities("theirs")
    theirs.deliver_all()
    known = replace(theirs.engine.state.incidents["INC-1"], origin="x-KFDBMTKFDB")
    left = deeds.left(theirs.engine.state, known)
    assert left is not None
    assert deeds.read(KEY, deeds.signed(KEY, deed := deeds.new(left, known.key))) == deed
    ours = Story(theirs.plan, at=theirs.at)
    for outcome in seen:
        ours.see("bank", outcome)
    ours.deliver_all()
    return ours, left, ours.feed(left)


def kinds(decisions: Sequence[Decision]) -> list[str]:
    """Of pages that are to be sent: what somebody has is noted as held, and as delivered with the next decision."""
    had = {one.page for one in decisions if isinstance(one, PageChanged) and one.state is PageState.DELIVERED}
    return [one.page.kind for one in decisions if isinstance(one, PageQueued) and one.page.id not in had]


def test_what_was_told_and_left_goes_on_without_a_word_and_ends_when_it_is_seen_to_be_well() -> None:
    ours, _, decisions = told_and_left()
    assert kinds(decisions) == []
    assert kinds(ours.wait(10.0).down("bank")) == []
    assert kinds(ours.wait(10.0).up("bank")) == ["resolved"] * 2
    assert ours.engine.state.incidents["INC-1"].told_as == "INC-KFDBMT"
    assert [(one.page.incident, one.page.kind) for one in ours.engine.state.taken.of("INC-1")] == [
        ("INC-1", "new")
    ] * 2


def test_what_was_told_and_left_is_over_where_nothing_fired_any_more_or_its_check_is_gone() -> None:
    ours, left, _ = told_and_left()
    gone = replace(left.alerts[0], check="gone")
    for alerts in ((), (gone,)):
        other = replace(left, incident=replace(left.incident, key="check:other"), alerts=alerts)
        assert kinds(ours.feed(other)) == ["resolved"] * 2


def test_what_was_told_and_left_goes_on_in_the_one_that_is_open_here() -> None:
    ours, _, decisions = told_and_left("down")
    assert ours.engine.state.incidents["INC-2"].merged_into == "INC-1"
    assert "new" not in kinds(decisions)
    assert kinds(ours.wait(10.0).up("bank"))[:2] == ["resolved"] * 2


async def test_a_silence_ends_here_under_our_number_and_what_is_done_already_is_not_done_again() -> None:
    told, log = story(), Log()
    journal = Journal(log, log, lambda seconds, count: None)  # type: ignore[arg-type]
    task = asyncio.create_task(journal.run())
    one, _ = leading(told.engine, journal)
    for_an_hour = replace(BANKS, starts_at=time(), ends_at=time() + 3600.0)
    told.engine.handle(replace(for_an_hour, by="zhao"), time())
    theirs = deeds.new(for_an_hour, "S-1")
    declared = deeds.new(IncidentDeclared("late", "li", severity=Severity.P1, origin="x-KFDBMTKFDB"), "INC-2")
    for deed in (
        theirs,
        replace(theirs, id="sent again by another"),
        declared,
        replace(declared, id="again"),
    ):
        assert await one.take(deeds.signed(KEY, deed), False) == 204
    state = told.engine.state
    assert [silence.by for silence in state.book.silences.values()] == ["zhao", "li"]
    assert [incident.origin for incident in state.incidents.values()][1:] == ["x-KFDBMTKFDB"]
    assert state.incidents["INC-2"].told_as == "INC-KFDBMT"
    assert await one.take(deeds.signed(KEY, deeds.new(SilenceEnded("S-1", "li"), "")), False) == 204
    assert [silence.by for silence in state.book.silences.values()] == ["zhao"]
    journal.stop()
    await task


class Rows:
    """A store with one request that was kept, so many seconds ago."""

    def __init__(self, age: float) -> None:
        self.age, self.dropped = age, list[int]()

    async def kept_request(self, but: Any) -> Any:
        request = KeptRequest("POST", "/api/v1/incidents/INC-KFDBMT/ack", (), b"", ("", 0), "http", "a")
        return None if but or self.dropped else (7, self.age, request)

    async def drop_request(self, id: int) -> None:
        self.dropped.append(id)


async def test_what_is_about_an_incident_that_is_not_seen_yet_waits_for_it() -> None:
    statuses = iter((404, 404, 200))

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": next(statuses)})

    rows = Rows(5.0)
    requests = KeptRequests(rows, app)  # type: ignore[arg-type]
    for dropped in ([], [], [7]):
        await requests.look()
        assert rows.dropped == dropped
    statuses, rows = iter((404,)), Rows(61.0)
    await KeptRequests(rows, app).look()  # type: ignore[arg-type]
    assert rows.dropped == [7]
