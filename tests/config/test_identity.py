"""The same measurement twice is refused; two that only look alike where secrets are hidden are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from watchtower.config.load import load
from watchtower.errors import ConfigError

RULES = """
[[rule]]
name = "down"
match = {}
when = 'outcome == "down"'
severity = "P3"
[[responder]]
name = "li"
role = "oncall"
email = "li@example.com"
[channel.email]
mailbox = "var/mailbox"
"""
FLOW = "[flow.checkout]\n"


def check(name: str, keys: str) -> str:
    return f'[[check]]\nname = "{name}"\nflow = "checkout"\n{keys}\n'


def loaded(tmp_path: Path, one: str, two: str) -> list[str]:
    (tmp_path / "checks").mkdir()
    (tmp_path / "rules.toml").write_text(RULES)
    (tmp_path / "checks" / "a.toml").write_text(FLOW + check("one", one) + check("two", two))
    environ = {"A": "postgresql://u:secret-1@db.example/a", "B": "postgresql://u:secret-2@db.example/a"}
    try:
        load(tmp_path / "rules.toml", tmp_path / "checks", environ)
    except ConfigError as error:
        return [problem.what for problem in error.problems]
    return []


DIFFERENT = {
    "http, by path": ('probe = "http"\nurl = "https://a.example/x"', 'probe = "http"\nurl = "https://a.example/y"'),
    "http, by query": ('probe = "http"\nurl = "https://a.example/?k=1"', 'probe = "http"\nurl = "https://a.example/?k=2"'),
    "http, by what is sent": (
        'probe = "http"\nurl = "https://a.example"\nmethod = "POST"\nbody = "1"',
        'probe = "http"\nurl = "https://a.example"\nmethod = "POST"\nbody = "2"',
    ),
    "http, by a header": (
        'probe = "http"\nurl = "https://a.example"\nheaders = { Host = "one.example" }',
        'probe = "http"\nurl = "https://a.example"\nheaders = { Host = "two.example" }',
    ),
    "metrics": (
        'probe = "metrics"\nurl = "http://a.example/m"\nquery = "up"',
        'probe = "metrics"\nurl = "http://b.example/m"\nquery = "up"',
    ),
    "push counters": ('probe = "push"', 'probe = "push"'),
    "sql, by a secret": (
        'probe = "sql"\ndsn = "${A}"\nquery = "select count(*) as requests from t where at >= :since and at < :until"',
        'probe = "sql"\ndsn = "${B}"\nquery = "select count(*) as requests from t where at >= :since and at < :until"',
    ),
    "tcp, by what is said": (
        'probe = "tcp"\naddress = "a.example:25"\nsend = "HELO x"',
        'probe = "tcp"\naddress = "a.example:25"\nsend = "NOOP"',
    ),
}  # fmt: skip


@pytest.mark.parametrize("pair", DIFFERENT.values(), ids=DIFFERENT)
def test_checks_that_measure_different_things_on_one_flow_are_accepted(
    tmp_path: Path, pair: tuple[str, str]
) -> None:
    assert loaded(tmp_path, *pair) == []


SAME = {name: one for name, (one, _) in DIFFERENT.items() if name != "push counters"}


@pytest.mark.parametrize("keys", SAME.values(), ids=SAME)
def test_the_same_measurement_twice_is_refused(tmp_path: Path, keys: str) -> None:
    assert loaded(tmp_path, keys, keys) == ['measures the same for flow "checkout" as check "one"']
