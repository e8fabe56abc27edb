"""The page of one incident, and the form on it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.web.conftest import Site
from tests.web.fake import AT, MESSAGE, PAGES, PLAN, TOKEN, FakeDaemon
from tests.web.fake_plan import SOP
from watchtower.core.incident.entry import LogEntry
from watchtower.core.notify.messages import Because
from watchtower.model import IncidentState, Severity, Text


async def test_it_says_what_why_what_to_do_who_was_told_and_what_happened(site: Site) -> None:
    html = (await site.get("/incidents/INC-12?lang=en")).text
    order = ["P1</span> Checkout", "not acknowledged", "No requests on Checkout", "traffic.silent", "bank-gateway is down",
             "What to do: A flow is silent", SOP.url, "Switch to the standby gateway.", "<h2>Notifications",
             "failing, still trying", "3 attempts · http 503: busy", "delivered", "on its way", "Timeline",
             "li by sms -&gt; anna by email", "nobody paged: the severity is unchanged"]  # fmt: skip
    places = [html.index(text) for text in order]
    assert places == sorted(places)


async def test_the_timeline_leaves_out_what_its_other_lines_say_already(site: Site) -> None:
    html = (await site.get("/incidents/INC-12?lang=en")).text
    assert "joined" not in html
    assert "by the link in a page" in html


async def test_it_speaks_chinese(site: Site) -> None:
    html = (await site.get("/incidents/INC-12?lang=zh")).text
    for text in (
        "下单支付",
        "无人认领",
        "处置步骤：业务无流量",
        "<h2>通知",
        "发送失败，重试中",
        "时间线",
        "转发他人",
        "li（短信） -&gt; anna（邮件）",
        "checkout-requests 的 flow-silent",
        "未通知：级别未变",
    ):
        assert text in html
    assert " by sms" not in html


async def test_an_incident_long_over_says_why_as_its_last_page_did(site: Site, daemon: FakeDaemon) -> None:
    because = Because(
        "flow-silent", "checkout-requests", "", Severity.P1, AT - 200, Text("It was silent", "无流量")
    )
    page = replace(PAGES[0][0], message=replace(MESSAGE, because=(because,)))
    daemon.alerts, daemon.pages = (), ((page, 1, ""),)
    daemon.known["INC-12"] = replace(
        daemon.known["INC-12"], state=IncidentState.RESOLVED, resolved_at=AT - 80
    )
    html = (await site.get("/incidents/INC-12?lang=en")).text
    assert "It was silent" in html
    assert "lasted 2 min" in html
    assert "http-equiv" not in html  # nothing more will happen: it need not look again


async def test_a_link_that_is_no_link_is_not_made(site: Site, daemon: FakeDaemon) -> None:
    sop = SOP.model_copy(update={"url": "javascript:alert(1)"})
    daemon.plan = replace(PLAN, sops={"flow-silent": sop})
    assert "javascript" not in (await site.get("/incidents/INC-12")).text


async def test_no_such_incident_is_a_page_with_a_way_back(site: Site) -> None:
    answer = await site.get("/incidents/INC-99?lang=en")
    assert answer.status_code == 404
    assert "There is no such incident" in answer.text
    assert 'href="/?lang=en"' in answer.text


async def test_the_form_acknowledges_with_a_name_and_the_token(site: Site, daemon: FakeDaemon) -> None:
    answer = await site.post("/incidents/INC-12/ack", data={"by": " li ", "token": TOKEN})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/incidents/INC-12")
    assert daemon.asked == [("ack", "INC-12", "li", "board")]
    assert "by-hand" not in (await site.get("/incidents/INC-12")).text


REFUSED = [
    ("no token", {"by": "li"}, 403),
    ("a wrong token", {"by": "li", "token": "wrong"}, 403),
    ("an empty token", {"by": "li", "token": ""}, 403),
    ("no name", {"by": "  ", "token": TOKEN}, 422),
    ("nothing", {}, 403),
]


@pytest.mark.parametrize(("why", "fields", "status"), REFUSED, ids=[each[0] for each in REFUSED])
async def test_the_form_is_refused_with(
    site: Site, daemon: FakeDaemon, why: str, fields: dict[str, str], status: int
) -> None:
    assert (await site.post("/incidents/INC-12/ack", data=fields)).status_code == status
    assert daemon.asked == []


async def test_the_form_takes_nothing_but_a_form(site: Site) -> None:
    answer = await site.post("/incidents/INC-12/ack", json={"by": "li", "token": TOKEN})
    assert answer.status_code == 415


async def test_steps_are_numbered_once_where_the_brief_has_a_checklist(
    site: Site, daemon: FakeDaemon
) -> None:
    steps = [{"en": "Switch over", "zh": "切换"}]
    data = {"sop": "flow-silent", "severity": "P1", "steps": steps}
    opened = LogEntry(AT - 100, "sop.opened", data=data)
    daemon.timeline = (*daemon.timeline, opened)
    html = (await site.get("/incidents/INC-12?lang=en")).text
    assert "#1" in html
    assert SOP.url in html  # there is more to read there
    assert "Switch to the standby gateway." not in html
