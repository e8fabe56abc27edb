"""Approved templates: which page uses which, and values that fit and can be read, however few characters there are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.channels.letters import ONSET, letter
from watchtower.channels.template_texts import (
    PLACE,
    TEXTS,
    TemplateSettings,
    TemplateUse,
    filled,
    parameters,
    problem_of_text,
    text_of,
    use_of,
)
from watchtower.channels.template_values import LEAST, VARIABLES, allowed, value_of
from watchtower.core.notify.messages import Also, FlowState
from watchtower.model import Language, Severity, Text
from watchtower.page_kinds import PageKind

LINK = Text("Acknowledge: https://w.example/l/{{ code }}", "认领 https://w.example/l/{{ code }}")
ZH = Language.ZH


def said(kind: PageKind, language: Language = ZH, length: int = 35, **changes: Any) -> str:
    one = replace(letter(kind, language, **changes), code="k7q2m9xa")
    use = use_of(one.message)
    text = text_of(None, use, language, LINK)
    settings = TemplateSettings(parameter_length=length, parameter_lengths={"code": 8})
    return filled(text, parameters(text, one, settings))


SAID = [
    (PageKind.NEW, 35, "系统告警，级别P1，对象付道 下单支付，现象已 3 分 20 秒无请求，正常应有 412 次，影响未知，始于22:39，编号INC-7。认领 https://w.example/l/k7q2m9xa"),
    (PageKind.UPGRADE, 35, "系统告警，级别P0，由 P1 上调，对象付道 下单支付，现象已 3 分 20 秒无请求，正常应有 412 次（另有 1 项），影响至多 22,000 名用户，始于22:39，编号INC-7。认领 https://w.example/l/k7q2m9xa"),
    (PageKind.REMINDER, 20, "系统告警待处理，级别P0，对象付道 下单支付，现象已 3 分 20 秒无请求，影响未知，始于22:39，编号INC-7。认领 https://w.example/l/k7q2m9xa"),
    (PageKind.RESOLVED, 35, "系统通知，对象付道 下单支付，状态已恢复，级别P0，历时42 分，编号INC-7。"),
    (PageKind.MITIGATED, 6, "系统通知，对象下单支付，状态用户已恢复，级别P0，历时23 分，编号INC-7。"),
    (PageKind.UPGRADE, 6, "系统告警，级别P0，对象下单支付，现象中断，影响2.2万人，始于22:39，编号INC-7。认领 https://w.example/l/k7q2m9xa"),
    (PageKind.TEST, 35, "系统告警，级别P4 测试，对象付道，现象这是一条测试消息，没有故障，无需处理，影响未知，始于22:39，编号test。认领 https://w.example/l/k7q2m9xa"),
    (PageKind.TEST, 6, "系统告警，级别P4 测试，对象付道，现象测试，影响未知，始于22:39，编号test。认领 https://w.example/l/k7q2m9xa"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "length", "wanted"), SAID)
def test_what_a_reader_gets(kind: PageKind, length: int, wanted: str) -> None:
    assert said(kind, length=length) == wanted


def test_a_drill_says_so_in_six_characters() -> None:
    assert "级别演练 P1，" in said(PageKind.NEW, length=6, drill=True)
    assert "severity DRILL," in said(PageKind.NEW, Language.EN, 6, drill=True)


def test_what_may_be_a_repeat_says_so() -> None:
    assert "级别P1，可能重复，" in said(PageKind.NEW, repeat=True)
    assert "级别P0，可能重复，" in said(PageKind.UPGRADE, repeat=True)
    assert "级别P1可能重复，" in said(PageKind.NEW, length=6, repeat=True)


def test_several_incidents_are_counted_however_short() -> None:
    also = Also("INC-8", PageKind.NEW, Severity.P1, Text("Login", "登录"), Text("", ""))
    assert "对象下单支付等2项" in said(PageKind.NEW, length=20, also=(also,))
    assert "对象下单…等2项" in said(PageKind.NEW, length=6, also=(also,))
    assert "on C...+1," in said(PageKind.NEW, Language.EN, 6, also=(also,))


def test_a_short_name_is_said_in_the_place_of_a_long_one() -> None:
    settings = TemplateSettings(parameter_length=6, short={"企业网银批量转账": "批量业务"})
    one = letter(PageKind.NEW, ZH, title=Text("Corporate transfers", "企业网银批量转账"))
    assert value_of("title", one, 6, settings.named) == "批量业务"
    assert value_of("title", one, 6) == "企业网银批…"


def test_yesterday_has_its_day() -> None:
    one = letter(PageKind.NEW, ZH, at=ONSET + 86400)
    assert value_of("since", one, 35) == "11月22日 22:39"
    assert value_of("since", one, 6) == "11月22日"


@pytest.mark.parametrize(
    ("users", "zh", "en"),
    [(0.0, "0人", "0"), (812.0, "812人", "812"), (22_249.0, "2.2万人", "22.2k"), (1_250_000.0, "125万人", "1.25M")],
)  # fmt: skip
def test_users_in_six_characters(users: float, zh: str, en: str) -> None:
    flows = (FlowState(Text("Checkout", "下单支付"), 1.0),)
    for language, wanted in ((ZH, zh), (Language.EN, en)):
        one = letter(PageKind.NEW, language, users=users, flows=flows)
        assert value_of("harm", one, 6) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("db01.example.com 无响应", "db01-example-com 无响应"),
        ("10.2.0.17 refuses", "10-2-0-17 refuses"),
        ("https://a.example/x", "a-example/x"),
        ("🔥 下单✅失败 😱", "下单失败"),
        ("致电 13800138000", "致电 *8000"),
        ("成功率 93.5%", "成功率 93.5%"),
        ("【银行】A&B ★", "(银行)A+B"),
    ],
)
def test_what_vendors_refuse_in_a_variable_is_taken_out(text: str, wanted: str) -> None:
    assert allowed(text) == wanted


@given(
    st.sampled_from(PageKind),
    st.sampled_from(Language),
    st.integers(LEAST, 60),
    st.text(max_size=40),
    st.booleans(),
    st.one_of(st.none(), st.floats(0, 5e8)),
    st.floats(0, 1),
    st.floats(0, 9e6),
)
def test_every_value_fits_and_none_is_empty(
    kind: PageKind, language: Language, most: int, title: str, drill: bool, users: float | None, impact: float, age: float
) -> None:  # fmt: skip
    flows = (FlowState(Text("Checkout", "下单支付"), impact),)
    one = letter(
        kind, language, title=Text(title, title), drill=drill, users=users, flows=flows, worst=flows, at=ONSET + age
    )  # fmt: skip
    for name in VARIABLES:
        if name == "code":
            continue
        value = value_of(name, one, most)
        assert len(value) <= most, (name, value)
        assert value or (name == "title" and not allowed(title)), name


def test_our_own_texts_can_be_approved() -> None:
    for use in TemplateUse:
        for language in Language:
            text = text_of(None, use, language, LINK)
            assert problem_of_text(text) is None
            assert len(PLACE.findall(text)) >= 5
            assert not any(
                word in TEXTS[use].in_(language) for word in ("支付", "金融", "payment", "finance")
            )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("告警{{ severity }}{{ title }}", "beside each other"),
        ("告警{{ severity }}，{{ title }}", "beside each other"),
        ("{{ severity }}", "variables only"),
        ("告警{{ level }}", "is no variable"),
        ("告警{{ title }}与{{ title }}", "twice"),
        ("【守望】告警{{ title }}", "which vendors refuse"),
        ("告警{{ title }}" + "长" * 500, "vendors take 500"),
    ],
)
def test_a_text_that_nobody_approves(text: str, problem: str) -> None:
    assert problem in str(problem_of_text(text))


@pytest.mark.parametrize("kind", PageKind)
def test_every_kind_of_page_has_a_use(kind: PageKind) -> None:
    assert use_of(letter(kind).message) in TemplateUse
    assert use_of(letter(PageKind.NEW, informs=True).message) is TemplateUse.NOTICE
