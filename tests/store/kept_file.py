"""The store file of a whole evening, as the daemon wrote it: `python -m tests.store.kept_file` writes it anew.

INC-1 (bank) open and acknowledged, with a degradation plan in force, ticked steps, clocks and notes, and SMS still queued;
INC-2 (web) resolved and reopened; INC-3 (search) open, nobody has acknowledged; INC-4 (disk) resolved.
"""

from __future__ import annotations

import gzip
import sqlite3
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from tests.acceptance.process import TOKEN, DaemonProcess
from tests.parts.child import wait_until
from tests.parts.httpserver import Answer, HttpServer

KEPT = Path(__file__).with_name("before_glossary.db.gz")
EARLIER = Path(__file__).with_name("before_one_book.db.gz")
"""The same evening, as it was written by a version before."""
TARGETS = ("bank", "web", "search", "disk")
CHECK = '[[check]]\nname = "{name}"\nflow = "{name}"\nprobe = "http"\nurl = "{url}"\nevery = "200ms"\ntimeout = "150ms"\n'
RULES = """
[[rule]]
name = "down"
match = {{ probe = "http" }}
when = "outcome == 'down'"
severity = "P1"
sop = "bank-down"
summary = {{ en = "{{{{ check }}}} is down", zh = "{{{{ check }}}} 不可用" }}

[[responder]]
name = "li"
webhook = "{url}/page"
sms = "+8613800000001"

[[responder]]
name = "wang"
webhook = "{url}/page"

[[responder]]
name = "zhao"
role = "commander"
webhook = "{url}/page"

[role.oncall]
schedule = "weekly"
backup = "next"

[schedule.weekly]
zone = "Asia/Shanghai"
participants = ["li", "wang"]
handover = "Mon 10:00"
start = "2026-01-05"

[paging.P1]
roles = ["oncall", "commander"]
channels = ["webhook", "sms"]

[targets.P1]
acknowledge = "5m"
mitigate = "30m"

[sop.bank-down]
title = {{ en = "The bank is down", zh = "银行通道中断" }}
steps = [
  {{ do = {{ en = "Call the bank", zh = "致电银行" }} }},
  {{ do = {{ en = "Take the standby bank", zh = "切换备用银行" }}, role = "commander", within = "15m" }},
]

[degrade.standby-bank]
flow = "bank"
why = {{ en = "Take the standby bank", zh = "切换备用银行" }}
trigger = {{ severity = "P1", signal = ["down"] }}
mode = "approve"
approver_role = "commander"

[degrade.standby-bank.action.webhook]
url = "{url}/switch"

[degrade.standby-bank.rollback.webhook]
url = "{url}/switch"

[channel.webhook]
timeout = "3s"

[channel.sms]
url = "{url}/sms"
json = {{ to = "{{{{ to }}}}", text = "{{{{ text }}}}" }}
"""


def daemon(home: Path, world: HttpServer) -> DaemonProcess:
    """Everything is up; the SMS gateway never is."""
    for target in TARGETS:
        world.on(f"/{target}", Answer(200))
    world.on("/page", Answer(200))
    world.on("/switch", Answer(200, "switched"))
    world.on("/sms", Answer(503))
    checks = {
        f"{name}.toml": f'[flow.{name}]\ntitle = "{name}"\n\n{CHECK.format(name=name, url=world.url(f"/{name}"))}'
        for name in TARGETS
    }
    return DaemonProcess(home, RULES.format(url=world.url("").rstrip("/")), checks)


def incidents(it: DaemonProcess) -> dict[str, dict[str, Any]]:
    found = it.get("/api/v1/incidents", TOKEN).json()["incidents"]
    return {str(each["id"]): each for each in found}


def states(it: DaemonProcess) -> dict[str, str]:
    return {id: str(each["state"]) for id, each in incidents(it).items()}


def _is_open(it: DaemonProcess, number: int) -> bool:
    return f"INC-{number}" in states(it)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, HttpServer() as world:
        it = daemon(Path(folder), world).start()
        try:
            for number, target in enumerate(TARGETS, 1):
                world.on(f"/{target}", Answer(503))
                wait_until(partial(_is_open, it, number), target)
            for path, body in (
                ("ack", {"by": "li"}),
                ("do/approve", {"by": "zhao", "fields": {"plan": "standby-bank"}}),
                ("do/done", {"by": "li", "fields": {"step": 1, "note": "第 3 位客服接听"}}),
                ("do/known", {"by": "li", "fields": {"text": "the bank's own status page says so"}}),
                ("do/take", {"by": "zhao", "fields": {"role": "commander"}}),
                ("do/need", {"by": "zhao", "fields": {"text": "a second operator", "who": "wang"}}),
            ):
                answer = it.post(f"/api/v1/incidents/INC-1/{path}", body)
                print(path, answer.status_code, answer.text[:200])
            for target in ("web", "disk"):
                world.on(f"/{target}", Answer(200))
            wait_until(lambda: all(states(it)[id] == "resolved" for id in ("INC-2", "INC-4")), "the ends")
            world.on("/web", Answer(503))
            wait_until(lambda: states(it)["INC-2"] != "resolved", "the relapse")
            wait_until(lambda: it.events("page_failing") or True, "a failing page")
            print(states(it))
        finally:
            it.stop()
        with sqlite3.connect(Path(folder) / "var" / "watchtower.db") as file:
            file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            file.execute("VACUUM")
        KEPT.write_bytes(gzip.compress((Path(folder) / "var" / "watchtower.db").read_bytes(), mtime=0))


if __name__ == "__main__":
    main()
