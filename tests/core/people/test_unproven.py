"""At P0 and P1 an accepted page is no proof."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.core.builders import EMAIL, LI, SMS, WANG, Story, http_check, policy, queued, rule
from tests.core.builders import plan as make_plan
from watchtower.core.events import Delivered, Failed, PageQueued, Reported, SilenceAsked
from watchtower.core.incident.incidents import PageState
from watchtower.core.matchers import parse_matchers
from watchtower.core.people.unproven import PATIENCE, RECEIPT_WITHIN, _counts, _wanted, advance, due
from watchtower.core.plan.paging import Responder
from watchtower.core.state import Step
from watchtower.errors import DeliveryFault
from watchtower.model import IncidentState, Severity
from watchtower.page_kinds import PageKind

BANK = http_check()


@dataclass(frozen=True)
class Table:
    """What a channel's table says."""

    vendor: str = ""
    reports: bool = False


class Wait(Story):
    """The bank is down, li is asked by `by`, and every page is accepted by the first channel of its kind."""

    def __init__(
        self, *by: str, severity: str = "P1", channels: Any = (), li: Responder = LI, **check: Any
    ) -> None:
        bank = BANK.model_copy(update=check)
        made = make_plan([bank], [rule("down", "outcome == 'down'", bank, severity=severity)], [li, WANG])
        paging = {**made.paging, Severity(severity): policy(*by)}
        super().__init__(replace(made, paging=paging, channels=dict(channels)))
        self.down("bank")
        self.accept()

    def accept(self) -> None:
        for page in self.undelivered():
            names = [name for name in self.plan.channels if name.partition(".")[0] == page.channel]
            name = next((one for one in names if one not in page.spent), page.channel)
            self.feed(Delivered(page.id, page.incident, f"ref-{page.id}", "", name))

    def after(self, seconds: float) -> list[str]:
        """`sms sms.cn` for each page that goes another way until then: its kind, and what must not carry it."""
        out: list[str] = []
        until = self.at + seconds
        while self.at < until:
            decisions = [*self.wait(10).see("bank", "down"), *self.tick()]
            ways = [d.page for d in decisions if isinstance(d, PageQueued) and d.reason == "unproven"]
            out += [f"{p.channel} {' '.join(p.spent)}".strip() for p in ways]
            self.accept()
        return out


def test_who_got_it_by_one_vendor_is_paged_by_another_once() -> None:
    one = Wait(SMS)
    assert one.after(PATIENCE - 10) == []
    assert one.after(10) == [EMAIL]
    assert one.after(1800) == []


def test_two_vendors_are_enough() -> None:
    assert Wait(SMS, EMAIL).after(600) == []


@pytest.mark.parametrize("severity", ["P0", "P2"])
def test_it_is_so_at_the_worst_severities(severity: str) -> None:
    assert Wait(SMS, severity=severity).after(600) == ([EMAIL] if severity == "P0" else [])


def test_an_acknowledgement_is_enough() -> None:
    one = Wait(SMS)
    one.ack()
    assert one.after(600) == []


@pytest.mark.parametrize("state", [PageState.RECEIVED, PageState.READ])
def test_a_receipt_is_enough(state: PageState) -> None:
    one = Wait(SMS)
    one.feed(Reported("sms", state, page="INC-1.1.li.sms"))
    assert one.after(600) == []


def test_two_channels_of_one_account_are_one_vendor() -> None:
    tables = {"sms.cn": Table("alibaba"), "sms.abroad": Table("twilio"), "email": Table("alibaba")}
    assert Wait(SMS, EMAIL, channels=tables).after(600) == ["sms sms.cn"]


def test_another_vendor_that_refuses_is_asked_once_and_then_the_next_way() -> None:
    """The first vendor's page to this address was accepted: that the second refuses does not undo that."""
    one = Wait(
        SMS, channels={"sms.cn": Table("alibaba"), "sms.abroad": Table("twilio"), "email": Table("alibaba")}
    )
    asked = []
    for _ in range(60):
        decisions = [*one.wait(10).see("bank", "down"), *one.tick()]
        for page in [page for page in one.undelivered() if page.channel == SMS]:
            decisions += one.feed(Failed(page.id, page.incident, "30006", DeliveryFault.OTHER_CHANNEL))
        one.accept()
        asked += [d.page.spent for d in decisions if isinstance(d, PageQueued) and d.reason == "unproven"]
    assert asked == [("sms.cn",)]


def test_what_a_silence_held_back_is_sent_after_it() -> None:
    one = Wait(SMS)
    one.wait(30)
    one.feed(SilenceAsked(parse_matchers(['rule="down"']), one.at, one.at + 600.0, "li", "release"))
    one.after(590)
    ways = [d.page.channel for d in one.decisions if isinstance(d, PageQueued) and d.reason == "unproven"]
    assert ways == []
    one.after(600)
    ways = [d.page.channel for d in one.decisions if isinstance(d, PageQueued) and d.reason == "unproven"]
    assert ways == [EMAIL]


