"""SMS through the HTTP interface of any gateway, described in TOML; or into a file, for a phone of one's own desk.

[channel.sms]
url = "https://sms.example/v1/messages"
headers = { Authorization = "Bearer ${SMS_TOKEN}" }
json = { to = "{{ to }}", text = "{{ text }}" }
success = "code == 'OK'"
reference = "id"
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from watchtower.channels import placeholders, sms_text, written
from watchtower.channels.contract import Letter, Receipt
from watchtower.channels.http_call import Caller, hiding, idempotency_key
from watchtower.channels.http_settings import HttpSettings
from watchtower.channels.kinds.sms import SmsKind
from watchtower.channels.phone_numbers import Numbers
from watchtower.channels.sms_values import PLACEHOLDERS, RECEIVING, TELLING, values_of
from watchtower.channels.urls import netloc_of, problem_of_url
from watchtower.channels.verdict import Judge
from watchtower.core.plan.budget import Budget, BudgetLimit
from watchtower.fields import Field, FileName, Secret, model_validator

PLENTY = (BudgetLimit(40, 86400.0),)
"""One P0 of two hours that somebody never acknowledges (30), with room to spare; what comes round each minute ends here."""


class SmsGateway(SmsKind):
    """Sends a letter as an SMS."""

    provider: ClassVar[str] = "gateway"

    class Settings(HttpSettings):
        """`[channel.sms]`: a gateway's request (`url` with one of `json`, `form`, `body`, `query`) or `file`."""

        provider: Literal["gateway"] = Field("gateway", description="any gateway, as this table describes it")
        url: Secret | None = Field(None, description="where the gateway takes messages; https")
        method: Literal["POST", "PUT", "GET"] = "POST"
        json_: Any = Field(
            None,
            alias="json",
            repr=False,
            description="the request's body as JSON, with {{ to }}, {{ text }}, …",
        )
        form: dict[str, Any] | None = Field(
            None, repr=False, description="the body as form fields; a table becomes JSON text"
        )
        body: str | None = Field(
            None, repr=False, description="the body as text; needs a Content-Type header"
        )
        query: dict[str, str] = Field(default_factory=dict, repr=False, description="parameters of the URL")
        username: str = Field("", description="HTTP basic authentication")
        password: Secret = Secret("")
        numbers: Numbers = Field(
            (), description='beginnings of the numbers that it serves, as ["+86"]; none: all'
        )
        max_segments: int = Field(2, ge=1, le=10, description="how many SMS one page may cost")
        parameter_length: int = Field(
            0, ge=0, description="cut every value but text, links and numbers; 0: never"
        )
        country_code: str = Field(
            "", pattern=r"^\+[1-9][0-9]{0,2}$|^$", description="left out of {{ to_national }}"
        )
        budget: Budget = Field(PLENTY, description='how many pages one number is sent, as ["10/24h"]')
        file: FileName = Field("", description="append messages to this file instead of sending them")

        @model_validator(mode="after")
        def _one_way(self) -> Self:
            if bool(self.file) == (self.url is not None):
                raise ValueError('give either url (a gateway) or file (a local file, as "var/phone.txt")')
            if self.url is None:
                return self
            problem = problem_of_url(self.url.get_secret_value())
            if problem:
                raise ValueError(f"url {problem}")
            bodies = [
                name
                for name, v in (("json", self.json_), ("form", self.form), ("body", self.body))
                if v is not None
            ]
            if len(bodies) != 1 and not (self.query and not bodies):
                raise ValueError(
                    f"give exactly one of json, form, body (or query alone); there is {' and '.join(bodies) or 'none'}"
                )
            if self.body is not None and not self._content_type():
                raise ValueError(
                    'body needs headers = { Content-Type = "…" }, which says how values are escaped in it'
                )
            problem = placeholders.problem_of_names(
                [self.json_, self.form, self.body, self.query], PLACEHOLDERS
            )
            if problem:
                raise ValueError(problem)
            told = placeholders.names([self.json_, self.form, self.body, self.query])
            if not told & RECEIVING:
                raise ValueError(
                    'what is sent names nobody: put "{{ to }}" (the number), {{ to_digits }} or {{ to_national }} into it'
                )
            if not told & TELLING:
                raise ValueError(
                    'what is sent says nothing: put "{{ text }}" (the whole message) into it, or its parts, such as {{ title }}'
                )
            return self

        def _content_type(self) -> str:
            return next(
                (v.get_secret_value() for k, v in self.headers.items() if k.lower() == "content-type"), ""
            )

    def __init__(self, settings: Settings, redact: Callable[[str], str] = str) -> None:
        self._settings = settings
        hide = hiding([settings.password, *settings.headers.values()], redact)
        self._url = settings.url.get_secret_value() if settings.url else ""
        self._caller = (
            Caller("sms", settings.timeout, settings.ca_file, hide, settings.proxy.get_secret_value())
            if self._url
            else None
        )
        self._judge = Judge(settings)

    def receiver(self, address: str) -> str:
        """The gateway, whoever the message is for."""
        return netloc_of(self._url)

    @staticmethod
    def preview(letter: Letter, settings: Any) -> str:
        """The whole message."""
        return sms_text.compose(letter, getattr(settings, "max_segments", 2))

    async def send(self, letter: Letter) -> Receipt:
        """Hand the letter to the gateway."""
        text = sms_text.compose(letter, self._settings.max_segments)
        if self._caller is None:
            file = Path(self._settings.file)
            await written.append(file, _as_block(letter, text))
            return Receipt(letter.id, f"written to {file}")
        answer = await self._caller.call(
            self._settings.method, self._url, read=self._settings.reads, **self._request(letter, text)
        )
        return self._judge.judged(self._caller, answer)

    async def close(self) -> None:
        """Let connections go."""
        if self._caller is not None:
            await self._caller.close()

    def _request(self, letter: Letter, text: str) -> dict[str, Any]:
        settings = self._settings
        values = values_of(letter, text, settings.country_code, settings.parameter_length)
        headers = {name: value.get_secret_value() for name, value in settings.headers.items()}
        how: dict[str, Any] = {"headers": {"Idempotency-Key": idempotency_key(letter.id), **headers}}
        if settings.username:
            how["auth"] = settings.username, settings.password.get_secret_value()
        if settings.query:
            how["params"] = placeholders.fill(settings.query, values)
        if settings.json_ is not None:
            how["json"] = placeholders.fill(settings.json_, values)
        elif settings.form is not None:
            how["data"] = placeholders.as_form(settings.form, values)
        elif settings.body is not None:
            how["data"] = placeholders.fill_text(settings.body, settings._content_type(), values).encode()
        return how


def _as_block(letter: Letter, text: str) -> bytes:
    at = datetime.fromtimestamp(letter.message.at, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%SZ} to {letter.address} id {letter.id}\n{text}\n\n".encode()
