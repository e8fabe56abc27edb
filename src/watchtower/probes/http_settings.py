"""The settings of an HTTP request: how its server is reached, and what is asked of the answer."""

from __future__ import annotations

from typing import Literal, Self

from watchtower.bodies import MOST_JSON
from watchtower.core.plan.checks import MeasureName
from watchtower.curl import HTTP_VERSIONS
from watchtower.fields import Field, FileName, Secret, Settings, model_validator
from watchtower.patterns import Regex
from watchtower.probes.http_answer import JmesPath, JsonExpectation, StatusSet
from watchtower.probes.network import CA_FILE, IP_VERSION
from watchtower.probes.oauth import OAuthSettings
from watchtower.probes.urls import Headers, HttpUrl


class ReachingSettings(Settings):
    """How the server is reached, and as whom."""

    url: HttpUrl = Field(description="The address to ask.")
    headers: Headers = Field(default={}, description="Request headers; `Host` may be one.")
    username: str = Field(default="", description="User for HTTP basic authentication.")
    password: Secret | None = Field(default=None, description="Password for HTTP basic authentication.")
    oauth: OAuthSettings | None = Field(
        default=None, description="Get an access token by client credentials, and send it as Bearer."
    )
    max_body_bytes: int = Field(
        default=1 << 20, ge=1, le=64 << 20, description="A longer answer is not read to its end."
    )
    follow_redirects: bool = Field(default=False, description="Follow redirects, and check the last answer.")
    max_redirects: int = Field(default=10, ge=1, le=50, description="Redirects to follow at most.")
    verify: bool = Field(default=True, description="Check the server's certificate and its name.")
    ca_file: FileName = CA_FILE
    cert_file: FileName = Field(default="", description="PEM file of a client certificate.")
    key_file: FileName = Field(
        default="", description="PEM file of its key, when that is not in the certificate's file."
    )
    connect_to: str = Field(
        default="",
        pattern=r"^$|^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]{1,253})(:[1-9][0-9]{0,4})?$",
        description="Host, or host:port, to connect to in place of the URL's; name and certificate stay the URL's.",
    )
    ip_version: Literal[4, 6] | None = IP_VERSION
    http_version: Literal["1.1", "2", "3"] = Field(
        default="1.1",
        description="`2` is offered over TLS, and 1.1 where the server does not know it; `3` goes by QUIC alone.",
    )
    keep_alive: bool = Field(
        default=False, description="Keep the connection for the next run, which then tries no new one."
    )
    proxy: HttpUrl | None = Field(
        default=None, description="HTTP proxy to go through; none is taken from the environment."
    )

    @model_validator(mode="after")
    def _can_be_spoken(self) -> Self:
        if self.http_version not in HTTP_VERSIONS:
            raise ValueError(f"http_version: the libcurl of this machine has no HTTP/{self.http_version}")
        if self.http_version == "3" and (self.proxy or not self.url.get_secret_value().startswith("https:")):
            raise ValueError("http_version: 3 goes by QUIC, to https:// and without a proxy")
        if self.oauth and any(name.lower() == "authorization" for name in self.headers):
            raise ValueError("oauth: it sends a header Authorization, which headers has already")
        return self


class AskingSettings(Settings):
    """What is asked, and what the answer must be."""

    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = Field(
        default="GET", description="The HTTP method."
    )
    body: str = Field(default="", repr=False, description="The request's body.")
    status: StatusSet = Field(
        default="2xx",
        validate_default=True,
        description='Statuses that are well: 301, "2xx", "200-399", or a list.',
    )
    header_matches: dict[str, Regex] = Field(
        default={}, description="Regular expressions that headers of the answer must match."
    )
    body_matches: Regex | None = Field(
        default=None, description="A regular expression that the answer's body must hold."
    )
    body_not_matches: Regex | None = Field(
        default=None, description="A regular expression that the answer's body must not hold."
    )
    json_: list[JsonExpectation] = Field(
        default=[], alias="json", description="What the answer's JSON must hold."
    )
    measure: dict[MeasureName, JmesPath] = Field(
        default={}, description="Numbers to take from the answer's JSON: name = JMESPath."
    )

    @property
    def wants_json(self) -> bool:
        return bool(self.json_ or self.measure)


def readable(wants_json: bool, max_body_bytes: int) -> None:
    """Raises ValueError where JSON may be longer than is read."""
    if wants_json and max_body_bytes > MOST_JSON:
        raise ValueError(
            f"max_body_bytes: JSON longer than {MOST_JSON} bytes is not read, since it would hold up all"
            " other checks: write at most that, or leave json and measure out"
        )
