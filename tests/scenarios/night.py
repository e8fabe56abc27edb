"""Two hours of a P0 at night for ten roles, and every message that each person gets: `python -m tests.scenarios.night`
writes `docs/a-night.md` from it."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from watchtower.channels.contract import Letter
from watchtower.channels.sms_text import compose
from watchtower.config.load import load
from watchtower.core.events import Acknowledged, Decision, PageQueued
from watchtower.core.incident.incidents import Page, PageState
from watchtower.core.pipeline.engine import Engine
from watchtower.core.plan import Plan
from watchtower.model import Language, Observation, Outcome, Reading, Text
from watchtower.replay import Replay

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "a-night.md"
ROLES = {
    "li": "oncall", "zhao": "commander", "wu": "deputy", "lin": "scribe", "qian": "tech_lead", "chen": "product",
    "mei": "customer_service", "anna": "legal", "sun": "pr", "he": "executive",
}  # fmt: skip
ZONE = ZoneInfo("Asia/Shanghai")
BEGINS = datetime(2026, 3, 12, 2, 40, tzinfo=ZONE).timestamp()
LASTS, EVERY, HABITS = 7200.0, 60.0, 2
RULES = """
[product]
name = { en = "Card shop", zh = "银卡商城" }

[[rule]]
name = "flow-silent"
match = { probe = "push" }
when = "traffic.silent"
severity = "matrix"
sop = "checkout-down"
summary = { en = "No request for {{ traffic.silent_for }}", zh = "已 {{ traffic.silent_for }}无请求" }

[severity.floor.core]
down = { peak = "P0", normal = "P0", off_peak = "P0" }

[targets.P0]
acknowledge = "5m"

[compliance]
packs = ["pboc"]
critical_flows = ["checkout"]

[sop.checkout-down]
title = { en = "Checkout is down", zh = "下单支付中断" }
steps = [
  { do = { en = "Look at the bank's status page", zh = "查看银行状态页" }, within = "5m" },
  { do = { en = "Call the bank's hotline", zh = "致电银行热线" }, role = "oncall", within = "5m" },
  { do = { en = "Switch to the standby bank", zh = "切换备用银行" }, role = "commander", within = "15m" },
  { do = { en = "Say whether money is held", zh = "确认是否有资金滞留" }, role = "product", within = "20m" },
]

[channel.email]
mailbox = "var/mailbox"

[channel.sms]
file = "var/phone.txt"
"""
CARRIERS = 'budget = "cn-carriers"\n'
"""Of the SMS channel, whose table is the last of `RULES`."""
CHECKS = """
[flow.checkout]
title = { en = "Checkout", zh = "下单支付" }
amount_per_request = "182.50 CNY"
users_per_request = 0.9

