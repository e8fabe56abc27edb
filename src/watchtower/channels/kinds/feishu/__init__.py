"""Feishu, and Lark outside China: an app that writes to people, or a robot of one group. A file here is a provider."""

from __future__ import annotations

import re
from typing import ClassVar

from watchtower.channels.urls import problem_of_url
from watchtower.core.plan.channels import ChannelTraits
from watchtower.model import ChannelName, Text

_ID = re.compile(r"o[unc]_[0-9a-zA-Z]{8,64}")


class FeishuKind:
    """What both have."""

    name: ClassVar[ChannelName] = "feishu"
    usual: ClassVar[str] = "app"
    traits: ClassVar[ChannelTraits] = ChannelTraits(
        Text("Feishu", "飞书"), "A person's open_id, ou_…", "ou_7d8a6e6df7621556ce0d21922b676706"
    )

    @staticmethod
    def problem_of_address(address: str) -> str | None:
        """Why this is neither somebody's id nor a robot's URL, or None."""
        if _ID.fullmatch(address) or (address.startswith("http") and not problem_of_url(address)):
            return None
        return 'is not an open_id, as "ou_7d8a…", nor a union_id (on_…), a group (oc_…) or a robot\'s URL'
