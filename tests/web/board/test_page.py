"""The board: what is broken first, and nothing that looks alike but is not."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.web.conftest import Site
from tests.web.fake import ALERTS, AT, OBSERVED, PLAN, FakeDaemon
from tests.web.fake_plan import COUNTS
from watchtower.api.check_status import MARKS, WORDS, Look, look
from watchtower.core.explain_check import LossForeseen
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.kinds import NO_DATA
from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.errors import Problem
from watchtower.model import AlertState, Language, Observation, Outcome, Reading, Severity, Text, WatchGap
from watchtower.web.locale import preferred

CHECK = Check(name="c", probe="metrics", every=10, timeout=5, settings=None, facts=COUNTS, no_data_after=60)


def seen(
    outcome: Outcome = Outcome.UP, reason: str = "", ago: float = 1, **measured: float | None
) -> Observation:
    return Observation("c", AT - ago, Reading(outcome, measured, reason))


def firing(when: str, rule: str = "r", state: AlertState = AlertState.FIRING) -> Alert:
    return Alert(rule, "c", state=state, when=when)


SILENT, FEW, SLOW = firing("traffic.silent"), firing("requests < 10.0"), firing("latency > 1.0")
LOOKS: list[tuple[str, Observation | None, Sequence[Alert], Look]] = [
    ("all is well", seen(requests=5.0), [], Look.OK),
    ("zero that a rule minds", seen(requests=0.0), [SILENT], Look.ZERO),
    ("zero at a quiet hour", seen(requests=0.0), [], Look.QUIET),
    ("zero that a rule will mind soon", seen(requests=0.0), [firing("x", state=AlertState.PENDING)], Look.QUIET),
    ("too low", seen(requests=3.0), [FEW], Look.LOW),
    ("too slow", seen(requests=3.0), [SLOW], Look.HIGH),
    ("not measured yet", None, [], Look.NO_DATA),
    ("not measured for long", seen(requests=5.0, ago=76), [], Look.NO_DATA),
    ("measured a little late", seen(requests=5.0, ago=74), [], Look.OK),
    ("the counter is not there", seen(Outcome.UNKNOWN, "absent"), [], Look.NO_DATA),
    ("the probe could not run", seen(Outcome.UNKNOWN, "crashed"), [], Look.PROBE_FAILED),
    ("the probe could not run, and an old alert still fires", seen(Outcome.UNKNOWN, "auth"), [SILENT], Look.PROBE_FAILED),
    ("the target is down", seen(Outcome.DOWN, "timeout"), [], Look.DOWN),
    ("seen again, while the alert of no data is kept up", seen(requests=5.0), [firing("x", NO_DATA)], Look.OK),
    ("a value that is not known is not zero", seen(requests=None), [], Look.OK),
]  # fmt: skip


@pytest.mark.parametrize(("why", "observation", "alerts", "expected"), LOOKS, ids=[each[0] for each in LOOKS])
def test_look(why: str, observation: Observation | None, alerts: Sequence[Alert], expected: Look) -> None:
    assert look(CHECK, observation, alerts, AT) is expected


def test_every_look_has_its_sign_and_words() -> None:
    assert set(MARKS) == set(WORDS) == set(Look)
    assert len({text.en for text in WORDS.values()}) == len({text.zh for text in WORDS.values()}) == len(Look)


def rows(html: str) -> dict[str, str]:
    """Each check's name and the look of its row."""
    found = re.findall(
        r'<li class="(\w+)">\s*<span class="look">.*?<a class="name go"[^>]*>(.*?)<small>', html, re.DOTALL
    )
    return {name: which for which, name in found}


async def test_the_four_that_look_alike_are_four_different_rows(site: Site) -> None:
    got = rows((await site.get("/?lang=en")).text)
    assert got["checkout-requests"] == "zero"
    assert got["SMS balance"] == "low"
    assert got["refund-requests"] == "no_data"
    assert got["ledger"] == "probe_failed"
    assert got["business"] == "no_data"  # in the plan, never measured


