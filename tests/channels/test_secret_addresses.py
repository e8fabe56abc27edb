"""An address by which anybody could send is a secret: it comes from the environment, and no text shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.channels.test_two_of_a_kind import CHECK, RULE
from watchtower.config.load import load
from watchtower.errors import ConfigError

KEY = "0123456789abcdef0123456789abcdef"


def read(folder: Path, address: str, value: str) -> None:
    (folder / "checks").mkdir(exist_ok=True)
    (folder / "checks" / "bank.toml").write_text(CHECK, encoding="utf-8")
    person = f'[[responder]]\nname = "li"\nrole = "oncall"\npagerduty = "{address}"\n'
    (folder / "rules.toml").write_text(f"{RULE}{person}[channel.pagerduty]\n", encoding="utf-8")
    load(folder / "rules.toml", folder / "checks", {"PD": value})


def test_it_comes_from_the_environment(tmp_path: Path) -> None:
    read(tmp_path, "${PD}", KEY)


@pytest.mark.parametrize(
    ("address", "value", "said"),
    [
        (KEY, "", "pagerduty: a secret does not belong in a file"),
        ("${PD}", "half-a-key-0123456789", 'pagerduty: "***" is not the integration key'),
    ],
)
def test_a_wrong_one_is_refused_and_not_shown(tmp_path: Path, address: str, value: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, address, value)
    assert said in str(caught.value)
    assert KEY not in str(caught.value)
    assert "half-a-key" not in str(caught.value)
