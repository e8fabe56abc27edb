"""A DingTalk app: its robot writes to one person, DINGs them, and hears a button or a reply without an open port.

[channel.dingtalk]
client_id = "dingabc123"
client_secret = "${DINGTALK_SECRET}"
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, ClassVar, Literal
from urllib.parse import quote

from watchtower.channels import sentences
from watchtower.channels.access_token import AccessToken
from watchtower.channels.chat_card import card_of, markdown
from watchtower.channels.company_chat import ChatAppSettings, urged
from watchtower.channels.contract import DeliveryReport, Letter, Receipt, TakenLetter
from watchtower.channels.http_settings import caller_for
from watchtower.channels.kinds.dingtalk import DingTalkKind
from watchtower.channels.listening import Ear
from watchtower.channels.urls import Endpoint, netloc_of
from watchtower.channels.vendor_answer import FaultTable, document_of, refused
from watchtower.core.incident.incidents import PageState
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.fields import Field, Secret, field_validator

Urgency = Literal["app", "sms", "phone"]
_REMIND: Mapping[str, int] = {"app": 1, "sms": 2, "phone": 3}
_PULLED = 20
"""Letters of which one pull asks."""
_VOID = "InvalidAuthentication"
_ADDRESS, _OURS, _RETRY = DeliveryFault.ADDRESS, DeliveryFault.OURS, DeliveryFault.RETRY
FAULTS: FaultTable = {
    f"{_VOID}*": _RETRY,  # the token is none any more
    "Throttling*": _RETRY,
    "Forbidden.AccessDenied.QpsLimit*": _RETRY,
    "ServiceUnavailable*": _RETRY,
    "invalidStaff": _ADDRESS,
    "flowControlled": DeliveryFault.OTHER_CHANNEL,
    "param.userIdNotExist": _ADDRESS,
    "staffId.notExisted": _ADDRESS,
    "invalidParameter.userIds*": _ADDRESS,
    "invalidClientIdOrSecret*": _OURS,
    "Forbidden*": _OURS,  # a permission, or our IP address
    "invalid*": _OURS,
    "param.*": _OURS,
    "bot.*": _OURS,
    "template.*": _OURS,
}
"""By `code`, or by the list of the answer in which the person stands."""


class DingTalkApp(DingTalkKind):
    """Sends a letter as a message of an app's robot."""

    provider: ClassVar[str] = "app"

    class Settings(ChatAppSettings):
        """`[channel.dingtalk]`."""

        client_id: str = Field(
            min_length=1, description="the app's Client ID (AppKey); its robot's code, too"
        )
        client_secret: Secret = Field(description="the app's Client Secret (AppSecret)")
        url: Endpoint = Field("https://api.dingtalk.com", description="the open platform")
        card_template: str = Field("", description="a card template of yours, ….schema; none: markdown")
        urgent: tuple[Urgency, ...] = Field(
            (), description='by what a P0 or P1 that asks somebody is a DING: "app", "sms", "phone"'
        )
        listen: bool = Field(True, description="hear the button of a card, and replies such as ACK 7")

        @field_validator("urgent", mode="before")
        @classmethod
        def _tuple(cls, value: Any) -> Any:
            return tuple(value) if isinstance(value, list) else value

    def __init__(self, settings: Settings, redact: Callable[[str], str] = str) -> None:
        self._settings = settings
        self._caller = caller_for(self.name, settings, [settings.client_secret], redact)
        self._token = AccessToken(self._fetch)
        self.listens = settings.listen

    def receiver(self, address: str) -> str:
        """The open platform, whoever the message is for."""
        return netloc_of(self._settings.url)

    async def send(self, letter: Letter) -> Receipt:
        """Send the message, and then the DING."""
        began = asyncio.get_running_loop().time()
        reference = await (self._card(letter) if self._settings.card_template else self._markdown(letter))

        async def ding(how: str) -> bool:
            request = {
                "robotCode": self._settings.client_id,
                "remindType": _REMIND[how],
                "receiverUserIdList": [letter.address],
                "content": self.preview(letter, None),
            }
            said = await self._ask("POST", "/v1.0/robot/ding/send", request)
            return letter.address not in str(said.get("failedList") or "")

        answer = await urged(letter, self._settings.urgent, ding, began, "DING", "no DING")
        return Receipt(reference, f"taken{answer}")

    async def pull(self, taken: Sequence[TakenLetter]) -> Sequence[DeliveryReport]:
        """Who has read which message. Of cards DingTalk does not say so."""
        found = []
        for one in () if self._settings.card_template else taken[-_PULLED:]:
            query = f"?robotCode={quote(self._settings.client_id)}&processQueryKey={quote(one.reference)}"
            said = await self._ask("GET", f"/v1.0/robot/oToMessages/readStatus{query}")
            found += [
                DeliveryReport(
                    PageState.READ,
                    one.page,
                    one.reference,
                    at=float(item.get("readTimestamp") or 0) / 1000 or None,
                )
                for item in said.get("messageReadInfoList") or ()
                if (item.get("userId"), item.get("readStatus")) == (one.address, "READ")
            ]
        return found

    async def listen(self, ear: Ear) -> None:
        """Hear buttons and replies by DingTalk's Stream."""
        from watchtower.channels.dingtalk_stream import TOPICS, converse

        request = {
            **self._keys("clientId", "clientSecret"),
            "subscriptions": [{"type": "CALLBACK", "topic": topic} for topic in TOPICS],
            "ua": "watchtower",
        }
        endpoint = await self._call("POST", "/v1.0/gateway/connections/open", request)
        await converse(endpoint, ear, self._reply, self._settings)

    async def _markdown(self, letter: Letter) -> str:
        card = card_of(letter)
        return await self._message(
            letter.address, "sampleMarkdown", {"title": card.summary, "text": markdown(card)}
        )

    async def _reply(self, address: str, text: str) -> None:
        """What became of a reply: a message to whoever wrote it."""
        await self._message(address, "sampleText", {"content": text})

    async def _message(self, address: str, key: str, param: Mapping[str, str]) -> str:
        request = {
            "robotCode": self._settings.client_id,
            "userIds": [address],
            "msgKey": key,
            "msgParam": json.dumps(param, ensure_ascii=False),
        }
        said = await self._ask("POST", "/v1.0/robot/oToMessages/batchSend", request)
        for code, people in (
            ("invalidStaff", "invalidStaffIdList"),
            ("flowControlled", "flowControlledStaffIdList"),
        ):
            if address in (said.get(people) or ()):
                raise DeliveryError(code, f"the answer names them in {people}", fault=FAULTS[code])
        return str(said.get("processQueryKey", ""))

    async def _card(self, letter: Letter) -> str:
        """The template's variables are ours. What a button is about stands in the card's own id."""
        card = card_of(letter, hears=self.listens)
        digest = blake2b(letter.id.encode(), digest_size=10).hexdigest()
        links = {f"link{number}": url for number, (_, url) in enumerate(card.links, 1)}
        labels = {f"label{number}": label for number, (label, _) in enumerate(card.links, 1)}
        text = markdown(card)
        request = {
            "cardTemplateId": self._settings.card_template,
            "outTrackId": f"{digest}.{card.about}",
            "cardData": {
                "cardParamMap": {
                    "title": card.title, "colour": card.colour, "markdown": text, "button": card.button,
                    "said": "", **links, **labels,
                }
            },
            "callbackType": "STREAM",
            "userIdType": 1,
            "openSpaceId": f"dtv1.card//IM_ROBOT.{letter.address}",
            "imRobotOpenSpaceModel": {"supportForward": False, "lastMessageI18n": {"ZH_CN": card.summary}},
            "imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT", "robotCode": self._settings.client_id},
        }  # fmt: skip
        said = await self._ask("POST", "/v1.0/card/instances/createAndDeliver", request)
        for one in (said.get("result") or {}).get("deliverResults") or ():
            if one.get("success") is False:
                detail = sentences.clean(str(one.get("errorMsg", "")))[:200]
                raise DeliveryError("not delivered", detail, fault=DeliveryFault.OTHER_CHANNEL)
        return str(request["outTrackId"])

    async def _fetch(self) -> tuple[str, float]:
        said = await self._call("POST", "/v1.0/oauth2/accessToken", self._keys("appKey", "appSecret"))
        return str(said.get("accessToken", "")), float(said.get("expireIn", 0))

    def _keys(self, id: str, secret: str) -> dict[str, str]:
        return {id: self._settings.client_id, secret: self._settings.client_secret.get_secret_value()}

    async def _ask(
        self, method: str, path: str, request: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        async with self._token.used((_VOID,)) as token:
            return await self._call(method, path, request, token)

    async def _call(
        self, method: str, path: str, request: Mapping[str, Any] | None, token: str = ""
    ) -> Mapping[str, Any]:
        """The answer's document. Raises DeliveryError for a status that is no success, and for `success: false`."""
        headers = {"Accept": "application/json"}
        if token:
            headers["x-acs-dingtalk-access-token"] = token
        answer = await self._caller.call(method, self._settings.url + path, json=request, headers=headers)
        said = document_of(self._caller, answer)
        if not answer.ok or said.get("success") is False:
            raise refused(self._caller, answer, str(said.get("code", "")), FAULTS, _RETRY)
        return said
