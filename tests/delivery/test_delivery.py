"""What delivery promises: at least once, in order, soon, and whatever the far side does, the daemon lives."""

from __future__ import annotations

import asyncio
import itertools
import math
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.delivery.far_side import BUSY, NO_SUCH_USER, QUICK, FarSide, Rig, repeated, until
from tests.store.samples import EMAIL, SMS, page
from watchtower.channels.contract import Receipt
from watchtower.core.events import Delivered, Failed, Failing, PageChanged
from watchtower.core.incidents import Page, PageState
from watchtower.core.plan import Plan
from watchtower.delivery import Backlog
from watchtower.errors import DeliveryError, StoreError
from watchtower.model import Language, PageKind, Severity


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with Rig(tmp_path / "w.db") as rig:
        yield await rig.started()


def now(number: int = 1, **more: object) -> Page:
    return page(number, at=time.time(), **more)  # type: ignore[arg-type]


async def test_a_page_arrives_and_the_engine_hears_of_it(rig: Rig) -> None:
    await rig.offer(now())
    await rig.idle()
    assert rig.events == [Delivered(page().id, "INC-1", f"queue-{page().id}")]
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
    assert rig.events == [Delivered(page().id, "INC-1", "http 202")]


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
    assert rig.delivery.backlog().count == 1


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
        Failing(page().id, "INC-1", "http 503"),
        Delivered(page().id, "INC-1", f"queue-{page().id}"),
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
        assert {type(e) for e in rig.events} == {Failing}
        assert {e.code for e in rig.events if isinstance(e, Failing)} == {"late"}
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
    assert rig.events == [Failed(page().id, "INC-1", "550")]
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
    "answer", [RuntimeError("token s3cret in a bug"), KeyError(), TimeoutError(), OSError("gone")]
)
async def test_a_bug_in_a_channel_is_logged_and_tried_again(rig: Rig, answer: Exception) -> None:
    rig.email.answers = [answer]
    with capture_logs() as logs:
        await rig.offer(now())
        await rig.idle()
    assert rig.said() == [("Delivered", page().id)]
    assert rig.attempts[0].outcome == "retry"
    crashes = [entry for entry in logs if entry["event"] == "channel_crashed"]
    assert len(crashes) == (0 if isinstance(answer, TimeoutError) else 1)
    assert all("far_side.py" in "".join(entry["trace"]) for entry in crashes)


async def test_secrets_of_a_far_side_s_words_are_nowhere(tmp_path: Path) -> None:
    async with Rig(tmp_path / "w.db", redact=lambda text: text.replace("s3cret", "***")) as rig:
        await rig.started()
        rig.email.answers = [
            DeliveryError("s3cret", "s3cret"),
            RuntimeError("s3cret"),
            Receipt("s3cret", "s3cret"),
        ]
        with capture_logs() as logs:
            await rig.offer(now())
            await rig.idle()
        await rig.delivery.stop(5.0)
        assert "s3cret" not in f"{rig.events} {rig.attempts} {logs} {await rig.store.pages('INC-1')}"


async def test_an_endless_answer_is_cut(rig: Rig) -> None:
    rig.email.answers = [DeliveryError("x", "y" * 100_000)]
    await rig.offer(now())
    await rig.idle()
    assert len(rig.attempts[0].detail) == 500


@pytest.mark.parametrize(
    "plan", [Plan(), Plan(responders={"li": replace(Rig(Path()).plan.responders["li"], addresses={})})]
)
async def test_who_left_the_plan_cannot_be_reached(rig: Rig, plan: Plan) -> None:
    rig.plan = plan
    await rig.offer(now())
    await rig.idle()
    assert rig.events == [Failed(page().id, "INC-1", "no_address")]
    assert rig.email.tried == []


async def test_a_channel_that_left_the_plan_cannot_be_used(rig: Rig) -> None:
    del rig.channels[EMAIL]
    await rig.offer(now())
    await rig.idle()
    assert rig.events == [Failed(page().id, "INC-1", "no_channel")]


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


