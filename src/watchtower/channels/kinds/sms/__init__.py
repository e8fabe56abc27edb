"""SMS: one kind of address, a phone number, which several vendors serve. A file here is a provider."""

from __future__ import annotations

from typing import ClassVar

from watchtower.channels.phone_numbers import problem_of_phone
from watchtower.core.plan.channels import ChannelTraits
from watchtower.model import ChannelName, Text


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
        return problem_of_phone(address)
