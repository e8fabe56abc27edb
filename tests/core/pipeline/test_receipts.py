"""What a vendor says later of a page that it had accepted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.core.builders import EMAIL, LI, SMS, WANG, Story, http_check, pages, policy, queued, rule
from tests.core.builders import plan as make_plan
from watchtower.core.events import Delivered, PageChanged, Reported
from watchtower.core.incident.incidents import Page, PageState
from watchtower.core.incident.transitions import IncidentSignal, move
from watchtower.core.plan import Plan
from watchtower.core.state import Step
from watchtower.errors import DeliveryFault
from watchtower.model import Severity

BANK = http_check()
ANSWERED, R, READ, U = PageState.ANSWERED, PageState.RECEIVED, PageState.READ, PageState.UNDELIVERED
TWO = {"sms.cn": object(), "sms.abroad": object()}


def a_plan(channels: Any = (), *by: str, people: Any = (LI, WANG)) -> Plan:
    made = make_plan([BANK], [rule("down", "outcome == 'down'", BANK, severity="P1")], people)
    paging = {**made.paging, Severity.P1: policy(*(by or (SMS,)))}
    return replace(made, channels=dict(channels), paging=paging)


class Night(Story):
    """The bank is down, and li's SMS was accepted by `sms.cn` under the id B-1."""

    def begin(self) -> Page:
        page = next(one for one in queued(self.down("bank")) if one.channel == SMS)
        self.feed(Delivered(page.id, page.incident, "B-1", "", "sms.cn"))
        for other in self.undelivered():
            self.feed(Delivered(other.id, other.incident, "", "", "email"))
        return page

    def report(self, state: PageState, **more: Any) -> list[str]:
        out = self.feed(Reported("sms.cn", state, **{"reference": "B-1", **more}))
        moved = [f"{d.reason} {d.detail}".rstrip() for d in out if isinstance(d, PageChanged)]
        return moved + pages(out)

    @property
    def told(self) -> PageState:
        return self.engine.state.incidents["INC-1"].notified["li", SMS].firing


def night(*channels: Any, **more: Any) -> Night:
    made = Night(a_plan(*channels, **more))
    made.begin()
    return made


def test_a_receipt_is_a_line_of_the_log_and_pages_nobody() -> None:
    one = night(TWO)
    assert one.report(R) == ["received"]
    assert one.report(READ) == ["read"]
    assert one.report(READ) == [], "twice does no harm"
    assert one.report(U, code="30003") == [], "the phone has it"
    assert one.told is PageState.DELIVERED


def test_what_did_not_arrive_wakes_nobody_once_somebody_has_it() -> None:
    """li took it from the mail; the SMS's receipt comes a minute later."""
    one = night(TWO)
    one.wait(60).ack()
    assert one.report(U, code="30003") == ["undelivered 30003"]


def test_an_upgrade_that_did_not_arrive_goes_another_way_though_somebody_has_the_incident() -> None:
    one = night(TWO)
    one.wait(60).ack()
    (taken,) = (t for t in one.engine.state.taken.of("INC-1") if t.page.channel == SMS)
    one.engine.state.taken.add(replace(taken, page=replace(taken.page, created_at=one.at + 1.0)))
    assert one.report(U) == ["undelivered", "new P1 li sms"]


def test_what_did_not_arrive_goes_by_the_next_channel_of_the_kind_and_then_as_what_failed() -> None:
    one = night(TWO)
    assert one.report(U, code="30003") == ["undelivered 30003", "new P1 li sms"]
    again = one.undelivered()[0]
    assert (again.spent, again.failover_of) == (("sms.cn",), "INC-1.1.li.sms")
    assert again.id != "INC-1.1.li.sms", "a receiver would take the same id for a repetition"
    assert one.told is PageState.QUEUED
    one.feed(Delivered(again.id, "INC-1", "T-1", "", "sms.abroad"))
    out = one.feed(Reported("sms.abroad", U, reference="T-1"))
    assert pages(out) == ["new P1 li email"]