async def test_a_storm_is_bounded_and_the_worst_goes_first(rig: Rig) -> None:
    rig.email.open.clear()
    rig.sms.open.clear()
    storm = [now(of=n, severity=Severity.P3) for n in range(1, 500)]
    storm += [now(of=n, severity=Severity.P3, channel=SMS) for n in range(1, 500)]
    await rig.offer(*storm)
    await until(lambda: rig.email.busy == 8 and rig.sms.busy == 8)
    worst = now(of=999, severity=Severity.P0)
    await rig.offer(worst)
    assert rig.delivery.backlog().count == 999
    rig.email.open.set()
    rig.sms.open.set()
    await rig.idle()
    assert (rig.email.most_busy, rig.sms.most_busy) == (8, 8)
    assert [letter.id for letter in rig.email.tried].index(worst.id) == 8
    assert len(rig.said(Delivered)) == 999
    assert repeated(rig.email.taken + rig.sms.taken) == []


async def test_the_loop_is_not_blocked_by_a_storm(rig: Rig) -> None:
    """Others get their turns of the loop between any few of a thousand pages."""
    turns: list[int] = []

    async def neighbour() -> None:
        while rig.delivery.backlog().count:
            turns.append(rig.delivery.backlog().count)
            await asyncio.sleep(0)

    storm = [now(of=n) for n in range(1, 1001)]
    await rig.commit(*storm)
    rig.delivery.offer(storm)
    await neighbour()
    assert max(a - b for a, b in itertools.pairwise(turns)) <= 40


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


async def test_a_store_that_fails_does_not_stop_a_page(rig: Rig) -> None:
    rig.email.answers = [BUSY, BUSY]
    await rig.commit(now())
    await rig.store.close()
    with capture_logs() as logs:
        rig.delivery.offer([now()])
        await rig.idle()
        await until(lambda: rig.delivery.unrecorded == 2)
    assert rig.said() == [("Delivered", page().id)]
    assert [entry["event"] for entry in logs] == ["attempt_not_recorded"] * 2


def crash(*_: object) -> object:
    raise RuntimeError("a bug of ours")


@pytest.mark.parametrize("part", ["redact", "report", "on_attempt"])
async def test_a_bug_beside_the_way_does_not_stop_a_page(tmp_path: Path, part: str) -> None:
    async with Rig(tmp_path / "w.db", email=FarSide(BUSY), **{part: crash}) as rig:  # type: ignore[arg-type]
        await rig.started()
        with capture_logs():
            await rig.offer(now(), now(2))
            await rig.idle()
        assert rig.email.taken == [now().id, now(2).id]


async def test_a_bug_in_the_way_is_tried_again(tmp_path: Path) -> None:
    bugs = [RuntimeError("a bug of ours")] * 3

    def links(_: Page) -> tuple[str, str]:
        if bugs:
            raise bugs.pop()
        return "", ""

    async with Rig(tmp_path / "w.db", links=links) as rig:
        await rig.started()
        with capture_logs() as logs:
            await rig.offer(now())
            await rig.idle()
        assert [name for name, _ in rig.said()] == ["Failing", "Delivered"]
        assert [entry["event"] for entry in logs] == ["delivery_crashed"] * 3


async def test_the_backlog_is_what_is_owed_and_since_when(rig: Rig) -> None:
    assert rig.delivery.backlog() == Backlog(0, None)
    rig.email.open.clear()
    await rig.offer(now(of=2), page(of=1, at=7.0))
    assert rig.delivery.backlog() == Backlog(2, 7.0)
    rig.email.open.set()
    await rig.idle()
    assert rig.delivery.backlog() == Backlog(0, None)


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
        await until(lambda: rig.said(Failing))
        rig.email.open.set()
        await rig.idle()
        assert rig.email.taken == [now(1).id, now(of=2).id, now(2).id]
        # Four were in vain before, so others are asked now; of INC-2 that was said in the earlier life.
        assert rig.said(Failing) == [("Failing", now(1).id)]
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
    rig.email.open.clear()
    await rig.offer(*(now(of=n) for n in range(1, 20)), now(2, of=1))
    await until(lambda: rig.email.busy == 8)
    stopping = asyncio.create_task(rig.delivery.stop(10.0))
    await asyncio.sleep(0)
    rig.delivery.offer([now(of=99)])
    rig.email.open.set()
    await stopping
    assert len(rig.email.taken) == len(rig.said(Delivered)) == 8
    assert rig.said(Failing) == []


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
