"""SMS: one kind of address, a phone number, which several vendors serve. A file here is a provider."""

from __future__ import annotations

import re
from typing import ClassVar

from watchtower.core.plan.channels import ChannelTraits
from watchtower.model import ChannelName, Text

_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")


class SmsKind:
    """What every provider of SMS has."""

    name: ClassVar[ChannelName] = "sms"
    usual: ClassVar[str] = "gateway"
    traits: ClassVar[ChannelTraits] = ChannelTraits(
        Text("SMS", "短信"), "A phone number, +86…", "+8613800138000"
    )

    @staticmethod
    def problem_of_address(address: str) -> str | None:
        """Why this is no phone number in E.164, or None."""
        if _PHONE.fullmatch(address):
            return None
        return 'is not a phone number with its country code, as "+8613800138000"'
