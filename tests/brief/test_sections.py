"""What the brief says of a P0 in which every room has something to say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.brief.night import PLAN as NIGHT
from tests.brief.night import short
from tests.brief.worst import ALERT, INCIDENT, LOG, NOW, ONSET, worst
from tests.brief.worst import PLAN as WORST
from watchtower.brief.brief import Brief, brief
from watchtower.brief.drafts import draft
from watchtower.brief.sheet import Block, from_json, sheet_of, to_json
from watchtower.core.incident.history import project
from watchtower.core.plan.flows import Flow
from watchtower.model import IncidentState, Language, Severity, Text
from watchtower.texts.phrases import Tongue

EN, ZH = Language.EN, Language.ZH


def said(made: Brief, language: Language = EN) -> Mapping[str, Block]:
    return {block.name: block for block in sheet_of(made, Tongue(language, at=made.at)).blocks}


def rows(made: Brief, name: str, language: Language = EN) -> list[str]:
    return [row.whole for row in said(made, language)[name].rows]


def test_it_says_what_somebody_who_joins_asks_in_the_order_of_asking() -> None:
    assert list(said(worst(since=ONSET + 700))) == [
        "changed", "symptom", "impact", "why", "needs", "known", "degrade", "procedure", "roles", "duties", "said",
        "timeline", "joining",
    ]  # fmt: skip


def test_the_headline_has_levels_state_time_next_update_and_call() -> None:
    sheet = sheet_of(worst(), Tongue(EN, at=NOW))
    assert sheet.title == "P1 Checkout · INC-7"
    assert sheet.facts == (
        "acknowledged by li", "for 1 h", "since 16:00", "was P0 at worst", "next update 17:10 (in 10 min)",
        "call: https://call.example/7",
    )  # fmt: skip
    assert sheet.as_of == "as of 17:00:00 UTC"


SAYS = [
    ("symptom", ["About 90% of what users do on Checkout fails (core flow)", "P1 No requests on Checkout"]),
    ("impact", [
        "Users about 12,000 · 10,000 to 14,000 · estimated · 30% of all",
        "Requests about 24,000 · 20,000 to 28,000 · estimated · 400 more a minute · 36,000 in 30 min",
        "Loss 95,000 CNY · 90,000 to 99,000 · measured · 125,000 in 30 min at this rate",
        "Reach 70% of the product · like 54 min of full outage · 1 h of trouble",
        "Next severity P0 at 120 full minutes of outage, in about 1 h 13 min",
    ]),
    ("why", ["Checkout, a core flow, is down at peak hours: P1."]),
    ("needs", ["Product manager #2 May we stop the campaign? · overdue for 1 min"]),
    ("known", ["16:16 wang Cause: The gateway's certificate expired"]),
    ("degrade", ["no-coupons switched, being verified · wang", "recovery has failed"]),
    ("procedure", [
        "1 of 3 done · #2 Mitigate · Technical lead · overdue for 45 min", "#3 Write the cause down",
    ]),
    ("roles", ["Incident commander anna", "nobody Public relations"]),
    ("duties", [
        "mas.notice First notice · due 17:15 (in 15 min) · Legal and compliance", "mitigate overdue for 1 min",
    ]),
    ("said", ["customers 16:20 · next by 17:05 · We are working on it"]),
    ("joining", [
        "Take a role that nobody fills: Public relations", "Answer #2", "Not needed Change nothing without asking anna",
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "lines"), SAYS, ids=[name for name, _ in SAYS])
def test_the_section_says(name: str, lines: list[str]) -> None:
    assert rows(worst(), name) == lines


def test_the_timeline_begins_with_the_moments_that_everybody_asks_for() -> None:
    first, *rest = rows(worst(), "timeline")
    assert first == (
        "began 16:00:00 → detected 1 min later by flow-silent on orders → acknowledged 16:03:00 → cause identified 16:16:40"
    )
    assert rest == [
        "16:20:00 Said to customers: We are working on it",
        "16:18:20 Needed: May we stop the campaign?",
        "16:16:40 Cause: The gateway's certificate expired",
        "16:15:00 Checkout, a core flow, is down at peak hours: P1.",
        "16:08:40 Duty mas.notice: applies",
    ]


def test_a_raised_level_is_told_once_by_its_sentence() -> None:
    made = worst(since=ONSET + 700)
    assert sum("P1." in row for row in rows(made, "changed")) == 1
    assert not any("P2 -> P1" in row for row in rows(made, "changed"))


def test_since_the_last_look_the_level_and_the_numbers_come_first() -> None:
    assert rows(worst(since=ONSET + 700), "changed")[:3] == [
        "16:11 Severity P2 → P1",
        "Users affected: 4,000 → 12,000",
        "16:20:00 Said to customers: We are working on it",
    ]


def test_nothing_new_is_said_too_and_a_first_look_says_nothing() -> None:
    assert rows(worst(since=NOW - 1), "changed") == ["16:59 Nothing new."]
    assert "changed" not in said(worst())


def test_it_is_said_in_chinese() -> None:
    made = worst()
    assert rows(made, "symptom", ZH)[0] == "约 90% 的下单支付操作失败（核心业务）"
    assert rows(made, "impact", ZH)[0] == "用户 约 12,000 · 10,000 至 14,000 · 估算 · 占比 30%"
    assert rows(made, "why", ZH) == ["核心业务“下单支付”在高峰时段中断：P1。"]
    assert rows(made, "duties", ZH)[0] == "mas.notice 首次报告 · 17:15 前（剩 15 分） · 法务合规"
    assert sheet_of(made, Tongue(ZH, at=NOW)).facts[3] == "最高曾为 P0"


def test_what_is_over_asks_for_nothing_and_owes_no_update() -> None:
    made = worst(state=IncidentState.RESOLVED, resolved_at=NOW - 600)
    assert "joining" not in said(made)
    facts = sheet_of(made, Tongue(EN, at=NOW)).facts
    assert facts[:2] == ("resolved", "lasted 50 min")
    assert not any("next update" in fact for fact in facts)


def test_a_team_that_writes_nothing_has_a_short_brief() -> None:
    assert set(said(short().brief())) <= {"symptom", "impact", "roles", "duties", "timeline"}


def test_the_next_level_is_told_only_where_the_matrix_decides_and_it_is_not_the_worst() -> None:
    assert not any("Next severity" in row for row in rows(worst(matrix=False), "impact"))
    assert not any("Next severity" in row for row in rows(worst(severity=Severity.P0), "impact"))


def test_it_says_which_flows_a_dependency_explains_and_which_not() -> None:
    flows = {
        "checkout": WORST.flows["checkout"].model_copy(update={"depends_on": ("bank",)}),
        "refund": WORST.flows["refund"].model_copy(update={"depends_on": ("checkout",)}),
        "login": Flow(name="login", title=Text("Sign in", "登录")),
    }
    hit = replace(INCIDENT, flows=tuple(flows))
    bank = replace(ALERT, check="bank", text=Text("bank is down", "bank 故障"))
    made = brief(replace(WORST, flows=flows), hit, project(LOG), (ALERT, bank), LOG, NOW)
    assert rows(made, "symptom")[1:5] == [
        "bank explains Checkout, Refunds",
        "Checkout explains Refunds",
        "Not explained by it: Sign in",
        "P1 No requests on Checkout",
    ]


def test_a_drill_says_so_first() -> None:
    assert sheet_of(worst(drill=True), Tongue(EN, at=NOW)).title == "P1 DRILL: Checkout · INC-7"
    it = draft(worst(drill=True), "customers")
    assert Tongue(ZH).say(it.subject) == "【演练，勿发送】下单支付暂不可用"


def test_word_that_went_one_way_only_is_told() -> None:
    night = short()
    assert not any("only" in row for row in rows(night.brief(), "roles"))
    one = {way: told for way, told in night.incident.notified.items() if way[1] == "email"}
    made = brief(NIGHT, replace(night.incident, notified=one), night.told(), (), night.log, night.at)
    assert "notified by e-mail only" in rows(made, "roles")


def test_the_sheet_is_the_same_after_its_json() -> None:
    sheet = sheet_of(worst(since=ONSET + 700), Tongue(ZH, at=NOW))
    assert from_json(to_json(sheet)) == sheet
