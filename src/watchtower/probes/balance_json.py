"""`balance.json` measures anything prepaid with a JSON API: money, messages, credit, quota."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar, Literal, Self

from watchtower.curl import Response
from watchtower.fields import Field, Secret, model_validator
from watchtower.model import Fact, Facts, Reading, Unit
from watchtower.numbers import parse_number
from watchtower.probes.contract import Probe, Target, unknown, up
from watchtower.probes.fetching import Fetcher, FetchSettings, document_of
from watchtower.probes.http_answer import JmesPath, search
from watchtower.probes.traffic import CannotTell

_MAX_BODY = 4 << 20


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

        @model_validator(mode="after")
        def _fits_together(self) -> Self:
            if self.currency_path and not self.currency:
                raise ValueError('currency_path needs a currency to compare with, such as currency = "CNY"')
            if self.body is not None and self.method == "GET":
                raise ValueError('a body needs method = "POST"')
            return self

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        body = settings.body.get_secret_value() if settings.body else None
        password = settings.password.get_secret_value() if settings.password else ""
        self._body: bytes | None = body.encode() if body is not None else None
        self._fetcher = Fetcher(settings, self.timeout_seconds, _MAX_BODY, body or "", password)
        self._login = (settings.username, password)
        paths = {name: getattr(settings, name) for name in ("value", "minus", "currency_path", "ok")}
        self._paths: dict[str, str] = {name: path for name, path in paths.items() if path}

    async def probe(self) -> Reading:
        try:
            balance = await self._fetcher.ask(
                self.services.curl,
                self._read,
                method=self.settings.method,
                headers={
                    "Accept": "application/json",
                    **({"Content-Type": "application/json"} if self._body else {}),
                },
                body=self._body,
                login=self._login,
            )
        except CannotTell as why:
            return unknown(why.reason, why.detail)
        if self.settings.currency:
            return up(balance=float(balance), currency=self.settings.currency)
        return up(balance=float(balance))

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
