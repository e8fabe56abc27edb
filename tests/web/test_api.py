"""The API: every answer as its OpenAPI document describes it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

import pytest

from tests.web.conftest import Site
from tests.web.fake import AT, TOKEN, FakeDaemon
from watchtower.api.problems import KINDS, PREFIX
from watchtower.api.routes import described as described_document
from watchtower.core.changes.change import ChangeEvent
from watchtower.errors import Problem
from watchtower.model import IncidentState, Observation, Outcome, Reading
from watchtower.report.drills import DrillReport

OPENAPI: Mapping[str, Any] = json.loads(described_document())


@cache
def formats() -> Any:
    # Imported here: it compiles a grammar for seconds, in each process that collects tests.
    from jsonschema import FormatChecker  # type: ignore[import-untyped]

    checker = FormatChecker(())

    @checker.checks("date-time", ValueError)  # type: ignore[untyped-decorator]
    def is_instant(value: object) -> bool:
        return value is None or (
            isinstance(value, str) and value.endswith("Z") and bool(datetime.fromisoformat(value))
        )

    return checker


def conforms(value: Any, schema: Mapping[str, Any]) -> None:
    """Raises for a value that is not as the schema says."""
    from jsonschema import Draft202012Validator

    whole = {**schema, "components": OPENAPI["components"]}
    Draft202012Validator(whole, format_checker=formats()).validate(value)


def described(method: str, path: str, status: int, body: Any) -> None:
    answers = OPENAPI["paths"][path][method.lower()]["responses"]
    assert str(status) in answers, f"{method} {path} answers {status}, which is not described"
    if status >= 400 and path != "/readyz":
        conforms(body, {"$ref": "#/components/schemas/Problem"})
        assert body["type"].removeprefix(PREFIX) in KINDS
        assert KINDS[body["type"].removeprefix(PREFIX)][0] == body["status"] == status
    else:
        conforms(body, answers[str(status)]["content"]["application/json"]["schema"])


async def test_the_description_is_served(site: Site) -> None:
    assert (await site.get("/api/v1/openapi.json")).json() == OPENAPI


async def test_incidents_the_newest_first_up_to_a_limit(site: Site, daemon: FakeDaemon) -> None:
    body = (await site.get("/api/v1/incidents")).json()
    described("GET", "/api/v1/incidents", 200, body)
    assert [each["id"] for each in body["incidents"]] == ["INC-13", "INC-12", "INC-10", "INC-11"]
    assert body["incidents"][1]["onset"] == "2025-11-22T16:00:33.000Z"
    assert len((await site.get("/api/v1/incidents?limit=1")).json()["incidents"]) == 1
    daemon.known["INC-12"] = replace(daemon.known["INC-12"], state=IncidentState.RESOLVED, resolved_at=AT)
    only_open = (await site.get("/api/v1/incidents?open=true")).json()
    assert [each["id"] for each in only_open["incidents"]] == ["INC-13", "INC-10", "INC-11"]


UNUSABLE = [
    "limit=0",
    "limit=1001",
    "limit=-1",
    "limit=x",
    "limit=",
    "limit=٣",
    "limit=99999999999999999999",
    "open=perhaps",
    "severity=P9",
    "cursor=x",
]


async def test_a_parameter_that_is_not_usable_is_refused_with_a_hint(site: Site) -> None:
    for query in UNUSABLE:
        answer = await site.get(f"/api/v1/incidents?{query}")
        assert answer.status_code == 422, query
        described("GET", "/api/v1/incidents", 422, answer.json())
        assert answer.json()["hint"]


async def test_long_lists_are_read_in_parts(site: Site, daemon: FakeDaemon) -> None:
    daemon.drills = [
        DrillReport(f"INC-{number}", "friday", "bank", "P1", "li", AT - 9000, AT - 8000, "", (), (1, 3))
        for number in range(50, 45, -1)
    ]
    daemon.reported = [ChangeEvent(f"k{number}", "deploy", "x", "ci", AT - 60.0, AT) for number in range(4)]
    for path, name, key in (
        ("incidents", "incidents", "id"),
        ("checks", "checks", "name"),
        ("alerts", "alerts", "fingerprint"),
        ("drills", "drills", "incident"),
        ("changes", "changes", "key"),
    ):
        whole = [one[key] for one in (await site.get(f"/api/v1/{path}")).json()[name]]
        found: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            part = (await site.get(f"/api/v1/{path}?limit=2&cursor={cursor}")).json()
            described("GET", f"/api/v1/{path}", 200, part)
            assert len(part[name]) <= 2
            found, cursor = found + [one[key] for one in part[name]], part["next"]
        assert len(whole) > 3
        assert found == whole
        wrong = await site.get(f"/api/v1/{path}?cursor=bm9uZQ==")
        assert (wrong.status_code, wrong.json()["detail"]) == (422, '"cursor" is not of this list')


async def test_incidents_of_a_flow_a_severity_and_a_time(site: Site) -> None:
    async def found(query: str) -> list[str]:
        return [one["id"] for one in (await site.get(f"/api/v1/incidents?{query}")).json()["incidents"]]

    assert await found("flow=checkout") == ["INC-12"]
    assert await found("severity=P3") == ["INC-13", "INC-10"]
    assert await found("severity=P3&limit=1") == ["INC-13"]
    assert await found(f"from={AT - 600}&to={AT - 100}") == ["INC-12", "INC-10"]


async def test_who_asks_again_gets_no_body_until_something_changes(site: Site, daemon: FakeDaemon) -> None:
    first = await site.get("/api/v1/incidents")
    tag = first.headers["etag"]
    for asked in (tag, f"W/{tag}", f'"other", {tag}'):
        again = await site.get("/api/v1/incidents", headers={"If-None-Match": asked})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    daemon.known["INC-12"] = replace(daemon.known["INC-12"], state=IncidentState.RESOLVED, resolved_at=AT)
    assert (await site.get("/api/v1/incidents", headers={"If-None-Match": tag})).status_code == 200


async def test_a_refusal_is_a_problem_in_the_language_that_is_asked_for(site: Site) -> None:
    answer = await site.get("/api/v1/incidents/INC-99", headers={"Accept-Language": "zh-CN,zh;q=0.9"})
    assert (answer.headers["content-type"], answer.headers["content-language"]) == (
        "application/problem+json",
        "zh-CN",
    )
    assert answer.json() == {
        "type": "urn:watchtower:problem:not-found", "title": "不存在", "status": 404, "detail": "没有事件 INC-99",
        "hint": "参见 /api/v1/incidents",
    }  # fmt: skip
    assert (await site.get("/api/v1/incidents/INC-99")).json()["detail"] == "there is no incident INC-99"


async def test_an_incident_with_its_alerts_pages_and_timeline(site: Site) -> None:
    body = (await site.get("/api/v1/incidents/INC-12")).json()
    described("GET", "/api/v1/incidents/{id}", 200, body)
    assert [alert["rule"] for alert in body["alerts"]] == ["flow-silent", "gateway-down"]
    assert body["pages"][0] | {"id": ""} == {
        "id": "", "responder": "li", "channel": "sms", "kind": "new", "severity": "P1", "state": "failing",
        "created_at": "2025-11-22T16:01:33.000Z", "attempts": 3, "answer": "http 503: busy", "failover_of": "",
    }  # fmt: skip
    assert [entry["kind"] for entry in body["timeline"]].count("joined") == 1


async def test_an_unknown_incident_is_404_everywhere(site: Site) -> None:
    for method, path in (("GET", ""), ("POST", "/ack"), ("POST", "/resolve")):
        answer = await site.ask(method, f"/api/v1/incidents/INC-99{path}", token=TOKEN, json={"by": "li"})
        assert answer.status_code == 404
        described(method, f"/api/v1/incidents/{{id}}{path}", 404, answer.json())


async def test_checks_with_the_last_reading_of_each_series(site: Site, daemon: FakeDaemon) -> None:
    daemon.observed = (
        *daemon.observed,
        Observation(
            "business", AT, Reading(Outcome.UP, {"requests": float("nan"), "errors": None}, series="新")
        ),
    )
    body = (await site.get("/api/v1/checks")).json()
    described("GET", "/api/v1/checks", 200, body)
    checks = {check["name"]: check for check in body["checks"]}
    assert checks["checkout-requests"]["series"][0]["look"] == "zero"
    assert [each["flow"] for each in checks["methods"]["series"]] == ["checkout", "checkout"]
    assert checks["business"]["series"][0]["measurements"] == {"requests": None, "errors": None}


async def test_alerts_pending_and_firing(site: Site) -> None:
    body = (await site.get("/api/v1/alerts")).json()
    described("GET", "/api/v1/alerts", 200, body)
    assert {alert["state"] for alert in body["alerts"]} == {"pending", "firing"}


ACK = "/api/v1/incidents/INC-12/ack"
RESOLVE = "/api/v1/incidents/INC-12/resolve"


async def test_acknowledging_is_done_once_and_may_be_said_again(site: Site, daemon: FakeDaemon) -> None:
    first = await site.post(ACK, token=TOKEN, json={"by": " li "})
    described("POST", "/api/v1/incidents/{id}/ack", 200, first.json())
    assert daemon.asked == [("ack", "INC-12", "li", "api")]
    assert first.json()["changed"] is True
    assert first.json()["incident"]["acknowledged_by"] == "li"
    again = await site.post(ACK, token=TOKEN, json={"by": "li"})
    assert (again.status_code, again.json()["changed"]) == (200, False)


async def test_acknowledging_what_somebody_else_has_is_a_conflict_that_names_them(site: Site) -> None:
    await site.post(ACK, token=TOKEN, json={"by": "anna"})
    answer = await site.post(ACK, token=TOKEN, json={"by": "li"})
    assert answer.status_code == 409
    described("POST", "/api/v1/incidents/{id}/ack", 409, answer.json())
    assert "by anna" in answer.json()["detail"]


async def test_acknowledging_what_is_over_is_a_conflict(site: Site, daemon: FakeDaemon) -> None:
    daemon.known["INC-12"] = replace(daemon.known["INC-12"], state=IncidentState.RESOLVED, resolved_at=AT)
    answer = await site.post(ACK, token=TOKEN, json={"by": "li"})
    assert answer.status_code == 409
    assert "resolved" in answer.json()["detail"]


async def test_resolving_waits_for_the_alerts(site: Site, daemon: FakeDaemon) -> None:
    answer = await site.post(RESOLVE, token=TOKEN, json={"by": "li"})
    assert answer.status_code == 409
    described("POST", "/api/v1/incidents/{id}/resolve", 409, answer.json())
    assert "flow-silent, gateway-down" in answer.json()["detail"]
    daemon.alerts = ()
    answer = await site.post(RESOLVE, token=TOKEN, json={"by": "li"})
    described("POST", "/api/v1/incidents/{id}/resolve", 200, answer.json())
    assert answer.json()["incident"]["state"] == "resolved"
    again = await site.post(RESOLVE, token=TOKEN, json={"by": "li"})
    assert (again.status_code, again.json()["changed"]) == (200, False)


BODIES = [  # body, status
    (b"", 400), (b"{", 400), (b"\xff\xfe", 400), (b"[" * 50_000, 400), (b'{"by": NaN}', 400),
    (b"{}", 422), (b"[]", 422), (b'"li"', 422), (b"null", 422), (b'{"by": 7}', 422), (b'{"by": ""}', 422),
    (b'{"by": "  "}', 422), (b'{"by": "' + b"x" * 101 + b'"}', 422), (b'{"by": "' + b"x" * 70_000 + b'"}', 413),
]  # fmt: skip


async def test_a_body_that_is_not_usable_changes_nothing(site: Site, daemon: FakeDaemon) -> None:
    for body, status in BODIES:
        answer = await site.post(ACK, token=TOKEN, data=body)
        assert answer.status_code == status, body[:40]
        described("POST", "/api/v1/incidents/{id}/ack", status, answer.json())
    assert daemon.asked == []


async def test_counts_are_pushed_with_the_daemons_time(site: Site, daemon: FakeDaemon) -> None:
    counts = {"requests": 12, "amount": 345.5}
    answer = await site.post("/push/business?series=card", token=TOKEN, json=counts)
    described("POST", "/push/{check}", 202, answer.json())
    assert answer.status_code == 202
    assert daemon.asked == [("push", "business", counts, AT, "card")]


PUSHES = [  # path, body, status, a word of the answer
    ("/push/nothing", b'{"requests": 1}', 404, "business"),
    ("/push/business", b'{"bogus": 1}', 422, "bogus"),
    ("/push/business", b"{}", 422, "no counts"),
    ("/push/business", b"[1]", 422, "no counts"),
    ("/push/business", b'{"requests": "1"}', 422, "not a number"),
    ("/push/business", b'{"requests": true}', 422, "not a number"),
    ("/push/business", b'{"requests": null}', 422, "not a number"),
    ("/push/business", b'{"requests": 1e999}', 422, "not a number"),
    ("/push/business", b'{"requests": NaN}', 400, "not JSON"),
    ("/push/business", b'{"requests": ' + b"9" * 400 + b"}", 422, "not a number"),
    ("/push/business", b"requests=1", 400, "not JSON"),
    ("/push/business", json.dumps({f"n{i}": 1 for i in range(101)}).encode(), 422, "more than 100"),
    ("/push/business?series=" + "x" * 201, b'{"requests": 1}', 422, "series"),
    ("/push/business", b"[" + b"1," * 40_000, 413, "too large"),
]


async def test_what_is_no_count_is_refused_with_a_hint(site: Site, daemon: FakeDaemon) -> None:
    for path, body, status, word in PUSHES:
        answer = await site.post(path, token=TOKEN, data=body)
        assert answer.status_code == status, (path, body[:40])
        described("POST", "/push/{check}", status, answer.json())
        assert word in answer.text
    assert daemon.asked == []


async def test_a_reload_says_what_is_wrong(site: Site, daemon: FakeDaemon) -> None:
    good = await site.post("/-/reload", token=TOKEN)
    described("POST", "/-/reload", 200, good.json())
    daemon.problems = (Problem("rules.toml", 14, "rule", "wrong", "a hint"),)
    bad = await site.post("/-/reload", token=TOKEN)
    assert bad.status_code == 422
    described("POST", "/-/reload", 422, bad.json())
    assert bad.json()["problems"] == [
        {"file": "rules.toml", "line": 14, "where": "rule", "what": "wrong", "hint": "a hint"}
    ]


async def test_ready_or_not_and_why(site: Site, daemon: FakeDaemon) -> None:
    ready = await site.get("/readyz")
    described("GET", "/readyz", 200, ready.json())
    daemon.reasons = ("store", "scheduler_late")
    late = await site.get("/readyz")
    described("GET", "/readyz", 503, late.json())
    assert (late.status_code, late.json()["reasons"]) == (503, ["store", "scheduler_late"])
    assert (await site.get("/healthz")).status_code == 200  # the process lives


async def test_a_log_that_cannot_be_written_is_told_and_leaves_it_ready(
    site: Site, daemon: FakeDaemon
) -> None:
    """As a refused reload: no page is held up, so the product's pod stays in service."""
    daemon.reasons = ("log",)
    answer = await site.get("/readyz")
    assert (answer.status_code, answer.json()["ready"], answer.json()["reasons"]) == (200, True, ["log"])
    assert (await site.get("/api/v1/status")).json()["ready"] is True
    daemon.reasons = ("delivery", "log")
    assert (await site.get("/readyz")).status_code == 503


