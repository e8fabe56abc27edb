"""What the chats of companies share: an app that writes to people, or a robot of one group, told apart by the address."""

from __future__ import annotations

import re
from typing import ClassVar, Literal

from watchtower.channels.http_channel import HttpChannel
from watchtower.channels.http_settings import CallSettings
from watchtower.channels.urls import problem_of_url
from watchtower.fields import Field


class CompanyChat(HttpChannel):
    """`ids` is the pattern of a person's id, `neither` what is said of an address that is none and no robot's URL."""

    usual: ClassVar[str] = "app"
    ids: ClassVar[re.Pattern[str]]
    neither: ClassVar[str]

    @classmethod
    def problem_of_address(cls, address: str) -> str | None:
        """Why this is neither somebody's id nor a robot's URL, or None."""
        if cls.ids.fullmatch(address) or (address.startswith("http") and not problem_of_url(address)):
            return None
        return cls.neither


class ChatAppSettings(CallSettings):
    """What the table of every app says."""

    provider: Literal["app"] = Field("app", description="an app of your company")

    def serves(self, address: str) -> bool:
        """Somebody's id, and no robot's URL."""
        return not address.startswith("http")


class ChatRobotSettings(CallSettings):
    """What the table of every robot says; the responder's address is the robot's URL."""

    provider: Literal["robot"] = Field(description="a robot of a group, by its URL")

    def serves(self, address: str) -> bool:
        """A robot's URL, and nobody's id."""
        return address.startswith("http")
