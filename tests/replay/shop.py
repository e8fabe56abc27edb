"""A small shop to replay: one core flow, a site's own probe of a balance, two people; and the command to run it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from watchtower.cli.backtest import command

T0 = 1_700_000_000.0
CHECKS = """
[flow.checkout]
title = { en = "Checkout", zh = "下单支付" }
tier = "core"

[flow.refund]
tier = "supporting"

[[check]]
name = "orders"
flow = "checkout"
probe = "metrics"
url = "http://127.0.0.1:1/metrics"
query = "orders_total"
every = "10s"
detect = { zero_for = "1m" }

[[check]]
name = "routes"
probe = "metrics"
url = "http://127.0.0.1:1/metrics"
query = "routes_total"
label = "route"
every = "10s"
detect = { zero_for = "1m" }
flows = { "/pay" = "checkout", "/refund" = "refund" }

[[check]]
name = "wallet"
probe = "wallet"
every = "1h"
timeout = "5s"
"""
WALLET = """
from watchtower.probes.contract import Fact, Probe, up

class Wallet(Probe):
    kind = "wallet"
    facts = {"balance": Fact.number("what is left")}
    detector = "runway"

    def probe(self):
        return up(balance=1.0)
"""
RULES = """
[product]
name = "Shop"

[[rule]]
name = "silent"
match = { check = ["orders", "routes"] }
when = "traffic.silent"
for = "20s"
keep_firing_for = "1m"
severity = "P1"
summary = "No requests for {{ traffic.silent_for }}"

[[rule]]
name = "dead"
match = { check = ["orders", "routes"] }
when = "traffic.silent_for >= 300.0"
severity = "P0"
summary = "Dead for {{ traffic.silent_for }}"

[[rule]]
name = "runs-out"
match = { probe = "wallet" }
when = "runway.days_left < 3.0"
severity = "P2"
summary = "{{ balance }} left, for {{ runway.days_left }}"

[paging.P0]
roles = ["oncall", "lead"]
channels = ["sms", "email"]
remind_every = "5m"

[paging.P1]
roles = ["oncall"]
channels = ["sms"]
remind_every = "5m"

[[responder]]
name = "li"
role = "oncall"
sms = "${SMS_LI}"
email = "li@example.com"

[[responder]]
name = "wang"
role = "lead"
sms = "${SMS_WANG}"
email = "${MAIL_WANG}"

[channel.sms]
url = "${SMS_URL}"
headers = { Authorization = "Bearer ${SMS_TOKEN}" }
json = { to = "{{ to }}", text = "{{ text }}" }

[channel.email]
host = "smtp.example.com"
sender = "Watchtower <alerts@example.com>"
username = "alerts"
password = "${SMTP_PASSWORD}"
"""


@dataclass(frozen=True)
class Shop:
    """The configuration in a folder, and the files that tests put beside it."""

    folder: Path

    @classmethod
    def built(cls, folder: Path) -> Shop:
        (folder / "checks").mkdir()
        (folder / "checks" / "shop.toml").write_text(CHECKS, encoding="utf-8")
        (folder / "checks" / "wallet.py").write_text(WALLET, encoding="utf-8")
        (folder / "rules.toml").write_text(RULES, encoding="utf-8")
        return cls(folder)

    def file(self, text: str | bytes, name: str = "samples.csv") -> Path:
        path = self.folder / name
        data = text.encode() if isinstance(text, str) else text
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return path

    def run(self, *arguments: str, rules: str | None = None) -> Result:
        if rules is not None:
            (self.folder / "rules.toml").write_text(rules, encoding="utf-8")
        base = ["--rules", str(self.folder / "rules.toml"), "--checks", str(self.folder / "checks")]
        return CliRunner().invoke(command, [*base, *arguments], catch_exceptions=False)

    def records(self, *arguments: str) -> list[dict[str, Any]]:
        result = self.run("--json", *arguments)
        assert result.exit_code == 0, result.stderr
        return [json.loads(line) for line in result.stdout.splitlines()]


def rows(
    values: Iterable[float | str | None], every: float = 10.0, start: float = T0, header: str = "time,value"
) -> str:
    """A file with a row every `every` seconds; None: the row is absent."""
    lines = [header]
    lines += [f"{start + n * every:.15g},{value}" for n, value in enumerate(values) if value is not None]
    return "\n".join(lines) + "\n"


def spelled(timeline: str) -> list[float | None]:
    """One character a poll: a digit is a count, a blank an absent row."""
    return [None if letter == " " else float(letter) for letter in timeline]


def told(records: Sequence[dict[str, Any]]) -> list[str]:
    """`+80 page_new P1 li sms` for each record, with seconds since the beginning."""
    parts = [
        (r["at"] - T0, r["event"], r["severity"], r.get("responder", ""), r.get("channel", ""))
        for r in records
    ]
    return [" ".join(filter(None, (f"+{at:.15g}", *rest))) for at, *rest in parts]
