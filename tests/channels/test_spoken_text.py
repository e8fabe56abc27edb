"""What a call says: whole words for the ear."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.channels.letters import SILENT, letter
from watchtower.channels import spoken_text
from watchtower.delivery.attempt import as_repeat
from watchtower.model import Language, Text
from watchtower.page_kinds import PageKind

EN, ZH = Language.EN, Language.ZH


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        (EN, "p99 latency 1.2 s > 500 ms for 1 min", "P99 latency 1.2 seconds above 500 milliseconds for 1 minute"),
        (EN, "5xx 12% >= 5% (+3 more)", "5xx 12% at least 5%, 3 more"),
        (EN, "see https://wiki.example/x?y=1, then act", "See, then act"),
        (EN, "api/v1/pay at bank-gateway.cn_east: reset", "Api v1 pay at bank gateway cn east: reset"),
        (EN, "orders → ledger, 0.5/s", "Orders to ledger, 0.5 per second"),
        (EN, "INC-7 and INC-12 at 10.0.0.5:8080", "Incident 7 and incident 12 at 10.0.0.5:8080"),
        (EN, "A & <b> [x] `y` +1", "A & x y 1"),
        (EN, "#22 NoMessages%20via %22bus%22 at 95%", "#22 NoMessages via bus at 95%"),
        (EN, "💥 pay ❌ DOWN ⏰ <br/>now", "Pay DOWN now"),
        (ZH, "平时 2.1/秒，INC-7", "平时 每秒 2.1，事件 7"),
        (ZH, "成功率 62% ≤ 95%（另有 3 项）", "成功率 62% 不高于 95%，另有 3 项"),
        (ZH, "详见 https://wiki.example/x，勿重启", "详见，勿重启"),
        (ZH, "余额 1,234.56 元 < 5,000.00 元", "余额 1,234.56 元 低于 5,000.00 元"),
    ],
)  # fmt: skip
def test_signs_units_and_names_are_read_aloud(language: Language, text: str, said: str) -> None:
    assert spoken_text.aloud(text, language) == said


def test_a_call_that_may_be_the_second_says_so() -> None:
    again = as_repeat(letter(language=ZH))
    assert spoken_text.compose(again, by_key=True).startswith("此电话可能重复。")
    assert spoken_text.values(again, 20)["kind"] == "新事件，可能重复"


def test_a_call_says_how_bad_what_since_when_and_what_to_press() -> None:
    assert spoken_text.compose(letter(), by_key=True) == (
        "Major. Paylane Checkout: No requests for 3 minutes 20 seconds, 412 expected. Since 22:39. Incident 7. "
        "To acknowledge, press 1."
    )
    assert spoken_text.compose(letter(PageKind.UPGRADE, ZH), by_key=False) == (
        "致命。付道 下单支付：已 3 分 20 秒无请求，正常应有 412 次，另有 1 项。下单支付中断，另有 1 项业务，至多 22,000 名用户。"
        "22:39 起。事件 7。详情请看手机上的通知。"
    )


@pytest.mark.parametrize("kind", PageKind)
@pytest.mark.parametrize("language", Language)
def test_nobody_listens_for_long(kind: PageKind, language: Language) -> None:
    long = Text("word " * 100, "词语" * 100)
    one = letter(kind, language, title=long, because=(replace(SILENT, text=long),))
    assert len(spoken_text.compose(one, by_key=True)) < 2 * spoken_text.LONGEST[language] + 160


def test_a_repeated_all_clear_of_a_template_still_says_that_it_is_over() -> None:
    over, fires = as_repeat(letter(PageKind.RESOLVED)), as_repeat(letter())
    assert spoken_text.values(over, 20)["kind"] == "Resolved, a repeat?"
    assert spoken_text.values(fires, 20)["kind"] == "may be a repeat"
