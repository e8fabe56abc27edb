"""A WeCom app: a text to one person.

[channel.wecom]
corp_id = "ww1a2b3c4d5e6f7a8b"
agent_id = 1000002
secret = "${WECOM_SECRET}"
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

from watchtower.channels.access_token import AccessToken
from watchtower.channels.company_chat import ChatAppSettings
from watchtower.channels.contract import Letter, Receipt
from watchtower.channels.http_settings import caller_for
from watchtower.channels.kinds.wecom import WeComKind
from watchtower.channels.urls import Endpoint, netloc_of
from watchtower.channels.vendor_answer import document_of, refused
from watchtower.channels.wecom_text import FAULTS, VOID, wecom_text
from watchtower.core.plan.budget import Budget, BudgetLimit
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.fields import Field, Secret

PACE = (BudgetLimit(30, 60.0), BudgetLimit(1000, 3600.0))
"""What is more is dropped without a word."""
_SAME = 1800
"""Seconds within which the same request is one message."""


class WeComApp(WeComKind):
    """Sends a letter as a text of an app."""

    provider: ClassVar[str] = "app"
    idempotent: ClassVar[bool] = True

    class Settings(ChatAppSettings):
        """`[channel.wecom]`."""

        corp_id: str = Field(min_length=1, description="the company's id")
        agent_id: int = Field(ge=0, description="the app's AgentId")
        secret: Secret = Field(description="the app's secret")
        url: Endpoint = Field(
            "https://qyapi.weixin.qq.com", description="the interface, or a server of one's own"
        )
        budget: Budget = Field(PACE, description='how many pages one person is sent, as ["30/1m"]')

    def __init__(self, settings: Settings, redact: Callable[[str], str] = str) -> None:
        self._settings = settings
        self._caller = caller_for(self.name, settings, [settings.secret], redact)
        self._token = AccessToken(self._fetch)

    def receiver(self, address: str) -> str:
        """The interface, whoever the message is for."""
        return netloc_of(self._settings.url)

    async def send(self, letter: Letter) -> Receipt:
        """Send the text. WeCom delivers the same request once in half an hour."""
        request = {
            "touser": letter.address,
            "msgtype": "text",
            "agentid": self._settings.agent_id,
            "text": {"content": wecom_text(letter)},
            "enable_duplicate_check": 1,
            "duplicate_check_interval": _SAME,
        }
        async with self._token.used(VOID) as token:
            said = await self._call("POST", "message/send", {"access_token": token}, request)
        for people in ("invaliduser", "unlicenseduser"):
            if letter.address.lower() in str(said.get(people) or "").lower().split("|"):
                raise DeliveryError(people, f"the answer names them in {people}", fault=FAULTS[people])
        return Receipt(str(said.get("msgid", "")), "taken")

    async def _fetch(self) -> tuple[str, float]:
        settings = self._settings
        query = {"corpid": settings.corp_id, "corpsecret": settings.secret.get_secret_value()}
        said = await self._call("GET", "gettoken", query)
        return str(said.get("access_token", "")), float(said.get("expires_in", 0))

    async def _call(
        self, method: str, path: str, query: Mapping[str, str], request: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        """The answer's document. Raises DeliveryError for an errcode that is not 0."""
        url = f"{self._settings.url}/cgi-bin/{path}?{urlencode(query)}"
        answer = await self._caller.call(method, url, json=request)
        said = document_of(self._caller, answer)
        if said.get("errcode") != 0:
            raise refused(self._caller, answer, str(said.get("errcode", "")), FAULTS, DeliveryFault.RETRY)
        return said
