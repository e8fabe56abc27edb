"""What is refused of every vendor's table when the configuration is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tests.channels.test_two_of_a_kind import read
from watchtower.channels import channel_class
from watchtower.core.notify.channel_choice import chosen
from watchtower.errors import ConfigError
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


ROBOT = "https://oapi.dingtalk.com/robot/send?access_token=0a1b2c3d"
APP_AND_ROBOT = """
[channel.dingtalk.app]
client_id = "ding1"
client_secret = "${DT}"
[channel.dingtalk.robot]
provider = "robot"
"""


def test_an_app_serves_people_and_a_robot_its_url(tmp_path: Path) -> None:
    loaded = read(
        tmp_path, APP_AND_ROBOT, 'dingtalk = "li"', 'dingtalk = "${ROBOT}"', DT="a-secret", ROBOT=ROBOT
    )
    ways = [chosen(loaded.plan.channels, loaded.plan.responders[name], "dingtalk") for name in ("p0", "p1")]
    assert ways == [["dingtalk.app"], ["dingtalk.robot"]]


def test_an_address_that_no_provider_takes_is_refused(tmp_path: Path) -> None:
    only = APP_AND_ROBOT.partition("[channel.dingtalk.robot]")[0].replace("dingtalk.app", "dingtalk")
    with pytest.raises(ConfigError, match="add a channel whose provider takes such an address") as caught:
        read(tmp_path, only, 'dingtalk = "${ROBOT}"', DT="a-secret", ROBOT=ROBOT)
    assert ROBOT not in str(caught.value)


def test_a_robots_url_does_not_stand_in_a_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="dingtalk: a secret does not belong in a file") as caught:
        read(tmp_path, APP_AND_ROBOT, f'dingtalk = "{ROBOT}"', DT="a-secret")
    assert ROBOT not in str(caught.value)
