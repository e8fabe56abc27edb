"""Whatever a name, a note or an answer holds: the tags of a page are those of its template."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC
from html.parser import HTMLParser
from pathlib import Path

import pytest

import watchtower
from tests.brief.night import short
from tests.brief.site import NightDaemon
from tests.review.past import DEC, record
from tests.web.fake import AT, OBSERVED, PAGES, PLAN, FakeDaemon
from tests.web.test_review import NightDaemon as ReviewedNight
from watchtower.api.board import DayOfFlow, FlowTraffic
from watchtower.api.brief import brief_of
from watchtower.api.contract import ProvenWay
from watchtower.brief.sheet import sheet_of
from watchtower.cli.brief import html as brief_of_its_own
from watchtower.core.checklists.choice import sop_of
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.entry import LogEntry
from watchtower.core.plan.sops import SopStep
from watchtower.errors import Problem
from watchtower.model import (
    AlertState,
    Language,
    Observation,
    Outcome,
    Reading,
    Severity,
    Text,
)
from watchtower.report.month import report
from watchtower.report.page import page as report_of_its_own
from watchtower.texts.phrases import Fill, Tongue
from watchtower.web import incident, page_texts, review
from watchtower.web.action_forms import forms
from watchtower.web.board import page as board
from watchtower.web.board.query import Query
from watchtower.web.locale import Visitor

EVIL = "<script>alert(1)</script><img src=x onerror='x'>\"'&{{ 7 * 7 }}{% raw %}</style></title></main>"
ENGLISH = Visitor(Language.EN)
TEMPLATES = sorted(Path(watchtower.__file__).parent.rglob("templates/*.html"))


class Page(HTMLParser):
    """Every tag with the names of its attributes, and all text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, ...]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, *(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


async def the_board(name: str) -> str:
    text = Text(name, name)
    check = PLAN.checks["login-requests"].model_copy(
        update={"name": name, "probe": name, "title": text, "flow": name}
    )
    flow = PLAN.flows["login"].model_copy(update={"name": name, "title": text})
    alert = Alert(name, name, name, AlertState.FIRING, Severity.P1, when=name, text=text, incident="INC-12")
    daemon = FakeDaemon(
        plan=replace(PLAN, checks={name: check}, flows={name: flow}, product=text),
        observed=(
            Observation(name, AT, Reading(Outcome.DOWN, {"requests": 1.0}, name, name, name)),
            *OBSERVED,
        ),
        alerts=(alert, replace(alert, state=AlertState.PENDING, series="other")),
    )
    daemon.known["INC-12"] = replace(daemon.known["INC-12"], title=text, acknowledged_by=name)
    status = replace(daemon.status(), version=name, problems=[Problem(name, 1, name, name)])
    shown = replace(
        daemon.board(), status=status, not_ready=[name], proven={(name, name): ProvenWay(1.0, "canary")},
        flows={name: FlowTraffic([(name, name)], 1.0, day=DayOfFlow(AT, [1.0] * 288, [], []))},
    )  # fmt: skip
    query = Query(words=(name,), owner=name, label=name, wrong=name)
    found = board.render(ENGLISH, shown, query)
    everything = board.render(ENGLISH, shown)
    return "".join(
        bytes(board.whole(ENGLISH, status, asked, it).body).decode()
        for asked, it in ((query, found), (board.EVERYBODY, everything))
    )


async def the_incident(name: str) -> str:
    night, text = short(), Text(name, name)
    for action in ("note", "known", "doing", "rule_out", "decide", "need", "ask", "cause", "tried", "said"):
        more = {"tried": {"result": name}, "said": {"audience": "customers"}}.get(action, {})
        night.do(action, name, text=name, **more)
    daemon = NightDaemon(night=night)
    detail = await daemon.incident("INC-1")
    assert detail is not None
    sent, tries, _ = PAGES[0]
    detail = replace(
        detail,
        incident=replace(detail.incident, title=text, acknowledged_by=name, sop=name),
        alerts=[
            replace(alert, rule=name, check=name, series=name, when=name, text=text)
            for alert in detail.alerts
        ],
        pages=[(replace(sent, responder=name), tries, name)],
        timeline=[*detail.timeline, LogEntry(night.at, name, name, name)],
    )
    status, sop = daemon.status(), PLAN.sops["flow-silent"]
    url = f"https://wiki.example/{name}"
    sop = sop.model_copy(update={"name": name, "title": text, "url": url, "steps": (SopStep(do=text),)})
    status = replace(status, plan=replace(status.plan, product=text, sops={name: sop}))
    assert sop_of(status.plan, detail.incident) is sop
    made = brief_of(status, detail)
    actions = forms(ENGLISH, made, status, by=name)
    link = incident.PersonLink(
        name, "/ack/x", {one.name: name for one in actions} | {"nothing": name}, "note", {"note.text": name}
    )
    page = incident.render(
        ENGLISH, status, detail, link=link, made=made, actions=actions,
        done=incident.Done("ok", Fill(page_texts.ALREADY_YOURS, (name,))),
    )  # fmt: skip
    return bytes(page.body).decode()


async def the_review(name: str) -> str:
    daemon = ReviewedNight()
    daemon.it.do("write", name, section="summary", text=name)
    daemon.it.do("action", name, text=name, owner=name)
    detail = await daemon.incident("INC-7")
    assert detail is not None
    detail = replace(detail, incident=replace(detail.incident, title=Text(name, name)))
    return bytes(review.render(ENGLISH, daemon.status(), detail).body).decode()


async def the_report(name: str) -> str:
    made = report([record(1, 3, cause_tag=name, title=Text(name, name), flow=name)], "2025-11", UTC, DEC)
    return report_of_its_own(made, Language.EN)


async def a_brief_of_its_own(name: str) -> str:
    night = short()
    night.do("note", name, text=name)
    return brief_of_its_own(sheet_of(night.brief(), Tongue()))


@pytest.mark.parametrize("page", [the_board, the_incident, the_review, the_report, a_brief_of_its_own])
async def test_nothing_from_outside_becomes_markup(page: Callable[[str], Awaitable[str]]) -> None:
    plain, evil = Page(await page("plain")), Page(await page(EVIL))
    assert evil.tags == plain.tags
    assert "<script>alert(1)</script>" in evil.text
    assert "{{ 7 * 7 }}" in evil.text


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.name)
def test_no_template_switches_escaping_off(file: Path) -> None:
    assert not re.search(r"\|\s*safe|autoescape|Markup", file.read_text())
