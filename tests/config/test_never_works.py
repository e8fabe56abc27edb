"""Whatever passes check-config can work: hostile texts in every place where a name, an address or a file is expected."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from watchtower.config.load import load
from watchtower.errors import ConfigError

RULES = """
[[rule]]
name = "down"
match = {{}}
when = 'outcome == "down"'
severity = "P1"
[[responder]]
name = "li"
role = "oncall"
{person}
{channel}
"""
MAIL, MAILBOX = 'email = "li@example.com"', '[channel.email]\nmailbox = "var/mailbox"'
PHONE = 'sms = "+8613800138000"'
SMS = '[channel.sms]\nurl = "https://sms.example/send"\njson = { to = "{{ to }}", text = "{{ text }}" }'
SERVER = '[channel.email]\nhost = "mail.example"\nsender = "w@example.com"'
CHECKS = {
    "http": 'probe = "http"\nurl = "https://bank.example/health"',
    "tcp": 'probe = "tcp"\naddress = "bank.example:443"',
    "tls": 'probe = "tls"\naddress = "bank.example:443"',
    "icmp": 'probe = "icmp"\nhosts = ["bank.example"]',
    "grpc": 'probe = "grpc"\naddress = "bank.example:443"\ntls = true',
    "domain": 'probe = "domain"\ndomain = "bank.example"',
    "metrics": 'probe = "metrics"\nurl = "http://a.example/metrics"\nquery = "up"',
    "prometheus": 'probe = "prometheus"\nurl = "http://a.example"\nquery = "up"\ngives = "gauge"',
    "redis": 'probe = "redis"\nurl = "redis://a.example/0"',
    "postgres": 'probe = "postgres"\ndsn = "postgresql://u@a.example/d"',
    "access_log": 'probe = "access_log"\nfile = "/var/log/a.log"',
    "command": 'probe = "command"\ncommand = ["/bin/true"]',
}


def wrong(home: Path, check: str = CHECKS["tcp"], person: str = MAIL, channel: str = MAILBOX) -> list[str]:
    (home / "checks").mkdir(exist_ok=True)
    (home / "rules.toml").write_text(RULES.format(person=person, channel=channel), encoding="utf-8")
    (home / "checks" / "a.toml").write_text(f'[[check]]\nname = "c"\n{check}\n', encoding="utf-8")
    try:
        load(home / "rules.toml", home / "checks", {})
    except ConfigError as error:
        return [f"{problem.where}: {problem.what}" for problem in error.problems]
    return []


def put(table: str, key: str, value: object) -> str:
    """The table with this key set, instead of what it had."""
    lines = [line for line in table.split("\n") if not line.startswith(f"{key} =")]
    return "\n".join([*lines, f"{key} = {json.dumps(value)}"])


NEVER = {"blank": " ", "a line": "a\nb", "NUL": "a\0b", "an emoji": "😀", "10 kB": "x" * 10_000}
ADDRESSES = {
    **NEVER,
    "another scheme": "ftp://a.example/x",
    "no scheme": "bank.example/health",
    "no host": "https:///x",
    "a blank in it": "https://a .example/",
    "a port too large": "https://a.example:99999/",
}
HOSTS = {**NEVER, "an address": "https://a.example/", "a path": "a.example/x", "a port": "a.example:25x"}
FILES = {"blank": " ", "a line": "a\nb", "NUL": "a\0b"}
PLACES = [
    *((kind, "url", ADDRESSES) for kind in ("http", "metrics", "prometheus", "redis")), ("http", "proxy", ADDRESSES), ("postgres", "dsn", ADDRESSES),
    ("tcp", "address", HOSTS), ("tls", "address", HOSTS), ("tls", "server_name", HOSTS), ("http", "connect_to", HOSTS),
    *((kind, "ca_file", FILES) for kind in ("http", "tls", "metrics", "redis")), ("access_log", "file", FILES),
    ("grpc", "address", HOSTS), ("grpc", "server_name", HOSTS), ("grpc", "ca_file", FILES), ("domain", "domain", HOSTS),
    ("domain", "server_url", ADDRESSES), ("domain", "bootstrap_url", ADDRESSES), ("domain", "proxy", ADDRESSES),
    ("icmp", "hosts", {name: [value] for name, value in {**HOSTS, "nothing": ""}.items()}),
    ("http", "own_hosts", {name: [value] for name, value in HOSTS.items()}),
    ("command", "command", {"nothing": [""], "blank": [" ", "x"], "NUL": ["/bin/true", "a\0b"]}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "key", "values"), PLACES, ids=[f"{kind} {key}" for kind, key, _ in PLACES])
def test_a_probe_that_could_never_be_run_is_refused(
    tmp_path: Path, kind: str, key: str, values: dict[str, object]
) -> None:
    assert wrong(tmp_path, CHECKS[kind]) == []
    for name, value in values.items():
        said = wrong(tmp_path, put(CHECKS[kind], key, value))
        assert said, f"{name} passes"
        assert not any("cannot be read" in one or "secret does not belong" in one for one in said), said


@pytest.mark.parametrize(
    ("table", "key", "values"),
    [(SERVER, "host", HOSTS), (SERVER, "ca_file", FILES), (SERVER, "sender", NEVER), (MAILBOX, "mailbox", FILES)],
    ids=["host", "ca_file", "sender", "mailbox"],
)  # fmt: skip
def test_a_mail_channel_that_could_never_send_is_refused(
    tmp_path: Path, table: str, key: str, values: dict[str, object]
) -> None:
    assert wrong(tmp_path, channel=table) == []
    for name, value in values.items():
        assert wrong(tmp_path, channel=put(table, key, value)), f"{name} passes"


@pytest.mark.parametrize("key", ["url", "proxy", "ca_file"])
def test_an_sms_channel_that_could_never_send_is_refused(tmp_path: Path, key: str) -> None:
    assert wrong(tmp_path, person=PHONE, channel=SMS) == []
    for name, value in (FILES if key == "ca_file" else ADDRESSES).items():
        assert wrong(tmp_path, person=PHONE, channel=put(SMS, key, value)), f"{name} passes"


def test_an_sms_that_says_nothing_is_refused_and_one_of_parts_is_not(tmp_path: Path) -> None:
    (said,) = wrong(tmp_path, person=PHONE, channel=SMS.replace("{{ text }}", "alarm"))
    assert 'put "{{ text }}"' in said
    assert wrong(tmp_path, person=PHONE, channel=SMS.replace("{{ text }}", "{{ title }}: {{ status }}")) == []


def test_an_sms_for_nobody_is_refused(tmp_path: Path) -> None:
    (said,) = wrong(tmp_path, person=PHONE, channel=SMS.replace("{{ to }}", "+8613800000001"))
    assert 'put "{{ to }}"' in said
    assert wrong(tmp_path, person=PHONE, channel=SMS.replace("{{ to }}", "{{ to_digits }}")) == []


@pytest.mark.parametrize(
    "email",
    [
        "li",
        "a@b@c.example",
        "a b@c.example",
        "a..b@c.example",
        "Li <li@example.com>",
        "a@-c.example",
        "a@c.example,b@c.example",
        "a" * 65 + "@c.example",
    ],
)
def test_a_mail_address_that_could_never_be_one_is_refused(tmp_path: Path, email: str) -> None:
    assert wrong(tmp_path, person=f'email = "{email}"')


@pytest.mark.parametrize(
    "phone",
    [
        "13800138000",
        "+1",
        "+0000000",
        "+86abc",
        "+86 138",
        "++8613800138000",
        "＋8613800138000",
        "+123456789012345678",
    ],
)
def test_a_phone_number_that_could_never_be_one_is_refused(tmp_path: Path, phone: str) -> None:
    assert wrong(tmp_path, person=f'sms = "{phone}"', channel=SMS)


@pytest.mark.parametrize("zone", ["", " ", "CST+8", "Asia/Peking", "../../etc/passwd", "UTC\\n", "x" * 300])
def test_a_zone_that_there_is_not_is_refused(tmp_path: Path, zone: str) -> None:
    assert wrong(tmp_path, person=f'{MAIL}\nzone = "{zone}"')


def test_a_url_without_its_scheme_is_told_as_that(tmp_path: Path) -> None:
    (said,) = wrong(tmp_path, 'probe = "http"\nurl = "bank.example/health"')
    assert "must be a whole http:// or https:// address" in said


@pytest.mark.parametrize("url", ["https://银行.example/", "https://bank.example/健康?名=值"])
def test_a_chinese_host_or_path_is_sent_as_it_must_be(tmp_path: Path, url: str) -> None:
    assert wrong(tmp_path, f'probe = "http"\nurl = "{url}"') == []
    plan = load(tmp_path / "rules.toml", tmp_path / "checks", {}).plan
    assert plan.checks["c"].settings.url.get_secret_value().isascii()