async def test_incidents_come_first_then_flows_the_worst_first_and_checks_that_are_not_well(
    site: Site,
) -> None:
    html = (await site.get("/?lang=en")).text.partition("<main>")[2]
    order = ["4 open (P1 × 1, P2 × 1, P3 × 2), 3 not acknowledged", "INC-12", "INC-11", ">Checkout<small>core", "bank-gateway is down",
             ">Sign in<small>core", ">Refunds<small>supporting", "show all checks", ">down<", ">zero<", "On call"]  # fmt: skip
    places = [html.index(text) for text in order]
    assert places == sorted(places)


async def test_a_row_says_the_rules_own_words_the_values_and_when(site: Site) -> None:
    html = (await site.get("/?lang=en&state=all")).text
    assert "No requests on Checkout for 3 min 20 s" in html
    assert "<small>latency</small> 1.84 s" in html
    assert ">2 min 10 s ago</time>" in html


LOSSES = [LossForeseen(0.5, 2400.0, "too-few", 180.0, 90.0), LossForeseen(0.25, 2400.0)]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "a loss of 50% fires too-few after 3 min; a loss of 25% fires nothing within 40 min"),
        ("zh", "丢失 50% 请求时 too-few 于 3 分后触发；丢失 25% 请求在 40 分内不触发任何规则"),
    ],
)
async def test_a_check_that_is_well_says_which_loss_would_be_seen(
    site: Site, daemon: FakeDaemon, language: str, said: str
) -> None:
    assert said not in (await site.get(f"/?lang={language}&state=all")).text
    daemon.losses = {("login-requests", ""): LOSSES, ("checkout-requests", ""): LOSSES}
    assert (await site.get(f"/?lang={language}&state=all")).text.count(said) == 1


async def test_a_loss_that_is_not_seen_yet_says_from_when_on_it_is(site: Site, daemon: FakeDaemon) -> None:
    later = daemon.status().at + 3 * 86400.0
    losses = [LossForeseen(0.5, 2400.0, not_before=later), LossForeseen(0.25, 2400.0, not_before=math.inf)]
    daemon.losses = {("login-requests", ""): losses}
    html = (await site.get("/?lang=en&state=all")).text
    day = datetime.fromtimestamp(later, UTC)
    assert (
        f"a loss of 50% is not seen before {day:%Y-%m-%d %H:%M:%S} UTC, when enough has been learnt" in html
    )
    assert (
        "a loss of 25% fires nothing within 40 min, and another week of learning would not change that"
        in html
    )


async def test_hours_of_the_day_without_a_zone_are_said(site: Site, daemon: FakeDaemon) -> None:
    daemon.without_zone = frozenset({("login-requests", "")})
    assert (await site.get("/?lang=en&state=all")).text.count("no zone is declared") == 1
    assert (await site.get("/?lang=zh&state=all")).text.count("未声明时区") == 1


async def test_an_absence_of_the_daemon_is_said(site: Site, daemon: FakeDaemon) -> None:
    at = daemon.status().at
    daemon.gap = WatchGap(at - 1500.0, at - 240.0)
    assert "Watchtower did not run, and saw nothing" in (await site.get("/?lang=en")).text
    assert "监控未运行，期间无任何记录" in (await site.get("/?lang=zh")).text


async def test_a_board_of_workers_that_lag_says_how_old_it_is(site: Site, daemon: FakeDaemon) -> None:
    assert "what is shown is" not in (await site.get("/?lang=en&state=all")).text
    lags = replace(daemon.standing(), behind=94.0)
    daemon.standing = lambda: lags  # type: ignore[method-assign]
    assert "what is shown is 1 min 34 s old" in (await site.get("/?lang=en&state=all")).text


async def test_since_when_each_way_to_a_person_is_shown_to_work(site: Site, daemon: FakeDaemon) -> None:
    ways = daemon.proven().values()
    shown = sum(bool(way.by) for way in ways)
    english, chinese = [(await site.get(f"/?lang={language}")).text for language in ("en", "zh")]
    assert f"Ways to people: {shown} of {len(ways)} were shown to work" in english
    assert f"联系渠道：{len(ways)} 条中 {shown} 条已验证" in chinese
    for text, by, never in ((english, "by a receipt", "never shown to work"), (chinese, "回执", "从未验证")):
        said = text.partition('class="people"')[2].partition("</details>")[0]
        assert (said.count(by), said.count(never)) == (shown, len(ways) - shown)


