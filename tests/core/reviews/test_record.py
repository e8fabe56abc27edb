"""What is folded out of a whole night, and what a review says of it by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.reviews.night import BANK, ORDERS, log, plan, the_incident
from tests.core.reviews.written import NIGHT
from watchtower.brief.sheet import Sheet, plain
from watchtower.core.incident.entry import LogEntry
from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.core.plan.flows import Flow
from watchtower.core.reviews.build import record_of
from watchtower.core.reviews.facts import facts_of
from watchtower.core.reviews.record import DetectionSource, Record
from watchtower.model import Language, Severity, Text
from watchtower.review.sheet import review_sheet
from watchtower.texts.phrases import Tongue


def night(*more: LogEntry) -> Record:
    return record_of(plan(), facts_of(the_incident(), [*log(), *more]))


def sheet(language: Language = Language.EN) -> Sheet:
    facts = facts_of(the_incident(), log())
    return review_sheet(facts, record_of(plan(), facts), Tongue(language, at=NIGHT + 90_000))


def test_the_course_from_onset_to_end() -> None:
    it = night()
    assert (it.to_detect, it.to_acknowledge, it.to_identify_cause, it.to_mitigate, it.to_resolve) == (
        40,
        120,
        300,
        540,
        3600,
    )
    assert (it.acknowledged_by, it.cause, it.cause_tag) == (
        "li",
        "the gateway's certificate expired",
        "certificate",
    )


def test_levels_and_for_how_long_the_computed_one_was_not_followed() -> None:
    it = night()
    assert (it.first, it.record, it.raised, it.lowered, it.late_raise) == (
        Severity.P2,
        Severity.P0,
        1,
        1,
        60.0,
    )


def test_pages_and_people() -> None:
    it = night()
    assert (it.pages, it.pages_delivered, it.pages_failed, it.people) == (2, 1, 1, ("li",))


def test_the_numbers_at_the_acknowledgement_and_at_the_end() -> None:
    it = night()
    assert (it.first_users, it.users, it.amount, it.no_data_minutes) == (900.0, 1200.0, "187450.5 CNY", 2.0)


def test_its_lines_are_counted_so_that_a_stale_record_is_known() -> None:
    assert night().lines == len(log())


@pytest.mark.parametrize(
    ("check", "flows", "source"),
    [
        (ORDERS, {}, DetectionSource.TRAFFIC),
        (BANK, {}, DetectionSource.DEPENDENCY),
        (BANK.model_copy(update={"flow": "checkout"}), {}, DetectionSource.PROBE),
        (BANK.model_copy(update={"detector": "runway"}), {}, DetectionSource.WARNING),
        (BANK.model_copy(update={"probe": "balance.json"}), {}, DetectionSource.WARNING),
        (
            BANK,
            {"checkout": Flow(name="checkout", title=Text("x", "x"), loss=("bank", "difference"))},
            DetectionSource.MONEY,
        ),
    ],
    ids=["traffic", "dependency", "probe", "runway", "balance", "money"],
)
def test_by_what_it_was_seen_first(check: Check, flows: dict[str, Flow], source: DetectionSource) -> None:
    seen = replace(log()[0], data={**log()[0].data, "check": check.name})
    facts = facts_of(the_incident(), [seen, *log()[1:]])
    assert record_of(Plan(checks={check.name: check}, flows=flows), facts).source is source


def test_a_person_knows_better_by_whom() -> None:
    said = LogEntry(NIGHT + 9000, "review.verdict", "chen", data={"source": "customer", "false_page": False})
    assert (night(said).source, night(said).false_page) == (DetectionSource.CUSTOMER, False)


def test_incidents_about_watchtower_itself_and_those_without_an_alert() -> None:
    blind = replace(the_incident(), key="no_data")
    assert record_of(plan(), facts_of(blind, log())).source is DetectionSource.OWN
    assert record_of(plan(), facts_of(blind, log())).no_data_minutes == 60.0
    assert record_of(plan(), facts_of(the_incident(), log()[1:])).source is DetectionSource.HUMAN


def test_what_is_garbled_or_of_another_version_is_left_out() -> None:
    strange = [
        LogEntry(NIGHT, "impact.measured", data={"indicators": {"at": "?"}}),
        LogEntry(NIGHT, "delivered", data={"page": "unknown", "state": "delivered"}),
        LogEntry(NIGHT, "delivered", data={"page": 7}),
        LogEntry(NIGHT, "joined", data={"alert": "x", "state": "firing", "text": "no mapping"}),
    ]
    facts = facts_of(the_incident(), [*strange, *log()])
    assert record_of(plan(), facts).pages == 2


def test_a_log_that_is_empty_has_a_record_too() -> None:
    it = record_of(Plan(), facts_of(the_incident(), []))
    assert (it.lines, it.record, it.to_resolve) == (0, Severity.P0, 3600.0)


def test_the_review_says_it_all_in_english() -> None:
    text = "\n".join(plain(sheet()))
    for said in (
        "P0 Checkout · INC-7 · review",
        "Detected 11-22 16:00:40 UTC · after 40 s",
        "by its traffic: flow-silent, orders",
        "Cause identified 11-22 16:05:00 UTC · after 5 min",
        "P0 · 120 full-outage minutes",
        "computed severity was worse than the one in force for 1 min",
        "Users 1,200 (960 - 1,440) · live estimate 900 (720 - 1,080) at 11-22 16:01",
        "Amount 187,450.5 CNY",
        "li · SMS · New incident · delivered · 5 s",
        "wang · e-mail · New incident · failed · 550",
        "Tried: restart",
    ):
        assert said in text, text


def test_the_review_says_it_all_in_chinese() -> None:
    text = "\n".join(plain(sheet(Language.ZH)))
    for said in (
        "复盘",
        "发现 11-22 16:00:40 UTC · 用时 40 秒",
        "由流量异常：flow-silent, orders",
        "受影响用户",
        "已送达",
        "等效全中断时长 120 分钟",
    ):
        assert said in text, text
