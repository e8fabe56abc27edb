"""What is read where most of it is known already is what is read anew."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from tests.config.test_handover import CHECK, EVERYTHING, PEOPLE, RULE, RULES, configuration, environment
from tests.config.test_mutations import change_type, delete_line, misspell
from watchtower.app.child import ask
from watchtower.config.handover import in_force, keep_known, unpacked
from watchtower.config.load import load
from watchtower.config.loaded import Loaded
from watchtower.config.unchanged import Unchanged
from watchtower.errors import ConfigError
from watchtower.probes.registry import Registry

MORE = (
    EVERYTHING
    + """
[flow.refund]
title = { en = "Refund", zh = "退款" }
outside = ["out-1", "out-2"]

[[check]] # as seen from outside
name = "out-1"
probe = "tcp"
address = "bank.example:443"
flow = "refund"

[[check]]
name = "out-2"
probe = "tcp"
address = "bank.example:444"
flow = "refund"

[[check]]
name = "counted"
probe = "metrics"
url = "http://127.0.0.1:8080/metrics"
query = "refunds_total"
flow = "refund"
[check.detect]
kind = "traffic"
days_off = ["2026-10-01"] # a warning: without a zone

[[check]]
name = "lists"
probe = "http"
url = "https://bank.example/a#b"
status = [
  200,
  301,
]
no_data_after = "1s"

[[check]]
name = "mail"
probe = "tcp"
address = "mail.example:25"
labels = { team = "pay", what = "a [strange] one # indeed" }
every = "20s"
no_data_after = "5s"
"""
)


def read(folder: Path, known: Loaded | None = None) -> Loaded | list[str]:
    """What the files mean, or what is wrong with them."""
    unchanged = None
    if known is not None:
        unchanged = Unchanged(folder / "checks", *unpacked(in_force(known.plan, known.texts)))
    environ = environment(folder)
    try:
        return load(folder / "rules.toml", folder / "checks", environ, Registry.load(), unchanged=unchanged)
    except ConfigError as error:
        return [str(problem) for problem in error.problems]


def same(one: Loaded | list[str], other: Loaded | list[str]) -> bool:
    if isinstance(one, list) or isinstance(other, list):
        return one == other
    assert list(one.plan.checks) == list(other.plan.checks)
    for name, check in one.plan.checks.items():
        assert vars(check) == vars(other.plan.checks[name]), name
    for name, rule in one.plan.rules.items():
        assert list(rule.programs) == list(other.plan.rules[name].programs)
    assert one.plan.flows == other.plan.flows
    assert one.plan.timetables.keys() == other.plan.timetables.keys()
    assert (one.warnings, one.files, one.texts) == (other.warnings, other.files, other.texts)
    return one.secrets.names == other.secrets.names


@pytest.fixture
def known(tmp_path: Path) -> Loaded:
    found = read(configuration(tmp_path, MORE, RULES))
    assert isinstance(found, Loaded), found
    return found


@pytest.mark.parametrize("seed", range(25))
def test_whatever_is_changed_is_read_as_if_all_were_read(seed: int, known: Loaded, tmp_path: Path) -> None:
    draw, text = random.Random(seed), MORE
    for _ in range(draw.randint(1, 3)):
        how = draw.choice([delete_line, change_type, misspell, _moved, _twice, _without, _above])
        text = how(text, draw)
    configuration(tmp_path, text, RULES)
    assert same(read(tmp_path, known), read(tmp_path))


def _tables(text: str) -> list[str]:
    return re.split(r"(?m)^(?=\[\[check\]\]|\[flow)", text)


def _moved(text: str, draw: random.Random) -> str:
    tables = _tables(text)
    draw.shuffle(tables)
    return "".join(tables)


def _twice(text: str, draw: random.Random) -> str:
    return text + draw.choice(_tables(text))


def _without(text: str, draw: random.Random) -> str:
    tables = _tables(text)
    del tables[draw.randrange(len(tables))]
    return "".join(tables)


def _above(text: str, draw: random.Random) -> str:
    at = text.index(draw.choice(_tables(text)[1:]))
    return text[:at] + draw.choice(["# a word\n", "\n\n", "[flow.more]\n", '"""\n', "x = [\n"]) + text[at:]


