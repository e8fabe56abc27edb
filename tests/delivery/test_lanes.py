"""Whatever ends a lane by accident, its pages go on; and a page that is queued and not tried is known."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from structlog.testing import capture_logs

from tests.delivery.far_side import QUICK, FarSide, Rig, now, responder, until
from tests.store.samples import EMAIL, SMS
from watchtower.channels import traits
from watchtower.channels.contract import Letter, Receipt
from watchtower.core.events import Delivered, Failed
from watchtower.core.plan import Plan
from watchtower.delivery.delivery import LATE
from watchtower.delivery.turns import SHARE
from watchtower.errors import DeliveryError


class Closing(FarSide):
    """A channel that is closed by a reload while a letter waits inside, and cancels what waits."""

    def __init__(self) -> None:
        super().__init__()
        self.inside: asyncio.Future[None] | None = None

    async def send(self, letter: Letter) -> Receipt:
        self.tried.append(letter)
        self.inside = asyncio.get_running_loop().create_future()
        await self.inside
        return Receipt()

    async def close(self) -> None:
        if self.inside is not None:
            self.inside.cancel()


async def test_a_call_that_a_reload_cancels_is_an_attempt_in_vain(tmp_path: Path) -> None:
    old = Closing()
    async with Rig(tmp_path / "w.db", email=old) as rig:
        await rig.started()
        await rig.offer(now(), now(2))
        await until(lambda: old.inside is not None)
        rig.channels[EMAIL] = new = FarSide()
        await old.close()
        rig.delivery.reloaded()
        await rig.idle()
        assert new.taken == [now().id, now(2).id]
        assert (rig.attempts[0].outcome, rig.attempts[0].code) == ("retry", "cancelled")


async def test_a_lane_that_is_ended_by_accident_goes_on(tmp_path: Path) -> None:
    restarted: list[int] = []
    async with Rig(tmp_path / "w.db", on_restart=lambda: restarted.append(1)) as rig:
        await rig.started()
        rig.email.open.clear()
        with capture_logs() as logs:
            await rig.offer(now(), now(2))
            await until(lambda: rig.email.busy)
            [lane] = [task for task, lane in rig.delivery._tasks.items() if lane]
            lane.cancel()
            rig.email.open.set()
            await rig.idle()
        assert rig.email.taken == [now().id, now(2).id]
        assert [entry["event"] for entry in logs] == ["delivery_task_failed"]
        assert restarted == [1]


async def test_a_channel_that_does_not_know_its_far_side_is_used_all_the_same(rig: Rig) -> None:
    def unknown(_: str) -> str:
        raise RuntimeError("a bug of ours")

    rig.email.receiver = unknown  # type: ignore[method-assign]
    with capture_logs():
        await rig.offer(now())
        await rig.idle()
    assert rig.email.taken == [now().id]


async def test_a_page_that_waits_for_a_dead_address_goes_at_once_when_the_plan_is_another(
    tmp_path: Path,
) -> None:
    policy = replace(QUICK, first=1000.0, cap=1000.0)
    async with Rig(tmp_path / "w.db", email=FarSide(DeliveryError("timeout", "")), policy=policy) as rig:
        await rig.started()
        await rig.offer(now())
        await until(lambda: rig.attempts)
        li = responder("li")
        other = li.model_copy(update={"addresses": {**li.addresses, EMAIL: "li@new.example"}})
        rig.plan = replace(rig.plan, responders={**rig.plan.responders, "li": other})
        rig.delivery.reloaded()
        await rig.idle()
        assert [letter.address for letter in rig.email.tried] == ["li@example.com", "li@new.example"]


async def test_the_page_of_somebody_who_left_the_plan_does_not_hold_up_others(rig: Rig) -> None:
    rig.email.open.clear()
    await rig.offer(now(), now(of=2), now(of=3, responder="wang"))
    await until(lambda: rig.email.busy)
    rig.plan = replace(rig.plan, responders={"wang": rig.plan.responders["wang"]})
    rig.delivery.reloaded()
    rig.email.open.set()
    await rig.idle()
    assert ("Delivered", now(of=3, responder="wang").id) in rig.said(Delivered)
    assert len(rig.said(Failed)) + len(rig.said(Delivered)) == 3


async def test_a_page_that_is_due_and_not_tried_is_known(rig: Rig) -> None:
    assert rig.delivery.late() == 0.0
    rig.email.open.clear()
    await rig.offer(now())
    await until(lambda: rig.email.busy)
    assert rig.delivery.late() == 0.0  # it is being tried
    [item] = rig.delivery._items.values()
    rig.delivery._tried_at.clear()
    item.sending, item.due = False, asyncio.get_running_loop().time() - LATE - 5.0
    assert LATE < rig.delivery.late() < LATE + 60.0
    rig.email.open.set()
    await rig.idle()
    assert rig.delivery.late() == 0.0


async def test_one_that_waits_behind_others_to_a_dead_address_is_not_late(rig: Rig) -> None:
    rig.email.open.clear()
    await rig.offer(*(now(of=n) for n in range(1, 30)))
    await until(lambda: rig.email.busy)
    for item in rig.delivery._items.values():
        item.due -= 1000.0
    assert rig.delivery.late() < LATE
    rig.email.open.set()
    await rig.idle()


async def test_who_waits_for_a_gateway_that_hangs_is_not_late(tmp_path: Path) -> None:
    """Nine people and a gateway that takes its thirty seconds: that is its fault, and the daemon stays ready."""
    people = [f"p{n}" for n in range(SHARE + 1)]
    async with Rig(
        tmp_path / "w.db", plan=Plan(responders={name: responder(name) for name in people}, kinds=traits())
    ) as rig:
        await rig.started()
        rig.sms.open.clear()
        await rig.offer(*(now(channel=SMS, responder=name) for name in people))
        await until(lambda: rig.sms.busy == SHARE)
        for item in rig.delivery._items.values():
            item.due -= 1000.0
        assert rig.delivery.late() == 0.0
        rig.sms.open.set()
        await rig.idle()
