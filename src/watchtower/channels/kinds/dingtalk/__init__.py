"""DingTalk: an app that writes to people, or a robot of one group. A file here is a provider."""

from __future__ import annotations

import re
from typing import ClassVar

from watchtower.channels.urls import problem_of_url
from watchtower.core.plan.channels import ChannelTraits
from watchtower.model import ChannelName, Text

_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_@.-]{0,63}")


class DingTalkKind:
    """What both have."""

    name: ClassVar[ChannelName] = "dingtalk"
    usual: ClassVar[str] = "app"
    traits: ClassVar[ChannelTraits] = ChannelTraits(
        Text("DingTalk", "钉钉"), "A person's userId, from the contacts.", "manager1234"
    )

    @staticmethod
    def problem_of_address(address: str) -> str | None:
        """Why this is neither somebody's userId nor a robot's URL, or None."""
        if _ID.fullmatch(address) or (address.startswith("http") and not problem_of_url(address)):
            return None
        return 'is neither a userId, as "manager1234", nor a robot\'s URL'
