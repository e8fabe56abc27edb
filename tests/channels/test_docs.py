"""The examples in docs/channels are read by the code they describe."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from watchtower.channels import channel_class, kinds, problem_of_address, providers, traits
from watchtower.channels.sms_values import PLACEHOLDERS

DOCS = Path(__file__).resolve().parents[2] / "docs" / "channels"
ENVIRON = {
    "${SMS_LI}": "+8613800138000",
    "${CALLBACK_SECRET}": "0123456789abcdef",
    "${DINGTALK_ROBOT_URL}": "https://oapi.dingtalk.com/robot/send?access_token=0a1b2c3d",
    "${FEISHU_ROBOT_URL}": "https://open.feishu.cn/open-apis/bot/v2/hook/0b1c2d3e-4f5a-6b7c-8d9e-0f1a2b3c4d5e",
    "${WECOM_ROBOT_URL}": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=0b1c2d3e-4f5a-6b7c-8d9e-0f1a2b3c4d5e",
}


def examples() -> Iterator[Any]:
    for page in sorted(DOCS.glob("*.md")):
        for number, block in enumerate(
            re.findall(r"```toml\n(.*?)```", page.read_text("utf-8"), re.DOTALL), 1
        ):
            yield pytest.param(tomllib.loads(block), id=f"{page.name}-{number}")


def documented(page: str) -> set[str]:
    """The settings in the first column of the first table."""
    table = (DOCS / page).read_text("utf-8").split("| Setting |", 1)[1].split("\n\n", 1)[0]
    return {name for line in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", line.split("|")[1])}


@pytest.mark.parametrize("example", list(examples()))
def test_an_example_is_a_valid_configuration(example: dict[str, Any]) -> None:
    for name, settings in example["channel"].items():
        many = all(isinstance(one, dict) for one in settings.values())
        for one in settings.values() if many else [settings]:
            given = {
                key: ENVIRON.get(value, value) if isinstance(value, str) else value
                for key, value in one.items()
            }
            channel_class(name, one.get("provider", "")).Settings(**given)
    for responder in example.get("responder", ()):
        for channel in kinds():
            if channel in responder:
                secret = traits()[channel].secret
                address = ENVIRON.get(responder[channel], responder[channel])
                assert address.startswith("${") == secret
                address = traits()[channel].example if secret else address
                assert problem_of_address(channel, address) is None


EVERY = [(kind, provider) for kind in kinds() for provider in providers(kind)]


@pytest.mark.parametrize(("kind", "provider"), EVERY)
def test_every_setting_is_documented_and_nothing_else(kind: str, provider: str) -> None:
    usual = channel_class(kind) is channel_class(kind, provider)
    page = f"{kind}.md" if usual else f"{kind}-{provider}.md"
    fields = channel_class(kind, provider).Settings.model_fields
    assert documented(page) == {field.alias or key for key, field in fields.items()}


def test_every_placeholder_is_documented_and_nothing_else() -> None:
    text = (DOCS / "sms.md").read_text("utf-8")
    assert set(re.findall(r"\{\{ (\w+) \}\}", text)) == set(PLACEHOLDERS)


def test_every_channel_is_in_the_registry_and_says_its_own_name() -> None:
    assert {"email", "sms", "webhook"} <= set(kinds())
    assert all(channel_class(kind, provider).name == kind for kind, provider in EVERY)
    assert all(getattr(channel_class(kind, provider), "provider", "") == provider for kind, provider in EVERY)


@pytest.mark.parametrize("name", kinds())
def test_an_example_of_an_address_is_one(name: str) -> None:
    assert problem_of_address(name, traits()[name].example) is None