def test_a_wrong_address_is_wrong_for_every_channel_of_the_kind() -> None:
    assert night(TWO).report(U, fault=DeliveryFault.ADDRESS)[1:] == ["new P1 li email"]


def test_who_has_no_other_way_is_followed_by_somebody_else() -> None:
    li = LI.model_copy(update={"addresses": {SMS: "+8613800000000"}})
    assert night(people=(li, WANG)).report(U) == ["undelivered", "new P1 wang email"]


def test_where_nobody_is_left_it_has_reached_nobody_until_it_arrives_after_all() -> None:
    li = LI.model_copy(update={"addresses": {SMS: "+8613800000000"}})
    one = night(people=(li,))
    one.report(U)
    assert [i.key for i in one.engine.state.incidents.values()] == ["check:bank", "unreached"]
    one.report(R)
    assert one.told is PageState.DELIVERED
    assert not one.engine.state.incidents["INC-2"].open


def test_somebody_who_got_another_page_of_it_knows() -> None:
    one = night()
    reminder = next(page for page in queued(one.wait(901).tick()) if page.channel == SMS)
    one.feed(Delivered(reminder.id, "INC-1", "B-2", "", "sms.cn"))
    assert one.report(U, reference="B-2") == ["undelivered"]
    assert one.told is PageState.DELIVERED


def test_after_the_end_nobody_else_is_woken() -> None:
    one = night(TWO)
    one.up("bank")
    one.deliver_all()
    assert one.report(U) == ["undelivered"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"reference": "B-9"},
        {"reference": "", "page": "INC-9.1.li.sms"},
        {"address": "+8613900000000"},
        {"reference": ""},
    ],
)
def test_what_is_not_about_a_page_of_ours_changes_nothing(wrong: dict[str, str]) -> None:
    one = night(TWO)
    before = len(one.decisions)
    assert one.report(U, **wrong) == []
    assert len(one.decisions) == before
    assert one.feed(Reported("sms.abroad", U, reference="B-1")) == []


def test_the_key_that_was_pressed_takes_the_incident_for_its_person() -> None:
    one = night()
    one.report(READ, acknowledges=True, address="13800000000")
    incident = one.engine.state.incidents["INC-1"]
    assert (incident.acknowledged_by, incident.state) == ("li", "acknowledged")


def test_a_report_that_comes_before_the_acceptance_is_booked_is_applied_then() -> None:
    one = Night(a_plan(TWO))
    page = next(page for page in queued(one.down("bank")) if page.channel == SMS)
    assert one.report(U, code="30003") == []
    out = one.feed(Delivered(page.id, page.incident, "B-1", "", "sms.cn"))
    assert [d.detail for d in out if isinstance(d, PageChanged) and d.reason == "undelivered"] == ["30003"]
    assert pages(out) == ["new P1 li sms"]


def test_a_report_waits_for_its_page_for_a_minute_and_is_applied_once() -> None:
    one = Night(a_plan(TWO))
    page = next(page for page in queued(one.down("bank")) if page.channel == SMS)
    one.report(READ, acknowledges=True)
    one.wait(61)
    one.feed(Delivered(page.id, page.incident, "B-1", "", "sms.cn"))
    assert one.engine.state.incidents["INC-1"].state == "triggered"
    taken = one.engine.state.taken.get(page.id)
    assert taken is not None
    assert one.engine.state.taken.early(taken, one.at) == []


def test_the_key_in_a_call_whose_incident_has_merged_meanwhile_takes_the_one_in_which_it_goes_on() -> None:
    one = night()
    known = one.engine.state.incidents["INC-1"]
    one.engine.state.incidents["INC-2"] = replace(known, id="INC-2", key="check:other", notified={})
    over = move(known, IncidentSignal.RESOLVE, one.at, merged_into="INC-2")
    step = Step(one.plan, one.engine.state, one.at)
    step.set_incident(over, "merged_into", "INC-2")
    step.settle(over)
    assert "INC-1" not in one.engine.state.incidents
    one.report(R, acknowledges=True)
    taken = one.engine.state.incidents["INC-2"]
    assert (taken.acknowledged_by, taken.state) == ("li", "acknowledged")


