"""Several vendors serve one kind of address: `provider` chooses one, and a package can bring another."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.channels.test_two_of_a_kind import CHECK, RULE, read
from watchtower.channels import build, channel_class, providers
from watchtower.channels.kinds.sms.gateway import SmsGateway
from watchtower.errors import ConfigError

LI = 'sms = "+8613800138000"'
ACME = """
from typing import Literal
from watchtower.channels.http_settings import HttpSettings
from watchtower.channels.kinds.sms import SmsKind
from watchtower.fields import Field


class Acme(SmsKind):
    provider = "acme"

    class Settings(HttpSettings):
        provider: Literal["acme"] = Field(description="the vendor")
        account: str = Field(description="what it knows us by")

    preview = receiver = send = close = None
"""


def test_a_table_without_a_provider_is_any_gateway(tmp_path: Path) -> None:
    loaded = read(tmp_path, '[channel.sms]\nfile = "a"\n', LI)
    [channel] = build(loaded.plan.channels).values()
    assert isinstance(channel, SmsGateway)
    assert channel_class("sms") is channel_class("sms", "gateway")
    assert providers("webhook") == ("",)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('[channel.sms.cn]\nprovider = "gatway"\nfile = "a"\n', 'channel.sms.cn: provider: there is no provider "gatway" did you mean "gateway"?'),
        ('[channel.sms]\nprovider = 3\nfile = "a"\n', "channel.sms: provider: must be one of gateway, not the number 3"),
        ('[channel.webhook]\nprovider = "x"\n', 'channel.webhook: unknown key "provider"'),
    ],
)  # fmt: skip
def test_a_wrong_provider_is_said_with_its_line(tmp_path: Path, table: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, table, LI)
    told = [f"{one.where}: {one.what} {one.hint}" for one in caught.value.problems if one.line]
    assert any(said in one for one in told), told


def test_a_package_brings_a_provider(tmp_path: Path) -> None:
    info = tmp_path / "site" / "acme_sms-1.0.dist-info"
    info.mkdir(parents=True)
    (info.parent / "acme_sms.py").write_text(ACME, encoding="utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme_sms\nVersion: 1.0\n")
    named = ("sms.acme", "sms.gateway", "email.acme")
    (info / "entry_points.txt").write_text(
        "[watchtower.channels]\n" + "".join(f"{name} = acme_sms:Acme\n" for name in named)
    )
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks/one.toml").write_text(CHECK)
    (tmp_path / "rules.toml").write_text(
        f'{RULE}\n[channel.sms.cn]\nprovider = "acme"\n\n[[responder]]\nname = "li"\n{LI}\n'
    )
    path = os.pathsep.join(filter(None, (str(info.parent), os.environ.get("PYTHONPATH", ""))))
    ran = subprocess.run(
        [sys.executable, "-m", "watchtower", "check-config"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    said = ran.stdout + ran.stderr
    assert ran.returncode == 2, said
    assert 'channel.sms.cn: "account" is missing' in said
    assert 'channel "sms.gateway": the name is taken by watchtower itself' in said
    assert 'channel "email.acme"' in said
