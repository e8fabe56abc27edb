"""WeCom: an app that writes to people, or a robot of one group. A file here is a provider."""

from __future__ import annotations

import re
from typing import ClassVar

from watchtower.channels.urls import problem_of_url
from watchtower.core.plan.channels import ChannelTraits
from watchtower.model import ChannelName, Text

_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_@.-]{0,63}")


class WeComKind:
    """What both have."""

    name: ClassVar[ChannelName] = "wecom"
    usual: ClassVar[str] = "app"
    traits: ClassVar[ChannelTraits] = ChannelTraits(
        Text("WeCom", "企业微信"), "A person's userid, from the contacts.", "LiLei"
    )

    @staticmethod
    def problem_of_address(address: str) -> str | None:
        """Why this is neither somebody's userid nor a robot's URL, or None."""
        if _ID.fullmatch(address) or (address.startswith("http") and not problem_of_url(address)):
            return None
        return 'is neither a userid, as "LiLei", nor a robot\'s URL'
