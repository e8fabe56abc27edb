"""Action items leave the real daemon by their webhook: while nobody takes them it pages on, and a kill loses none."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.plans import check, rules
from tests.acceptance.process import DaemonProcess
from tests.parts.child import wait_until
from tests.parts.httpserver import Answer, HttpServer

URL_WITH_KEY = "/items/a-secret-of-the-relay"


def test_action_items_survive_a_kill_and_hold_up_no_page(tmp_path: Path, http_server: HttpServer) -> None:
    for name in ("shop", "bank"):
        http_server.on(f"/{name}", Answer(200, "ok"))
    http_server.on("/li", Answer(200, ""))
    http_server.on(URL_WITH_KEY, Answer(delay=20.0))
    review = '\n[review]\nwebhook = { url = "${ITEMS_URL}", timeout = "3s" }\n'
    daemon = DaemonProcess(
        tmp_path, rules(http_server.url("/li"), review), {f"{name}.toml": check(http_server.url(f"/{name}"), name) for name in ("shop", "bank")},
        {"ITEMS_URL": http_server.url(URL_WITH_KEY)},
    )  # fmt: skip
    daemon.start()
    try:
        http_server.on("/shop", Answer(503, "no"))
        wait_until(lambda: len(http_server.requests_to("/li")) == 1, "the first page")
        asked = {"by": "li", "fields": {"text": "Renew by itself", "owner": "wu"}}
        assert daemon.post("/api/v1/incidents/INC-1/do/action", asked).status_code == 200
        wait_until(lambda: http_server.requests_to(URL_WITH_KEY), "an attempt")
        http_server.on("/bank", Answer(503, "no"))
        wait_until(
            lambda: any(one.json()["check"] == "bank" for one in http_server.requests_to("/li")),
            "the second page",
        )
        daemon.kill()
        http_server.on(URL_WITH_KEY, Answer(200))
        daemon.start()
        wait_until(lambda: len(http_server.requests_to(URL_WITH_KEY)) >= 2, "it goes on after the kill")
        wait_until(lambda: "action_item_posted" in daemon.log.read_text(), "the post is taken")
        first, *_, last = http_server.requests_to(URL_WITH_KEY)
        assert (first.body, last.json()["change"], last.json()["id"]) == (last.body, "added", "A1")
        assert "a-secret-of-the-relay" not in daemon.log.read_text()
        daemon.kill()
        daemon.start()
        count = len(http_server.requests_to(URL_WITH_KEY))
        daemon.post("/api/v1/incidents/INC-1/do/action_done", {"by": "li", "fields": {"id": "A1"}})
        wait_until(lambda: len(http_server.requests_to(URL_WITH_KEY)) > count, "the next change")
        assert http_server.requests_to(URL_WITH_KEY)[count].json()["change"] == "done", (
            "what was taken is not repeated"
        )
    finally:
        daemon.kill()