[[check]]
name = "checkout-requests"
flow = "checkout"
probe = "push"
every = "60s"
"""


@dataclass
class Night:
    """What was sent to whom. `at` is seconds since the outage began."""

    title: Text
    acks: Sequence[str]
    """Who acknowledges a minute after the first page."""
    plan: Plan
    pages: list[Page] = field(default_factory=list)

    def hear(self, decision: Decision, engine: Engine) -> None:
        if isinstance(decision, PageQueued) and decision.page.state is PageState.QUEUED:
            self.pages.append(decision.page)

    def to(self, name: str, channel: str) -> list[Page]:
        return [page for page in self.pages if (page.responder, page.channel) == (name, channel)]

    def crowded(self) -> list[str]:
        """Pages of one incident to one address less than a minute after the one before, but for a worse severity."""
        last: dict[tuple[str, str, str], Page] = {}
        found = []
        for page in self.pages:
            key = (page.incident, *page.address)
            before = last.get(key)
            if before is not None and page.created_at - before.created_at < 60.0:
                found.append(f"{page.responder} by {page.channel}: {before.kind}, {page.kind}")
            last[key] = page
        return found


def people() -> Iterator[str]:
    for number, (name, role) in enumerate(ROLES.items()):
        language = "en" if name == "anna" else "zh"
        yield f'''
[[responder]]
name = "{name}"
role = "{role}"
language = "{language}"
zone = "Asia/Shanghai"
sms = "+86138000000{number:02}"
email = "{name}@example.com"
'''


def plan(budget: str = "") -> Plan:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "checks").mkdir()
        (root / "checks" / "flows.toml").write_text(CHECKS, encoding="utf-8")
        (root / "rules.toml").write_text(RULES + budget + "".join(people()), encoding="utf-8")
        return load(root / "rules.toml", root / "checks", {}).plan


def usual(at: float) -> float:
    """Requests a minute: two hundred and a half at noon, sixty at night."""
    hour = datetime.fromtimestamp(at, ZONE).hour
    return float(round(130.0 - 70.0 * math.cos(hour / 24 * math.tau)))


def play(title: Text, acks: Sequence[str], budget: str = "") -> Night:
    """Three days of habits, two hours of silence, then as it was for two hours more."""
    night = Night(title, acks, plan(budget))
    at = BEGINS - HABITS * 86400
    replay = Replay(night.plan, at, heard=night.hear, tick_every=10.0)
    told = False
    while at < BEGINS + 2 * LASTS:
        at += EVERY
        count = 0.0 if BEGINS < at <= BEGINS + LASTS else usual(at)
        reading = Reading(Outcome.UP, {"requests": count}, covers=EVERY)
        replay.feed(Observation("checkout-requests", at, reading))
        if night.pages and not told and at - night.pages[0].created_at >= 60.0:
            told = True
            for name in acks:
                replay.tell(Acknowledged("INC-1", name, "link"), at)
    return night


def nights() -> list[Night]:
    return [
        play(Text("The commander acknowledges after a minute", "应急指挥一分钟后认领"), ("zhao",)),
        play(Text("Nobody acknowledges", "无人认领"), ()),
        play(
            Text(
                "Nobody acknowledges, and carriers let ten SMS a day through",
                "无人认领，且运营商每天只放行十条短信",
            ),
            (),
            CARRIERS,
        ),
    ]


def text_of(page: Page, language: Language) -> str:
    """The SMS, as this language's reader gets it."""
    letter = Letter(
        id=page.id, thread=page.thread, first_of_thread=True, responder=page.responder, address="+8613800000000",
        language=language, zone="Asia/Shanghai", message=page.message, brief_url="https://w.example/i/1",
        ack_url="https://w.example/ack/k7",
    )  # fmt: skip
    return compose(letter)


def within(pages: Sequence[Page]) -> list[Page]:
    """Those of the two hours of the outage."""
    return [page for page in pages if page.created_at < BEGINS + LASTS]


def rendered(played: Sequence[Night]) -> str:
    """The page, in English with the Chinese texts beside."""
    lines = [
        "# A night", "",
        "Written by `python -m tests.scenarios.night`; a test plays both nights again and compares.", "",
        "A core flow is silent from 02:40 to 04:40. Ten people fill ten roles, with the shipped severities, procedure and",
        "targets. Each message is an SMS, and a mail of the same moment. Times are minutes since the outage began.", "",
    ]  # fmt: skip
    for night in played:
        lines += [f"## {night.title.en}", "", night.title.zh, "", "| role | SMS in the two hours | all SMS | all mails |",
                  "|---|---|---|---|"]  # fmt: skip
        for name, role in ROLES.items():
            sms, mails = night.to(name, "sms"), night.to(name, "email")
            lines.append(f"| {role} | {len(within(sms))} | {len(sms)} | {len(mails)} |")
        shown = ROLES if night.acks else {name: role for name, role in ROLES.items() if role == "commander"}
        for name, role in shown.items():
            lines += ["", f"### {role}: {'acknowledged' if night.acks else 'not acknowledged'}", ""]
            for page in night.to(name, "sms") or night.to(name, "email"):
                minutes = (page.created_at - BEGINS) / 60
                lines += [
                    f"- {minutes:.0f} min: {text_of(page, Language.EN)}",
                    f"  <br>{text_of(page, Language.ZH)}",
                ]
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(rendered(nights()), encoding="utf-8")
