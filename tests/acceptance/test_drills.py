"""The real daemon: a drill by hand and by the calendar, and a switch that outlives a crash."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.process import DaemonProcess
from tests.parts.child import wait_until
from tests.parts.httpserver import Answer, Fault, HttpServer

RULES = """
[product]
name = {{ en = "Example Pay", zh = "示例支付" }}

[[rule]]
name = "bank-down"
match = {{ check = "bank" }}
when = "outcome == 'down'"
severity = "P1"
sop = "dependency"

[degrade.switch]
why = {{ en = "Take the backup gateway", zh = "切换备用网关" }}
trigger = {{ signal = ["bank-down"] }}
approver_role = "product"
action.webhook = {{ url = "{world}/switch", headers = {{ Authorization = "Bearer ${{SWITCH_TOKEN}}" }} }}
rollback.flag = {{ file = "{home}/flag", value = "primary" }}
verify = {{ check = "page", when = 'outcome == "up"', within = "1m" }}

[drill.friday]
check = "bank"
severity = "P1"
degrade = ["switch"]
{when}

[[responder]]
name = "li"
webhook = "{world}/li"

[[responder]]
name = "po"
role = "product"
webhook = "{world}/po"
language = "zh"

[paging.P1]
roles = ["oncall", "product"]

[channel.webhook]
"""
CHECKS = """
[[check]]
name = "bank"
probe = "http"
url = "{world}/bank"
every = "300ms"
timeout = "200ms"

