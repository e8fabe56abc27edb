"""Slack: a message of an app, and its acknowledge button, heard by socket mode (docs.slack.dev).

[channel.slack]
token = "${SLACK_BOT_TOKEN}"
app_token = "${SLACK_APP_TOKEN}"
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from watchtower.channels.chat_body import ChatBody, chat_body, fitted
from watchtower.channels.contract import Letter, Receipt
from watchtower.channels.http_call import UTF8
from watchtower.channels.http_channel import HttpChannel
from watchtower.channels.http_settings import CallSettings, caller_for
from watchtower.channels.listening import Ear, Press
from watchtower.channels.socket_listening import each_message
from watchtower.channels.urls import Endpoint, netloc_of
from watchtower.channels.vendor_answer import FaultTable, document_of, refused
from watchtower.core.plan.channels import ChannelTraits
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.fields import Field, Secret
from watchtower.model import ChannelName, Text

_ADDRESS = re.compile(r"[UWCGD][A-Z0-9]{6,20}")
_MOST = 2900
"""Characters of one block, of the 3,000 that Slack takes."""
_PING = 30.0
_WAITING = 32
"""Answers to presses that wait to be posted; who presses a hundred times is not answered as often."""
_ACKNOWLEDGE = "acknowledge"
_RETRY, _ADDRESS_FAULT = DeliveryFault.RETRY, DeliveryFault.ADDRESS
FAULTS: FaultTable = {
    "rate*limited": _RETRY,
    "message_limit_exceeded": _RETRY,
    "service_unavailable": _RETRY,
    "request_timeout": _RETRY,
    "team_added_to_org": _RETRY,
    "internal_error": DeliveryFault.AMBIGUOUS,  # "some aspect of the operation" may have succeeded
    "fatal_error": DeliveryFault.AMBIGUOUS,
    "channel_not_found": _ADDRESS_FAULT,
    "user_not_found": _ADDRESS_FAULT,
    "user_disabled": _ADDRESS_FAULT,
    "cannot_dm_bot": _ADDRESS_FAULT,
    "is_archived": _ADDRESS_FAULT,
    "is_inactive": _ADDRESS_FAULT,
    "not_in_channel": _ADDRESS_FAULT,
    "restricted_action*": _ADDRESS_FAULT,
}
"""By `error`; all others are our token, its rights, the app's settings, or the message."""


class SlackChannel(HttpChannel):
    """Sends a letter as a message of an app, to a person or a channel."""

    name: ClassVar[ChannelName] = "slack"
    traits: ClassVar[ChannelTraits] = ChannelTraits(
        Text("Slack", "Slack"), "The id of a member, or of a channel.", "U024BE7LH"
    )

    class Settings(CallSettings):
        """`[channel.slack]`."""

        token: Secret = Field(description="the app's bot token, xoxb-…, with the scope chat:write")
        app_token: Secret = Field(
            Secret(""), description="the app token, xapp-…, with connections:write; none: no button"
        )
        url: Endpoint = Field("https://slack.com/api", description="the Web API")

    def __init__(self, settings: Settings, redact: Callable[[str], str] = str) -> None:
        self._settings = settings
        self._caller = caller_for(self.name, settings, [settings.token, settings.app_token], redact)
        self.listens = bool(settings.app_token.get_secret_value())
        self._answers, self._one = set[asyncio.Task[None]](), asyncio.Lock()

    def receiver(self, address: str) -> str:
        """The Web API, whoever the message is for."""
        return netloc_of(self._settings.url)

    @staticmethod
    def problem_of_address(address: str) -> str | None:
        """Why this is no id of a member or a channel, or None."""
        if _ADDRESS.fullmatch(address):
            return None
        return (
            'is not an id of Slack, as "U024BE7LH" of a member or "C024BE91L" of a channel: a name may change'
        )

    async def send(self, letter: Letter) -> Receipt:
        """Post the message."""
        body = chat_body(letter)
        # In a channel nobody who presses was paged: there the link remains.
        button = letter.button if self.listens and letter.address[0] in "UW" else ""
        message = {
            "channel": letter.address,
            "text": body.headline,
            "blocks": _blocks(body, button),
            "unfurl_links": False,
            "unfurl_media": False,
        }
        said = await self._ask("chat.postMessage", self._settings.token, message)
        return Receipt(str(said.get("ts", "")), "ok")

    async def listen(self, ear: Ear) -> None:
        """Hear by a WebSocket that Slack names, until it asks for another one."""
        opened = await self._ask("apps.connections.open", self._settings.app_token, {})
        farewell: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        async def hear(text: str | bytes) -> str | None:
            envelope = json.loads(text)
            if envelope["type"] == "disconnect" and not farewell.done():
                farewell.set_result(str(envelope.get("reason", "")))
            if envelope["type"] == "interactive":
                await self._pressed(ear, envelope["payload"])
            id = envelope.get("envelope_id")
            return json.dumps({"envelope_id": id}) if id else None

        url = str(opened.get("url", ""))
        listening = asyncio.create_task(each_message(url, ear, hear, self._settings, every=_PING))
        either: set[asyncio.Future[Any]] = {listening, farewell}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if listening.done():
                await listening
        finally:
            listening.cancel()
        if farewell.result() == "link_disabled":
            raise DeliveryError(
                "link_disabled", "socket mode is off in the app's settings", fault=DeliveryFault.OURS
            )

    async def _pressed(self, ear: Ear, payload: Mapping[str, Any]) -> None:
        for action in payload.get("actions", ()):
            if action.get("action_id") == _ACKNOWLEDGE:
                who = str(payload["user"]["id"])
                said = await ear.pressed(Press(who, str(action.get("value", ""))))
                # Slack waits three seconds for the envelope's answer, which is not to wait for ours.
                if len(self._answers) < _WAITING:
                    task = asyncio.create_task(self._tell(who, said))
                    self._answers.add(task)
                    task.add_done_callback(self._answers.discard)

    async def _tell(self, who: str, said: str) -> None:
        async with self._one:
            with contextlib.suppress(DeliveryError):
                await self._ask("chat.postMessage", self._settings.token, {"channel": who, "text": said})

    async def _ask(self, method: str, token: Secret, request: Mapping[str, Any]) -> Mapping[str, Any]:
        headers = UTF8 | {"Authorization": f"Bearer {token.get_secret_value()}"}
        answer = await self._caller.call(
            "POST", f"{self._settings.url}/{method}", json=request, headers=headers
        )
        said = document_of(self._caller, answer)
        if said.get("ok") is not True:
            raise refused(self._caller, answer, str(said.get("error", "")), FAULTS, DeliveryFault.OURS)
        return said


def _blocks(body: ChatBody, button: str) -> list[dict[str, Any]]:
    def section(kind: str, text: str) -> dict[str, Any]:
        return {"type": "section", "text": {"type": kind, "text": text}}

    blocks = [section("plain_text", fitted([body.headline], _MOST))]
    if body.lines:
        blocks.append(section("plain_text", fitted(body.lines, _MOST)))
    if links := "  ·  ".join(f"<{_escaped(url)}|{_escaped(label)}>" for label, url in body.links):
        blocks.append(section("mrkdwn", links))
    if button:
        label = {"type": "plain_text", "text": body.button}
        one = {
            "type": "button",
            "action_id": _ACKNOWLEDGE,
            "style": "primary",
            "text": label,
            "value": button,
        }
        blocks.append({"type": "actions", "elements": [one]})
    return blocks


def _escaped(text: str) -> str:
    """As mrkdwn wants it; a bar would end a link's URL."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("|", "%7C")