def test_only_what_means_the_same_is_taken_again(known: Loaded, tmp_path: Path) -> None:
    checks, texts = unpacked(in_force(known.plan, known.texts))
    tables = Unchanged(tmp_path / "checks", checks, texts).of(MORE)
    assert {check.name for _, check in tables} == {
        "balance", "counted", "log", "mail", "orders", "out-2", "requests",
    }, "page has a secret, out-1 a comment in its header, and lists a list on several lines"  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("outside =", "# outside ="),
        ('title = { en = "Refund", zh = "退款" }', 'tier = "core"'),
        ('flow = "refund"\n\n[[check]]\nname = "out-2"', 'flow = "checkout"\n\n[[check]]\nname = "out-2"'),
    ],
)
def test_a_changed_flow_changes_what_its_checks_measure(
    old: str, new: str, known: Loaded, tmp_path: Path
) -> None:
    configuration(tmp_path, MORE.replace(old, new), RULES)
    assert same(read(tmp_path, known), read(tmp_path))


def test_a_check_watches_the_vendor_of_a_new_channel(known: Loaded, tmp_path: Path) -> None:
    sms = '[channel.sms]\nurl = "https://bank.example:444/"\nvendor = "bank"\njson = { to = "{{ to }}", text = "{{ text }}" }\n'
    responder = '[[responder]]\nname = "he"\nrole = "oncall"\nsms = "+8613800000000"\n'
    people = PEOPLE.replace('[channel.sms]\nfile = "var/phone.txt"\n', sms) + responder
    configuration(tmp_path, MORE, RULES)
    (tmp_path / "rules.toml").write_text(RULES + people, encoding="utf-8")
    found = read(tmp_path, known)
    assert same(found, read(tmp_path))
    assert isinstance(found, Loaded), found
    assert found.plan.checks["out-2"].vendor == "bank"


def test_a_variable_that_is_filled_in_is_looked_up_again(known: Loaded, tmp_path: Path) -> None:
    environ = {**environment(tmp_path), "PASSWORD": "another-one"}
    unchanged = Unchanged(tmp_path / "checks", *unpacked(in_force(known.plan, known.texts)))
    found = load(tmp_path / "rules.toml", tmp_path / "checks", environ, Registry.load(), unchanged=unchanged)
    assert found.secrets.redact("another-one") == "***"
    assert found.plan.checks["page"].settings != known.plan.checks["page"].settings


def test_the_files_may_be_those_of_windows(tmp_path: Path) -> None:
    checks = (CHECK + CHECK.replace('"a"', '"b"')).replace("\n", "\r\n")
    first = read(configuration(tmp_path, checks, RULE))
    assert isinstance(first, Loaded)
    configuration(tmp_path, "\ufeff# more\r\n" + checks, RULE)
    assert same(read(tmp_path, first), read(tmp_path))


def test_only_what_changed_is_handed_over(tmp_path: Path) -> None:
    many = "".join(CHECK.replace('"a"', f'"c{n}"').replace(":1", f":{n + 1}") for n in range(200))
    environ = environment(configuration(tmp_path, many, RULE))
    old = unpacked(ask(environ, None, None).loaded)
    configuration(tmp_path, CHECK + many.replace(':7"', ':70"'), RULE)
    again = ask(environ, None, None, in_force=in_force(old.plan, old.texts)).loaded
    new = unpacked(again)
    assert sum(isinstance(check, str) for check in new.plan.checks.values()) == 199
    keep_known(new.plan, old.plan)
    assert {name for name, check in new.plan.checks.items() if check is not old.plan.checks.get(name)} == {
        "a", "c6",
    }  # fmt: skip
    assert new.plan.checks["c199"].source == str(tmp_path / "checks" / "a.toml") + ":801"
    assert same(new, unpacked(ask(environ, None, None).loaded))
