"""What people did at a leader that is cut off from the database: another daemon has it before they are answered, or gets it."""

from __future__ import annotations

import time
from pathlib import Path

from tests.acceptance.plans import check
from tests.acceptance.process import DaemonProcess
from tests.acceptance.test_leadership import Pair, wait_role
from tests.acceptance.test_standby_passes import acknowledged_by
from tests.parts.child import wait_until
from tests.parts.httpserver import Answer, HttpServer
from tests.parts.postgres import Postgres
from tests.parts.telegram import TOKEN as BOT
from tests.parts.telegram import Telegram

ON_CALL = '[schedule.first]\nzone = "Asia/Shanghai"\nparticipants = ["li"]\nrotation = "daily"\n'


def told_by_who_is_cut_off(pair: Pair) -> str:
    """The incident, as the page calls it."""
    time.sleep(2.0)  # until the leader has seen that somebody stands by
    pair.lines[0].cut()
    pair.fails()
    wait_until(pair.told, "the page")
    return pair.told()[0][1]


def listed(daemon: DaemonProcess, what: str, field: str) -> list[object]:
    return [one[field] for one in daemon.get(f"/api/v1/{what}").json()[what]]


def known(daemon: DaemonProcess) -> dict[object, object]:
    """The ids of incidents by who acknowledged them. What was declared may be taken before the bank is looked at."""
    found = daemon.get("/api/v1/incidents").json()["incidents"]
    return {one["acknowledged_by"]: one["id"] for one in found}


def test_what_a_leader_that_is_cut_off_said_yes_to_outlives_it(
    tmp_path: Path, postgres: Postgres, http_server: HttpServer
) -> None:
    """Also a silence whose number is another one then, who stands in, and an incident that a person declared."""
    pair = Pair(tmp_path, http_server, postgres, more=ON_CALL)
    try:
        leader, standby = pair.start()
        name = told_by_who_is_cut_off(pair)
        done = leader.post(f"/api/v1/incidents/{name}/ack", {"by": "li"})
        assert (done.status_code, done.json()["changed"], done.json()["written"]) == (200, True, True)
        banks = {"by": "li", "matchers": ["check=other"], "ends_at": "2h"}
        for path, body in (
            ("silences", banks),
            ("silences/S-1/expire", {"by": "li"}),
            ("silences", banks | {"reason": "the bank migrates"}),
            ("overrides", {"by": "li", "schedule": "first", "who": "li", "ends_at": "8h"}),
            ("incidents", {"by": "li", "text": "refunds are late", "severity": "P1"}),
        ):
            answer = leader.post(f"/api/v1/{path}", body)  # it may stand by again by now
            assert (answer.status_code, answer.json()["written"]) == (200, True), answer.text
        wait_until(lambda: len(pair.told()) == 2, "the page of what was declared")
        leader.kill()
        wait_role(standby, "leader")
        wait_until(lambda: known(standby).keys() == {"li", ""}, "who acknowledged it, and what was declared")
        assert listed(standby, "silences", "reason") == ["the bank migrates"]
        assert listed(standby, "overrides", "who") == ["li"]
        declared = f"/api/v1/incidents/{known(standby)['']}"
        pages = lambda: [page["state"] for page in standby.get(declared).json()["pages"]]  # noqa: E731
        wait_until(lambda: "delivered" in pages(), "its page, by its new leader")
        assert len(pair.told()) == 2, "what it paged again is under the same id"
    finally:
        pair.end()


def test_what_only_the_leader_saw_that_was_cut_off_goes_on_and_its_end_is_told(
    tmp_path: Path, postgres: Postgres, http_server: HttpServer
) -> None:
    pair = Pair(tmp_path, http_server, postgres)
    http_server.on("/well", Answer(200, "ok"))
    for daemon, path in zip(pair.daemons, ("/bank", "/well"), strict=True):
        daemon.environment["BANK"] = http_server.url(path)
        (daemon.home / "checks" / "bank.toml").write_text(check("${BANK}"))
    try:
        leader, standby = pair.start()
        name = told_by_who_is_cut_off(pair)
        wait_role(standby, "leader")
        wait_until(lambda: leader.events("handed_over"), "it says so in its log")
        pair.wait_told(("new", name), ("resolved", "INC-1"))
        pages = [request.json() for request in http_server.requests_to("/page")]
        assert len({page["dedup_key"] for page in pages}) == 1
        found = standby.get(f"/api/v1/incidents/{name}").json()
        assert (found["id"], [page["id"] for page in found["pages"]]) == (
            "INC-1",
            [page["id"] for page in pages],
        )
    finally:
        pair.end()


def test_what_no_other_daemon_can_write_either_is_said_and_follows_when_one_can(
    tmp_path: Path, postgres: Postgres, http_server: HttpServer
) -> None:
    """Also what is pressed in a chat."""
    telegram = Telegram(http_server)
    more = (
        f'telegram = "42"\n[channel.telegram]\ntoken = "${{BOT}}"\nurl = "{http_server.url("").rstrip("/")}"'
    )
    pair = Pair(tmp_path, http_server, postgres, more=more, channels=("webhook", "telegram"))
    try:
        for daemon in pair.daemons:
            daemon.environment["BOT"] = BOT
        leader, standby = pair.start()
        time.sleep(2.0)
        pair.lines[1].cut()
        name = told_by_who_is_cut_off(pair)
        page = http_server.wait_for(telegram.path("sendMessage")).json()
        telegram.press(42, page["reply_markup"]["inline_keyboard"][0][0]["callback_data"])
        wait_until(lambda: telegram.said, "the answer")
        assert telegram.said[0].startswith("Thank you"), telegram.said
        again = leader.post(f"/api/v1/incidents/{name}/ack", {"by": "li"}).json()
        assert (again["changed"], again["written"]) == (False, False)
        assert "not written yet" in leader.command("ack", name, "--by", "li")
        pair.lines[1].heal()
        wait_role(standby, "leader")
        wait_until(lambda: acknowledged_by(standby.url) == "li", "who acknowledged it")
        wait_until(lambda: leader.events("handed_over"), "it says so in its log")
        timeline = standby.get("/api/v1/incidents/INC-1").json()["timeline"]
        assert [one["detail"] for one in timeline if one["kind"] == "acknowledged"] == ["telegram"]
    finally:
        pair.end()
