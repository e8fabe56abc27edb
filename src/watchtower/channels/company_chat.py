"""What the chats of companies share: an app that writes to people, or a robot of one group, told apart by the address."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar, Literal

from watchtower.channels import sentences
from watchtower.channels.contract import Letter
from watchtower.channels.http_channel import HttpChannel
from watchtower.channels.http_settings import CallSettings
from watchtower.channels.urls import problem_of_url
from watchtower.errors import DeliveryError
from watchtower.fields import Field
from watchtower.model import Severity

URGENT = (Severity.P0, Severity.P1)
_URGED_WITHIN = 28.0
"""Seconds from the beginning of an attempt until its page counts as taken, urgent or not: at 30 s it would have no known end."""


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


async def urged(
    letter: Letter, ways: Sequence[str], urge: Callable[[str], Awaitable[bool]], began: float, yes: str, no: str
) -> str:  # fmt: skip
    """Makes a message urgent that was taken, by all ways at once, and says what came of each; a failure fails nothing.
    `urge` returns whether the person can be reached so; `began` is when the attempt did, in loop time."""
    if letter.message.severity not in URGENT or not sentences.asks(letter.message):
        return ""

    async def one(how: str) -> str:
        try:
            async with asyncio.timeout_at(began + _URGED_WITHIN):
                done = await urge(how)
        except DeliveryError as error:
            return f", {no} by {how}: {error.code}"
        except TimeoutError:
            return f", {no} by {how}: no answer in time"
        return f", {yes} by {how}" if done else f", {no} by {how}: they cannot be reached so"

    return "".join(await asyncio.gather(*map(one, ways)))


class ChatRobotSettings(CallSettings):
    """What the table of every robot says; the responder's address is the robot's URL."""

    provider: Literal["robot"] = Field(description="a robot of a group, by its URL")

    def serves(self, address: str) -> bool:
        """A robot's URL, and nobody's id."""
        return address.startswith("http")
