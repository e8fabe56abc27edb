"""The way of a page: to whom, in which order, how often, and what the engine hears of it."""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.delivery.far_side import BUSY, NO_SUCH_USER, QUICK, Rig, now, until
from tests.store.samples import EMAIL, SMS, page
from watchtower.channels.contract import Receipt
from watchtower.core.events import Delivered, Failed, PageFailing
from watchtower.core.plan import Plan
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.model import Language
from watchtower.page_kinds import PageKind


async def test_a_page_arrives_and_the_engine_hears_of_it(rig: Rig) -> None:
    await rig.offer(now())
    await rig.idle()
    assert rig.events == [Delivered(page().id, "INC-1", f"queue-{page().id}", channel="email")]
    (attempt,) = rig.attempts
    assert (attempt.page, attempt.incident, attempt.responder, attempt.channel) == (
        page().id,
        "INC-1",
        "li",
        EMAIL,
    )
    assert (attempt.number, attempt.outcome, attempt.code, attempt.reference) == (
        1,
        "delivered",
        "250 ok",
        f"queue-{page().id}",
    )


async def test_the_letter_says_to_whom_in_which_language_and_where_to_go_on(rig: Rig) -> None:
    await rig.offer(now())
    await rig.idle()
    (letter,) = rig.email.tried
    assert (letter.id, letter.responder, letter.address) == (page().id, "li", "li@example.com")
    assert (letter.language, letter.zone) == (Language.ZH, "Asia/Shanghai")
    assert (letter.thread, letter.first_of_thread) == ("INC-1.li.email", True)
    assert (letter.brief_url, letter.ack_url) == ("https://wt/INC-1", "https://wt/ack/t")
    assert letter.message.because[0].text.zh == "无请求"


async def test_without_a_reference_the_answer_is_reported(rig: Rig) -> None:
    rig.email.answers = [Receipt(answer="http 202")]
    await rig.offer(now())
    await rig.idle()
    assert rig.events == [Delivered(page().id, "INC-1", "http 202", channel="email")]


async def test_resolved_is_never_before_firing(rig: Rig) -> None:
    story = [now(1), now(2, kind=PageKind.UPGRADE), now(3, kind=PageKind.RESOLVED)]
    rig.email.answers_for = {story[0].id: [BUSY] * 4, story[1].id: [NO_SUCH_USER]}
    await rig.offer(*story[:2])
    await rig.offer(story[2])
    await rig.idle()
    assert [letter.id for letter in rig.email.tried] == [story[0].id] * 5 + [story[1].id, story[2].id]
    assert rig.email.taken == [story[0].id, story[2].id]


async def test_one_who_cannot_be_reached_does_not_hold_up_others(rig: Rig) -> None:
    rig.email.answers_for = {now().id: [BUSY] * 1000}
    await rig.offer(now(), now(responder="wang"), now(channel=SMS), now(of=2))
    await until(lambda: len(rig.said(Delivered)) == 3)
    assert rig.delivery.backlog() == 1


async def test_what_failed_is_tried_again_and_every_attempt_is_on_record(rig: Rig) -> None:
    rig.email.answers = [BUSY, DeliveryError("451", "greylisted")]
    await rig.offer(now())
    await rig.idle()
    assert [(a.number, a.outcome, a.code, a.detail) for a in rig.attempts] == [
        (1, "retry", "http 503", "busy"),
        (2, "retry", "451", "greylisted"),
        (3, "delivered", "250 ok", ""),
    ]
    await rig.delivery.stop(5.0)
    ((_, attempts, last),) = await rig.store.pages("INC-1")
    assert (attempts, last) == (2, "451: greylisted")


async def test_after_three_in_vain_others_are_asked_once_while_it_goes_on(rig: Rig) -> None:
    rig.email.answers = [BUSY] * 6
    await rig.offer(now())
    await rig.idle()
    assert rig.events == [
        PageFailing(page().id, "INC-1", "http 503"),
        Delivered(page().id, "INC-1", f"queue-{page().id}", channel="email"),
    ]
    assert len(rig.email.tried) == 7


async def test_a_far_side_that_hangs_is_failing_by_the_page_s_age(tmp_path: Path) -> None:
    async with Rig(tmp_path / "w.db", policy=replace(QUICK, failing_after=0.05)) as rig:
        await rig.started()
        rig.email.open.clear()
        await rig.offer(
            now(), now(2, kind=PageKind.RESOLVED)
        )  # the second is behind the first, and late as well
        await until(lambda: len(rig.events) == 2)
        assert {type(e) for e in rig.events} == {PageFailing}
        assert {e.code for e in rig.events if isinstance(e, PageFailing)} == {"late"}
        rig.email.open.set()
        await rig.idle()
        assert len(rig.said(Delivered)) == 2


async def test_no_answer_in_time_is_worth_another_attempt(tmp_path: Path) -> None:
    async with Rig(tmp_path / "w.db", policy=replace(QUICK, attempt=0.02)) as rig:
        await rig.started()
        rig.email.open.clear()
        await rig.offer(now())
        await until(lambda: len(rig.attempts) >= 2)
        rig.email.open.set()
        await rig.idle()
        assert (rig.attempts[0].code, rig.attempts[0].outcome) == ("timeout", "retry")


