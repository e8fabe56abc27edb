"""What is refused of every vendor's table when the configuration is read."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from watchtower.channels import channel_class
from watchtower.fields import Secret

TABLES: list[tuple[str, str, dict[str, Any], str]] = [
    ("feishu", "app", {"app_id": "cli_a1"}, "app_secret"),
    ("feishu", "robot", {"provider": "robot"}, "secret"),
    ("dingtalk", "app", {"client_id": "ding1"}, "client_secret"),
    ("dingtalk", "robot", {"provider": "robot"}, "secret"),
    ("wecom", "app", {"corp_id": "ww1", "agent_id": 1}, "secret"),
    ("slack", "", {}, "token"),
    ("telegram", "", {}, "token"),
    ("webhook", "", {}, "secret"),
]


@pytest.mark.parametrize(("kind", "provider", "table", "secret"), TABLES)
def test_a_secret_with_a_newline_is_none(
    kind: str, provider: str, table: dict[str, Any], secret: str
) -> None:
    settings = channel_class(kind, provider).Settings
    settings(**table, **{secret: Secret("123456:AAE-a-key-of-a-bot-1234567890")})
    with pytest.raises(ValidationError, match=f"{secret} begins or ends with a newline"):
        settings(**table, **{secret: Secret("123456:AAE-a-key-of-a-bot-1234567890\n")})


@pytest.mark.parametrize(
    ("kind", "provider", "table", "secret"), [one for one in TABLES if one[1] == "app" or one[0] == "slack"]
)
def test_a_url_is_one_and_ends_without_a_slash(
    kind: str, provider: str, table: dict[str, Any], secret: str
) -> None:
    settings = channel_class(kind, provider).Settings
    made = settings(**table, **{secret: Secret("a-key-of-a-bot")}, url="https://proxy.example/api/")
    assert made.url == "https://proxy.example/api"
    with pytest.raises(ValidationError, match=r'"proxy\.example" is not'):
        settings(**table, **{secret: Secret("a-key-of-a-bot")}, url="proxy.example")
