"""A WeCom group's own robot: a text by its URL. It hears no button.

[channel.wecom]
provider = "robot"
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from watchtower.channels.company_chat import ChatRobotSettings
from watchtower.channels.contract import Letter, Receipt
from watchtower.channels.http_settings import caller_for
from watchtower.channels.kinds.wecom import WeComKind
from watchtower.channels.vendor_answer import document_of, refused
from watchtower.channels.wecom_text import FAULTS, wecom_text
from watchtower.core.plan.budget import Budget, BudgetLimit
from watchtower.errors import DeliveryFault
from watchtower.fields import Field

PACE = (BudgetLimit(20, 60.0),)


class WeComRobot(WeComKind):
    """Posts a letter as a text to a group."""

    provider: ClassVar[str] = "robot"

    class Settings(ChatRobotSettings):
        """`[channel.wecom]` with `provider = "robot"`; the responder's address is the robot's URL, with its key."""

        budget: Budget = Field(PACE, description='how many pages one robot is sent, as ["20/1m"]')

    def __init__(self, settings: Settings, redact: Callable[[str], str] = str) -> None:
        self._caller = caller_for(self.name, settings, (), redact)

    def receiver(self, address: str) -> str:
        """The whole URL: each robot has a limit of its own."""
        return address

    async def send(self, letter: Letter) -> Receipt:
        """Post the text."""
        request = {"msgtype": "text", "text": {"content": wecom_text(letter)}}
        answer = await self._caller.call("POST", letter.address, json=request)
        said = document_of(self._caller, answer)
        if said.get("errcode") != 0:
            raise refused(self._caller, answer, str(said.get("errcode", "")), FAULTS, DeliveryFault.RETRY)
        return Receipt("", "taken")
