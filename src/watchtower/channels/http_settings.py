"""What the table of every channel that speaks HTTP may say beside what is its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Self

from watchtower.channels.contract import ChannelSettings
from watchtower.channels.http_call import Caller, hiding
from watchtower.channels.urls import problem_of_headers, problem_of_proxy, problem_of_secret
from watchtower.channels.verdict import Verdict
from watchtower.fields import Duration, Field, FileName, Secret, model_validator

_CALLBACK = re.compile(r"([A-Za-z0-9_-]{16,100})?")


class CallSettings(ChannelSettings):
    """How a call is made. Each channel has a proxy of its own."""

    timeout: Duration = Field(10.0, gt=0, le=30, description="for one attempt")
    ca_file: FileName = Field("", description="authorities to trust, instead of the public ones")
    proxy: Secret = Field(Secret(""), description="an http:// proxy that all calls go by")

    @model_validator(mode="after")
    def _are_whole(self) -> Self:
        secrets = [(name, value) for name, value in vars(self).items() if isinstance(value, Secret)]
        problems = (problem_of_secret(name, value) for name, value in secrets)
        if problem := next(filter(None, problems), None) or problem_of_proxy(self.proxy):
            raise ValueError(problem)
        return self


class CallbackSettings(CallSettings):
    """Of a channel whose vendor reports to us what became of a message."""

    callback_secret: Secret = Field(
        Secret(""),
        description="the end of the URL that the vendor reports to: BASE_URL/callbacks/NAME/SECRET",
    )

    @model_validator(mode="after")
    def _ends_a_url(self) -> Self:
        if not _CALLBACK.fullmatch(self.callback_secret.get_secret_value()):
            raise ValueError(
                "callback_secret: write 16 to 100 letters, digits, - or _; it is a part of a URL"
            )
        return self

    @property
    def reports(self) -> bool:
        """Where there is an address to report to."""
        return bool(self.callback_secret)


class HttpSettings(CallSettings, Verdict):
    """Of a channel whose far side is anybody's: the table says how an answer is judged."""

    headers: dict[str, Secret] = Field(default_factory=dict, description="such as Authorization")

    @model_validator(mode="after")
    def _can_be_sent(self) -> Self:
        if problem := problem_of_headers(self.headers):
            raise ValueError(problem)
        return self


def caller_for(
    name: str,
    settings: CallSettings,
    secrets: Iterable[Secret],
    redact: Callable[[str], str],
    *,
    fresh: bool = True,
) -> Caller:
    """Makes this channel's calls; what a far side echoes back is shown without these secrets. `fresh`: each over a
    connection of its own, where the far side tells no repetition."""
    proxy = settings.proxy.get_secret_value()
    return Caller(name, settings.timeout, settings.ca_file, hiding(secrets, redact), proxy, fresh=fresh)