[[check]]
name = "page"
probe = "http"
url = "{world}/page"
every = "300ms"
timeout = "200ms"
"""


@pytest.fixture
def world() -> Iterator[HttpServer]:
    with HttpServer() as server:
        for path in ("/li", "/po", "/bank", "/page", "/switch"):
            server.on(path, Answer(200, "ok"))
        yield server


@pytest.fixture
def daemons(tmp_path: Path, world: HttpServer) -> Iterator[list[DaemonProcess]]:
    made: list[DaemonProcess] = []
    yield made
    for one in made:
        one.kill()


def daemon(tmp_path: Path, world: HttpServer, made: list[DaemonProcess], when: str = "") -> DaemonProcess:
    base = world.url("").rstrip("/")
    rules = RULES.format(world=base, home=tmp_path, when=when)
    one = DaemonProcess(
        tmp_path, rules, {"a.toml": CHECKS.format(world=base)}, {"SWITCH_TOKEN": "switch-token-123456"}
    )
    made.append(one)
    return one.start()


def kinds(world: HttpServer, who: str) -> list[str]:
    return [f"{r.json()['kind']} {r.json()['drill']}" for r in world.requests_to(f"/{who}")]


def ack(one: DaemonProcess, incident: str, by: str) -> None:
    answer = one.post(f"/api/v1/incidents/{incident}/ack", {"by": by})
    assert (answer.status_code, answer.json()["changed"]) == (200, True), answer.text


def do(one: DaemonProcess, incident: str, action: str, by: str) -> None:
    answer = one.post(f"/api/v1/incidents/{incident}/do/{action}", {"by": by, "fields": {}})
    assert answer.status_code == 200, answer.text


def test_a_drill_by_hand_goes_the_whole_way(
    tmp_path: Path, world: HttpServer, daemons: list[DaemonProcess]
) -> None:
    one = daemon(tmp_path, world, daemons)
    assert "INC-1 is the drill" in one.command("drill", "--by", "chen", "run", "friday")
    assert "still under way" in one.command("drill", "--by", "chen", "run", "friday", status=1)
    wait_until(lambda: kinds(world, "li") and kinds(world, "po"), "the pages")
    page = world.wait_for("/li").json()
    assert (page["drill"], page["severity"]) == (True, "P1")
    assert page["text"]["en"].startswith("[DRILL P1] Example Pay")
    assert page["text"]["zh"].startswith("[演练 P1] ")
    assert page["sop"]["name"] == "dependency"
    ack(one, "INC-1", "li")
    ack(one, "INC-1", "po")
    wait_until(lambda: "resolved True" in kinds(world, "po"), "the end")
    told = one.command("drill", "report")
    assert "INC-1 drill friday: bank at P1" in told
    assert "by chen: everybody answered" in told
    (found,) = [json.loads(line) for line in one.command("drill", "report", "--json").splitlines()]
    assert {a["responder"]: a["channels"] for a in found["answers"]} == {"li": ["webhook"], "po": ["webhook"]}
    assert all(a["seconds"] >= 0 and a["delivered_at"] for a in found["answers"])
    assert "no drill is under way" in one.command("drill", "--by", "chen", "stop")
    one.command("drill", "report", "INC-9", status=1)
    one.command("drill", "--by", "chen", "run", "monday", status=1)
    one.command("drill", "run", status=2)


def test_something_real_cancels_it(tmp_path: Path, world: HttpServer, daemons: list[DaemonProcess]) -> None:
    one = daemon(tmp_path, world, daemons)
    one.command("drill", "--by", "chen", "run", "--check", "page", "--severity", "P2", "--lasts", "5m")
    wait_until(lambda: kinds(world, "li") == ["new True"], "the drill's page")
    world.on("/bank", Answer(503))
    wait_until(
        lambda: {"new False", "resolved True"} <= set(kinds(world, "li")), "the real page, and the end"
    )
    last = [r.json() for r in world.requests_to("/li") if r.json()["kind"] == "resolved"][-1]
    assert "INC-2 is real and comes first" in last["text"]["en"]
    assert "cancelled: something real came first" in one.command("drill", "report")
    assert "is open, and no drill" in one.command("drill", "--by", "chen", "run", "friday", status=1)


def test_one_that_is_due_begins_by_itself(
    tmp_path: Path, world: HttpServer, daemons: list[DaemonProcess]
) -> None:
    soon = datetime.now(UTC) + timedelta(
        seconds=75
    )  # the full minute before it is ahead when the daemon has started
    daemon(tmp_path, world, daemons, when=f'at = "{soon:%H:%M}"')
    wait_until(lambda: "new True" in kinds(world, "li"), "the drill", 130)


def test_a_switch_that_a_crash_interrupts_is_carried_out_under_the_same_key(
    tmp_path: Path, world: HttpServer, daemons: list[DaemonProcess]
) -> None:
    world.on("/switch", Answer(fault=Fault.HANG))
    world.on("/bank", Answer(503))
    one = daemon(tmp_path, world, daemons)
    wait_until(
        lambda: any(
            b"switch" in r.body and r.json()["reason"] == "approval_needed" for r in world.requests_to("/po")
        ),
        "the request",
    )
    do(one, "INC-1", "approve", "po")
    first = world.wait_for("/switch")
    one.kill()
    world.on("/switch", Answer(200, "on backup"))
    one.start()
    wait_until(lambda: len(world.requests_to("/switch")) > 1, "the switch, again")
    again = world.requests_to("/switch")[-1]
    key = first.headers["idempotency-key"]
    assert again.headers["idempotency-key"] == again.json()["key"] == key
    assert re.fullmatch(r"INC-1\.switch\.1\.start\.[0-9a-f]{12}-[0-9a-f]{8}", key), (
        "the instance, the incident's origin"
    )
    assert again.headers["authorization"] == "Bearer switch-token-123456"
    assert (again.json()["phase"], again.json()["drill"], again.json()["by"]) == ("start", False, "po")

    def reasons() -> list[str]:
        return [line["kind"] for line in one.get("/api/v1/incidents/INC-1").json()["timeline"]]

    wait_until(lambda: "degrade.verified" in reasons(), "that it helps")
    do(one, "INC-1", "rollback", "po")
    wait_until(lambda: (tmp_path / "flag").exists(), "the way back")
    assert (tmp_path / "flag").read_text() == "primary"
    wait_until(lambda: reasons().count("degrade.ran") == 2, "its record")
    assert "switch-token-123456" not in one.log.read_text() + one.get("/api/v1/incidents/INC-1").text


def test_a_channel_that_fails_on_purpose_leaves_the_other_way(
    tmp_path: Path, world: HttpServer, daemons: list[DaemonProcess]
) -> None:
    base = world.url("").rstrip("/")
    rules = RULES.format(world=base, home=tmp_path, when='fails = { li = "webhook" }')
    rules = rules.replace('name = "li"\n', 'name = "li"\nemail = "li@localhost"\n') + (
        '[channel.email]\nmailbox = "mailbox"\n'
    )
    one = DaemonProcess(
        tmp_path, rules, {"a.toml": CHECKS.format(world=base)}, {"SWITCH_TOKEN": "switch-token-123456"}
    )
    daemons.append(one)
    one.start().command("drill", "--by", "chen", "run", "friday")
    wait_until(lambda: (tmp_path / "mailbox").exists(), "the mail")
    assert kinds(world, "li") == []
    ack(one, "INC-1", "li")
    ack(one, "INC-1", "po")
    wait_until(lambda: "resolved True" in kinds(world, "po"), "the end")
    assert kinds(world, "li") == []
    assert "webhook failed on purpose" in one.command("drill", "report")
