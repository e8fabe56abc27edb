"""Of two pages that tell a person of the same incident the earlier one goes first, whatever else either of them tells."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.delivery.far_side import BUSY, QUICK, FarSide, Rig, now, until
from watchtower.core.incident.incidents import Page
from watchtower.core.notify.messages import Also
from watchtower.delivery.order import PageOrder
from watchtower.model import Severity, Text
from watchtower.page_kinds import PageKind


def of_several(*incidents: int, number: int = 1, **more: Any) -> Page:
    """A page of the first of these incidents that tells of the others too."""
    page = now(number, of=incidents[0], **more)
    also = (Also(f"INC-{n}", page.kind, Severity.P1, Text("", ""), Text("", "")) for n in incidents[1:])
    return replace(page, message=replace(page.message, also=tuple(also)))


async def test_what_came_back_never_overtakes_the_all_clear_that_several_share(rig: Rig) -> None:
    clear = of_several(1, 2, 3, kind=PageKind.RESOLVED)
    again, other = now(2, of=3), now(1, of=4)
    rig.email.answers_for[clear.id] = [BUSY, BUSY]
    await rig.offer(clear)
    await until(lambda: rig.email.tried)
    await rig.offer(again, other)
    await rig.idle()
    assert rig.email.taken.index(clear.id) < rig.email.taken.index(again.id)
    assert sorted(rig.email.taken) == sorted([clear.id, again.id, other.id])


async def test_a_page_of_several_goes_after_what_is_on_its_way_of_each(rig: Rig) -> None:
    first, group = now(1, of=2), of_several(1, 2)
    rig.email.answers_for[first.id] = [BUSY, BUSY]
    await rig.offer(first, group)
    await rig.idle()
    assert rig.email.taken == [first.id, group.id]


async def test_who_waits_for_another_page_makes_it_be_tried_at_once_and_is_not_late(tmp_path: Path) -> None:
    slow = replace(QUICK, first=600.0, cap=600.0)
    async with Rig(tmp_path / "w.db", policy=slow) as rig:
        await rig.started()
        group = of_several(1, 2)
        rig.email.answers_for[group.id] = [BUSY]
        await rig.offer(group)
        await until(lambda: rig.attempts)
        await rig.offer(now(2, of=2))
        await rig.idle()
        assert rig.email.taken == [group.id, now(2, of=2).id]


async def test_what_is_cancelled_holds_up_nobody(tmp_path: Path) -> None:
    async with Rig(tmp_path / "w.db", email=FarSide(), policy=replace(QUICK, first=600.0, cap=600.0)) as rig:
        await rig.started()
        group, after = of_several(1, 2), now(2, of=2)
        rig.email.answers_for[group.id] = [BUSY, BUSY]
        await rig.offer(group)
        await until(lambda: rig.attempts)
        await rig.offer(after)
        await until(lambda: len(rig.attempts) == 2)
        rig.delivery.cancel([group.id])
        await rig.idle()
        assert rig.email.taken == [after.id]


def test_nothing_is_left_of_pages_that_ended() -> None:
    order, group, after = PageOrder(), of_several(1, 2), now(2, of=2)
    assert order.enter(group) == []
    assert order.enter(after) == [group.id]
    assert (order.waits(group), order.waits(after)) == (False, True)
    order.leave(group)
    assert not order.waits(after)
    order.leave(after)
    order.leave(after)
    assert order._lanes == {}
