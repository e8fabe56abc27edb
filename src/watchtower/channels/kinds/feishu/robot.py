"""A Feishu group's own robot: a card by its URL, signed. It tells nobody who read, and hears no button.

[channel.feishu]
provider = "robot"
secret = "${FEISHU_ROBOT_SECRET}"
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Any, ClassVar

from watchtower.channels.chat_card import card_of
from watchtower.channels.company_chat import ChatRobotSettings
from watchtower.channels.contract import Letter, Receipt
from watchtower.channels.feishu_card import feishu_card
from watchtower.channels.http_call import UTF8
from watchtower.channels.http_settings import caller_for
from watchtower.channels.kinds.feishu import FeishuKind
from watchtower.channels.vendor_answer import FaultTable, document_of, refused
from watchtower.core.plan.budget import Budget, BudgetLimit
from watchtower.errors import DeliveryFault
from watchtower.fields import Field, Secret

PACE = (BudgetLimit(100, 60.0),)
FAULTS: FaultTable = {
    "11232": DeliveryFault.RETRY,  # too many
    "19001": DeliveryFault.ADDRESS,  # no such robot
    "19002": DeliveryFault.OURS,
    "19021": DeliveryFault.OURS,  # the signature, or a clock that is an hour wrong
    "19022": DeliveryFault.OURS,  # an IP address that the robot does not take
    "19024": DeliveryFault.OURS,  # a keyword that the robot wants is missing
    "19036": DeliveryFault.OURS,  # too long
    "112*": DeliveryFault.OURS,  # the card
    "9499": DeliveryFault.OURS,
}
"""By `code`, inside an HTTP 200."""


class FeishuRobot(FeishuKind):
    """Posts a letter as a card to a group."""

    provider: ClassVar[str] = "robot"

    class Settings(ChatRobotSettings):
        """`[channel.feishu]` with `provider = "robot"`; the responder's address is the robot's URL."""

        secret: Secret | None = Field(None, description="key of the signature; none: requests are not signed")
        budget: Budget = Field(PACE, description='how many pages one robot is sent, as ["100/1m"]')

    def __init__(self, settings: Settings, redact: Callable[[str], str] = str) -> None:
        secrets = [settings.secret] if settings.secret else []
        self._secret = settings.secret.get_secret_value() if settings.secret else ""
        self._caller = caller_for(self.name, settings, secrets, redact)

    def receiver(self, address: str) -> str:
        """The whole URL: each robot has a limit of its own."""
        return address

    async def send(self, letter: Letter) -> Receipt:
        """Post the card."""
        request: dict[str, Any] = {"msg_type": "interactive", "card": feishu_card(card_of(letter))}
        if self._secret:
            at = str(int(time.time()))
            request |= {"timestamp": at, "sign": sign(self._secret, at)}
        answer = await self._caller.call("POST", letter.address, json=request, headers=UTF8)
        said = document_of(self._caller, answer)
        code = said.get("code", said.get("StatusCode"))
        if code != 0:
            raise refused(self._caller, answer, str(code), FAULTS, DeliveryFault.RETRY)
        return Receipt("", "taken")


def sign(secret: str, at: str) -> str:
    """The signature at this time, epoch seconds: of nothing, with the time and the secret as its key."""
    key = f"{at}\n{secret}".encode()
    return base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
