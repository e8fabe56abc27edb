"""The pages of a check and of a flow, and the answer of the API under them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from math import inf, nan, sin
from typing import Any

import pytest

from tests.web.conftest import Site
from tests.web.fake import AT, FakeDaemon
from tests.web.fake_plan import PLAN
from tests.web.test_api import described
from watchtower.core.changes.change import ChangeEvent
from watchtower.core.explain_check import Explanation
from watchtower.core.matchers import parse_matchers
from watchtower.core.silences.silence import AlertSilence
from watchtower.detectors.traffic import Traffic
from watchtower.detectors.traffic.facts import FACTS

HOUR = 3600.0
PATH = "/api/v1/checks/{name}/history"


def count(daemon: FakeDaemon) -> None:
    """From now on a check counts requests, and its detector expects some."""
    daemon.measured = TRAFFIC
    view, plain = Traffic(Traffic.Settings(), 10.0).view(AT), daemon.explain

    async def explain(check: str, series: str) -> Explanation:
        return replace(await plain(check, series), view=view)

    daemon.explain = explain  # type: ignore[method-assign]
    check = PLAN.checks["checkout-requests"]
    counts = check.model_copy(update={"detector": "traffic", "facts": {**check.facts, **FACTS}})
    daemon.plan = replace(PLAN, checks={**PLAN.checks, check.name: counts})


TRAFFIC = {
    "up": lambda _: 1.0,
    "traffic.rate": lambda at: nan if 2 * HOUR <= AT - at < 3 * HOUR else 40.0 + 10.0 * sin(at / 600.0),
    "traffic.expected": lambda at: 40.0,
    "traffic.expected_low": lambda at: 25.0,
    "traffic.expected_high": lambda at: 55.0,
}


def told(page: str) -> dict[str, Any]:
    """What the page tells its script."""
    found = re.search(r'data-curves="([^"]*)"', page)
    assert found is not None
    described: dict[str, Any] = json.loads(unescape(found[1]))
    return described


async def page(site: Site, path: str, **more: Any) -> str:
    answer = await site.get(path, **more)
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_a_check_shows_its_curves_what_would_page_its_samples_and_its_incidents(site: Site) -> None:
    text = await page(site, "/checks/bank-gateway?span=6h")
    assert text.count('<svg class="curve"') == 2
    assert "<b>latency</b> mean 250 ms, from 250 ms to 250 ms" in text
    assert "flow-silent (P1): traffic.silent" in text
    assert 'href="/flows/checkout"' in text
    assert '<a href="/checks/bank-gateway?span=6h" aria-current="true">6 hours</a>' in text
    assert text.count("<tr><td><time") == 12
    assert "A point is the mean of 50 s." in text


async def test_a_flow_shows_the_curve_of_its_requests_over_the_expected_range_and_all_its_checks(
    site: Site, daemon: FakeDaemon
) -> None:
    count(daemon)
    text = await page(site, "/flows/checkout")
    assert 'class="band"' in text
    assert daemon.spans == [("checkout-requests", "", AT - 24 * HOUR, AT, 480)]
    assert told(text)["curves"][0] == {
        "title": "requests", "unit": "per_second", "observed": "traffic.rate", "expected": "traffic.expected",
        "low": "traffic.expected_low", "high": "traffic.expected_high",
    }  # fmt: skip
    for href in ("/checks/bank-gateway", "/checks/methods?series=card", "/checks/methods?series=wallet"):
        assert f'href="{href}"' in text


async def test_a_hole_is_no_zero_and_is_said(site: Site, daemon: FakeDaemon) -> None:
    count(daemon)
    text = await page(site, "/flows/checkout")
    assert "no sample in 1 h" in text
    drawn = re.findall(r'class="observed" d="([^"]*)"', text)[0]
    assert drawn.count("M") == 2, "the line breaks"


async def test_a_rare_check_has_a_line_and_no_holes(site: Site, daemon: FakeDaemon) -> None:
    # Every ten minutes, on a curve with a step of three: two of three steps are empty.
    daemon.measured = {"balance": lambda at: 412.5 if at // 180.0 % 3 == 0 else nan}
    text = await page(site, "/checks/sms-balance")
    assert re.findall(r'class="observed" d="([^"]*)"', text)[0].count("M") == 1


async def test_incidents_silences_and_changes_are_shaded(site: Site, daemon: FakeDaemon) -> None:
    bank, flow = parse_matchers(['check="bank-gateway"']), parse_matchers(['flow="checkout"'])
    daemon.silenced = [
        (AlertSilence("S-1", bank, AT - HOUR, AT + HOUR, "li", "the bank migrates"), inf),
        (AlertSilence("S-0", flow, AT - 9 * HOUR, AT + HOUR, "li", "a test"), AT - 5 * HOUR),
    ]
    daemon.reported = [
        ChangeEvent(
            "c1", "deploy", "gateway 4.2", "ci", AT - 1800.0, flow="checkout", link="https://ci.example/7"
        ),
        ChangeEvent("c2", "deploy", "login 1.0", "ci", AT - 1800.0, flow="login"),
    ]
    text = await page(site, "/checks/bank-gateway?span=6h")
    kinds = [(one["kind"], one["words"]) for one in told(text)["shades"]]
    assert ("silence", "S-1 (li: the bank migrates)") in kinds
    ended = next(one for one in told(text)["shades"] if one["words"] == "S-0 (li: a test)")
    assert ended["to"] == AT - 5 * HOUR, "it was ended before its time"
    assert [words for kind, words in kinds if kind == "change"] == ["gateway 4.2 (https://ci.example/7)"]
    assert '<a href="https://ci.example/7">gateway 4.2</a>' in text
    assert 'class="silence"' in text
    assert 'class="change"' in text


async def test_a_history_that_cannot_be_read_costs_the_curve_and_nothing_else(
    site: Site, daemon: FakeDaemon
) -> None:
    daemon.no_history = "history var/w-history.db: the disk is full (database or disk is full)"
    text = await page(site, "/checks/bank-gateway")
    assert "The history cannot be shown" in text
    assert "<pre>the disk is full (database or disk is full)</pre>" in text, "and no path"
    assert "What would page now" in text
    answer = await site.get("/api/v1/checks/bank-gateway/history")
    described("GET", PATH, answer.status_code, answer.json())
    assert answer.status_code == 503


async def test_in_chinese(site: Site) -> None:
    text = await page(site, "/checks/bank-gateway?lang=zh")
    for words in ("耗时", "当前何种情况会通知", "24 小时", "事件", "变更"):
        assert words in text
    assert 'href="/checks/bank-gateway?lang=zh&amp;span=1h"' in text


async def test_the_other_language_shows_the_same_span_of_the_same_series(site: Site) -> None:
    text = await page(site, "/checks/methods?series=card&span=7d")
    assert 'href="?series=card&amp;span=7d&amp;lang=zh"' in text


@pytest.mark.parametrize("path", ["/checks/nothing", "/flows/nothing", "/checks/%3Cscript%3E"])
async def test_what_is_not_there_is_said(site: Site, path: str) -> None:
    answer = await site.get(path)
    assert answer.status_code == 404
    assert "<script>" not in answer.text.replace("<script src", "")


@pytest.mark.parametrize(
    "query",
    [
        "span=0s",
        "span=week",
        "from=2030-01-01&to=2020-01-01",
        "from=nan",
        "from=253402300800&to=253402304400",
        "to=1e300",
        "span=9999w",
        "from=-5",
    ],
)
async def test_a_span_that_is_none_is_refused_on_the_page_and_in_the_api(site: Site, query: str) -> None:
    for path in ("/checks/bank-gateway", "/api/v1/checks/bank-gateway/history"):
        assert (await site.get(f"{path}?{query}")).status_code == 422


async def test_the_api_gives_lists_of_the_same_length(site: Site, daemon: FakeDaemon) -> None:
    count(daemon)
    answer = await site.get("/api/v1/checks/checkout-requests/history?span=4h&points=100")
    body = answer.json()
    described("GET", PATH, answer.status_code, body)
    rate = next(one for one in body["curves"] if one["name"] == "traffic.rate")
    assert rate["unit"] == "per_second"
    assert len({len(one["mean"]) for one in body["curves"]}) == 1
    assert None in rate["mean"]
    assert "low" not in rate, "it is not said where it is the mean"


async def test_a_check_that_left_the_plan_is_read_as_long_as_it_is_kept(site: Site) -> None:
    assert (await site.get("/api/v1/checks/former/history")).json()["curves"] != []
    answer = await site.get("/api/v1/checks/unheard/history")
    described("GET", PATH, answer.status_code, answer.json())
    assert answer.status_code == 404
