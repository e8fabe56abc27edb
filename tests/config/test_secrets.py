"""Secrets come from the environment, and stay out of every text."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.cases import CHECKS, PEOPLE
from tests.config.kinds import FewKinds
from watchtower.config.load import load
from watchtower.config.loaded import Loaded
from watchtower.config.secrets import Secrets, fill
from watchtower.errors import ConfigError

SPELLINGS = [
    ("plain", "p@ss w/ord+1", "login with p@ss w/ord+1 failed", "login with *** failed"),
    ("in a URL", "p@ss w/ord+1", "https://u:p%40ss%20w%2Ford%2B1@h/", "https://u:***@h/"),
    ("in a URL, small letters", "p@ss w/ord+1", "https://u:p%40ss%20w%2ford%2b1@h/", "https://u:***@h/"),
    ("in a form", "p@ss w/ord+1", "a=p%40ss+w%2Ford%2B1&b", "a=***&b"),
    ("in JSON", 'say "hi"', r'{"key": "say \"hi\""}', '{"key": "***"}'),
    ("in Chinese", "密码密码", "%E5%AF%86%E7%A0%81%E5%AF%86%E7%A0%81 密码密码", "*** ***"),
    ("too short to look for", "abc", "abc is a word", "abc is a word"),
]


@pytest.mark.parametrize(
    ("secret", "text", "expected"), [s[1:] for s in SPELLINGS], ids=[s[0] for s in SPELLINGS]
)
def test_a_secret_is_taken_out_of_a_text(secret: str, text: str, expected: str) -> None:
    secrets = Secrets()
    secrets.add(secret)
    assert secrets.redact(text) == expected


def test_the_longer_secret_goes_first() -> None:
    secrets = Secrets()
    secrets.add("token")
    secrets.add("token-and-more")
    assert secrets.redact("token-and-more, token") == "***, ***"


def test_references_are_filled_in_anywhere_in_a_table() -> None:
    secrets = Secrets()
    table = {
        "url": "https://u:${PW}@h/${PATH_}",
        "list": [{"k": "${PW}"}],
        "n": 1,
        "shell": "echo $${HOME} $HOME",
    }
    filled = fill(table, {"PW": "secret", "PATH_": "pppp"}, secrets)
    assert filled.data == {
        "url": "https://u:secret@h/pppp",
        "list": [{"k": "secret"}],
        "n": 1,
        "shell": "echo ${HOME} $HOME",
    }
    assert not filled.faults
    assert secrets.names == {"PW", "PATH_"}
    assert filled.touched == {("url",), ("list", 0, "k")}


def test_a_value_that_looks_like_a_reference_is_not_filled_in_again() -> None:
    assert fill({"a": "${A}"}, {"A": "${B}", "B": "x"}, Secrets()).data == {"a": "${B}"}


CHECK = """
[[check]]
name = "account"
probe = "balance.bank"
account = { id = "7", key = "${BANK_KEY}" }
dsn = "postgresql://app:${DB_PASSWORD}@db/bank"
"""


def _load(folder: Path, environ: dict[str, str], check: str = CHECK) -> Loaded:
    (folder / "checks").mkdir()
    (folder / "rules.toml").write_text(PEOPLE, encoding="utf-8")
    (folder / "checks" / "a.toml").write_text(check + CHECKS, encoding="utf-8")
    return load(folder / "rules.toml", folder / "checks", environ, FewKinds())


def test_a_secret_reaches_the_probe_and_no_text(tmp_path: Path) -> None:
    loaded = _load(tmp_path, {"BANK_KEY": "key-of-bank", "DB_PASSWORD": "p/w-of-db"})
    settings = loaded.plan.checks["account"].settings
    assert settings.account.key.get_secret_value() == "key-of-bank"
    assert settings.dsn.get_secret_value() == "postgresql://app:p/w-of-db@db/bank"
    assert "key-of-bank" not in repr(loaded)
    assert "w-of-db" not in repr(loaded.plan)
    assert loaded.secrets.redact("key-of-bank p%2Fw-of-db") == "*** ***"


def test_a_secret_comes_from_the_file_that_name_file_names(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("key-of-bank\n", encoding="utf-8")
    loaded = _load(tmp_path, {"BANK_KEY_FILE": str(file), "DB_PASSWORD": "pppp"})
    assert loaded.plan.checks["account"].settings.account.key.get_secret_value() == "key-of-bank"
    assert file in loaded.files, "a changed secret is a changed configuration"


def test_a_secret_never_shows_in_a_problem(tmp_path: Path) -> None:
    check = CHECK + 'timeout = "${BANK_KEY}"\ntitel = 5\nflow = "${BANK_KEY}"\n'
    with pytest.raises(ConfigError) as caught:
        _load(tmp_path, {"BANK_KEY": "key-of-bank", "DB_PASSWORD": "pppp"}, check)
    assert "key-of-bank" not in str(caught.value)


def test_a_literal_secret_never_shows_in_a_problem(tmp_path: Path) -> None:
    check = CHECK.replace("${BANK_KEY}", "literal-secret").replace('id = "7"', "id = 7")
    with pytest.raises(ConfigError) as caught:
        _load(tmp_path, {"DB_PASSWORD": "pppp"}, check)
    assert "literal-secret" not in str(caught.value)
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize(
    ("written", "is_one"),
    [
        ("Bearer {{ token }}", False),
        ("{{token}}", False),
        ("session={{ sid }}", False),
        ("Bearer sk-live-4242{{ token }}", True),
        ("sk-live-4242", True),
    ],
)
def test_what_a_probe_fills_in_from_an_answer_is_no_secret_of_the_file(
    tmp_path: Path, written: str, is_one: bool
) -> None:
    (tmp_path / "checks").mkdir()
    step = f'[[check.step]]\nname = "login"\nurl = "/"\ncarry = {{ token = {{ json = "t" }}, sid = {{ cookie = "s" }} }}\n[[check.step]]\nname = "pay"\nurl = "/pay?token={{{{ token }}}}"\nheaders = {{ Authorization = "{written}" }}\n'
    check = f'[[check]]\nname = "buy"\nprobe = "steps"\nurl = "https://shop.example"\n{step}'
    (tmp_path / "checks" / "a.toml").write_text(check)
    (tmp_path / "rules.toml").write_text(PEOPLE)
    if is_one:
        with pytest.raises(ConfigError, match="secret does not belong in a file") as caught:
            load(tmp_path / "rules.toml", tmp_path / "checks", {})
        assert caught.value.problems[0].line == 12
    else:
        assert load(tmp_path / "rules.toml", tmp_path / "checks", {}).plan.checks


@pytest.mark.parametrize(
    "dsn", ["postgresql://db/bank", "postgresql://app@db/bank?sslmode=require"], ids=["plain", "with a user"]
)
def test_a_url_without_a_password_may_stand_in_the_file(tmp_path: Path, dsn: str) -> None:
    check = CHECK.replace("postgresql://app:${DB_PASSWORD}@db/bank", dsn)
    assert _load(tmp_path, {"BANK_KEY": "key-of-bank"}, check).plan.checks["account"].settings.dsn


def test_texts_and_expressions_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "checks").mkdir()
    rule = """
[[rule]]
name = "r"
match = { probe = "http" }
when = 'reason == "${NOT_A_REFERENCE}"'
severity = "P2"
sop = "s"
[sop.s]
title = "restart"
steps = ["systemctl restart ${UNIT}"]
"""
    (tmp_path / "rules.toml").write_text(rule + PEOPLE, encoding="utf-8")
    (tmp_path / "checks" / "a.toml").write_text(CHECKS, encoding="utf-8")
    plan = load(tmp_path / "rules.toml", tmp_path / "checks", {}, FewKinds()).plan
    assert plan.sops["s"].shown[0].en == "systemctl restart ${UNIT}"
