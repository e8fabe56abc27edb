"""One P0 whose first channel is dead, for each family of channels: seconds until its person is reached another way.
`python -m bench.dead_channel` writes the table of docs/delivery.md anew.

Each run is the real daemon with the product's own times, and one way to be dead. Each family has a person, who has its channel
first and a webhook (or Teams) second. The time is from the decision to page until the second receiver has the request.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import requests

from tests.acceptance.plans import check
from tests.acceptance.process import DaemonProcess
from tests.delivery.families import PHONE, Family
from tests.delivery.fault_table import FAMILIES
from tests.delivery.mail_side import MAIL, SENDER, MailSide
from tests.parts.child import free_port, wait_until
from tests.parts.httpserver import Answer, Fault, HttpServer, Request
from tests.parts.rude import Rude
from watchtower.channels import channel_class
from watchtower.signing.twilio import SIGNATURE, signature

DOCS = Path(__file__).resolve().parents[1] / "docs" / "delivery.md"
BEGINS, ENDS = "<!-- dead channel: python -m bench.dead_channel -->\n", "<!-- end of dead channel -->"
SECRET, PATIENCE = "callback-secret-0123456789", 180.0
RULES = """
[[rule]]
name = "down"
match = {{ probe = "http" }}
when = "outcome == 'down'"
severity = "P0"
summary = {{ en = "down", zh = "不可用" }}
[paging.P0]
roles = ["oncall"]
channels = {channels}
[channel.{second}]
"""
REFUSED, SILENT = "nobody listens", "no answer"
UNDELIVERED, OURS = "accepted, and reported as undelivered a second later", "in arrears, or refuses us"
DEATHS = (REFUSED, SILENT, UNDELIVERED, OURS)
ARREARS: Mapping[str, Answer] = {
    "sms-alibaba-cloud": Answer.json({"Code": "isv.OUT_OF_SERVICE"}),
    "call-alibaba-cloud": Answer.json({"Code": "isv.OUT_OF_SERVICE"}),
    "sms-tencent-cloud": Answer.json(
        {"Response": {"SendStatusSet": [{"Code": "FailedOperation.InsufficientBalanceInSmsPackage"}]}}
    ),
    "sms-twilio": Answer.json({"code": 20005}, status=403),
    "call-twilio": Answer.json({"code": 20005}, status=403),
    "feishu-robot": Answer.json({"code": 19021}),
    "feishu-app": Answer.json({"code": 99991672}),
    "wecom-app": Answer.json({"errcode": 48002}),
    "wecom-robot": Answer.json({"errcode": 93000}),
    "dingtalk-robot": Answer.json({"errcode": 310000}),
    "slack": Answer.json({"ok": False, "error": "account_inactive"}),
    "telegram": Answer.json({"ok": False, "error_code": 401, "description": "Unauthorized"}, status=401),
}
"""What is not here answers 403."""


def report(family: Family, request: Request) -> Any:
    """What this vendor reports of a message that it did not bring: a form, or a list of JSON; None for one that calls nobody."""
    match family.slug:
        case "sms-alibaba-cloud":
            out, why = request.query["OutId"][0], "MOBILE_NOT_ON_SERVICE"
            said = {"success": False, "err_code": why, "biz_id": "1^0", "out_id": out}
            return [{"phone_number": PHONE[1:], **said}]
        case "call-alibaba-cloud":
            return [{"call_id": "1^0", "status_code": "200003"}]
        case "sms-tencent-cloud":
            said = {"report_status": "FAIL", "errmsg": "EXPIRED", "sid": "1", "ext": ""}
            return [{"mobile": PHONE[3:], "nationcode": "86", **said}]
        case "sms-twilio":
            return {"MessageSid": "SM1", "MessageStatus": "undelivered", "To": PHONE, "ErrorCode": "30003"}
        case "call-twilio":
            return {"CallSid": "SM1", "CallStatus": "no-answer", "To": PHONE}
    return None


class Side:
    """The dead far side of a family: its table in rules.toml, its person, and how it answers."""

    def __init__(self, family: Family, number: int, death: str, stack: ExitStack) -> None:
        self.family, self.name, self.death = family, f"{family.kind}.f{number}", death
        self.secrets: dict[str, str] = {}
        self.daemon: DaemonProcess | None = None
        if family is MAIL:
            self.url = self._mail(stack)
        else:
            server = stack.enter_context(HttpServer())
            server.on(family.path, self._answer)
            family.answers(server)
            dead = f"http://127.0.0.1:{free_port()}"
            self.url = dead if death == REFUSED else server.url("").rstrip("/")

    def _mail(self, stack: ExitStack) -> str:
        if self.death == SILENT:
            return f"smtp://localhost:{stack.enter_context(Rude()).port}"
        if self.death == REFUSED:
            return f"smtp://localhost:{free_port()}"
        return stack.enter_context(MailSide("refuses us")).url

    def _answer(self, request: Request) -> Answer:
        family = self.family
        if self.death == SILENT:
            return Answer(fault=Fault.HANG)
        if self.death == OURS:
            return ARREARS.get(family.slug, Answer(403))
        if family.is_message(request) and (said := report(family, request)) is not None:
            threading.Timer(1.0, lambda: self._call_back(said)).start()
        return Answer.json(family.taken, status=family.status)

    def _call_back(self, said: Any) -> None:
        assert self.daemon is not None
        url = f"http://127.0.0.1:{self.daemon.port}/callbacks/{self.name}/{SECRET}"
        how: dict[str, Any] = {"json": said}
        if isinstance(said, dict):
            token = self.family.settings["auth_token"]
            how = {"data": said, "headers": {SIGNATURE: signature(url, said.items(), token)}}
        with suppress(requests.ConnectionError):  # of a later page, once the daemon is gone
            requests.post(url, timeout=30, **how)

    def text(self, number: int, second: str, url: str) -> str:
        """Its channel and its person in rules.toml."""
        family, fields = self.family, dict(self.family.settings)
        if family is MAIL:
            parts = urlsplit(self.url)
            fields = {
                "host": parts.hostname,
                "port": parts.port,
                "security": "none",
                "sender": SENDER,
                "helo": "w.example.test",
            }
        known = channel_class(family.kind, family.provider).Settings.model_fields
        if "callback_secret" in known:
            fields["callback_secret"] = SECRET
        lines = [f"[channel.{self.name}]", f"order = {number}"]
        lines += [f"{key} = {self._value(key, value, known)}" for key, value in fields.items()]
        address = self._secret(f"F{number}_ADDRESS", family.at(self.url))
        other = self._secret(f"F{number}_OTHER", f"{url}/other/{number}")
        lines += ["[[responder]]", f'name = "p{number}"', 'role = "oncall"', f'channels = ["{self.name}"]']
        return "\n".join([*lines, f"{family.kind} = {address}", f"{second} = {other}\n"])

    def _value(self, key: str, value: Any, known: Mapping[str, Any]) -> str:
        field = next((one for name, one in known.items() if (one.alias or name) == key), None)
        if isinstance(value, str):
            value = value.replace("{url}", self.url)
            if field is not None and "Secret" in str(field.annotation):
                return self._secret(f"{self.name}_{key}".replace(".", "_").upper(), value)
        if isinstance(value, dict):
            return (
                "{ " + ", ".join(f"{name} = {self._value('', one, {})}" for name, one in value.items()) + " }"
            )
        return json.dumps(value, ensure_ascii=False)

    def _secret(self, name: str, value: str) -> str:
        self.secrets[name] = value
        return f'"${{{name}}}"'


def seconds(families: Sequence[Family], second: str, death: str, home: Path) -> dict[str, float | None]:
    """By family, until its person is reached another way; None where it has no such death."""
    reached: dict[int, float] = {}
    with ExitStack() as stack:
        server = stack.enter_context(HttpServer())
        server.on("/health", Answer(200))

        def take(number: int) -> Callable[[Request], Answer]:
            def taken(request: Request) -> Answer:
                reached.setdefault(number, time.time())
                return Answer.json({"code": "OK"}, status=202)

            return taken

        sides = [Side(family, number, death, stack) for number, family in enumerate(families)]
        for number in range(len(sides)):
            server.on(f"/other/{number}", take(number))
        kinds = json.dumps(sorted({family.kind for family in families}))
        rules = RULES.format(channels=kinds, second=second)
        rules += "\n".join(
            side.text(number, second, server.url("").rstrip("/")) for number, side in enumerate(sides)
        )
        secrets = {name: value for side in sides for name, value in side.secrets.items()}
        daemon = DaemonProcess(home, rules, {"bank.toml": check(server.url("/health"))}, secrets)
        for side in sides:
            side.daemon = daemon
        try:
            daemon.start()
            server.on("/health", Answer(503))
            wanted = {n for n, one in enumerate(families) if death != UNDELIVERED or one.slug in REPORTING}
            wait_until(lambda: wanted <= set(reached), f"everybody is reached ({death})", PATIENCE)
            queued = {e["responder"]: e["ts"] for e in reversed(daemon.events("notification_queued"))}
            began = {n: datetime.fromisoformat(str(queued[f"p{n}"])).timestamp() for n in wanted}
            return {
                one.slug: reached[n] - began[n] if n in wanted else None for n, one in enumerate(families)
            }
        finally:
            daemon.kill()


REPORTING = ("sms-alibaba-cloud", "call-alibaba-cloud", "sms-tencent-cloud", "sms-twilio", "call-twilio")
"""Those whose vendors call back; the others are asked, or say nothing."""


def main() -> None:
    found: dict[str, dict[str, float | None]] = {}
    rest = [one for one in FAMILIES if one.kind != "webhook"]
    hooks = [one for one in FAMILIES if one.kind == "webhook"]
    with TemporaryDirectory() as folder:
        for number, death in enumerate(DEATHS):
            found[death] = seconds(rest, "webhook", death, Path(folder) / f"{number}")
            if death != UNDELIVERED:
                found[death] |= seconds(hooks, "teams", death, Path(folder) / f"{number}-hook")
    lines = ["| | " + " | ".join(DEATHS) + " |", "|---" * (len(DEATHS) + 1) + "|"]
    for family in FAMILIES:
        took = [found[death].get(family.slug) for death in DEATHS]
        cells = ("–" if one is None else f"{one:.1f} s" for one in took)
        lines.append(f"| {family.name} | {' | '.join(cells)} |")
    text = DOCS.read_text("utf-8")
    before, _, after = text.partition(BEGINS)
    written = "\n".join(lines)
    DOCS.write_text(f"{before}{BEGINS}\n{written}\n\n{ENDS}{after.partition(ENDS)[2]}", "utf-8")
    print(written)


if __name__ == "__main__":
    main()
