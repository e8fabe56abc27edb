"""Review and report over HTTP and by their commands, on the night of `night.py` and the month of `past.py`."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.core.reviews.night import log, plan, the_incident
from tests.core.reviews.written import NIGHT, Afterwards
from tests.review.past import DAY, DEC, november
from tests.web.conftest import Site, access, site
from tests.web.fake import TOKEN, FakeDaemon
from tests.web.test_api import described
from tests.web.test_commands import watchtower
from watchtower.api import action_items
from watchtower.api.contract import IncidentDetail
from watchtower.core.plan import Plan
from watchtower.core.reviews.record import Record
from watchtower.model import Instant

__all__ = ["access", "site"]


@dataclass
class NightDaemon(FakeDaemon):
    """Holds INC-7 as it was on its night, and lets people write into it."""

    plan: Plan = field(default_factory=plan)
    observed: Sequence[Any] = ()
    alerts: Sequence[Any] = ()
    known: dict[str, Any] = field(default_factory=dict)
    at: Instant = DEC - DAY
    it: Afterwards = field(default_factory=lambda: Afterwards(the_incident(), plan(), log(), at=NIGHT + DAY))

    async def incident(self, id: str) -> IncidentDetail | None:
        if id != "INC-7":
            return None
        return IncidentDetail(self.it.incident, (), self.it.log, ())

    async def records(self, since: Instant, until: Instant) -> Sequence[Record]:
        return [r for r in november() if since <= r.opened_at < until]

    async def do(self, incident: str, action: str, by: str, via: str, data: Mapping[str, Any]) -> str:
        return self.it.do(action, by, **data)


@pytest.fixture
def daemon() -> NightDaemon:
    return NightDaemon()


@pytest.fixture
def here(site: Site) -> Mapping[str, str]:
    return {"WATCHTOWER_LISTEN": f"127.0.0.1:{site.port}", "WATCHTOWER_API_TOKEN": TOKEN}


async def test_the_review_as_json_is_as_described(site: Site) -> None:
    answer = await site.get("/api/v1/incidents/INC-7/review?zone=%2B08:00&lang=zh")
    body = answer.json()
    described("GET", "/api/v1/incidents/{id}/review", 200, body)
    assert body["record"]["detected_after"] == 40
    assert body["missing"] == ["money was affected and nobody has reconciled it"]
    assert "恢复" in body["markdown"]
    assert "23 00:00:40 UTC+8" in json.dumps(body["sheet"], ensure_ascii=False)


async def test_it_is_markdown_on_request_and_no_without_an_incident(site: Site) -> None:
    text = (await site.get("/api/v1/incidents/INC-7/review?format=markdown")).text
    assert text.startswith("# P0 Checkout · INC-7 · review\n")
    assert (await site.get("/api/v1/incidents/INC-7/review?format=pdf")).status_code == 422
    assert (await site.get("/api/v1/incidents/INC-9/review")).status_code == 404


async def test_a_template_of_ones_own_gives_the_form_and_brings_back(site: Site, daemon: NightDaemon) -> None:
    def template(text: str) -> None:
        daemon.plan = replace(
            daemon.plan, review=daemon.plan.review.model_copy(update={"template_text": text})
        )

    path = "/api/v1/incidents/INC-7/review"
    template((Path(__file__).parents[2] / "docs/examples/postmortem.md.j2").read_text())
    text = (await site.get(f"{path}?format=markdown&zone=%2B08:00")).text
    assert text.startswith("# Checkout: postmortem INC-7\n\n**Date:** 2025-11-23 00:00:00 UTC+8\n")
    assert (await site.get(f"{path}?zone=%2B08:00")).json()["markdown"] == text
    assert "下单支付" in (await site.get(f"{path}?format=markdown&lang=zh")).text
    text = text.replace("<!-- write: summary -->\n", "<!-- write: summary -->\nIt expired.\n")
    answer = await site.post(path, json={"by": "li", "markdown": text}, token=TOKEN)
    assert answer.json() == {"done": ["write"], "refused": []}
    assert daemon.it.review.sections == {"summary": "It expired."}
    template("# {{ incident.title }}\n{{ items[7].text }}\n")
    text = (await site.get(f"{path}?format=markdown")).text
    assert text.startswith("> Your template failed on line 2: ")
    assert "<!-- write: summary -->\n\nIt expired." in text
    assert (await site.get(f"{path}?format=markdown&lang=zh")).text.startswith("> 自定义模板第 2 行出错")


async def test_what_was_written_is_brought_back_with_the_token_only(site: Site, daemon: NightDaemon) -> None:
    text = (await site.get("/api/v1/incidents/INC-7/review?format=markdown")).text
    text = text.replace("<!-- write: summary -->\n", "<!-- write: summary -->\nIt expired.\n").replace(
        "- `cause` (the cause in a word or two): certificate", "- `cause` (x): !!!"
    )
    text = text.replace("- `cause` (the cause in a word or two): ", "- `cause` (x): !!!")
    path = "/api/v1/incidents/INC-7/review"
    assert (await site.post(path, json={"by": "li", "markdown": text})).status_code == 401
    answer = await site.post(path, json={"by": "li", "markdown": text}, token=TOKEN)
    described("POST", "/api/v1/incidents/{id}/review", 200, answer.json())
    assert answer.json()["done"] == ["write"]
    assert "is no tag" in answer.json()["refused"][0]["why"]
    assert daemon.it.review.sections["summary"] == "It expired."
    assert (await site.post(path, json={"by": "li", "markdown": "nothing"}, token=TOKEN)).status_code == 422
    assert (await site.post(path, json={"markdown": text}, token=TOKEN)).status_code == 422


async def test_lessons_are_found_by_their_words(site: Site) -> None:
    body = (await site.get("/api/v1/lessons?words=certificate")).json()
    described("GET", "/api/v1/lessons", 200, body)
    assert [one["incident"] for one in body["lessons"]] == ["INC-1", "INC-3"]
    assert (await site.get("/api/v1/lessons?words=moon")).json() == {"lessons": [], "left_out": 0}


async def test_the_report_as_json_is_as_described(site: Site) -> None:
    body = (await site.get("/api/v1/report?month=2025-11")).json()
    described("GET", "/api/v1/report", 200, body)
    assert body["figures"]["all_three"] == {"kept": 2, "of": 3, "share": 2 / 3}
    assert [point["month"] for point in body["trend"]] == [
        "2025-06",
        "2025-07",
        "2025-08",
        "2025-09",
        "2025-10",
        "2025-11",
    ]
    assert body["days"][2] == {"P0": 1}
    assert [one["incident"] for one in body["incidents"]] == [
        "INC-1",
        "INC-2",
        "INC-3",
        "INC-6",
        "INC-4",
        "INC-5",
        "INC-7",
    ]
    assert (await site.get("/api/v1/report?month=November")).status_code == 422
    assert (await site.get("/api/v1/report?zone=Moon")).status_code == 422


@pytest.mark.parametrize(("lang", "said"), [("en", "Notifications"), ("zh", "通知记录")])
async def test_the_page_of_a_review(site: Site, daemon: NightDaemon, lang: str, said: str) -> None:
    daemon.it.do("write", section="summary", text="<script>alert(1)</script>")
    daemon.it.do("action", text="renew by machine", owner="li")
    text = (await site.get(f"/incidents/INC-7/review?lang={lang}")).text
    assert said in text
    assert "&lt;script&gt;" in text
    assert "<script>alert" not in text
    assert "renew by machine" in text
    assert (await site.get("/incidents/INC-9/review")).status_code == 404


@pytest.mark.parametrize("lang", ["en", "zh"])
async def test_the_page_of_a_month_has_charts_that_a_parser_reads(site: Site, lang: str) -> None:
    text = (await site.get(f"/report?month=2025-11&lang={lang}")).text
    charts = [f"<svg{part.split('</svg>')[0]}</svg>" for part in text.split("<svg")[1:]]
    assert len(charts) == 6
    assert all(ElementTree.fromstring(chart).tag.endswith("svg") for chart in charts)  # noqa: S314 - our own
    assert "style=" not in text  # the pages' policy forbids it
    assert '<a href="/incidents/INC-1/review">' in text
    assert (await site.get("/report?month=2025-13")).status_code == 422


async def test_a_review_goes_to_a_file_and_comes_back(
    here: Mapping[str, str], daemon: NightDaemon, tmp_path: Path
) -> None:
    file = tmp_path / "inc-7.md"
    assert (await watchtower("review", "INC-7", "--markdown", str(file), **here)).status == 0
    again = await watchtower("review", "INC-7", "--markdown", str(file), **here)
    assert (again.status, "is there already" in again.err) == (2, True)
    file.write_text(file.read_text().replace("<!-- write: well -->\n", "<!-- write: well -->\nli was fast\n"))
    ran = await watchtower("review", "INC-7", "--import", str(file), "--by", "chen", **here)
    assert (ran.status, ran.out) == (0, "INC-7: 1 changes (write)\n")
    assert daemon.it.log[-1].by == "chen"
    shown = await watchtower("review", "INC-7", **here)
    assert "li was fast" in shown.out
    assert "Cause identified" in shown.out


async def test_a_search_prints_a_line_for_each(here: Mapping[str, str]) -> None:
    ran = await watchtower("review", "--search", "certificate", **here)
    assert [line.split("\t")[0] for line in ran.out.splitlines()] == ["INC-1", "INC-3"]
    assert (await watchtower("review", **here)).status == 2
    assert (await watchtower("review", "INC-9", **here)).status == 1


async def test_a_report_in_every_form(here: Mapping[str, str], tmp_path: Path) -> None:
    month = ("report", "--month", "2025-11", "--zone", "UTC")
    shown = await watchtower(*month, **here)
    assert (shown.status, "67% (2/3)" in shown.out, "INC-1 Checkout" in shown.out) == (0, True, True)
    chinese = await watchtower(*month, "--lang", "zh", "--markdown", **here)
    assert "| 1：1 分钟内发现 |" in chinese.out
    assert json.loads((await watchtower(*month, "--json", **here)).out)["figures"]["incidents"] == 3
    page = tmp_path / "november.html"
    assert (await watchtower(*month, "--html", str(page), **here)).status == 0
    assert page.read_text().count("<svg") == 6
    assert (await watchtower("report", "--month", "soon", **here)).status == 1


async def test_a_picture_where_matplotlib_is_installed(here: Mapping[str, str], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    picture = tmp_path / "november.png"
    ran = await watchtower("report", "--month", "2025-11", "--zone", "UTC", "--png", str(picture), **here)
    assert ran.status == 0, ran.err
    assert struct.unpack(">II", picture.read_bytes()[16:24]) == (1690, 910)


async def test_it_is_written_in_its_page(site: Site, daemon: NightDaemon) -> None:
    form = {
        "by": "li",
        "token": TOKEN,
        "back": "review",
        "write.section": "summary",
        "write.text": "It was the certificate.",
    }
    answer = await site.post("/incidents/INC-7/do/write", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/incidents/INC-7/review")
    html = (await site.get("/incidents/INC-7/review?lang=en")).text
    assert html.count("It was the certificate.") == 2, "as a chapter, and in the form that changes it"
    assert "do/close_review" in html


async def test_action_items_are_exported_and_no_spreadsheet_computes_them(
    site: Site, daemon: NightDaemon
) -> None:
    body = (await site.get("/api/v1/action-items?state=all")).json()
    described("GET", "/api/v1/action-items", 200, body)
    answer = await site.get("/api/v1/action-items?state=all&format=csv")
    assert answer.headers["Content-Type"].startswith("text/csv")
    lines = answer.text.splitlines()
    assert lines[0] == "incident,severity,id,text,type,owner,due,acceptance,state"
    assert len(lines) == 1 + len(body["action_items"])
    assert action_items._cell("=HYPERLINK(1)") == "'=HYPERLINK(1)"
    assert (await site.get("/api/v1/action-items?format=xls")).status_code == 422