async def test_an_answer_for_good_gives_up_at_once(rig: Rig) -> None:
    rig.email.answers = [NO_SUCH_USER]
    await rig.offer(now())
    await rig.idle()
    assert rig.events == [Failed(page().id, "INC-1", "550", DeliveryFault.ADDRESS)]
    assert [a.outcome for a in rig.attempts] == ["failed"]
    await rig.delivery.stop(5.0)
    assert [(n, last) for _, n, last in await rig.store.pages("INC-1")] == [(1, "550: no such user")]


async def test_a_page_is_tried_once_however_old_and_then_given_up(rig: Rig) -> None:
    rig.email.answers = [BUSY]
    await rig.offer(page(at=0.0))
    await rig.idle()
    assert rig.said(Failed) == [("Failed", page().id)]
    rig.email.answers = []
    await rig.offer(page(of=2, at=0.0))
    await rig.idle()
    assert rig.said(Delivered) == [("Delivered", "INC-2.1.li.email")]


async def test_what_the_far_side_asks_for_is_granted_up_to_a_limit(rig: Rig) -> None:
    rig.email.answers = [DeliveryError("http 429", "slow down", retry_after=math.inf)]
    before = time.monotonic()
    await rig.offer(now())
    await rig.idle()
    assert time.monotonic() - before >= QUICK.asked_cap
    assert len(rig.email.tried) == 2


@pytest.mark.parametrize(
    "plan",
    [Plan(), Plan(responders={"li": Rig(Path()).plan.responders["li"].model_copy(update={"addresses": {}})})],
)
async def test_who_left_the_plan_cannot_be_reached(rig: Rig, plan: Plan) -> None:
    rig.plan = plan
    await rig.offer(now())
    await rig.idle()
    assert rig.events == [Failed(page().id, "INC-1", "no_address", DeliveryFault.ADDRESS)]
    assert rig.email.tried == []


async def test_a_channel_that_left_the_plan_cannot_be_used(rig: Rig) -> None:
    del rig.channels[EMAIL]
    await rig.offer(now())
    await rig.idle()
    assert rig.events == [Failed(page().id, "INC-1", "no_channel", DeliveryFault.ADDRESS)]


async def test_a_page_offered_twice_is_sent_once(rig: Rig) -> None:
    rig.email.open.clear()
    await rig.offer(now())
    rig.delivery.offer([now()])
    rig.email.open.set()
    await rig.idle()
    rig.delivery.offer([now()])  # delivered, and its commit still under way
    await rig.idle()
    assert len(rig.email.tried) == 1


async def test_a_cancelled_page_is_not_sent_and_the_next_goes_on(rig: Rig) -> None:
    first, second = now(1), now(2, kind=PageKind.RESOLVED)
    rig.email.answers_for = {first.id: [BUSY] * 1000}
    await rig.offer(first, second)
    await until(lambda: len(rig.attempts) >= 2)
    rig.delivery.cancel([first.id, "unknown"])
    await rig.idle()
    assert rig.email.taken == [second.id]
    assert ("Failed", first.id) not in rig.said()


async def test_a_page_that_is_cancelled_in_flight_and_arrives_is_reported(rig: Rig) -> None:
    """Who has been told "firing" must be told "resolved" later: the engine has to know."""
    rig.email.open.clear()
    await rig.offer(now())
    await until(lambda: rig.email.busy)
    rig.delivery.cancel([now().id])
    rig.email.open.set()
    await until(lambda: rig.events)
    assert rig.said() == [("Delivered", page().id)]


async def test_an_address_that_works_again_gets_at_once_what_waits_for_it(tmp_path: Path) -> None:
    """Both wait for a thousand seconds; a third page that is taken calls them back."""
    async with Rig(tmp_path / "w.db", policy=replace(QUICK, first=1000.0, cap=1000.0)) as rig:
        await rig.started()
        rig.email.answers_for = {now(of=n).id: [BUSY] for n in (1, 2)}
        await rig.offer(now(of=1), now(of=2))
        await until(lambda: len(rig.attempts) == 2)
        await rig.offer(now(of=3))
        await rig.idle()
        assert set(rig.email.taken) == {now(of=n).id for n in (1, 2, 3)}


async def test_an_address_that_works_again_is_not_asked_before_the_time_it_set(tmp_path: Path) -> None:
    async with Rig(tmp_path / "w.db", policy=replace(QUICK, asked_cap=1000.0)) as rig:
        await rig.started()
        rig.email.answers_for = {now().id: [DeliveryError("http 429", "", retry_after=1000.0)]}
        await rig.offer(now())
        await until(lambda: rig.attempts)
        await rig.offer(now(of=2))
        await until(lambda: rig.said(Delivered))
        await asyncio.sleep(0.05)
        assert rig.email.taken == [now(of=2).id]
