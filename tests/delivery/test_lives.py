"""Start, stop, and what one life of the daemon leaves to the next; also threads, which span them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.delivery.far_side import Rig, now, until
from tests.store.samples import page
from watchtower.channels import traits
from watchtower.core.events import Delivered, PageChanged, PageFailing
from watchtower.core.incident.incidents import PageState
from watchtower.errors import StoreError
from watchtower.page_kinds import PageKind

MAIL_SHARE = traits()["email"].at_once


async def test_the_backlog_is_what_is_owed(rig: Rig) -> None:
    assert rig.delivery.backlog() == 0
    rig.email.open.clear()
    await rig.offer(now(of=2), page(of=1, at=7.0))
    assert rig.delivery.backlog() == 2
    rig.email.open.set()
    await rig.idle()
    assert rig.delivery.backlog() == 0


async def test_a_restart_takes_up_what_was_owed(tmp_path: Path) -> None:
    async with Rig(tmp_path / "w.db") as first:
        await first.commit(now(1), now(2, kind=PageKind.RESOLVED), now(of=2), now(of=3))
        states = ((now(of=2), PageState.FAILING), (now(of=3), PageState.DELIVERED))
        await first.store.commit([PageChanged(1.0, str(s), p.id, p.incident, s) for p, s in states])
        for tried in (now(1), now(of=2)):
            await first.store.attempted(tried.id, 1.0, 4, 0.0, "http 503: busy")
    async with Rig(tmp_path / "w.db") as rig:
        rig.email.open.clear()
        await rig.started()
        await until(lambda: rig.said(PageFailing))
        rig.email.open.set()
        await rig.idle()
        assert [id for id in rig.email.taken if id != now(of=2).id] == [now(1).id, now(2).id]
        assert len(rig.email.taken) == 3
        # Four were in vain before, so others are asked now; of INC-2 that was said in the earlier life.
        assert rig.said(PageFailing) == [("PageFailing", now(1).id)]
        assert [a.number for a in rig.attempts if a.page == now(1).id] == [5]


async def test_pages_offered_while_the_outbox_is_read_go_after_the_older_ones(tmp_path: Path) -> None:
    async with Rig(tmp_path / "w.db") as rig:
        await rig.commit(now(1), now(of=9))
        later = [now(2, kind=PageKind.UPGRADE), now(3, kind=PageKind.RESOLVED), now(1)]
        rig.delivery.offer(later)
        rig.delivery.cancel([now(of=9).id, later[0].id])
        await rig.started()
        await rig.idle()
        assert rig.email.taken == [now(1).id, now(3).id]


async def test_an_outbox_that_cannot_be_read_is_said_at_the_start(tmp_path: Path) -> None:
    async with Rig(tmp_path / "w.db") as rig:
        await rig.store.close()
        with pytest.raises(StoreError):
            await rig.delivery.start()


async def test_stopping_lets_what_is_in_flight_end_and_begins_nothing_new(rig: Rig) -> None:
    await rig.offer(now(of=50))
    await rig.idle()  # the far side is known to be well
    rig.email.open.clear()
    await rig.offer(*(now(of=n) for n in range(1, 20)), now(2, of=1))
    await until(lambda: rig.email.busy == MAIL_SHARE)
    stopping = asyncio.create_task(rig.delivery.stop(10.0))
    await asyncio.sleep(0)
    rig.delivery.offer([now(of=99)])
    rig.email.open.set()
    await stopping
    assert len(rig.email.taken) == len(rig.said(Delivered)) == 1 + MAIL_SHARE
    assert rig.said(PageFailing) == []


async def test_stopping_does_not_wait_for_ever(rig: Rig) -> None:
    rig.email.open.clear()
    await rig.offer(now())
    await until(lambda: rig.email.busy)
    await rig.delivery.stop(0.01)
    assert rig.events == []
    assert [row.page.id for row in await rig.store.outbox()] == [now().id]  # the next start sends it


@pytest.mark.parametrize(
    ("kind", "before", "first"),
    [
        (PageKind.NEW, None, True),
        (PageKind.UPGRADE, None, True),  # the level's new people hear of it for the first time
        (PageKind.UPGRADE, PageState.DELIVERED, False),
        (PageKind.UPGRADE, PageState.FAILED, True),  # the page before never came
        (PageKind.RESOLVED, PageState.DELIVERED, False),
        (PageKind.TEST, None, True),
    ],
)
async def test_the_first_page_that_somebody_gets_begins_the_thread(
    rig: Rig, kind: PageKind, before: PageState | None, first: bool
) -> None:
    if before is not None:
        await rig.commit(now(1))
        await rig.store.commit([PageChanged(1.0, "x", now(1).id, "INC-1", before)])
    await rig.commit(now(1, responder="wang"))
    await rig.store.commit([PageChanged(1.0, "x", now(1, responder="wang").id, "INC-1", PageState.DELIVERED)])
    await rig.offer(now(2, kind=kind))
    await rig.idle()
    assert [letter.first_of_thread for letter in rig.email.tried] == [first]


async def test_the_thread_goes_on_from_what_was_just_delivered(rig: Rig) -> None:
    """The store has not heard of the first delivery yet."""
    await rig.offer(now(1, kind=PageKind.UPGRADE), now(2, kind=PageKind.RESOLVED))
    await rig.idle()
    assert [letter.first_of_thread for letter in rig.email.tried] == [True, False]
