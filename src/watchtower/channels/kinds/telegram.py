"""Telegram: a bot's message to a chat, and the button under it, heard by long polling (core.telegram.org/bots/api).

[channel.telegram]
token = "${TELEGRAM_TOKEN}"
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from watchtower.channels import sentences
from watchtower.channels.chat_body import chat_body, fitted
from watchtower.channels.contract import Letter, Receipt
from watchtower.channels.http_call import Answer, Caller
from watchtower.channels.http_channel import HttpChannel
from watchtower.channels.http_settings import CallSettings, caller_for
from watchtower.channels.listening import Ear, Press
from watchtower.channels.urls import Endpoint, netloc_of
from watchtower.channels.vendor_answer import FaultTable, document_of, fault_of, refused
from watchtower.core.plan.channels import ChannelTraits
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.fields import Field, Secret
from watchtower.model import ChannelName, Text

_ADDRESS = re.compile(r"-?[1-9][0-9]{0,19}|@[A-Za-z][A-Za-z0-9_]{4,31}")
_MOST = 4000
"""Characters of a text, of the 4,096 that Telegram takes."""
POLL = 25
"""Seconds that one question for presses may wait for the first."""
FAULTS: FaultTable = {
    "429*": DeliveryFault.RETRY,
    "401*": DeliveryFault.OURS,  # the token is void
    "404*": DeliveryFault.OURS,  # the token is none
    "403*": DeliveryFault.ADDRESS,  # blocked by the user, never written to, put out of the group
    "400 Bad Request: *chat not found*": DeliveryFault.ADDRESS,
    "400 Bad Request: group chat was upgraded*": DeliveryFault.ADDRESS,
    "400 Bad Request: *PEER_ID_INVALID*": DeliveryFault.ADDRESS,
    "400 Bad Request: *rights*": DeliveryFault.ADDRESS,
    "400*": DeliveryFault.OURS,
    "409*": DeliveryFault.OURS,  # a webhook, or another program with the same bot
}
"""By error_code and description, as Telegram words it; the codes are documented, the words are not."""


class TelegramChannel(HttpChannel):
    """Sends a letter as a message of a bot."""

    name: ClassVar[ChannelName] = "telegram"
    traits: ClassVar[ChannelTraits] = ChannelTraits(
        Text("Telegram", "Telegram"), "The id of a chat with the bot.", "123456789"
    )

    class Settings(CallSettings):
        """`[channel.telegram]`."""

        token: Secret = Field(description="the bot's token, from @BotFather")
        url: Endpoint = Field("https://api.telegram.org", description="the Bot API, or a server of one's own")
        listen: bool = Field(True, description="hear the acknowledge button; one program for each bot")

    def __init__(self, settings: Settings, redact: Callable[[str], str] = str) -> None:
        self._base = f"{settings.url}/bot{settings.token.get_secret_value()}"
        self._caller = caller_for(self.name, settings, [settings.token], redact)
        patient = settings.model_copy(update={"timeout": POLL + settings.timeout})
        self._poll = caller_for(f"{self.name} poll", patient, [settings.token], redact, fresh=False)
        self.listens = settings.listen

    def receiver(self, address: str) -> str:
        """The Bot API, whoever the message is for."""
        return netloc_of(self._base)

    @staticmethod
    def problem_of_address(address: str) -> str | None:
        """Why this is no chat's id, or None."""
        if _ADDRESS.fullmatch(address):
            return None
        return 'is not the id of a chat, as "123456789" of a person, "-1001234567890" of a group or "@name" of a channel'

    async def send(self, letter: Letter) -> Receipt:
        """Post the message. Links stand in its text: Telegram refuses buttons with a host that it cannot reach."""
        body = chat_body(letter)
        links = [f"{label}: {url}" for label, url in body.links]
        text = fitted([body.headline, *links, *body.lines], _MOST)
        request: dict[str, Any] = {"chat_id": letter.address, "text": text}
        request["link_preview_options"] = {"is_disabled": True}
        request["disable_notification"] = sentences.is_canary(letter.message)
        # In a group nobody could say whose press it is: there the link remains.
        if self.listens and body.button and letter.address[0] not in "-@":
            request["reply_markup"] = {
                "inline_keyboard": [[{"text": body.button, "callback_data": letter.button}]]
            }
        said = await self._ask(self._caller, "sendMessage", request)
        return Receipt(str(said.get("message_id", "")), "ok")

    async def listen(self, ear: Ear) -> None:
        """Ask for presses, and answer each. What was pressed while nobody asked is kept by Telegram for a day."""
        offset, wait = 0, 0
        while True:
            asked = {"offset": offset, "timeout": wait, "allowed_updates": ["callback_query"]}
            updates = await self._ask(self._poll, "getUpdates", asked)
            ear.connected()
            wait = POLL
            for update in updates:
                offset = update["update_id"] + 1
                if query := update.get("callback_query"):
                    await self._answer(ear, query)

    async def close(self) -> None:
        """Let connections go."""
        await super().close()
        await self._poll.close()

    async def _answer(self, ear: Ear, query: Mapping[str, Any]) -> None:
        who = str(query["from"]["id"])
        said = await ear.pressed(Press(who, str(query.get("data", ""))))
        try:
            answer = {"callback_query_id": query["id"], "text": said[:200], "show_alert": True}
            await self._ask(self._caller, "answerCallbackQuery", answer)
        except DeliveryError:  # too old, as after a restart of ours: they are told all the same
            await self._ask(self._caller, "sendMessage", {"chat_id": who, "text": said})

    async def _ask(self, caller: Caller, method: str, request: Mapping[str, Any]) -> Any:
        answer = await caller.call("POST", f"{self._base}/{method}", json=request)
        said = document_of(caller, answer)
        if said.get("ok") is not True:
            raise _refusal(caller, answer, said)
        return said.get("result", {})


def _refusal(caller: Caller, answer: Answer, said: Mapping[str, Any]) -> DeliveryError:
    code = str(said.get("error_code", answer.status))
    fault = fault_of(f"{code} {said.get('description', '')}", FAULTS) or DeliveryFault.RETRY
    asked = (said.get("parameters") or {}).get("retry_after")
    wait = float(asked) if isinstance(asked, (int, float)) else None
    return refused(caller, answer, code, {}, fault, wait)
