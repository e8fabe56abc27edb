"""What follows from each way to fail: another attempt, another channel, an incident of ours, a question, or the words that it
may be a repeat."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.delivery.far_side import BUSY, NO_SUCH_USER, QUICK, FarSide, Rig, now, until
from tests.store.samples import EMAIL, SMS
from watchtower.channels.contract import Letter, Receipt
from watchtower.core.events import ChannelBroken, Delivered, Failed, PageFailing
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.model import Severity

UNSURE = DeliveryError("timeout", "no answer within 10 s", fault=DeliveryFault.AMBIGUOUS)
FULL = DeliveryError("LimitExceeded.PhoneNumberDailyLimit", "2 a day", fault=DeliveryFault.OTHER_CHANNEL)
ARREARS = DeliveryError("isv.OUT_OF_SERVICE", "the account is in arrears", fault=DeliveryFault.OURS)
WRONG = DeliveryError("isv.MOBILE_NUMBER_ILLEGAL", "no such number", fault=DeliveryFault.ADDRESS)
SOON = replace(QUICK, ask_after=0.01, down=0.2, barred=60.0)


class Bookkeeper(FarSide):
    """A provider that can be asked: `told` answers one question after the other."""

    def __init__(self, *answers: Any, told: list[Any]) -> None:
        super().__init__(*answers)
        self.told, self.asked = told, list[str]()

    async def ask(self, letter: Letter) -> Receipt | None:
        self.asked.append(letter.id)
        said = self.told.pop(0)
        if isinstance(said, BaseException):
            raise said
        assert said is None or isinstance(said, Receipt)
        return said


def an_sms(number: int = 1, **more: Any) -> Any:
    return now(number, channel=SMS, **more)


def repeats(side: FarSide) -> list[bool]:
    return [letter.message.repeat for letter in side.tried]


async def test_what_may_have_arrived_says_so_when_it_is_sent_again(tmp_path: Path) -> None:
    async with Rig(tmp_path / "w.db", sms=FarSide(UNSURE, BUSY), policy=SOON) as rig:
        await rig.started()
        await rig.offer(an_sms())
        await rig.idle()
        assert repeats(rig.sms) == [False, True, True]
        assert len({letter.id for letter in rig.sms.tried}) == 1


async def test_three_times_unknown_is_the_end_where_nobody_can_tell_a_repetition(tmp_path: Path) -> None:
    async with Rig(tmp_path / "w.db", sms=FarSide(*[UNSURE] * 9), policy=SOON) as rig:
        await rig.started()
        await rig.offer(an_sms())
        await rig.idle()
        assert [attempt.outcome for attempt in rig.attempts] == ["retry", "retry", "failed"]
        assert rig.events[-1] == Failed(an_sms().id, "INC-1", "timeout", DeliveryFault.AMBIGUOUS)


async def test_a_receiver_that_tells_a_repetition_gets_the_same_until_it_answers(tmp_path: Path) -> None:
    async with Rig(tmp_path / "w.db", email=FarSide(*[UNSURE] * 6), policy=SOON) as rig:
        await rig.started()
        await rig.offer(now())
        await rig.idle()
        assert repeats(rig.email) == [False] * 7
        assert len(rig.said(Delivered)) == 1


@pytest.mark.parametrize(
    ("told", "sent"),
    [
        ([Receipt("biz-1", "OK")], [False]),  # it was taken
        ([None], [False, False]),  # it was not: no repeat
        ([BUSY], [False, True]),  # nobody knows
    ],
)
async def test_a_provider_is_asked_before_it_is_sent_anything_again(
    tmp_path: Path, told: list[Any], sent: list[bool]
) -> None:
    provider = Bookkeeper(UNSURE, told=told)
    async with Rig(tmp_path / "w.db", sms=provider, policy=SOON) as rig:
        await rig.started()
        await rig.offer(an_sms())
        await rig.idle()
        assert repeats(provider) == sent
        assert provider.asked == [an_sms().id]
        assert len(rig.said(Delivered)) == 1


async def test_what_one_provider_took_is_not_sent_by_another(tmp_path: Path) -> None:
    first, second = Bookkeeper(UNSURE, told=[Receipt("biz-1", "OK")]), FarSide()
    more = {"sms.cn": first, "sms.abroad": second}
    async with Rig(tmp_path / "w.db", more=more, without=(SMS,), policy=SOON) as rig:
        await rig.started()
        await rig.offer(an_sms())
        await rig.idle()
        assert second.tried == []
        [delivered] = rig.events
        assert isinstance(delivered, Delivered)
        assert (delivered.channel, delivered.reference) == ("sms.cn", "biz-1")


async def test_a_crash_during_an_attempt_leaves_a_page_that_may_have_arrived(tmp_path: Path) -> None:
    async with Rig(tmp_path / "w.db") as first:
        await first.started()
        first.sms.open.clear()
        first.email.open.clear()
        await first.offer(an_sms(), now(of=2))
        await until(lambda: first.sms.busy and first.email.busy)
        rows = {row.page.id: row.last_error for row in await first.store.outbox()}
        assert rows == {an_sms().id: "begun: sms", now(of=2).id: ""}  # a mail is told by its id
    async with Rig(tmp_path / "w.db") as rig:
        await rig.commit(an_sms(2))  # queued, and never begun
        await rig.started()
        await rig.idle()
        assert repeats(rig.sms) == [True, False]
        assert repeats(rig.email) == [False]


async def test_a_page_that_was_taken_is_not_begun_any_more(rig: Rig) -> None:
    rig.sms.answers = [BUSY]
    await rig.offer(an_sms())
    await rig.idle()
    assert repeats(rig.sms) == [False, False]


async def test_no_store_no_delay_worth_a_page(tmp_path: Path) -> None:
    async with Rig(tmp_path / "w.db") as rig:
        await rig.started()
        await rig.commit(an_sms())
        await rig.store.close()
        rig.delivery.offer([an_sms()])
        await rig.idle()
        assert rig.sms.taken == [an_sms().id]
        assert rig.delivery.unrecorded


async def test_who_has_had_enough_hears_another_way_at_once(tmp_path: Path) -> None:
    async with Rig(tmp_path / "w.db", sms=FarSide(FULL), policy=SOON) as rig:
        await rig.started()
        await rig.offer(an_sms())
        await rig.idle()
        assert rig.events == [Failed(an_sms().id, "INC-1", FULL.code, DeliveryFault.OTHER_CHANNEL)]


async def test_a_channel_that_carries_no_more_to_somebody_goes_last_for_them_alone(tmp_path: Path) -> None:
    cn, abroad = FarSide(FULL), FarSide()
    more = {"sms.cn": cn, "sms.abroad": abroad}
    async with Rig(tmp_path / "w.db", more=more, without=(SMS,), policy=SOON) as rig:
        await rig.started()
        for number in (1, 2):
            await rig.offer(an_sms(number))
            await rig.idle()
        cn.answers = []
        await rig.offer(an_sms(responder="wang"))
        await rig.idle()
        assert abroad.taken == [an_sms(1).id, an_sms(2).id]
        assert cn.taken == [an_sms(responder="wang").id]


async def test_our_fault_is_told_once_and_others_are_asked_at_once_while_it_goes_on(tmp_path: Path) -> None:
    async with Rig(tmp_path / "w.db", sms=FarSide(ARREARS, ARREARS), policy=SOON) as rig:
        await rig.started()
        queued = an_sms()
        await rig.offer(queued)
        await rig.idle()
        severity = queued.message.severity
        assert rig.events == [
            ChannelBroken("sms", ARREARS.code, ARREARS.detail, severity),
            PageFailing(queued.id, "INC-1", ARREARS.code),
            Delivered(queued.id, "INC-1", f"queue-{queued.id}", channel="sms"),
        ]


async def test_our_fault_is_told_again_of_a_worse_page_and_after_a_reload(tmp_path: Path) -> None:
    pages = [an_sms(of=n, severity=s) for n, s in enumerate((Severity.P2, Severity.P3, Severity.P0), 1)]
    async with Rig(tmp_path / "w.db", sms=FarSide(ARREARS), policy=SOON) as rig:
        await rig.started()
        rig.sms.answers_for = {page.id: [ARREARS] * 99 for page in pages}
        for page in pages:
            await rig.offer(page)
            await until(lambda page=page: page.id in {attempt.page for attempt in rig.attempts})
        told = [event.severity for event in rig.events if isinstance(event, ChannelBroken)]
        assert told == [Severity.P2, Severity.P0]
        rig.delivery.reloaded()
        await until(lambda: sum(isinstance(event, ChannelBroken) for event in rig.events) > 2)


async def test_a_wrong_address_is_the_end_and_blames_no_channel(tmp_path: Path) -> None:
    cn, abroad = FarSide(WRONG), FarSide(NO_SUCH_USER)
    more = {"sms.cn": cn, "sms.abroad": abroad}
    async with Rig(tmp_path / "w.db", more=more, without=(SMS,), policy=SOON) as rig:
        await rig.started()
        await rig.offer(an_sms())
        await rig.idle()
        assert [(a.outcome, a.fault) for a in rig.attempts] == [
            ("failover", "address"),
            ("failed", "address"),
        ]
        await rig.offer(an_sms(2, responder="wang"))
        await rig.idle()
        assert len(cn.tried) == 2  # it still goes first


async def test_two_ways_that_are_both_shut_end_at_once(tmp_path: Path) -> None:
    more = {"sms.cn": FarSide(FULL), "sms.abroad": FarSide(WRONG)}
    async with Rig(tmp_path / "w.db", more=more, without=(SMS,), policy=SOON) as rig:
        await rig.started()
        begun = time.monotonic()
        await rig.offer(an_sms(), now(of=2))
        await rig.idle()
        assert rig.said(Failed) == [("Failed", an_sms().id)]
        assert rig.email.taken == [now(of=2).id]
        assert time.monotonic() - begun < SOON.barred
        assert EMAIL not in {attempt.channel for attempt in rig.attempts if attempt.outcome == "failed"}
