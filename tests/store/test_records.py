"""Records: an incident in a row, in both stores."""

from __future__ import annotations

from dataclasses import replace

from tests.store.samples import CHECKOUT, delivered, opened, settled
from watchtower.core.events import Logged
from watchtower.core.incident.entry import LogEntry
from watchtower.core.reviews.record import DetectionSource, Record
from watchtower.core.reviews.review import ActionItem
from watchtower.model import Severity
from watchtower.store import Store


def record(number: int = 1, opened_at: float = 100.0) -> Record:
    """INC-`number` with something in every kind of field."""
    return Record(
        f"INC-{number}", CHECKOUT, "flow:checkout", opened_at, opened_at - 30.0, Severity.P0, Severity.P2, lines=9,
        flows=("checkout", "refund"), source=DetectionSource.TRAFFIC, false_page=False, acknowledged_at=opened_at + 60.0,
        users=1250.0, amount="1200.50 CNY", people=("li", "王"), actions=(ActionItem("A1", "对账", due=5e9),),
    )  # fmt: skip


async def over(store: Store, number: int = 1) -> None:
    await store.commit([*opened(number), *delivered(number), *settled(number)])


async def test_a_record_comes_back_as_it_was(store: Store) -> None:
    await store.save_records([record()])
    assert await store.record("INC-1") == record()
    assert await store.record("INC-2") is None


async def test_a_newer_record_replaces_the_older(store: Store) -> None:
    await store.save_records([record()])
    await store.save_records([replace(record(), lines=12, cause_tag="certificate")])
    (found,) = await store.records()
    assert (found.lines, found.cause_tag) == (12, "certificate")


async def test_records_are_found_by_when_they_opened_newest_first(store: Store) -> None:
    await store.save_records([record(n, 100.0 * n) for n in (1, 2, 3, 4)])
    assert [r.incident for r in await store.records()] == ["INC-4", "INC-3", "INC-2", "INC-1"]
    assert [r.incident for r in await store.records(200.0, 400.0)] == ["INC-3", "INC-2"]
    assert [r.incident for r in await store.records(limit=1)] == ["INC-4"]


async def test_an_incident_that_is_over_wants_a_record_and_an_open_one_does_not(store: Store) -> None:
    await over(store)
    await store.commit(opened(2))
    assert await store.unrecorded() == ("INC-1",)
    lines = len(await store.timeline("INC-1"))
    await store.save_records([replace(record(), lines=lines)])
    assert await store.unrecorded() == ()


async def test_a_line_written_long_after_the_end_wants_the_record_folded_again(store: Store) -> None:
    await over(store)
    lines = len(await store.timeline("INC-1"))
    await store.save_records([replace(record(), lines=lines)])
    tagged = LogEntry(9e5, "review.tagged", "li", "certificate", {"tag": "certificate"})
    await store.commit([Logged(9e5, "INC-1", tagged)])
    assert list(await store.timeline("INC-1"))[lines:] == [tagged]
    assert await store.unrecorded() == ("INC-1",)


async def test_a_record_goes_with_its_incident(store: Store) -> None:
    await over(store)
    await store.commit(opened(2))
    await store.save_records([record(1), record(2)])
    await store.prune(500.0)
    assert [r.incident for r in await store.records()] == ["INC-2"]
