"""Details of log entries on a Chinese page: no word of English stays between the names."""

from __future__ import annotations

import pytest

from watchtower.brief.detail_texts import detail_text

DETAILS = [
    ("bank-down on bank-gateway", "bank-gateway 的 bank-down"),
    ("bank-down on routes[/pay]", "routes[/pay] 的 bank-down"),
    ("li by sms: new", "li（短信）：新事件"),
    ("li by sms, wang by email", "li（短信）, wang（邮件）"),
    ("li by email: reminder: timeout", "li（邮件）：提醒: timeout"),
    ("li by sms: new, through sms.cn (for +86)", "li（短信）：新事件，经 sms.cn（+86 号段）"),
    (
        "li by sms: new, through sms.abroad (for any number) after sms.cn (http 503)",
        "li（短信）：新事件，经 sms.abroad（不限号段），此前失败：sms.cn (http 503)",
    ),
    (
        "li by sms: new, through sms.cn (named by the responder)",
        "li（短信）：新事件，经 sms.cn（响应人指定）",
    ),
    ("paid by mistake: twice", "paid by mistake: twice"),
    ("its users are missing again", "用户请求再次缺失"),
    ("new: nobody to page", "新事件：没有可通知的人"),
    ("INC-2", "INC-2"),
    ("", ""),
]


@pytest.mark.parametrize(("en", "zh"), DETAILS)
def test_a_detail_in_both_languages(en: str, zh: str) -> None:
    assert (detail_text(en).en, detail_text(en).zh) == (en, zh)
