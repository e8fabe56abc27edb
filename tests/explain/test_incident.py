"""`watchtower explain INCIDENT`: of the running daemon, of the store, of a backtest; the same words from the same log."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.parts.child import free_port
from tests.scenarios.stage import Played
from tests.scenarios.test_silent_zero import CHECKS, RULES, busy
from tests.web.conftest import Site
from tests.web.fake import ACCESS, FakeDaemon
from tests.web.test_api import described
from watchtower.api.contract import IncidentDetail, Status
from watchtower.api.explain_severity import account_json, account_of
from watchtower.api.porch import Porch
from watchtower.brief.explain_severity import account
from watchtower.cli.explain import command
from watchtower.config.load import load
from watchtower.core.events import Decision
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.history import project
from watchtower.core.incident.incidents import Incident
from watchtower.core.plan import Plan
from watchtower.core.plan.indicators import INDICATORS
from watchtower.explain.incident import words
from watchtower.model import AlertState, Language, Severity
from watchtower.store import open_store
from watchtower.web.server import WebServer

PEOPLE = """
[product]
name = "Bank"

[[responder]]
name = "li"
email = "li@example.com"

[[responder]]
name = "mei"
role = "product"
email = "mei@example.com"

[paging.P0]
roles = ["oncall"]

[channel.email]
mailbox = "var/mailbox"
"""


class Kept(Played):
    """Also keeps every decision, as the store would."""

    decided: list[Decision]

    def __post_init__(self) -> None:
        self.decided = []
        super().__post_init__()

    def _hear(self, decision: Decision, engine: Any) -> None:
        self.decided.append(decision)
        super()._hear(decision, engine)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("bank")
    (made / "checks").mkdir()
    (made / "checks" / "flows.toml").write_text(CHECKS, encoding="utf-8")
    people = PEOPLE.replace('name = "li"\n', 'name = "li"\nrole = "oncall"\n')
    (made / "rules.toml").write_text(RULES + people, encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def plan(folder: Path) -> Plan:
    return load(folder / "rules.toml", folder / "checks", {}).plan


@pytest.fixture(scope="module")
def night(plan: Plan) -> Kept:
    """The silent zero, until six in the morning; somebody raised it at five."""
    it = Kept(plan, "2021-06-14T00:00")
    fall = it.epoch("2021-06-22T02:42")

    def agents(at: float) -> float:
        return 0.0 if at >= fall else 40.0 / 0.14 * busy(it.hour(at))

    def web(at: float) -> float:
        return 800.0 / 0.14 * busy(it.hour(at))

    flows = {"agents-requests": agents, "web-requests": web}
    it.learn("2021-06-22T00:00", flows)
    it.until("2021-06-22T04:00", flows)
    assert it.do("raise", severity="P0", reason="the press is calling") == ""
    it.until("2021-06-22T04:30", flows)
    return it


def detail(it: Kept) -> IncidentDetail:
    incident: Incident = it.replay.engine.state.incidents["INC-1"]
    alerts = it.replay.engine.state.alerts_of("INC-1", AlertState.FIRING)
    return IncidentDetail(incident, alerts, timeline(it), (), it.replay.engine.state.histories["INC-1"])


def timeline(it: Kept) -> list[LogEntry]:
    from watchtower.core.incident.log import line_of

    lines = [line for line in map(line_of, it.decided) if line is not None and line[0] == "INC-1"]
    return [replace(entry, data=json.loads(json.dumps(entry.data))) for _, entry in lines]


def said(it: Kept, language: Language = Language.EN) -> str:
    told = account_of(it.plan, detail(it), it.at)
    return "\n".join(words(account_json(told), "here", language))


def test_every_row_has_its_thresholds_and_the_one_that_is_reached(night: Kept) -> None:
    body = account_json(account_of(night.plan, detail(night), night.at))
    rows = {row["indicator"]: row for row in body["rows"]}
    matrix = night.plan.severity.matrix
    assert set(rows) == {name for name in INDICATORS if matrix.row(name)}
    for name, row in rows.items():
        assert row["thresholds"] == matrix.row(name)
        if row["point"] is None:
            assert row["severity"] is None
            continue
        assert row["low"] <= row["point"] <= row["high"]
        reached = [level for level in Severity if row["point"] >= matrix.row(name).get(level, 1e99)]
        assert row["reaches"] == (reached[0] if reached else None)
    assert rows["flow_minutes"]["decided"]
    assert rows["flow_minutes"]["severity"] == "P1"
    assert body["computed"] == "P1"


def test_a_manager_reads_why(night: Kept) -> None:
    text = said(night)
    assert "Response severity P0: what people act by. Record severity P0" in text
    assert "the press is calling" in text
    assert "By the matrix alone: P1 because Agents, a core flow, has been down for 109 full minutes" in text
    assert "[30]" in text
    assert "P2 → P1 raised" in text
    assert "P1 → P0 raised by li" in text
    assert "Paged at P0: li (on call, email)" in text
    assert "Informed: mei (Product manager, email)" in text
    assert "INC-1: Agents" in text


def test_in_chinese_no_english_sentence_is_left(night: Kept) -> None:
    text = said(night, Language.ZH)
    for word in (
        "响应级别 P0",
        "仅按矩阵：P1",
        "级别变化",
        "P2 → P1 上调",
        "P0 通知：li（值班，email）",
        "知会：mei（",
    ):
        assert word in text
    assert " because " not in text
    assert "full minutes" not in text


def test_what_comes_next_is_told_with_its_time(plan: Plan, night: Kept) -> None:
    """As it stood before somebody raised it."""
    log = [e for e in timeline(night) if e.at < night.epoch("2021-06-22T04:00")]
    now = detail(night)
    incident = replace(now.incident, severity=Severity.P1, record=Severity.P1)
    told = account(plan, incident, project(log), now.alerts, log, night.epoch("2021-06-22T04:00"))
    assert told.ahead is not None
    assert told.ahead.level is Severity.P0
    assert told.ahead.indicator == "flow_minutes"
    assert told.ahead.minutes == pytest.approx(42.0, abs=1.5)
    assert "Next: P0 in 4" in "\n".join(words(account_json(told), "here", Language.EN))


def test_the_log_tells_what_the_running_daemon_tells(night: Kept) -> None:
    live = detail(night)
    folded = replace(live, history=None)
    assert account_json(account_of(night.plan, live, night.at)) == account_json(
        account_of(night.plan, folded, night.at)
    )


def explain(folder: Path, port: int, *arguments: str, status: int = 0) -> Result:
    environ = {
        "WATCHTOWER_RULES": str(folder / "rules.toml"),
        "WATCHTOWER_CHECKS": str(folder / "checks"),
        "WATCHTOWER_STORE": f"sqlite:///{folder / 'watchtower.db'}",
        "WATCHTOWER_LISTEN": f"127.0.0.1:{port}",
        "TZ": "UTC",
    }
    result = CliRunner().invoke(command, arguments, env=environ, catch_exceptions=False)
    assert result.exit_code == status, result.output
    return result


def test_without_a_daemon_the_store_tells(folder: Path, night: Kept) -> None:
    async def save() -> None:
        store = open_store(f"sqlite:///{folder / 'watchtower.db'}")
        await store.open()
        for start in range(0, len(night.decided), 500):
            await store.commit(night.decided[start : start + 500])
        await store.close()

    asyncio.run(save())
    port = free_port()
    result = explain(folder, port, "INC-1", "--json")
    assert "no daemon answers" in result.stderr
    body = json.loads(result.stdout)
    assert body.pop("source").startswith("the store ")
    live = account_json(account_of(night.plan, detail(night), night.at))
    for name in ("rows", "cells", "changes", "computed", "response", "record", "why", "opened_at", "rules"):
        assert body[name] == json.loads(json.dumps(live[name])), name
    assert "109 full minutes" in explain(folder, port, "INC-1").stdout
    missing = explain(folder, port, "INC-9", status=2)
    assert "there is no incident INC-9" in missing.stderr
    assert "watchtower incidents" in missing.stderr


def test_of_a_replay_backtest_tells(folder: Path) -> None:
    result = explain(folder, free_port(), "INC-1", "--samples", "a=b.csv", status=2)
    assert "watchtower backtest, with --explain INC-1" in result.stderr


class NightDaemon(FakeDaemon):
    """`INC-1` of that night."""

    night: Kept

    def status(self) -> Status:
        return Status(self.night.at, self.night.at - 9000, "1.2.3", self.night.plan)

    async def incident(self, id: str) -> IncidentDetail | None:
        return detail(self.night) if id == "INC-1" else None


async def test_the_running_daemon_tells_as_it_is_described(folder: Path, night: Kept) -> None:
    daemon = NightDaemon()
    daemon.night = night
    server = WebServer(Porch(daemon, ACCESS), "127.0.0.1:0")
    await server.start()
    try:
        site = Site(server.port)
        answer = await site.get("/api/v1/incidents/INC-1/explanation")
        described("GET", "/api/v1/incidents/{id}/explanation", 200, answer.json())
        missing = await site.get("/api/v1/incidents/INC-9/explanation")
        assert missing.status_code == 404
        described("GET", "/api/v1/incidents/{id}/explanation", 404, missing.json())
        result = await asyncio.to_thread(explain, folder, server.port, "INC-1", "--lang", "zh")
        assert f"来源：http://127.0.0.1:{server.port}" in result.stdout
        assert "响应级别 P0" in result.stdout
        unknown = await asyncio.to_thread(explain, folder, server.port, "INC-9", status=2)
        assert "INC-9" in unknown.stderr
    finally:
        await server.stop()


def test_one_that_is_over_is_shown_as_it_was_at_its_worst(plan: Plan, night: Kept) -> None:
    from watchtower.model import IncidentState

    now = detail(night)
    over = replace(now.incident, state=IncidentState.RESOLVED, resolved_at=night.at + 3600)
    told = account_of(plan, IncidentDetail(over, (), timeline(night)), night.at + 7200)
    assert told.worst is not None
    assert told.as_of == told.worst.at == night.epoch("2021-06-22T04:00")
    text = "\n".join(words(account_json(told), "here", Language.EN))
    assert "record severity P0, the worst it ever had" in text
    assert "The matrix when it was at its worst, " in text
    assert "Paged at" not in text
    assert "Next:" not in text
