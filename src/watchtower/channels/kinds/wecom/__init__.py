"""WeCom: an app that writes to people, or a robot of one group. A file here is a provider."""

from __future__ import annotations

import re
from typing import ClassVar

from watchtower.channels.company_chat import CompanyChat
from watchtower.core.plan.channels import ChannelTraits
from watchtower.model import ChannelName, Text


class WeComKind(CompanyChat):
    """What both have."""

    name: ClassVar[ChannelName] = "wecom"
    traits: ClassVar[ChannelTraits] = ChannelTraits(
        Text("WeCom", "企业微信"), "A person's userid, from the contacts.", "LiLei"
    )
    ids: ClassVar[re.Pattern[str]] = re.compile(r"[0-9A-Za-z][0-9A-Za-z_@.-]{0,63}")
    neither: ClassVar[str] = 'is neither a userid, as "LiLei", nor a robot\'s URL'
