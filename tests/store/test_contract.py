"""What every store promises, whatever is underneath."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace

import pytest

from tests.store.samples import alert, delivered, incident, opened, page, settled
from watchtower.core.changes.change import DAY, book_of
from watchtower.core.changes.kinds import ChangeReported
from watchtower.core.events import (
    AlertChanged,
    Decision,
    IncidentChanged,
    Logged,
    NotPaged,
    PageChanged,
    PageQueued,
)
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.incidents import PageState
from watchtower.core.silences.kinds import BOOK, SilenceCreated, SilenceExpired
from watchtower.core.silences.silence import SilenceBook
from watchtower.errors import StoreError
from watchtower.model import AlertState, Text
from watchtower.page_kinds import PageKind
from watchtower.store import Store, open_store
from watchtower.store.contract import Snapshot


async def everything(store: Store) -> tuple[object, ...]:
    return await store.load(), await store.outbox(), await store.pages("INC-1"), await store.timeline("INC-1")


async def test_an_empty_store_loads_as_nothing(store: Store) -> None:
    assert await store.load() == Snapshot()
    assert await store.outbox() == ()
    assert await store.incident("INC-1") is None


async def test_what_was_committed_is_there_after_a_restart(store: Store, url: str) -> None:
    await store.commit(opened())
    await store.close()
    again = open_store(url)
    await again.open()
    snapshot = await again.load()
    assert snapshot.alerts == (alert(),)
    assert snapshot.incidents == (incident(notified=PageState.QUEUED),)
    assert snapshot.pages == (page(),)
    assert snapshot.last_incident == 1
    assert [row.page for row in await again.outbox()] == [page()]
    await again.close()


async def test_the_same_batch_twice_gives_the_same_rows(store: Store) -> None:
    await store.commit(opened())
    await store.commit(delivered())
    before = await everything(store)
    await store.commit(opened()[2:])
    await store.commit(delivered())
    assert await everything(store) == before


async def test_a_page_that_is_there_is_not_owed_again(store: Store) -> None:
    await store.commit(opened() + delivered())
    await store.commit([PageQueued(300.0, "opened", page())])
    assert await store.outbox() == ()


async def test_a_batch_that_cannot_be_written_leaves_nothing_behind(store: Store) -> None:
    broken = replace(incident(2), opened_at=None)  # type: ignore[arg-type]
    with pytest.raises(StoreError):
        await store.commit([*opened(), IncidentChanged(100.0, "opened", broken)])
    assert await store.load() == Snapshot()
    assert await store.timeline("INC-1") == ()
    await store.commit(opened())
    assert len(await store.outbox()) == 1


async def test_many_commits_at_once_are_all_written(store: Store) -> None:
    await asyncio.gather(*(store.commit(opened(n)) for n in range(1, 101)))
    assert len((await store.load()).incidents) == 100
    assert len(await store.outbox()) == 100


async def test_alerts_that_matter_are_loaded(store: Store) -> None:
    """Pending, firing, and resolved ones as long as somebody is queued word of their incident."""
    states = {
        "p": AlertState.PENDING,
        "f": AlertState.FIRING,
        "i": AlertState.INACTIVE,
        "r": AlertState.RESOLVED,
    }
    of = {"p": "", "f": "INC-1", "i": "", "r": "INC-1"}
    await store.commit(opened()[1:])
    changes = [AlertChanged(1.0, "x", alert(s, of[c], c), AlertState.INACTIVE) for c, s in states.items()]
    await store.commit(
        [*changes, AlertChanged(1.0, "x", alert(AlertState.RESOLVED, "INC-9", "gone"), AlertState.FIRING)]
    )
    assert {a.check for a in (await store.load()).alerts} == {"p", "f", "r"}


async def test_settled_incidents_are_not_loaded_but_listed(store: Store) -> None:
    await store.commit(opened(1))
    await store.commit(settled(1))
    await store.commit(opened(2, at=300.0))
    snapshot = await store.load()
    assert [i.id for i in snapshot.incidents] == ["INC-2"]
    assert [p.incident for p in snapshot.pages] == ["INC-2"]
    # The board shows who was told last, also by a former leader, and of what is over.
    assert [p.incident for p in snapshot.newest_pages] == ["INC-2", "INC-1"]
    assert [i.id for i in await store.incidents()] == ["INC-2", "INC-1"]
    assert [i.id for i in await store.incidents(open_only=True)] == ["INC-2"]
    first = await store.incidents(limit=1)
    assert [i.id for i in first] == ["INC-2"]
    assert [i.id for i in await store.incidents(before=(first[0].opened_at, 2))] == ["INC-1"]
    assert [i.id for i in await store.incidents(open_only=True, before=(first[0].opened_at, 2))] == []
    found = await store.incident("INC-1")
    assert found is not None
    assert found.resolved_at == 200.0


async def test_the_timeline_tells_every_decision_in_order(store: Store) -> None:
    await store.commit([*opened(), NotPaged(100.0, "nobody_for_role", "INC-1", "backup")])
    await store.commit([PageChanged(130.0, "failing", page().id, "INC-1", PageState.FAILING, "http 503")])
    await store.commit([IncidentChanged(140.0, "acknowledged", incident(), "api", "li")])
    lines = await store.timeline("INC-1")
    assert [(seq, e.at, e.kind, e.detail, e.by) for seq, e in enumerate(lines, 1)] == [
        (1, 100.0, "joined", "silent", "watchtower"),
        (2, 100.0, "opened", "flow-silent on checkout-requests", "watchtower"),
        (3, 100.0, "opened", "", "watchtower"),
        (4, 100.0, "nobody_for_role", "backup", "watchtower"),
        (5, 130.0, "failing", "http 503", "watchtower"),
        (6, 140.0, "acknowledged", "api", "li"),
    ]
    assert lines[0].data["text"] == {"en": "silent", "zh": "无请求"}
    assert lines[2].data == {
        "page": page().id,
        "responder": "li",
        "channel": "email",
        "kind": "new",
        "state": "queued",
    }
    assert lines[4].data == {"page": page().id, "state": "failing"}


async def test_alerts_without_an_incident_leave_no_timeline(store: Store) -> None:
    await store.commit([AlertChanged(1.0, "pending", alert(AlertState.PENDING, ""), AlertState.INACTIVE)])
    assert await store.timeline("") == ()


@pytest.mark.parametrize(
    ("state", "in_outbox"),
    [
        (PageState.QUEUED, True),
        (PageState.FAILING, True),
        (PageState.DELIVERED, False),
        (PageState.FAILED, False),
        (PageState.CANCELLED, False),
    ],
)
async def test_the_outbox_holds_what_is_still_to_be_sent(
    store: Store, state: PageState, in_outbox: bool
) -> None:
    await store.commit(opened())
    await store.commit([PageChanged(110.0, str(state), page().id, "INC-1", state)])
    assert [row.page.state for row in await store.outbox()] == ([state] if in_outbox else [])


async def test_the_outbox_is_in_the_order_in_which_pages_became_owed(store: Store) -> None:
    pages = [page(1), page(2, kind=PageKind.UPGRADE), page(3, kind=PageKind.RESOLVED), page(1, of=2)]
    await store.commit([PageQueued(100.0, "x", p) for p in pages])
    assert [row.page for row in await store.outbox()] == pages


async def test_an_attempt_in_vain_is_remembered(store: Store) -> None:
    await store.commit(opened())
    await store.attempted(page().id, 101.0, 2, 105.0, "http 503: busy")
    (row,) = await store.outbox()
    assert (row.attempts, row.next_at, row.last_error) == (2, 105.0, "http 503: busy")
    assert await store.pages("INC-1") == ((page(), 2, "http 503: busy"),)


async def test_a_delivered_page_has_its_reference_and_all_attempts(store: Store) -> None:
    await store.commit(opened())
    await store.attempted(page().id, 101.0, 2, 105.0, "http 503: busy")
    await store.commit(delivered(reference="queue-7"))
    await store.attempted(page().id, 109.0, 9, 109.0, "a late note changes nothing")
    assert await store.pages("INC-1") == ((replace(page(), state=PageState.DELIVERED), 3, "queue-7"),)


async def test_a_given_up_page_keeps_the_fuller_error(store: Store) -> None:
    await store.commit(opened() + opened(2))
    await store.attempted(page().id, 101.0, 1, 101.0, "550: no such user")
    for number in (1, 2):
        await store.commit(
            [PageChanged(102.0, "failed", page(of=number).id, f"INC-{number}", PageState.FAILED, "550")]
        )
    assert [last for _, _, last in await store.pages("INC-1")] == ["550: no such user"]
    assert [last for _, _, last in await store.pages("INC-2")] == ["550"]


async def test_detector_states_are_replaced_and_may_be_infinite(store: Store) -> None:
    await store.save_detectors({("a", ""): {"version": 1, "seen": 1}, ("a", "eu"): {"low": -math.inf}})
    await store.save_detectors({("a", ""): {"version": 2, "seen": 2}})
    assert (await store.load()).detectors == {
        ("a", ""): {"version": 2, "seen": 2},
        ("a", "eu"): {"low": -math.inf},
    }


async def test_small_values_are_put_and_got(store: Store) -> None:
    assert await store.get("key") is None
    await store.put("key", "a")
    await store.put("key", "b")
    assert await store.get("key") == "b"


async def test_check_writes(store: Store) -> None:
    await store.check()
    first = await store.get("checked_at")
    await store.check()
    assert first is not None
    assert await store.get("checked_at") != first


async def test_prune_takes_old_settled_incidents_with_all_they_own(store: Store) -> None:
    for number, resolved_at in ((1, 200.0), (2, 900.0)):
        await store.commit(opened(number) + delivered(number))
        await store.commit(settled(number, resolved_at))
    await store.commit(opened(3))
    assert await store.prune(500.0) == 1
    assert [i.id for i in await store.incidents()] == ["INC-3", "INC-2"]
    assert await store.timeline("INC-1") == ()
    assert await store.pages("INC-1") == ()
    assert len(await store.timeline("INC-2")) > 0
    assert len(await store.pages("INC-3")) == 1
    assert await store.prune(500.0) == 0


async def test_prune_never_takes_a_page_that_is_owed(store: Store) -> None:
    await store.commit(opened(1) + settled(1, 200.0))
    assert await store.prune(500.0) == 0
    assert len(await store.outbox()) == 1


async def test_prune_takes_what_belongs_to_no_incident(store: Store) -> None:
    test = page(kind=PageKind.TEST, of=0)
    await store.commit([PageQueued(100.0, "test", test), NotPaged(100.0, "no_policy", "INC-0")])
    await store.prune(500.0)
    assert len(await store.outbox()) == 1  # still queued
    await store.commit([PageChanged(101.0, "delivered", test.id, "INC-0", PageState.DELIVERED)])
    await store.prune(500.0)
    assert await store.pages("INC-0") == ()
    assert await store.timeline("INC-0") == ()


async def test_silences_are_loaded_in_order_and_outlast_pruning(store: Store) -> None:
    made = SilenceCreated("S-1", ['check="bank"'], 100.0, 900.0)
    again = SilenceCreated("S-2", ['team="支付"'], 100.0, 900.0)
    over = SilenceExpired("S-1")
    written = [
        made.entry(100.0, "release", "li"),
        again.entry(100.0, "", "li"),
        over.entry(100.0, "S-2", "li"),
    ]
    await store.commit([Logged(100.0, BOOK, entry) for entry in written])
    assert await store.prune(500.0) == 0
    book = SilenceBook.of((await store.load()).outages)
    assert (list(book.silences), book.last) == (["S-2"], 2)
    assert str(book.silences["S-2"].matchers[0]) == 'team="支付"'


async def test_changes_are_found_by_time_and_go_with_their_day(store: Store) -> None:
    def said(day: int, key: str, ends_at: float | None = None) -> Logged:
        at = day * DAY
        made = ChangeReported(key, "deploy", at, ends_at, "checkout")
        return Logged(at, book_of(at), made.entry(at, f"build {key}", "ci"))

    await store.commit([said(100, "a"), said(101, "b", 110 * DAY), said(130, "c"), said(130, "d")])
    await store.commit([Logged(131 * DAY, book_of(131 * DAY), said(130, "c", 131 * DAY).entry)])
    assert [one.key for one in await store.changes(105 * DAY, 131 * DAY)] == ["b", "c", "d"]
    assert [one.key for one in await store.changes(100 * DAY, 101 * DAY)] == ["a"]
    assert len((await store.load()).outages) == 5
    await store.prune(120 * DAY)
    assert [one.key for one in await store.changes(0.0, 200 * DAY)] == ["c", "d"]


async def test_incident_numbers_go_on_after_pruning(store: Store) -> None:
    await store.commit(opened(41) + delivered(41) + settled(41, 200.0))
    await store.prune(500.0)
    assert (await store.load()).last_incident == 41
    await store.commit(opened(7))  # an older one that goes on
    assert (await store.load()).last_incident == 41


@pytest.mark.parametrize(
    "garbage", ["NUL \0 in it", "half a character \udc80", "emoji 🔥", "'); DROP TABLE events; --"]
)
async def test_garbage_from_a_target_does_not_keep_a_page_from_being_written(
    store: Store, garbage: str
) -> None:
    dirty = replace(alert(), text=Text(garbage, garbage))
    told = replace(page(), message=replace(page().message, title=Text(garbage, garbage)))
    batch: list[Decision] = [
        AlertChanged(1.0, "joined", dirty, AlertState.FIRING),
        *opened()[1:2],
        PageQueued(1.0, "opened", told),
    ]
    await store.commit(batch)
    await store.commit([PageChanged(2.0, "failing", told.id, "INC-1", PageState.FAILING, garbage)])
    await store.attempted(told.id, 2.0, 1, 3.0, garbage)
    (row,) = await store.outbox()
    assert row.page.message.title.en.replace("\ufffd", "") == garbage.replace("\udc80", "")
    assert len(await store.timeline("INC-1")) == 4


async def test_a_commit_is_carried_out_though_its_caller_gave_up(store: Store) -> None:
    task = asyncio.ensure_future(store.commit(opened()))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await store.check()
    rows = await store.outbox()
    assert len(rows) == 1 or "postgresql" in str(
        store
    )  # there, a cancelled statement is rolled back as a whole
    assert len(await store.timeline("INC-1")) in (0, 3)


async def test_pages_that_budgets_count_are_loaded_of_settled_incidents_too(store: Store) -> None:
    await store.commit([*opened(), *delivered(), *settled()])
    old = replace(page(2), created_at=-40 * 86400.0)
    over = replace(page(3), state=PageState.HELD)
    spent = PageChanged(100.0, "over_budget", over.id, over.incident, PageState.FAILED, "2/1d")
    await store.commit([PageQueued(0.0, "opened", old), PageQueued(100.0, "opened", over), spent])
    sent = (await store.load()).sent
    assert (page().id, page().address, PageState.DELIVERED, 100.0) in sent
    assert {id for id, _, _, _ in sent}.isdisjoint({old.id, over.id})


async def test_incidents_whose_action_items_changed_are_found_by_their_moment(store: Store) -> None:
    items = (
        (100.0, "INC-1", "review.action"),
        (200.0, "INC-2", "review.action_done"),
        (300.0, "INC-3", "review.tagged"),
    )
    await store.commit(
        [Logged(at, name, LogEntry(at, kind, "li", "", {"id": "A1"})) for at, name, kind in items]
    )
    assert sorted(await store.items_changed(0.0)) == ["INC-1", "INC-2"]
    assert await store.items_changed(150.0) == ["INC-2"]