def test_who_has_no_other_vendor_is_left_to_escalation() -> None:
    assert Wait(SMS, EMAIL, channels={"sms": Table("a"), "email": Table("a")}).after(600) == []


def test_a_vendor_that_promises_receipts_and_sends_none_does_not_count() -> None:
    li = LI.model_copy(update={"addresses": {**LI.addresses, "webhook": "https://hook.example"}})
    tables = {"sms": Table(reports=True), "email": Table(), "webhook": Table()}
    one = Wait(SMS, EMAIL, channels=tables, li=li)
    assert one.after(RECEIPT_WITHIN - 10) == []
    assert one.after(20) == ["webhook"]


def test_the_vendor_that_the_incident_is_about_does_not_count() -> None:
    li = LI.model_copy(update={"addresses": {**LI.addresses, "webhook": "https://hook.example"}})
    tables = {"sms": Table("alibaba"), "email": Table(), "webhook": Table()}
    assert Wait(SMS, EMAIL, channels=tables, li=li, vendor="alibaba").after(600) == ["webhook"]


def test_a_page_of_which_nobody_knows_the_channel_went_by_the_first_one() -> None:
    """In a simulation, and after a reload that renamed the channel: nobody is paged by the same vendor again and again."""
    for others in ({}, {"sms.abroad": Table("twilio")}):
        one = Wait(SMS, channels={"sms.cn": Table("alibaba"), "email": Table("alibaba"), **others})
        for taken in one.engine.state.taken.of("INC-1"):
            one.engine.state.taken.add(replace(taken, channel="sms.gone"))
        assert len(one.after(600)) == len(others)


def test_it_is_looked_at_when_a_vendor_was_given_its_time() -> None:
    one = Wait(SMS)
    (taken,) = one.engine.state.taken.of("INC-1")
    step = Step(one.plan, one.engine.state, one.at)
    found = set(due(step, one.engine.state.incidents["INC-1"]))
    assert found == {taken.at + 120.0, taken.at + 300.0}


def test_a_channel_that_vouches_for_nothing_does_not_count() -> None:
    one = Wait(SMS, EMAIL)
    kinds = {**one.plan.kinds, EMAIL: replace(one.plan.kinds[EMAIL], vouches=False)}
    step = Step(replace(one.plan, kinds=kinds), one.engine.state, one.at)
    taken = one.engine.state.taken.of("INC-1")
    assert {found.page.channel for found in taken if _counts(step, found)} == {SMS}


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({}, True),
        ({"state": IncidentState.ACKNOWLEDGED}, False),
        ({"key": "unreached"}, False),
        ({"severity": Severity.P2}, False),
    ],
)
def test_of_which_incident_a_proof_is_wanted(change: dict[str, Any], wanted: bool) -> None:
    assert _wanted(replace(Wait(SMS).engine.state.incidents["INC-1"], **change)) is wanted


@pytest.mark.parametrize("change", [{"informs": True}, {"kind": PageKind.RESOLVED}])
def test_who_is_only_informed_or_hears_of_the_end_is_not_asked_another_way(change: dict[str, Any]) -> None:
    one = Wait(SMS)
    (taken,) = one.engine.state.taken.of("INC-1")
    page = replace(taken.page, kind=change.get("kind", taken.page.kind))
    page = replace(page, message=replace(page.message, informs="informs" in change))
    one.engine.state.taken.add(replace(taken, page=page))
    step = Step(one.plan, one.engine.state, one.at + 600.0)
    advance(step, one.engine.state.incidents["INC-1"])
    assert not step.decisions


@pytest.mark.parametrize(("who", "waits"), [("li", True), ("wang", False)])
def test_while_a_page_to_the_same_address_is_on_its_way_no_other_is_sent(who: str, waits: bool) -> None:
    one = Wait(SMS)
    (taken,) = one.engine.state.taken.of("INC-1")
    mail = replace(taken.page, id="mail", responder=who, channel=EMAIL, state=PageState.FAILING)
    one.engine.state.pages[mail.id] = mail
    step = Step(one.plan, one.engine.state, one.at + PATIENCE)
    advance(step, one.engine.state.incidents["INC-1"])
    assert [page.address for page in queued(step.decisions)] == [("li", EMAIL)] * (not waits)


@pytest.mark.parametrize(("after", "counts"), [(299.9, True), (300.0, False)])
def test_a_receipt_that_is_due_now_is_missing(after: float, counts: bool) -> None:
    one = Wait(SMS, channels={"sms": Table(reports=True)})
    (taken,) = one.engine.state.taken.of("INC-1")
    assert _counts(Step(one.plan, one.engine.state, taken.at + after), taken) is counts
