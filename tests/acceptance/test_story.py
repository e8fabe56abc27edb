"""A target fails; mail and SMS arrive with the right text; ack stops reminders; recovery sends resolved."""

from __future__ import annotations

import signal
import time

import requests

from tests.acceptance.conftest import Scene
from tests.acceptance.process import TOKEN
from tests.parts.button import press
from tests.parts.child import wait_until


def test_the_story(scene: Scene) -> None:
    daemon = scene.daemon.start()
    scene.fails()
    wait_until(lambda: "reminder" in scene.kinds(), "a reminder")
    (first, *_), text = scene.mail.messages(scene.address), scene.texts()[0]
    assert text.startswith("[P1] Example Pay bank-gateway: bank-gateway is down: HTTP 503")
    assert f"http://127.0.0.1:{daemon.port}/ack/" in text
    assert first["X-Watchtower-Kind"] == "new"
    body = first.get_body(preferencelist=("plain",)).get_content()
    assert "bank-gateway is down: HTTP 503" in body
    assert "Asia/Shanghai" in body or "CST" in body

    link = next(word for word in text.split() if "/ack/" in word)
    assert requests.get(link, timeout=5).status_code == 200  # looking at it acknowledges nothing
    assert not daemon.events("incident_acknowledged")
    assert press(link, "acknowledge").status_code == 200
    wait_until(lambda: daemon.events("incident_acknowledged"), "the acknowledgement")
    assert daemon.events("incident_acknowledged")[0]["by"] == "li"
    told = len(scene.texts())
    time.sleep(3)  # longer than remind_every
    assert len(scene.texts()) == told

    scene.recovers()
    wait_until(lambda: scene.kinds()[-1] == "resolved", "the all-clear by mail")
    wait_until(lambda: "Resolved" in scene.texts()[-1], "the all-clear on the phone")
    mails = scene.mail.messages(scene.address)
    assert {mail["References"] for mail in mails[1:]} == {mails[0]["Message-ID"]}
    assert scene.kinds().count("new") == scene.kinds().count("resolved") == 1
    assert daemon.stop() == 0


def test_acknowledged_from_the_command_line(scene: Scene) -> None:
    daemon = scene.daemon.start()
    scene.fails()
    wait_until(lambda: scene.texts(), "a page")
    assert "INC-1" in daemon.command("incidents")
    assert "INC-1" in daemon.command("ack", "INC-1", "--by", "li")
    assert daemon.events("incident_acknowledged")[0]["by"] == "li"
    daemon.command("ack", "INC-99", status=1)


def test_a_restart_neither_pages_twice_nor_forgets(scene: Scene) -> None:
    daemon = scene.daemon.start()
    scene.fails()
    wait_until(lambda: "new" in scene.kinds() and scene.texts(), "the page")
    wait_until(lambda: len(daemon.events("page_delivered")) >= 2, "both delivered")
    assert daemon.post("/api/v1/incidents/INC-1/ack", {"by": "li"}).status_code == 200
    assert daemon.stop() == 0
    daemon.start()
    time.sleep(2)
    assert (scene.kinds(), len(scene.texts())) == (["new"], 1)
    assert daemon.stop() == 0
    scene.recovers()  # while the daemon is down
    daemon.start()
    wait_until(lambda: scene.kinds() == ["new", "resolved"], "the all-clear")
    wait_until(lambda: len(scene.texts()) == 2, "the all-clear on the phone")


def test_a_bad_reload_keeps_the_old_plan_and_says_why(scene: Scene) -> None:
    daemon = scene.daemon.start()
    good = (daemon.home / "rules.toml").read_text()
    (daemon.home / "rules.toml").write_text(good.replace("outcome ==", "outcom =="))
    answer = daemon.post("/-/reload")
    assert answer.status_code == 422
    assert 'unknown name "outcom"' in answer.json()["problems"][0]["what"]
    assert "watchtower_config_last_reload_successful 0" in daemon.get("/metrics").text
    ready = daemon.get("/readyz")
    assert (
        ready.status_code == 200
    )  # the old plan is in force: taking traffic from the product would be wrong
    assert ready.json()["plan"] == {"current": False, "held": False, "problems": []}, "words, and no names"
    assert "outcom" in daemon.get("/readyz", token=TOKEN).text
    scene.fails()
    wait_until(lambda: scene.texts(), "a page by the old plan")
    (daemon.home / "rules.toml").write_text(good.replace('remind_every = "2s"', 'remind_every = "1h"'))
    daemon.signal(signal.SIGHUP)
    wait_until(
        lambda: "watchtower_config_last_reload_successful 1" in daemon.get("/metrics").text, "the good plan"
    )
    time.sleep(1)
    assert scene.kinds().count("new") == 1  # the incident went on
    scene.recovers()
    wait_until(lambda: scene.kinds()[-1] == "resolved", "the all-clear")


def test_a_changed_file_is_noticed(scene: Scene) -> None:
    daemon = scene.daemon.start()
    check = daemon.home / "checks" / "bank.toml"
    check.write_text(check.read_text().replace("bank-gateway", "bank-core"))
    wait_until(lambda: "bank-core" in daemon.get("/api/v1/checks").text, "the new check")
    assert "bank-gateway" not in daemon.get("/api/v1/checks").text


def test_reload_needs_the_token(scene: Scene) -> None:
    daemon = scene.daemon.start()
    assert daemon.post("/-/reload", token="").status_code == 401
    assert daemon.post("/-/reload", token="wrong-token-0123456789").status_code == 401


def test_no_secret_is_in_what_the_daemon_says(scene: Scene) -> None:
    daemon = scene.daemon.start()
    scene.fails()
    wait_until(lambda: scene.texts() and scene.kinds(), "a page")
    said = daemon.log.read_text() + "".join(
        daemon.get(path).text
        for path in ("/metrics", "/", "/api/v1/incidents", "/incidents/INC-1", "/readyz")
    )
    for secret in ("sms-secret-token-9876", "acceptance-token-0123456789"):
        assert secret not in said


def test_a_wrong_configuration_starts_nothing(scene: Scene) -> None:
    (scene.daemon.home / "rules.toml").write_text("[[rule]]\nname = 'x'\nwhen = 'latency'\n")
    said = scene.daemon.command("run", status=2)
    assert "rules.toml:" in said
    assert "Traceback" not in said
    assert "nothing was started" in said
    assert not (scene.daemon.home / "var").exists()


def test_sigterm_ends_it_cleanly_while_a_channel_hangs(scene: Scene) -> None:
    from tests.parts.httpserver import Answer, Fault

    scene.world.on(f"/{scene.name}/sms", Answer(fault=Fault.HANG))
    daemon = scene.daemon.start()
    scene.fails()
    wait_until(lambda: scene.kinds(), "the mail")
    assert daemon.stop(10) == 0
    scene.world.on(f"/{scene.name}/sms", Answer.json({"code": "OK"}))
    daemon.start()
    wait_until(lambda: any("[P1]" in text for text in scene.texts()[1:]), "the page that was queued")


def test_a_second_daemon_on_the_same_store_does_not_start(scene: Scene) -> None:
    scene.daemon.start()
    said = scene.daemon.command("run", status=1)
    assert "another watchtower is running on this store" in said
    scene.daemon.kill()
    scene.daemon.start()  # a killed one leaves nothing in the way
