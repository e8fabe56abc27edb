"""Feishu, and Lark outside China: an app that writes to people, or a robot of one group. A file here is a provider."""

from __future__ import annotations

import re
from typing import ClassVar

from watchtower.channels.company_chat import CompanyChat
from watchtower.core.plan.channels import ChannelTraits
from watchtower.model import ChannelName, Text


class FeishuKind(CompanyChat):
    """What both have."""

    name: ClassVar[ChannelName] = "feishu"
    traits: ClassVar[ChannelTraits] = ChannelTraits(
        Text("Feishu", "飞书"), "A person's open_id, ou_…", "ou_7d8a6e6df7621556ce0d21922b676706"
    )
    ids: ClassVar[re.Pattern[str]] = re.compile(r"o[unc]_[0-9a-zA-Z]{8,64}")
    neither: ClassVar[str] = (
        'is not an open_id, as "ou_7d8a…", nor a union_id (on_…), a group (oc_…) or a robot\'s URL'
    )