async def test_the_status_says_which_instance_it_is_and_what_it_has_to_do(site: Site) -> None:
    body = (await site.get("/api/v1/status")).json()
    described("GET", "/api/v1/status", 200, body)
    assert (body["instance"], body["role"], body["leader"]["epoch"]) == ("7f3k", "leader", 3)
    assert body["store"] == "sqlite"
    assert (await site.get("/api/v1/status", token=TOKEN)).json()["store"] == "sqlite store w.db"
    assert body["pages_queued"] == {"count": 2, "oldest_seconds": 14.5}


async def test_a_refused_reload_is_told_and_leaves_it_ready(site: Site, daemon: FakeDaemon) -> None:
    """A sidecar that turns unready takes the product's own pod out of service: not for a typing error."""
    daemon.problems = (Problem("rules.toml", 14, "rule", "wrong"),)
    answer = await site.get("/readyz")
    assert (answer.status_code, answer.json()["plan"]) == (
        200,
        {"current": False, "held": False, "problems": []},
    )
    known = await site.get("/readyz", token=TOKEN)
    assert [each["file"] for each in known.json()["plan"]["problems"]] == ["rules.toml"]


async def test_a_stranger_is_told_words_and_no_names(site: Site, daemon: FakeDaemon) -> None:
    daemon.reasons = ("store", "pages_untried: li by sms (INC-7)", "log_unwritable /var/log/x")
    assert (await site.get("/readyz")).json()["reasons"] == ["store", "pages_untried", "log_unwritable"]
    assert (await site.get("/readyz", token=TOKEN)).json()["reasons"] == list(daemon.reasons)