async def test_chinese_is_asked_for_in_the_address_or_by_the_browser(site: Site) -> None:
    by_browser = await site.get("/", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"})
    asked = await site.get("/?lang=zh", headers={"Accept-Language": "en"})
    for page in (by_browser, asked):
        assert '<html lang="zh-CN">' in page.text
        assert "4 个未恢复事件（P1 × 1，P2 × 1，P3 × 2），3 个无人认领" in page.text
    assert 'href="/incidents/INC-12?lang=zh"' in asked.text
    assert 'href="/incidents/INC-12"' in by_browser.text


HEADERS = [
    ("", "en"), ("zh", "zh"), ("zh-TW", "zh"), ("en-US,zh;q=0.5", "en"), ("fr,zh;q=0.5,en;q=0.4", "zh"),
    ("zh;q=0.2,en;q=0.9", "en"), ("fr", "en"), ("zh;q=x,en", "en"), (";;;,,,", "en"), ("*", "en"),
]  # fmt: skip


@pytest.mark.parametrize(("header", "language"), HEADERS)
def test_accept_language(header: str, language: str) -> None:
    assert preferred(header) is Language(language)


async def test_a_quiet_board_says_that_all_is_well(site: Site, daemon: FakeDaemon) -> None:
    daemon.known, daemon.alerts = {}, ()
    daemon.plan = replace(PLAN, checks={"login-requests": PLAN.checks["login-requests"]})
    html = (await site.get("/?lang=en")).text
    assert "The check is well" in html
    assert "/static/ok.svg" in html


async def test_no_incident_and_yet_not_well_is_neither_green_nor_red(site: Site, daemon: FakeDaemon) -> None:
    daemon.known = {}
    html = (await site.get("/?lang=en")).text
    assert "No open incident; look at" in html
    assert 'class="headline warn"' in html


async def test_a_board_without_checks_says_so(site: Site, daemon: FakeDaemon) -> None:
    daemon.known, daemon.alerts, daemon.observed, daemon.plan = {}, (), (), Plan()
    assert "Nothing is watched yet" in (await site.get("/?lang=en")).text


async def test_watchtowers_own_trouble_is_on_top_and_a_refused_change_below_the_incidents(
    site: Site, daemon: FakeDaemon
) -> None:
    daemon.reasons = ("store", "a_new_reason")
    daemon.problems = (Problem("rules.toml", 14, 'rule "slow"', 'unknown name "latancy"'),)
    html = (await site.get("/?lang=en")).text
    assert "the store cannot be written\na_new_reason" in html
    assert "rules.toml:14: rule &#34;slow&#34;: unknown name &#34;latancy&#34;" in html
    assert html.index("the store cannot") < html.index("INC-12") < html.index("rules.toml:14")


EVIL = "<script>alert(1)</script>\"'&${name}"


async def test_nothing_from_outside_becomes_markup(site: Site, daemon: FakeDaemon) -> None:
    check = PLAN.checks["login-requests"].model_copy(
        update={"name": EVIL, "probe": EVIL, "title": Text(EVIL, EVIL)}
    )
    daemon.plan = replace(PLAN, checks={EVIL: check}, product=Text(EVIL, EVIL))
    daemon.observed = (
        Observation(EVIL, AT, Reading(Outcome.DOWN, {"requests": 1.0}, EVIL, EVIL, EVIL)),
        *OBSERVED,
    )
    daemon.alerts = (
        Alert(EVIL, EVIL, EVIL, AlertState.FIRING, Severity.P1, when=EVIL, text=Text(EVIL, EVIL), incident="INC-12"),
        *ALERTS,
    )  # fmt: skip
    daemon.known["INC-12"] = replace(
        daemon.known["INC-12"], title=Text(EVIL, EVIL), acknowledged_by=EVIL, sop=EVIL
    )
    for path in ("/", "/incidents/INC-12", f"/incidents/{EVIL}", f"/ack/{EVIL}", f"/?lang={EVIL}"):
        html = (await site.get(path)).text
        assert "<script>alert" not in html, path
        assert "onerror" not in html


async def test_the_page_looks_again_also_without_scripts(site: Site) -> None:
    html = (await site.get("/")).text
    assert '<noscript><meta http-equiv="refresh" content="10"></noscript>' in html
    assert 'data-refresh="10"' in html
