"""WATCHTOWER_*: what the container's environment says."""

from __future__ import annotations

from pathlib import Path

import pytest

from watchtower.config.secrets import Secrets
from watchtower.config.settings import read, unknown_variables
from watchtower.errors import UsageError

WRONG = [
    ("WATCHTOWER_THREADS", "many", 'must be a whole number, not "many"'),
    ("WATCHTOWER_THREADS", "0", 'must be at least 1, not "0"'),
    ("WATCHTOWER_LOG_LEVEL", "warn", '"warn" is not one of debug, info, warning, error'),
    ("WATCHTOWER_LOG_FORMAT", "JSON", 'did you mean "json"?'),
    ("WATCHTOWER_LISTEN", "9464", '"9464" is not an address and a port'),
    ("WATCHTOWER_LISTEN", "127.0.0.1:99999", "is not an address and a port"),
    ("WATCHTOWER_STORE", "mysql://root:hunter22@db/x", "is not a store"),
    ("WATCHTOWER_STORE", "postgresql://u:hunter22@[db/x", "has a host or a port that is none"),
    ("WATCHTOWER_STORE", "postgresql://u:hunter22@db:99999/x", "has a host or a port that is none"),
    ("WATCHTOWER_STORE", "sqlite:///v\udcff.db", "is not UTF-8 text"),
    ("WATCHTOWER_BASE_URL", "https://watch\udcff.example", "is not UTF-8 text"),
    ("WATCHTOWER_API_TOKEN", "0123456789abcdef\udcff", "is not UTF-8 text"),
    ("WATCHTOWER_API_TOKEN", "0123456789abcdef-Ключ", "holds what no header can carry"),
    ("WATCHTOWER_PUSH_TOKEN", " 0123456789abcdef", "holds what no header can carry"),
    ("WATCHTOWER_BASE_URL", "watch.example.com", "is not a URL that begins with"),
    ("WATCHTOWER_RETENTION", "400", "is not a duration"),
    ("WATCHTOWER_API_TOKEN", "short-one", "must have at least 16 characters"),
    ("WATCHTOWER_SECRET_FILE", "/nonexistent/secret", "cannot be read: no such file or directory"),
]


def test_nothing_set_is_well() -> None:
    settings = read({})
    assert (settings.rules, settings.checks) == (Path("rules.toml"), Path("checks"))
    assert (settings.listen_host, settings.listen_port) == ("127.0.0.1", 9464)
    assert settings.retention_seconds == 400 * 86400
    assert settings.api_token is None


def test_what_is_set_is_read_and_an_option_goes_first() -> None:
    environ = {
        "WATCHTOWER_RULES": "/etc/r.toml",
        "WATCHTOWER_THREADS": "3",
        "WATCHTOWER_BASE_URL": "https://w.example/",
    }
    settings = read(environ, rules=None, checks=Path("other"))
    assert settings.rules == Path("/etc/r.toml")
    assert settings.checks == Path("other")
    assert settings.threads == 3
    assert settings.base_url == "https://w.example"


def test_an_empty_variable_is_as_good_as_none() -> None:
    assert read({"WATCHTOWER_THREADS": "", "WATCHTOWER_API_TOKEN": ""}).threads == 8


def test_an_ipv6_address() -> None:
    settings = read({"WATCHTOWER_LISTEN": "[::]:80"})
    assert (settings.listen_host, settings.listen_port) == ("::", 80)


@pytest.mark.parametrize(("variable", "value", "said"), WRONG, ids=[f"{one[0]}={one[1]}" for one in WRONG])
def test_a_wrong_value_is_told_by_the_name_of_its_variable(variable: str, value: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read({variable: value})
    assert variable in str(caught.value)
    assert said in str(caught.value)
    assert "hunter22" not in str(caught.value)
    assert "short-one" not in str(caught.value)


def test_all_wrong_values_are_told_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        read(dict(one[:2] for one in WRONG))
    for variable in {one[0] for one in WRONG}:
        assert variable in str(caught.value)


def test_a_token_comes_from_a_file_and_is_kept_out_of_texts(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("a-token-of-some-length\n", encoding="utf-8")
    secrets = Secrets()
    settings = read({"WATCHTOWER_API_TOKEN_FILE": str(file)}, secrets)
    assert settings.api_token
    assert settings.api_token.get_secret_value() == "a-token-of-some-length"
    assert secrets.redact("got a-token-of-some-length") == "got ***"
    assert "a-token" not in repr(settings)


def test_a_misspelt_variable_is_warned_of() -> None:
    environ = {"WATCHTOWER_RULE": "x", "WATCHTOWER_SMS_KEY": "y", "WATCHTOWER_SECRET_FILE": "z", "PATH": "p"}
    (warning,) = unknown_variables(environ, {"WATCHTOWER_SMS_KEY"})
    assert str(warning).endswith('did you mean "WATCHTOWER_RULES"?')


def test_the_process_environment_is_not_looked_into() -> None:
    assert "PATH" not in vars(read({"PATH": "/bin"}))
    assert read({"PATH": "/bin"}) == read({})