async def test_metrics_with_their_content_type(site: Site) -> None:
    answer = await site.get("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"


@pytest.mark.parametrize("path", ["/api/v1/incidents", "/api/v1/incidents/INC-12"])
async def test_a_broken_store_is_503_and_tells_strangers_nothing_of_it(
    site: Site, daemon: FakeDaemon, path: str
) -> None:
    daemon.broken = True
    answer = await site.get(path)
    assert answer.status_code == 503
    described("GET", re.sub("INC-12", "{id}", path), 503, answer.json())
    assert "/secret/path" not in answer.text
    page = await site.get("/incidents/INC-12")
    assert (page.status_code, page.headers["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert (await site.get("/")).status_code == 200  # the board needs no store


async def test_responders_are_listed_with_their_proofs_and_without_addresses(site: Site) -> None:
    answer = await site.get("/api/v1/responders")
    described("GET", "/api/v1/responders", 200, answer.json())
    people = answer.json()["responders"]
    assert people[0]["ways"], people
    assert {way["by"] for person in people for way in person["ways"]} == {"receipt", ""}
    assert not re.search(r"\+\d{8}|@", answer.text)


async def test_what_is_in_force_and_who_is_on_call(site: Site, daemon: FakeDaemon) -> None:
    daemon.problems = (Problem("rules.toml", 3, 'rule "x"', "is wrong"),)
    for path in ("/api/v1/configuration", "/api/v1/schedules"):
        body = (await site.get(path)).json()
        described("GET", path, 200, body)
    body = (await site.get("/api/v1/configuration")).json()
    assert [one["name"] for one in body["flows"]] == list(daemon.plan.flows)
    assert (body["held"], body["problems"][0]["line"]) == (False, 3)
