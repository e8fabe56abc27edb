"""The page webhook: a signed JSON document posted to a URL of the responder's.

    X-Watchtower-Signature: t=1795358590,v1=<hex HMAC-SHA256 of "1795358590." + body, keyed with the secret>

The receiver computes the same, compares in constant time, and refuses a `t` that is more than some minutes
old. `Idempotency-Key` is the page's id: the same for every attempt.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import ClassVar

from watchtower.channels.contract import Letter, Receipt
from watchtower.channels.http_call import idempotency_key
from watchtower.channels.http_channel import HttpChannel
from watchtower.channels.http_settings import HttpSettings, caller_for
from watchtower.channels.page_body import page_body
from watchtower.channels.urls import problem_of_url
from watchtower.channels.verdict import Judge
from watchtower.core.plan.channels import ChannelTraits
from watchtower.fields import Duration, Field, Secret
from watchtower.model import ChannelName, Severity, Text

SIGNATURE = "X-Watchtower-Signature"


class WebhookChannel(HttpChannel):
    """Posts a letter as JSON to the URL that is its address."""

    name: ClassVar[ChannelName] = "webhook"
    traits: ClassVar[ChannelTraits] = ChannelTraits(
        Text("webhook", "Webhook"),
        "A URL that takes pages.",
        "https://hooks.example.com/",
        down_to=Severity.P3,
        quiet=True,
        idempotent=True,
        machine=True,
    )

    class Settings(HttpSettings):
        """`[channel.webhook]`; all optional, but a receiver can trust only signed pages."""

        secret: Secret | None = Field(None, description="key of the signature; none: pages are not signed")
        timeout: Duration = Field(5.0, gt=0, le=30, description="for one attempt")

    def __init__(self, settings: Settings, redact: Callable[[str], str] = str) -> None:
        self._key = settings.secret.get_secret_value().encode() if settings.secret else b""
        self._headers = {name: value.get_secret_value() for name, value in settings.headers.items()}
        self._caller = caller_for("webhook", settings, settings.headers.values(), redact, fresh=False)
        self._reads, self._judge = settings.reads, Judge(settings)

    def receiver(self, address: str) -> str:
        """The whole URL: behind one host there may be a receiver that hangs and one that is well."""
        return address

    @staticmethod
    def problem_of_address(address: str) -> str | None:
        """Why this cannot be posted to, or None."""
        return problem_of_url(address)

    async def send(self, letter: Letter) -> Receipt:
        """Post the page; any 2xx means it was taken, where `success` does not say otherwise."""
        body = json.dumps(page_body(letter), ensure_ascii=False, separators=(",", ":")).encode()
        headers = {
            "Content-Type": "application/json",
            **self._headers,
            "Idempotency-Key": idempotency_key(letter.id),
        }
        if self._key:
            headers[SIGNATURE] = sign(self._key, int(time.time()), body)
        answer = await self._caller.call("POST", letter.address, read=self._reads, data=body, headers=headers)
        return self._judge.judged(self._caller, answer)


def sign(key: bytes, at: int, body: bytes) -> str:
    """The signature header's value at this time (epoch seconds)."""
    digest = hmac.new(key, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"
