"""`balance.alibaba` measures the balance of an Alibaba Cloud account."""

from __future__ import annotations

import asyncio
import os
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from watchtower.bodies import BodyUnreadable
from watchtower.curl import FetchError, Request, Response
from watchtower.fields import Field, Secret
from watchtower.model import Fact, Facts, Reading, Unit
from watchtower.numbers import as_number, parse_number
from watchtower.probes.contract import Probe, Target, unknown, up
from watchtower.probes.fetching import document_of
from watchtower.probes.redaction import redactor
from watchtower.probes.traffic import CannotTell
from watchtower.probes.urls import HttpUrl
from watchtower.signing.acs3 import signed_headers

_ACTION, _VERSION = "QueryAccountBalance", "2017-12-14"
_LARGEST_ANSWER = 1 << 20
_PAUSES = (0.5, 1.5)
"""Seconds before each further try, after a failure that may pass."""
_ENVIRONMENT = {
    "access_key_id": "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "access_key_secret": "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "security_token": "ALIBABA_CLOUD_SECURITY_TOKEN",
}
"""Where a key comes from that the check does not give: the vendor's own names, or `<name>_FILE`."""


class AlibabaBalance(Probe):
    """Calls QueryAccountBalance. An unreadable balance, or one in another currency, is unknown: never fine."""

    kind = "balance.alibaba"
    facts: ClassVar[Facts] = {
        "balance": Fact.number("money that is left: AvailableAmount, below zero when in arrears", Unit.MONEY),
        "cash": Fact.number("the part of it that was paid in: AvailableCashAmount", Unit.MONEY),
        "credit": Fact.number("the credit that was granted: CreditAmount", Unit.MONEY),
        "currency": Fact.string("the currency of these: `CNY`, `USD` or `JPY`"),
    }
    detector = "runway"
    every = "10m"
    timeout = "15s"

    class Settings(Probe.Settings):
        vendor: ClassVar[str] = "alibaba"
        """What a check's `vendor` says, where it says nothing."""
        access_key_id: Secret | None = Field(
            default=None, description="The AccessKey's id; without it ALIBABA_CLOUD_ACCESS_KEY_ID is used."
        )
        access_key_secret: Secret | None = Field(
            default=None,
            description="The AccessKey's secret; without it ALIBABA_CLOUD_ACCESS_KEY_SECRET is used.",
        )
        security_token: Secret | None = Field(
            default=None,
            description="The token of temporary (STS) keys; without it ALIBABA_CLOUD_SECURITY_TOKEN is used.",
        )
        endpoint: HttpUrl = Field(
            default=Secret("https://business.aliyuncs.com"),
            description="International sites: https://business.ap-southeast-1.aliyuncs.com.",
        )
        currency: str = Field(
            default="CNY",
            pattern="^[A-Z]{3}$",
            description="The currency that rules count on; another one is unknown.",
        )

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        self._keys = {
            name: _key(getattr(settings, name), variable) for name, variable in _ENVIRONMENT.items()
        }
        self._endpoint: str = settings.endpoint.get_secret_value().rstrip("/")
        self._where = urlsplit(self._endpoint).netloc.rpartition("@")[2]
        self._clean = redactor(*self._keys.values(), urls=[self._endpoint])

    async def probe(self) -> Reading:
        until = time.monotonic() + self.timeout_seconds
        try:
            return self._read(await self._ask(until))
        except CannotTell as why:
            return unknown(why.reason, self._clean(why.detail))

    async def _ask(self, until: float) -> Mapping[str, Any]:
        for name in ("access_key_id", "access_key_secret"):
            if not self._keys[name]:
                raise CannotTell("credentials", f"there is no {name}: set it, or {_ENVIRONMENT[name]}")
        for pause in _PAUSES:
            try:
                return await self._call(until)
            except MayPass:
                if time.monotonic() + pause >= until:
                    raise
                await asyncio.sleep(pause)
        return await self._call(until)

    async def _call(self, until: float) -> Mapping[str, Any]:
        headers = signed_headers(
            host=self._where,
            action=_ACTION,
            version=_VERSION,
            date=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            nonce=uuid.uuid4().hex,
            key_id=self._keys["access_key_id"],
            key_secret=self._keys["access_key_secret"],
            security_token=self._keys["security_token"],
        )
        # A body, though an empty one, would come with a Content-Type, which the signature does not hold.
        request = Request(
            f"{self._endpoint}/", method="POST", headers={**headers, "Content-Length": "0"},
            timeout=max(0.1, until - time.monotonic()), max_body_bytes=_LARGEST_ANSWER,
        )  # fmt: skip
        try:
            response = await self.services.curl.fetch(request)
        except FetchError as error:
            failure = CannotTell if error.reason == "tls" else MayPass
            raise failure(error.reason, f"{self._where}: {error.detail}") from None
        return data_of(response)

    def _read(self, data: Mapping[str, Any]) -> Reading:
        currency = data.get("Currency")
        if currency != self.settings.currency:
            raise CannotTell(
                "currency",
                f"the balance is in {str(currency)[:10]}, the check counts on {self.settings.currency}",
            )
        try:
            balance = parse_number(data.get("AvailableAmount"), grouped=True)
        except ValueError as error:
            raise CannotTell("garbage", f"AvailableAmount is {error}") from None
        return up(
            balance=float(balance),
            cash=_optional(data.get("AvailableCashAmount")),
            credit=_optional(data.get("CreditAmount")),
            currency=currency,
        )


def _optional(written: object) -> float | None:
    return as_number(written, grouped=True)


def _key(given: Secret | None, variable: str) -> str:
    if given is not None:
        return given.get_secret_value()
    file = os.environ.get(f"{variable}_FILE")
    if file:
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            return ""
    return os.environ.get(variable, "")


_CREDENTIALS = ("InvalidAccessKey", "SignatureDoesNotMatch", "IncompleteSignature", "NotAuthorized", "Forbidden",
                "NoPermission", "InvalidSecurityToken", "MissingSecurityToken", "SecurityTokenExpired")  # fmt: skip
_CLOCK = ("InvalidTimeStamp", "IllegalTimestamp")
_PASSING = ("Throttling", "InternalError", "UndefinedError", "ServiceUnavailable", "SystemError")
"""InternalError comes with HTTP 400: the code decides, never the status."""


class MayPass(CannotTell):
    """A failure that another attempt may cure."""


def data_of(response: Response) -> Mapping[str, Any]:
    """Returns the answer's Data. `Success` decides, because errors come with HTTP 200 too."""
    status = response.status
    try:
        answer = document_of(response, exact=True)
    except BodyUnreadable:
        answer = None
    if not isinstance(answer, dict):
        if status == 200:
            raise CannotTell("garbage", "the answer is no JSON object")
        raise (MayPass if status >= 500 else CannotTell)("status", f"HTTP {status}")
    data = answer.get("Data")
    if str(answer.get("Success")).lower() == "true" and isinstance(data, dict):
        return data
    code, said = str(answer.get("Code", "")), f"{answer.get('Code')}: {answer.get('Message')}"
    if code.startswith(_PASSING):
        raise MayPass("throttled" if code.startswith("Throttling") else "vendor", said)
    if code.startswith(_CLOCK):
        raise CannotTell("clock", f"this machine's clock is off: {said}")
    if code.startswith(_CREDENTIALS):
        raise CannotTell("credentials", said)
    raise (MayPass if status >= 500 else CannotTell)("vendor", said)
