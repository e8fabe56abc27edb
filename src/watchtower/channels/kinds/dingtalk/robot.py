"""A DingTalk group's own robot: markdown by its URL, signed. It hears no button.

[channel.dingtalk]
provider = "robot"
secret = "${DINGTALK_ROBOT_SECRET}"
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable
from typing import ClassVar

from watchtower.channels.chat_card import card_of, markdown
from watchtower.channels.company_chat import ChatRobotSettings
from watchtower.channels.contract import Letter, Receipt
from watchtower.channels.http_call import UTF8
from watchtower.channels.http_settings import caller_for
from watchtower.channels.kinds.dingtalk import DingTalkKind
from watchtower.channels.vendor_answer import FaultTable, document_of, refused
from watchtower.core.plan.budget import Budget, BudgetLimit
from watchtower.errors import DeliveryFault
from watchtower.fields import Field, Secret

PACE = (BudgetLimit(20, 60.0),)
"""One more, and the robot is blocked for ten minutes."""
_ADDRESS, _OURS, _OTHER = DeliveryFault.ADDRESS, DeliveryFault.OURS, DeliveryFault.OTHER_CHANNEL
FAULTS: FaultTable = {
    "-1": DeliveryFault.RETRY,
    "130101": _OTHER,  # too many: blocked for ten minutes
    "410100": _OTHER,
    "300001": _ADDRESS,  # the URL's token is none
    "300005": _ADDRESS,
    "400013": _ADDRESS,  # the group is no more
    "400101": _ADDRESS,
    "400102": _ADDRESS,  # the robot is switched off
    "400106": _ADDRESS,
    "310000": _OURS,  # keyword, signature, clock or IP address: its errmsg says which
    "4301*": _OURS,  # a text that is not allowed
    "4*": _OURS,
}
"""By `errcode`, inside an HTTP 200."""


class DingTalkRobot(DingTalkKind):
    """Posts a letter as markdown to a group."""

    provider: ClassVar[str] = "robot"

    class Settings(ChatRobotSettings):
        """`[channel.dingtalk]` with `provider = "robot"`; the responder's address is the robot's URL."""

        secret: Secret | None = Field(None, description="key of the signature; none: requests are not signed")
        budget: Budget = Field(PACE, description='how many pages one robot is sent, as ["20/1m"]')

    def __init__(self, settings: Settings, redact: Callable[[str], str] = str) -> None:
        secrets = [settings.secret] if settings.secret else []
        self._secret = settings.secret.get_secret_value() if settings.secret else ""
        self._caller = caller_for(self.name, settings, secrets, redact)

    def receiver(self, address: str) -> str:
        """The whole URL: each robot has a limit of its own."""
        return address

    async def send(self, letter: Letter) -> Receipt:
        """Post the page."""
        card = card_of(letter)
        request = {"msgtype": "markdown", "markdown": {"title": card.summary, "text": markdown(card)}}
        at = str(time.time_ns() // 1_000_000)
        params = {"timestamp": at, "sign": sign(self._secret, at)} if self._secret else {}
        answer = await self._caller.call("POST", letter.address, params=params, json=request, headers=UTF8)
        said = document_of(self._caller, answer)
        if said.get("errcode") != 0:
            raise refused(self._caller, answer, str(said.get("errcode", "")), FAULTS, DeliveryFault.RETRY)
        return Receipt("", "taken")


def sign(secret: str, at: str) -> str:
    """The signature at this time, epoch milliseconds. It is percent-encoded once, where it is put into the URL."""
    digest = hmac.new(secret.encode(), f"{at}\n{secret}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()
