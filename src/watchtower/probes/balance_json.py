"""`balance.json` measures anything prepaid with a JSON API: money, messages, credit, quota."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar, Literal, Self

from watchtower.curl import Response
from watchtower.fields import Field, Secret, Settings, model_validator
from watchtower.model import Fact, Facts, Reading, Unit
from watchtower.numbers import parse_number
from watchtower.probes.contract import Probe, Target, unknown, up
from watchtower.probes.fetching import Fetcher, FetchSettings, document_of
from watchtower.probes.http_answer import JmesPath, search
from watchtower.probes.prepaid import with_overall
from watchtower.probes.traffic import CannotTell
from watchtower.probes.urls import Headers, HttpUrl

_MAX_BODY = 4 << 20


class JsonAccount(Settings):
    """What one of several accounts has of its own."""

    url: HttpUrl | None = Field(default=None, description="The address to ask, in place of the check's.")
    headers: Headers = Field(default={}, description="Request headers, beside the check's and before them.")
    body: Secret | None = Field(default=None, description="The request's body, in place of the check's.")
    username: str = Field(default="", description="User for HTTP basic authentication.")
    password: Secret | None = Field(default=None, description="Password for HTTP basic authentication.")


class JsonBalance(Probe):
    """Takes an amount out of a JSON answer. An unreadable amount, or one in another currency, is unknown:
    never fine."""

    kind = "balance.json"
    facts: ClassVar[Facts] = {
        "balance": Fact.number("what is left", Unit.MONEY),
        "currency": Fact.string("the currency of it, as the check declares it"),
    }
    detector = "runway"
    every = "10m"
    timeout = "10s"

    class Settings(FetchSettings):
        method: Literal["GET", "POST"] = Field(default="GET", description="The HTTP method.")
        body: Secret | None = Field(default=None, description="The request's body, for POST.")
        username: str = Field(default="", description="User for HTTP basic authentication.")
        password: Secret | None = Field(default=None, description="Password for HTTP basic authentication.")
        value: JmesPath = Field(description="Where the amount is: a JMESPath.")
        minus: JmesPath | None = Field(
            default=None, description="Where an amount is that is taken off, such as what was used."
        )
        divide_by: int = Field(
            default=1, ge=1, description="How many of the API's units are one: 100 for cents."
        )
        currency: str = Field(
            default="",
            pattern="^([A-Z]{3})?$",
            description="The currency that rules count on; empty for what is no money.",
        )
        currency_path: JmesPath | None = Field(
            default=None,
            description="Where the answer says its currency; another one than `currency` is unknown.",
        )
        ok: JmesPath | None = Field(
            default=None,
            description="What must be true in the answer, for APIs that report errors with HTTP 200.",
        )

        accounts: dict[str, JsonAccount] = Field(
            default={},
            max_length=50,
            description="Several accounts by one check: name -> what differs. Each is a series.",
        )

        @model_validator(mode="after")
        def _fits_together(self) -> Self:
            if self.currency_path and not self.currency:
                raise ValueError('currency_path needs a currency to compare with, such as currency = "CNY"')
            bodies = [self.body, *(account.body for account in self.accounts.values())]
            if any(bodies) and self.method == "GET":
                raise ValueError('a body needs method = "POST"')
            return self

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        given = settings.accounts or {"": JsonAccount()}
        self._asking = {name: self._asking_for(account) for name, account in given.items()}
        paths = {name: getattr(settings, name) for name in ("value", "minus", "currency_path", "ok")}
        self._paths: dict[str, str] = {name: path for name, path in paths.items() if path}

    def _asking_for(self, account: JsonAccount) -> Callable[..., Awaitable[Decimal]]:
        """What asks for the balance of one account, by the fleet and what reads the answer."""
        ours, body, password = self.settings, "", ""
        if secret := account.body or ours.body:
            body = secret.get_secret_value()
        if secret := account.password or ours.password:
            password = secret.get_secret_value()
        named = {name.lower() for name in account.headers}
        kept = {name: value for name, value in ours.headers.items() if name.lower() not in named}
        own = {"url": account.url or ours.url, "headers": kept | account.headers}
        return partial(
            Fetcher(ours.model_copy(update=own), self.timeout_seconds, _MAX_BODY, body, password).ask,
            method=ours.method,
            headers={"Accept": "application/json", **({"Content-Type": "application/json"} if body else {})},
            body=body.encode() or None,
            login=(account.username or ours.username, password),
        )

    async def probe(self) -> Reading | Sequence[Reading]:
        return with_overall(await asyncio.gather(*map(self._one, self._asking)))

    async def _one(self, account: str) -> Reading:
        try:
            balance = await self._asking[account](self.services.curl, self._read)
        except CannotTell as why:
            return unknown(why.reason, why.detail, account)
        if self.settings.currency:
            return up(account, balance=float(balance), currency=self.settings.currency)
        return up(account, balance=float(balance))

    def _read(self, response: Response) -> Decimal:
        if response.status != 200:
            raise CannotTell("status", f"HTTP {response.status}")
        # Money is read as it is written: a float would have rounded it already.
        document = document_of(response, exact=True)
        if "ok" in self._paths and self._found("ok", document) is not True:
            raise CannotTell("vendor", f"{self.settings.ok} is not true in the answer")
        if "currency_path" in self._paths:
            said = self._found("currency_path", document)
            if said != self.settings.currency:
                text = f"the balance is in {str(said)[:10]}, the check counts on {self.settings.currency}"
                raise CannotTell("currency", text)
        balance = self._amount("value", document)
        if "minus" in self._paths:
            balance -= self._amount("minus", document)
        return balance / Decimal(self.settings.divide_by)

    def _amount(self, name: str, document: Any) -> Decimal:
        found = self._found(name, document)
        try:
            return parse_number(found)
        except ValueError as error:
            what = "nothing is there" if found is None else str(error)
            raise CannotTell("garbage", f"{name} = {getattr(self.settings, name)}: {what}") from None

    def _found(self, name: str, document: Any) -> Any:
        try:
            return search(self._paths[name], document)
        except ValueError as error:
            raise CannotTell("garbage", f"{name} = {error}") from None
