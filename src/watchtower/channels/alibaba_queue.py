"""What Alibaba Cloud tells by its queues, which we ask: replies, keys and receipts without an open port.

Source: https://help.aliyun.com/zh/sms/developer-reference/configure-delivery-receipts-1
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from email.utils import formatdate
from typing import Any

from watchtower.channels.alibaba import AlibabaAccount
from watchtower.channels.contract import CallbackAnswer
from watchtower.channels.http_call import Answer
from watchtower.channels.http_settings import caller_for
from watchtower.channels.listening import Ear, Unconfirmed
from watchtower.channels.urls import Endpoint
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.fields import Field, Settings, field_validator
from watchtower.logs import log
from watchtower.signing.mns import queue_headers

POLL = 20
"""Seconds that one question may wait for the first message."""
_AT_ONCE, _PAUSE = 16, 1.0
_LASTS = 120.0
"""Seconds after which other keys are asked for: those of before still hold then, whatever this machine's clock says."""
_MESSAGE = re.compile(r"<Message>(.*?)</Message>", re.DOTALL)
_BODY = re.compile(r"<MessageBody>([^<]*)</MessageBody>")
_HANDLE = re.compile(r"<ReceiptHandle>([A-Za-z0-9+/=_-]+)</ReceiptHandle>")
_NAME = re.compile(r"Alicom-Queue-[0-9]+-[A-Za-z]+")

Read = Callable[[str, Mapping[str, Any]], CallbackAnswer]
"""Reads a message of this type, as `SmsUp`. It may raise anything for what it cannot read."""


class QueueSettings(Settings):
    """A part of every channel of Alibaba Cloud's: it listens where queues are named."""

    queues: tuple[str, ...] = Field(
        (),
        description="queues that are read, as Alicom-Queue-1234567890123456-SmsUp; the last word is the type",
    )
    queue_endpoint: Endpoint = Field(
        "https://1943695596114318.mns.cn-hangzhou.aliyuncs.com", description="where queues are read"
    )
    queue_key_endpoint: Endpoint = Field(
        "https://dybaseapi.aliyuncs.com", description="where the keys of queues are asked for"
    )

    @field_validator("queues")
    @classmethod
    def _are_queues(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            if not _NAME.fullmatch(one):
                raise ValueError(
                    f'"{one}" is no queue: copy its name from the console, as Alicom-Queue-1234567890123456-SmsUp'
                )
        return value


class AlibabaQueues:
    """Reads the queues of a channel; each message is carried out, and then taken out of its queue."""

    def __init__(self, name: str, settings: Any, read: Read, redact: Callable[[str], str]) -> None:
        self._queues, self._read = settings.queues, read
        self._endpoint = settings.queue_endpoint.rstrip("/")
        patient = settings.model_copy(update={"timeout": POLL + settings.timeout})
        self._caller = caller_for(f"{name} queues", patient, [settings.access_key_secret], redact)
        self._account = AlibabaAccount(self._caller, settings.queue_key_endpoint, settings)

    async def listen(self, ear: Ear) -> None:
        """Runs until it is cancelled. Raises DeliveryError."""
        try:
            async with asyncio.TaskGroup() as group:
                for queue in self._queues:
                    group.create_task(self._drain(queue, ear))
        except BaseExceptionGroup as failed:
            raise failed.exceptions[0] from None

    async def close(self) -> None:
        await self._caller.close()

    async def _drain(self, queue: str, ear: Ear) -> None:
        kind, place = queue.rpartition("-")[2], f"/queues/{queue}/messages"
        keys, until = dict[str, str](), 0.0
        while True:
            if time.monotonic() >= until:
                keys, until = await self._keys(kind, queue), time.monotonic() + _LASTS
            began = time.monotonic()
            answer = await self._ask("GET", f"{place}?numOfMessages={_AT_ONCE}&waitseconds={POLL}", keys)
            if answer.status != 404 and not answer.ok:  # 404: nothing came in this time
                raise self._caller.refusal(answer)
            ear.connected()
            if answer.status == 404 and time.monotonic() - began < _PAUSE:
                await asyncio.sleep(_PAUSE)  # it has not waited for a message, and need not be asked at once
            for handle, body in _messages(answer.body.decode("utf-8", "replace")):
                if not await self._carried_out(kind, body, ear):
                    continue  # the queue hands it out again in half a minute
                await self._ask("DELETE", f"{place}?ReceiptHandle={handle}", keys)

    async def _carried_out(self, kind: str, body: str, ear: Ear) -> bool:
        """Whether it may leave the queue."""
        try:
            told = self._read(kind, json.loads(base64.b64decode(body)))
        except Exception as error:  # noqa: BLE001 - whatever it is, it would come again and again
            log.warning("listener_unreadable", kind=kind, error=type(error).__name__)
            return True
        if told.reports:
            await ear.reported(told.reports)
        return told.press is None or not isinstance(await ear.pressed(told.press), Unconfirmed)

    async def _keys(self, kind: str, queue: str) -> dict[str, str]:
        """Keys for this queue; they hold for some minutes."""
        said = await self._account.call("QueryTokenForMnsQueue", MessageType=kind, QueueName=queue)
        found = said.get("MessageTokenDTO")
        if not isinstance(found, dict) or not found.get("AccessKeySecret"):
            raise DeliveryError("no_keys", "no keys for the queue came", fault=DeliveryFault.OURS)
        names = {"key_id": "AccessKeyId", "key_secret": "AccessKeySecret", "security_token": "SecurityToken"}
        return {ours: str(found.get(theirs, "")) for ours, theirs in names.items()}

    async def _ask(self, method: str, target: str, keys: Mapping[str, str]) -> Answer:
        headers = queue_headers(method=method, target=target, date=formatdate(usegmt=True), **keys)
        return await self._caller.call(method, f"{self._endpoint}{target}", headers=headers)


def _messages(xml: str) -> Iterator[tuple[str, str]]:
    """Handle and body of each."""
    for found in _MESSAGE.finditer(xml):
        handle, body = _HANDLE.search(found[1]), _BODY.search(found[1])
        if handle:
            yield handle[1], body[1] if body else ""