def test_a_call_that_was_answered_is_no_proof_until_a_key_was_pressed() -> None:
    one = night()
    assert one.report(ANSWERED) == ["answered"]
    (taken,) = (t for t in one.engine.state.taken.of("INC-1") if t.page.channel == SMS)
    assert (taken.proven, one.told) == (False, PageState.DELIVERED)
    assert one.report(R) == ["received"]
    assert one.report(ANSWERED) == []


def test_the_receipt_of_a_page_of_several_is_of_all_of_them() -> None:
    """They have one reference, and end at different times."""
    one = night()
    (lead,) = (t for t in one.engine.state.taken.of("INC-1") if t.page.channel == SMS)
    carried = replace(lead, page=replace(lead.page, id="INC-2.1.li.sms", incident="INC-2"))
    one.engine.state.taken.add(replace(lead, page=replace(lead.page, carries=(carried.page.id,))))
    one.engine.state.taken.add(carried)
    one.engine.state.taken.forget("INC-2")
    assert one.report(R) == ["received"]


def test_the_key_of_somebody_who_was_only_informed_takes_nothing() -> None:
    one = night()
    (taken,) = (t for t in one.engine.state.taken.of("INC-1") if t.page.channel == SMS)
    informed = replace(taken.page, message=replace(taken.page.message, informs=True))
    one.engine.state.taken.add(replace(taken, page=informed))
    assert one.report(READ, acknowledges=True) == ["read"]
    assert one.engine.state.incidents["INC-1"].acknowledged_by == ""


def test_a_page_of_several_incidents_did_not_arrive_for_any() -> None:
    two = [http_check(), http_check("card")]
    made = make_plan(two, [rule(f"{c.name}-down", "outcome == 'down'", c, severity="P1") for c in two], [LI])
    story = Night(replace(made, paging={**made.paging, Severity.P1: policy(SMS)}))
    story.begin()
    story.wait(2).down("card")
    story.wait(11).tick()
    for page in story.undelivered():
        story.feed(Delivered(page.id, page.incident, "B-2", "", "sms.cn"))
    story.report(U, reference="B-2")
    failed = {i.id for i in story.engine.state.incidents.values() if i.notified["li", SMS].firing == "failed"}
    assert "INC-2" in failed


def test_a_settled_incident_keeps_no_page() -> None:
    one = night()
    one.up("bank")
    one.deliver_all()
    one.past_reopening("bank")
    assert one.engine.state.incidents == {}
    assert one.report(R) == []


def test_each_page_is_known_by_the_channel_that_carried_it() -> None:
    one = night((), SMS, EMAIL)
    assert [taken.channel for taken in one.engine.state.taken.of("INC-1")] == ["sms.cn", EMAIL]


def test_an_all_clear_that_did_not_arrive_is_remembered_as_failed() -> None:
    one = night({})
    (over,) = [page for page in queued(one.up("bank")) if page.channel == SMS]
    one.feed(Delivered(over.id, over.incident, "B-2", "", "sms.cn"))
    one.report(U, reference="B-2")
    assert one.engine.state.incidents["INC-1"].notified["li", SMS].resolved is PageState.FAILED


def test_a_receipt_names_the_channel_and_passes_over_what_is_forgotten() -> None:
    one = night({})
    (taken,) = (found for found in one.engine.state.taken.of("INC-1") if found.page.channel == SMS)
    one.engine.state.taken.add(replace(taken, page=replace(taken.page, carries=("forgotten",))))
    out = one.feed(Reported("sms.cn", R, reference="B-1"))
    assert [d.channel for d in out if isinstance(d, PageChanged)] == ["sms.cn"]
