"""Where a check asks, whose health that is, and whether our own network is between."""

from __future__ import annotations

from pathlib import Path

import pytest

from watchtower.config.load import load

SECRETS = {"SLACK_TOKEN": "xoxb-1", "KEY": "a-key-of-theirs"}
RULES = """
[[rule]]
name = "down"
match = {}
when = 'outcome == "down"'
severity = "P2"
summary = { en = "down", zh = "不可用" }

[[responder]]
name = "li"
email = "li@example.com"
slack = "U0123456789"
webhook = "https://hooks.example.com/li"

[channel.email]
host = "mail.example.com"
sender = "w@example.com"

[channel.slack]
token = "${SLACK_TOKEN}"

[channel.webhook]
"""


@pytest.mark.parametrize(
    ("keys", "vendor", "network"),
    [
        ('probe = "http"\nurl = "https://slack.com/api/api.test"', "slack", True),
        ('probe = "http"\nurl = "https://slack.com:8443/"', "", True),
        ('probe = "tcp"\naddress = "mail.example.com:587"', "email", True),
        ('probe = "http"\nurl = "https://hooks.example.com/health"', "webhook", True),
        ('probe = "http"\nurl = "https://hooks.example.com/health"\nvendor = "ours"', "ours", True),
        (
            'probe = "balance.alibaba"\naccess_key_id = "${KEY}"\naccess_key_secret = "${KEY}"',
            "alibaba",
            True,
        ),
        ('probe = "http"\nurl = "http://127.0.0.1:8080/"', "", False),
        ('probe = "http"\nurl = "http://127.0.0.1:8080/"\nnetwork = true', "", True),
        ('probe = "http"\nurl = "http://10.0.0.7/"\nnetwork = false', "", False),
        ('probe = "tcp"\naddress = "[::1]:25"', "", False),
        ('probe = "tcp"\naddress = "localhost:25"\nor_any_of = ["10.0.0.7:25"]', "", True),
        ('probe = "dns"\ndomain = "example.com"\nservers = ["127.0.0.53"]', "", True),
        ('probe = "command"\ncommand = ["true"]', "", False),
        ('probe = "push"', "", True),
        ('probe = "icmp"\nhosts = ["10.0.0.7"]', "", True),
        ('probe = "domain"\ndomain = "shop.example"', "", True),
        ('probe = "grpc"\naddress = "127.0.0.1:50051"', "", False),
        ('probe = "http"\nurl = "wss://slack.com/"', "slack", True),
    ],
)
def test_a_check_knows_whom_it_asks(tmp_path: Path, keys: str, vendor: str, network: bool) -> None:
    (tmp_path / "checks").mkdir()
    (tmp_path / "rules.toml").write_text(RULES, encoding="utf-8")
    (tmp_path / "checks" / "a.toml").write_text(f'[[check]]\nname = "it"\n{keys}\n', encoding="utf-8")
    it = load(tmp_path / "rules.toml", tmp_path / "checks", SECRETS).plan.checks["it"]
    assert (it.vendor, it.network) == (vendor, network)
