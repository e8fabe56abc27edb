"""DingTalk: an app that writes to people, or a robot of one group. A file here is a provider."""

from __future__ import annotations

import re
from typing import ClassVar

from watchtower.channels.company_chat import CompanyChat
from watchtower.core.plan.channels import ChannelTraits
from watchtower.model import ChannelName, Text


class DingTalkKind(CompanyChat):
    """What both have."""

    name: ClassVar[ChannelName] = "dingtalk"
    traits: ClassVar[ChannelTraits] = ChannelTraits(
        Text("DingTalk", "钉钉"), "A person's userId, from the contacts.", "manager1234"
    )
    ids: ClassVar[re.Pattern[str]] = re.compile(r"[0-9A-Za-z][0-9A-Za-z_@.-]{0,63}")
    neither: ClassVar[str] = 'is neither a userId, as "manager1234", nor a robot\'s URL'
