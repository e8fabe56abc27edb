"""Twenty far sides that never come to an end, and a configuration edited again and again: li is paged at once."""

from __future__ import annotations

import contextlib
import time
from datetime import datetime
from pathlib import Path

from tests.acceptance.plans import check, responder, rules
from tests.acceptance.process import DaemonProcess
from tests.parts.child import wait_until
from tests.parts.httpserver import Answer, Fault, HttpServer
from tests.parts.rude import Rude
from watchtower.delivery.turns import PER_CHANNEL, SHARE

GATEWAYS = """
[channel.sms]
url = "{gateway}"
json = {{ to = "{{{{ to }}}}", text = "{{{{ text }}}}" }}
success = "code == 'OK'"

[channel.email]
host = "127.0.0.1"
port = {mail}
security = "none"
sender = "watchtower@example.com"
"""
OK = b"HTTP/1.1 200 OK\r\n"
ALL = ("webhook", "sms", "email")
KINDS = [
    (b"", b""),
    (b"HTTP/1.1 503 no\r\nContent-Length: 100000\r\n\r\n", b"x"),
    (OK, b"X-A: b\r\n"),
    (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    (b"HTTP/1.1 20", b"0"),
]
ROUNDS = 4


def test_who_never_comes_to_an_end_delays_nobody(tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        world = stack.enter_context(HttpServer())
        world.on("/health", Answer(200))
        world.on("/page", Answer(204))
        world.on("/hang", Answer(fault=Fault.HANG))  # beside li, on the same host
        rude = [stack.enter_context(Rude(*kind)) for kind in KINDS * 4]
        gateway = stack.enter_context(Rude(OK + b"Content-Length: 9999\r\n\r\n", b" "))
        mail = stack.enter_context(Rude(b"220-x\r\n", b"220-x\r\n"))
        others = [responder(f"r{n}", "webhook", one.url()) for n, one in enumerate(rude)]
        others += [responder("phone", "sms", "+8613800000000"), responder("mail", "email", "m@example.com")]
        others += [responder("neighbour", "webhook", world.url("/hang"))]
        # Two people behind one dead address, and one behind a name that there is not.
        others += [responder("twin", "webhook", rude[0].url())]
        others += [responder("nobody", "webhook", "https://no-such-host.invalid/page")]

        def plan(timeout: str) -> str:
            gateways = GATEWAYS.format(gateway=gateway.url(), mail=mail.port)
            return rules(world.url("/page"), gateways, *others, channels=ALL, timeout=timeout)

        daemon = DaemonProcess(tmp_path, plan("4s"), {"a.toml": check(world.url("/health"))}).start()
        stack.callback(daemon.kill)

        def queued() -> list[dict[str, object]]:
            return [e for e in daemon.events("notification_queued") if e["responder"] == "li"]

        def arrived() -> int:
            told = [
                e
                for e in daemon.events("page_attempt")
                if e["responder"] == "li" and e["outcome"] == "delivered"
            ]
            return len(told)

        for number in range(ROUNDS):
            world.on("/health", Answer(503))
            wait_until(lambda n=number: arrived() >= 2 * n + 1, "the page")  # type: ignore[misc]
            (tmp_path / "rules.toml").write_text(plan(f"{3 + number % 2}s"))  # while calls are under way
            assert daemon.post("/-/reload").status_code == 200
            world.on("/health", Answer(200))
            wait_until(lambda n=number: arrived() >= 2 * n + 2, "the all-clear")  # type: ignore[misc]
        assert daemon.get("/readyz").json()["reasons"] == []
        began = {str(e["page"]): datetime.fromisoformat(str(e["ts"])) for e in queued()}
        for event in daemon.events("page_attempt"):
            if event["responder"] == "li":
                assert event["outcome"] == "delivered", event
                waited = datetime.fromisoformat(event["ts"]) - began[event["page"]]
                assert waited.total_seconds() < 15.0, event
        # Each of the others is blamed for what it does itself.
        blamed = {
            (e["responder"], e["code"]) for e in daemon.events("page_attempt") if e["outcome"] == "retry"
        }
        wait = time.monotonic() + 20.0
        while not {("phone", "unreadable"), ("mail", "timeout")} <= blamed and time.monotonic() < wait:
            time.sleep(0.2)
            blamed = {
                (e["responder"], e["code"])
                for e in daemon.events("page_attempt")
                if e["outcome"] != "delivered"
            }
        assert {("r0", "timeout"), ("nobody", "dns"), ("phone", "unreadable"), ("mail", "timeout")} <= blamed
        assert daemon.events("delivery_task_failed") == daemon.events("channel_crashed") == []
        assert daemon.stop() == 0


def test_pages_that_are_owed_and_not_tried_make_it_unready(tmp_path: Path) -> None:
    """Here more far sides hang than there are places; a gateway that hangs for many people is no such reason."""
    people = PER_CHANNEL - SHARE + 1
    with contextlib.ExitStack() as stack:
        world, rude = stack.enter_context(HttpServer()), stack.enter_context(Rude())
        world.on("/health", Answer(503))
        others = [responder(f"r{n}", "webhook", rude.url(f"/{n}")) for n in range(people)]
        others += [responder(f"p{n}", "sms", f"+861380000{n:04}") for n in range(3 * SHARE)]
        gateways = GATEWAYS.format(gateway=rude.url("/sms"), mail=9)
        gateways = gateways.replace("[channel.email]", 'timeout = "30s"\n\n[channel.email]')
        plan = rules(rude.url("/li"), gateways, *others, channels=ALL, timeout="30s")
        daemon = DaemonProcess(tmp_path, plan, {"a.toml": check(world.url("/health"))}).start()
        stack.callback(daemon.kill)
        wait_until(lambda: rude.open >= people - 1 + SHARE, "they hang")
        assert daemon.get("/readyz").json()["reasons"] == []
        wait_until(lambda: daemon.get("/readyz").json()["reasons"] == ["delivery"], "it is told")
        assert daemon.get("/readyz").status_code == 503
        assert 'watchtower_not_ready{reason="delivery"} 1' in daemon.get("/metrics").text
        assert "pages are not being delivered" in daemon.get("/").text
