"""A phone call: one kind of address, a phone number, which several vendors call. A file here is a provider."""

from __future__ import annotations

from typing import Any, ClassVar

from watchtower.channels import spoken_text
from watchtower.channels.contract import Letter
from watchtower.channels.phone_numbers import problem_of_phone
from watchtower.core.plan.channels import ChannelTraits
from watchtower.model import ChannelName, Severity, Text


class VoiceKind:
    """What every provider of calls has."""

    name: ClassVar[ChannelName] = "voice"
    traits: ClassVar[ChannelTraits] = ChannelTraits(
        Text("phone call", "电话"),
        "A phone number that is called, +86…",
        "+8613800138000",
        down_to=Severity.P1,
        rings=True,
    )

    @staticmethod
    def problem_of_address(address: str) -> str | None:
        """Why this is no phone number in E.164, or None."""
        return problem_of_phone(address)

    @staticmethod
    def preview(letter: Letter, settings: Any) -> str:
        """What is said."""
        return spoken_text.compose(letter, by_key=True)
