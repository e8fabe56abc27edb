"""`[watchdog]`: who watches watchtower itself."""

from __future__ import annotations

from typing import Annotated, Literal

from watchtower.fields import AfterValidator, Duration, Field, Secret, Table
from watchtower.model import Severity
from watchtower.names import Name


def _called(*schemes: str) -> AfterValidator:
    def check(value: Secret) -> Secret:
        url = value.get_secret_value()
        if url and (not url.startswith(schemes) or any(c.isspace() or not c.isprintable() for c in url)):
            raise ValueError(f"is not an {' or '.join(schemes)} URL")
        return value

    return AfterValidator(check)


CalledUrl = Annotated[Secret, _called("https://", "http://")]
ProxyUrl = Annotated[Secret, _called("http://")]


class WatchdogPolicy(Table):
    """The heartbeat to a service that pages you when it ends, and how long an absence of the daemon must be."""

    heartbeat: CalledUrl = Field(
        default=Secret(""),
        description="A URL that is called while everything moves; who has it pages you when the calls end.",
    )
    heartbeat_fail: CalledUrl = Field(
        default=Secret(""), description="A URL that is called in its place while something stalls."
    )
    every: Duration = Field(default=60.0, ge=1, le=3600, description="How often.")
    timeout: Duration = Field(default=10.0, gt=0, le=30, description="For one call.")
    proxy: ProxyUrl = Field(default=Secret(""), description="An http:// proxy that the calls go by.")
    network: Name | Literal[""] = Field(
        default="",
        description="The check that says whether this machine has a network; without it others are unknown.",
    )
    gap_after: Duration = Field(
        default=60.0,
        ge=10,
        description="An absence of the daemon is reported at its next start when it was longer than this.",
    )
    gap_severity: Severity | None = Field(
        default=None, description="An absence is an incident of this severity, such as P4. Default: none."
    )
