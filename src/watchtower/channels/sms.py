"""SMS through the HTTP interface of any gateway, described in TOML; or into a file, for a phone of one's own desk.

[channel.sms]
url = "https://sms.example/v1/messages"
headers = { Authorization = "Bearer ${SMS_TOKEN}" }
json = { to = "{{ to }}", text = "{{ text }}" }
success = "code == 'OK'"
reference = "id"
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import jmespath
from jmespath.exceptions import JMESPathError

from watchtower.channels import placeholders, sentences, sms_text
from watchtower.channels.contract import Letter, Receipt
from watchtower.channels.http_call import Answer, Caller, idempotency_key, problem_of_url
from watchtower.channels.sms_values import PLACEHOLDERS, values_of
from watchtower.errors import DeliveryError
from watchtower.fields import Duration, Field, Secret, field_validator, model_validator
from watchtower.fields import Settings as BaseSettings
from watchtower.model import ChannelName

_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")


class SmsChannel:
    """Sends a letter as an SMS."""

    name: ClassVar[ChannelName] = ChannelName.SMS

    class Settings(BaseSettings):
        """`[channel.sms]`: a gateway's request (`url` with one of `json`, `form`, `body`, `query`) or `file`."""

        url: Secret | None = Field(None, description="where the gateway takes messages; https")
        method: Literal["POST", "PUT", "GET"] = "POST"
        headers: dict[str, Secret] = Field(default_factory=dict, description="such as Authorization")
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
        success: str = Field(
            "", description="JMESPath over the JSON answer that must be true, as code == 'OK'"
        )
        reference: str = Field("", description="JMESPath of the gateway's message id")
        code: str = Field("", description="JMESPath of the gateway's result code")
        permanent: tuple[str, ...] = Field(
            (), description="codes for which trying again is useless; * matches"
        )
        retry: tuple[str, ...] = Field((), description="codes worth another try, whatever the HTTP status")
        timeout: Duration = Field(10.0, gt=0, le=120, description="for one attempt")
        max_segments: int = Field(2, ge=1, le=10, description="how many SMS one page may cost")
        parameter_length: int = Field(
            0, ge=0, description="cut every value but text, links and numbers; 0: never"
        )
        country_code: str = Field(
            "", pattern=r"^\+[1-9][0-9]{0,2}$|^$", description="left out of {{ to_national }}"
        )
        ca_file: str = Field("", description="authorities to trust, instead of the public ones")
        file: str = Field("", description="append messages to this file instead of sending them")

        @field_validator("permanent", "retry", mode="before")
        @classmethod
        def _tuples(cls, value: Any) -> Any:
            return tuple(value) if isinstance(value, list) else value

        @field_validator("success", "reference", "code")
        @classmethod
        def _compiles(cls, value: str) -> str:
            if value:
                try:
                    jmespath.compile(value)
                except JMESPathError as error:
                    raise ValueError(
                        f"not a JMESPath expression: {' '.join(str(error).split())[:120]}"
                    ) from None
            return value

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
            if (self.permanent or self.retry) and not self.code:
                raise ValueError(
                    'permanent and retry compare the gateway\'s code: say where it is, as code = "Code"'
                )
            return self

        def _content_type(self) -> str:
            return next(
                (v.get_secret_value() for k, v in self.headers.items() if k.lower() == "content-type"), ""
            )

    def __init__(self, settings: Settings, redact: Callable[[str], str] = str) -> None:
        self._settings = settings
        own = [
            settings.password.get_secret_value(),
            *(v.get_secret_value() for v in settings.headers.values()),
        ]

        def hide(text: str) -> str:
            for secret in own:
                text = text.replace(secret, "***") if len(secret) >= 4 else text
            return redact(text)

        self._url = settings.url.get_secret_value() if settings.url else ""
        self._caller = Caller("sms", settings.timeout, settings.ca_file, hide) if self._url else None
        self._success = jmespath.compile(settings.success) if settings.success else None
        self._reference = jmespath.compile(settings.reference) if settings.reference else None
        self._code = jmespath.compile(settings.code) if settings.code else None

    @staticmethod
    def problem_of_address(address: str) -> str | None:
        """Why this is no phone number in E.164, or None."""
        if _PHONE.fullmatch(address):
            return None
        return 'is not a phone number with its country code, as "+8613800138000"'

    async def send(self, letter: Letter) -> Receipt:
        """Hand the letter to the gateway."""
        text = sms_text.compose(letter, self._settings.max_segments)
        if self._caller is None:
            return await asyncio.to_thread(_append, Path(self._settings.file), letter, text)
        answer = await self._caller.call(self._settings.method, self._url, **self._request(letter, text))
        return self._judged(self._caller, answer)

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
            # As bytes: requests would otherwise refuse a password that is not Latin-1.
            how["auth"] = (settings.username.encode(), settings.password.get_secret_value().encode())
        if settings.query:
            how["params"] = placeholders.fill(settings.query, values)
        if settings.json_ is not None:
            how["data"] = json.dumps(placeholders.fill(settings.json_, values), ensure_ascii=False).encode()
            how["headers"].setdefault("Content-Type", "application/json")
        elif settings.form is not None:
            how["data"] = placeholders.as_form(settings.form, values)
        elif settings.body is not None:
            how["data"] = placeholders.fill_text(settings.body, settings._content_type(), values).encode()
        return how

    def _judged(self, caller: Caller, answer: Answer) -> Receipt:
        """A receipt, if the gateway took the message: many say no inside an HTTP 200."""
        try:
            said = json.loads(answer.body)
        except ValueError:
            said = None
        if answer.ok and self._success is None:
            return Receipt(self._found(self._reference, said), f"http {answer.status}")
        if answer.ok and said is None:
            raise DeliveryError(
                "garbage", f"the answer is not JSON: {caller.excerpt(answer) or 'it is empty'}"
            )
        if answer.ok and _search(self._success, said):
            return Receipt(
                self._found(self._reference, said),
                f"http {answer.status} {self._found(self._code, said)}".strip(),
            )
        refusal = caller.refusal(answer)
        code = self._found(self._code, said)
        permanent = refusal.permanent
        if any(fnmatchcase(code, pattern) for pattern in self._settings.retry):
            permanent = False
        elif any(fnmatchcase(code, pattern) for pattern in self._settings.permanent):
            permanent = True
        raise DeliveryError(
            code or refusal.code, refusal.detail, permanent=permanent, retry_after=refusal.retry_after
        )

    @staticmethod
    def _found(expression: Any, said: Any) -> str:
        value = _search(expression, said)
        return sentences.clean(str(value))[:200] if isinstance(value, (str, int, float)) else ""


def _search(expression: Any, said: Any) -> Any:
    if expression is None or said is None:
        return None
    try:
        return expression.search(said)
    except JMESPathError:
        return None


def _append(file: Path, letter: Letter, text: str) -> Receipt:
    """One message a block; a lock keeps blocks of several processes whole."""
    at = datetime.fromtimestamp(letter.message.at, UTC)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as out:
            fcntl.flock(out, fcntl.LOCK_EX)
            out.write(f"{at:%Y-%m-%dT%H:%M:%SZ} to {letter.address} id {letter.id}\n{text}\n\n")
    except OSError as error:
        raise DeliveryError("file", f"cannot write {file}: {(error.strerror or 'failed').lower()}") from None
    return Receipt(letter.id, f"written to {file}")
