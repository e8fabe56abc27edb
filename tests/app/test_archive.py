"""Incidents that are over, in both stores: people write into them, records keep up, lessons are remembered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from tests.core.builders import http_check, rule
from tests.core.builders import plan as make_plan
from watchtower.app.archive import Archive
from watchtower.app.inbox import Inbox
from watchtower.core.events import Acknowledged, Delivered, Observed, Ticked
from watchtower.core.incident.incidents import Page
from watchtower.core.pipeline.engine import Engine
from watchtower.detectors import DETECTORS
from watchtower.journal import Journal
from watchtower.model import Observation, Outcome, Reading
from watchtower.store import Store
from watchtower.telemetry import Telemetry

BANK = http_check()
PLAN = make_plan([BANK], [rule("down", "outcome == 'down'", BANK)])


class Nowhere:
    """Pages arrive at once."""

    def __init__(self) -> None:
        self.offered: list[Page] = []

    def offer(self, pages: list[Page]) -> None:
        self.offered += pages

    def cancel(self, pages: list[str]) -> None: ...


@dataclass
class House:
    """Engine, journal, store and archive, as the daemon has them; `at` is the engine's clock."""

    engine: Engine
    inbox: Inbox
    archive: Archive
    pages: Nowhere
    store: Store
    at: float = 1_000_000.0

    async def see(self, outcome: str, after: float = 10.0) -> None:
        self.at += after
        reading = Reading(Outcome(outcome), {}, "" if outcome == "up" else "timeout")
        await self.inbox.ask(Observed(Observation("bank", self.at, reading)))
        while self.pages.offered:
            page = self.pages.offered.pop()
            await self.inbox.ask(Delivered(page.id, page.incident))

    async def outage(self) -> None:
        """One incident from its beginning to when the engine has forgotten it."""
        await self.see("down")
        await self.inbox.ask(Acknowledged(next(iter(self.engine.state.incidents)), "li"))
        await self.see("up", 300.0)
        self.at += 4000.0
        await self.inbox.ask(Ticked())


@pytest.fixture
async def house(store: Store) -> AsyncIterator[House]:
    engine, telemetry, pages = Engine(PLAN, DETECTORS, 1_000_000.0), Telemetry("0"), Nowhere()
    journal = Journal(store, pages, telemetry.store_commit)  # type: ignore[arg-type]
    made: list[House] = []
    inbox = Inbox(engine, journal, telemetry, clock=lambda: made[0].at)
    archive = Archive(store, engine, inbox, lambda: telemetry.decisions)
    made.append(House(engine, inbox, archive, pages, store))
    writing = asyncio.create_task(journal.run())
    yield made[0]
    journal.stop()
    await writing


async def test_an_incident_that_is_over_has_its_record_and_is_a_lesson(house: House) -> None:
    await house.outage()
    assert "INC-1" not in house.engine.state.incidents
    await house.archive.catch_up()
    record = await house.store.record("INC-1")
    assert record is not None
    assert (record.to_detect, record.acknowledged_by, record.to_resolve, record.pages) == (
        0.0,
        "li",
        300.0,
        4,
    )
    assert [lesson.incident for lesson in house.engine.state.lessons] == ["INC-1"]


async def test_people_write_into_what_the_engine_has_forgotten(house: House) -> None:
    await house.outage()
    do = house.archive.do
    assert await do("INC-1", "tag", "li", "api", {"tag": "Certificate", "helped": "renewed by hand"}) == ""
    assert await do("INC-1", "close_review", "li", "api", {}) == ""
    assert (
        await do("INC-1", "close_review", "li", "api", {})
        == "the review cannot be closed: it is closed already"
    )
    assert await do("INC-1", "dance", "li", "api", {}) == 'there is no action "dance"'
    assert await do("INC-99", "tag", "li", "api", {"tag": "x"}) == "there is no incident INC-99"
    record = await house.store.record("INC-1")
    assert record is not None
    assert (record.cause_tag, record.helped, record.closed_at is not None) == (
        "certificate",
        "renewed by hand",
        True,
    )


async def test_what_several_people_write_at_once_is_all_there(house: House) -> None:
    await house.outage()
    added = [
        house.archive.do("INC-1", "action", "li", "api", {"text": f"action {n}", "owner": "li"})
        for n in range(8)
    ]
    assert await asyncio.gather(*added) == [""] * 8
    record = await house.store.record("INC-1")
    assert record is not None
    assert [item.id for item in record.actions] == [f"A{n}" for n in range(1, 9)]


async def test_the_next_one_like_it_is_told_what_helped(house: House) -> None:
    await house.outage()
    await house.archive.do("INC-1", "tag", "li", "api", {"tag": "certificate", "helped": "renewed by hand"})
    await house.see("down")
    similar = house.engine.state.histories["INC-2"].review.similar
    assert [(one["incident"], one["helped"], one["why"]) for one in similar] == [
        ("INC-1", "renewed by hand", ["rule", "check"])
    ]
    lines = [entry for entry in await house.store.timeline("INC-2") if entry.kind == "review.similar"]
    assert len(lines) == 1


async def test_lessons_are_remembered_after_a_restart(house: House) -> None:
    await house.outage()
    await house.archive.catch_up()
    engine = Engine(PLAN, DETECTORS, house.at)
    await Archive(house.store, engine, house.inbox, lambda: 0).open()
    assert [lesson.incident for lesson in engine.state.lessons] == ["INC-1"]


async def test_a_report_tells_of_open_incidents_as_they_stand(house: House) -> None:
    await house.outage()
    await house.see("down")
    records = await house.archive.records()
    assert [(r.incident, r.resolved_at is None) for r in records] == [("INC-2", True), ("INC-1", False)]
    assert await house.archive.records(until=house.at - 1.0) == [records[1]]
    assert await house.store.record("INC-2") is None


async def test_lessons_are_read_in_slices_and_the_newest_are_told(house: House) -> None:
    await house.outage()
    await house.archive.catch_up()
    (record,) = await house.archive.records()
    many = [
        replace(record, incident=f"INC-{n}", opened_at=1000.0 + n // 3, cause=("odd" if n % 2 else "even"))
        for n in range(10, 1210)
    ]
    await house.store.save_records([*many, replace(record, incident="INC-9", drill=True)])
    found, left_out = await house.archive.lessons(["odd"], 50)
    assert [one.incident for one in found[:2]] == ["INC-1209", "INC-1207"]
    assert (len(found), left_out) == (50, 550)
    everything, none = await house.archive.lessons([], 5000)
    assert len({one.incident for one in everything}) == len(everything) == 1201
    assert none == 0
