"""A Feishu app: a card to a person, urgent by the app, SMS or a call, with a button that is heard without an open port.

[channel.feishu]
app_id = "cli_a1b2c3d4e5f6"
app_secret = "${FEISHU_SECRET}"
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, ClassVar, Literal

from watchtower.channels.access_token import AccessToken
from watchtower.channels.chat_card import ChatCard, card_of
from watchtower.channels.company_chat import ChatAppSettings, urged
from watchtower.channels.contract import DeliveryReport, Letter, Receipt, TakenLetter
from watchtower.channels.feishu_card import feishu_card
from watchtower.channels.http_call import UTF8
from watchtower.channels.http_settings import caller_for
from watchtower.channels.kinds.feishu import FeishuKind
from watchtower.channels.listening import Ear
from watchtower.channels.urls import Endpoint, netloc_of
from watchtower.channels.vendor_answer import FaultTable, document_of, refused
from watchtower.core.incident.incidents import PageState
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.fields import Field, Secret, field_validator

Urgency = Literal["app", "sms", "phone"]
_KINDS = {"ou_": "open_id", "on_": "union_id", "oc_": "chat_id"}
_PEOPLE = ("open_id", "union_id")
"""Not a group: nobody there could be told by it."""
_REMEMBERED = 64
"""Cards that are shown again, with what became of it, when their button is pressed."""
_PULLED = 20
"""Letters of which one pull asks."""
_VOID = ("99991661", "99991663", "99991664", "99991665", "99991668", "99991671", "99991677")
"""The token is none any more."""
_FORGOTTEN = ("230030", "230033", "230110")
"""Nobody is told any more who has read it: seven days have passed, or it was withdrawn."""
_ADDRESS, _OURS, _RETRY = DeliveryFault.ADDRESS, DeliveryFault.OURS, DeliveryFault.RETRY
FAULTS: FaultTable = {
    **dict.fromkeys(_VOID, _RETRY),
    "11232": _RETRY,  # too many a second
    "99991400": _RETRY,
    "230020": _RETRY,
    "230049": _RETRY,  # the same message is on its way
    "230101": _RETRY,
    "230002": _ADDRESS,  # the bot is not in the group
    "230013": _ADDRESS,  # outside of the app's availability
    "230018": _ADDRESS,  # may not speak in the group
    "230029": _ADDRESS,  # has left the company
    "230034": _ADDRESS,  # no such receiver
    "230035": _ADDRESS,
    "230038": _ADDRESS,  # of another company
    "230053": _ADDRESS,  # wants nothing from this bot
    "9999235[0-9]": _ADDRESS,  # an id that is none
    "9999236[0-9]": _ADDRESS,  # an id of another app
    "230*": _OURS,  # the bot, its rights, the card
    "200*": _OURS,  # the card
    "10003": _OURS,
    "10012": _OURS,
    "10014": _OURS,  # app_secret
    "10015": _OURS,
    "99991672": _OURS,  # a right is missing
    "99991*": _OURS,
}
"""By `code`; its HTTP status says less."""


class FeishuApp(FeishuKind):
    """Sends a letter as a card."""

    provider: ClassVar[str] = "app"
    idempotent: ClassVar[bool] = True

    class Settings(ChatAppSettings):
        """`[channel.feishu]`."""

        app_id: str = Field(pattern=r"^cli_[0-9a-zA-Z]+$", description="the app's id, cli_…")
        app_secret: Secret = Field(description="the app's secret")
        url: Endpoint = Field(
            "https://open.feishu.cn", description="the open platform; https://open.larksuite.com for Lark"
        )
        urgent: tuple[Urgency, ...] = Field(
            ("app",), description='how a P0 or P1 that asks somebody is urgent: "app", "sms", "phone"'
        )
        listen: bool = Field(True, description="hear the acknowledge button")

        @field_validator("urgent", mode="before")
        @classmethod
        def _tuple(cls, value: Any) -> Any:
            return tuple(value) if isinstance(value, list) else value

    def __init__(self, settings: Settings, redact: Callable[[str], str] = str) -> None:
        self._settings, self._api = settings, f"{settings.url}/open-apis"
        self._caller = caller_for(self.name, settings, [settings.app_secret], redact)
        self._token = AccessToken(self._fetch)
        self.listens = settings.listen
        self._cards: dict[str, ChatCard] = {}

    def receiver(self, address: str) -> str:
        """The open platform, whoever the message is for."""
        return netloc_of(self._api)

    async def send(self, letter: Letter) -> Receipt:
        """Send the card. The same `uuid` is one message within an hour, however often it is sent."""
        began, kind = asyncio.get_running_loop().time(), _KINDS.get(letter.address[:3], "open_id")
        card = card_of(letter, hears=self.listens and kind in _PEOPLE)
        request = {
            "receive_id": letter.address,
            "msg_type": "interactive",
            "content": json.dumps(feishu_card(card, by=kind), ensure_ascii=False),
            "uuid": blake2b(letter.id.encode(), digest_size=20).hexdigest(),
        }
        said = await self._ask("POST", f"/im/v1/messages?receive_id_type={kind}", request)
        reference = str(said.get("message_id", ""))
        if card.button:
            self._remember(reference, card)

        async def urge(how: str) -> bool:
            path = f"/im/v1/messages/{reference}/urgent_{how}?user_id_type={kind}"
            said = await self._ask("PATCH", path, {"user_id_list": [letter.address]})
            return letter.address not in (said.get("invalid_user_id_list") or ())

        ways = self._settings.urgent if kind in _PEOPLE else ()
        return Receipt(reference, "taken" + await urged(letter, ways, urge, began, "urgent", "not urgent"))

    async def pull(self, taken: Sequence[TakenLetter]) -> Sequence[DeliveryReport]:
        """Who has read which: Feishu says so for seven days."""
        found = []
        for one in taken[-_PULLED:]:
            if not one.address.startswith("ou_"):
                continue
            query = "?user_id_type=open_id&page_size=20"
            try:
                said = await self._ask("GET", f"/im/v1/messages/{one.reference}/read_users{query}")
            except DeliveryError as error:
                if error.code in _FORGOTTEN:
                    continue
                raise
            found += [
                DeliveryReport(PageState.READ, one.page, one.reference, at=float(item["timestamp"]) / 1000)
                for item in said.get("items") or ()
                if item.get("user_id") == one.address
            ]
        return found

    async def listen(self, ear: Ear) -> None:
        """Hear the button over Feishu's long connection."""
        from watchtower.channels.feishu_socket import converse

        answer = await self._call("POST", "/callback/ws/endpoint", self._secret("AppID", "AppSecret"))
        await converse(answer.get("data") or {}, ear, self._pressed, self._settings)

    def _pressed(self, message: str, said: str) -> Mapping[str, Any]:
        """What Feishu shows to whoever pressed: a line, and the card with it."""
        shown: dict[str, Any] = {"toast": {"type": "info", "content": said}}
        if card := self._cards.get(message):
            shown["card"] = {"type": "raw", "data": feishu_card(card, said, "open_id")}
        return shown

    def _remember(self, reference: str, card: ChatCard) -> None:
        self._cards[reference] = card
        while len(self._cards) > _REMEMBERED:
            del self._cards[next(iter(self._cards))]

    async def _fetch(self) -> tuple[str, float]:
        path = "/open-apis/auth/v3/tenant_access_token/internal"
        said = await self._call("POST", path, self._secret("app_id", "app_secret"))
        return str(said.get("tenant_access_token", "")), float(said.get("expire", 0))

    def _secret(self, id: str, secret: str) -> dict[str, str]:
        return {id: self._settings.app_id, secret: self._settings.app_secret.get_secret_value()}

    async def _ask(
        self, method: str, path: str, request: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        async with self._token.used(_VOID) as token:
            said = await self._call(method, f"/open-apis{path}", request, f"Bearer {token}")
        data: Mapping[str, Any] = said.get("data") or {}
        return data

    async def _call(
        self, method: str, path: str, request: Mapping[str, Any] | None, authorization: str = ""
    ) -> Mapping[str, Any]:
        """The answer's document. Raises DeliveryError for a code that is not 0."""
        headers = UTF8 | ({"Authorization": authorization} if authorization else {})
        answer = await self._caller.call(method, self._settings.url + path, json=request, headers=headers)
        said = document_of(self._caller, answer)
        if said.get("code") != 0:
            raise refused(self._caller, answer, str(said.get("code", "")), FAULTS, _RETRY)
        return said
