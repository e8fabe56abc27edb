"""`[forward]`: Alertmanagers that are sent our alerts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from watchtower.core.plan.watchdog import CalledUrl, ProxyUrl
from watchtower.fields import AfterValidator, Duration, Field, FileName, Secret, Table
from watchtower.model import Severity
from watchtower.names import Labels

MOST = 8
"""Addresses."""


def _header(value: Secret) -> Secret:
    if not all(" " <= char <= "~" for char in value.get_secret_value()):
        raise ValueError("cannot be sent in a header")
    return value


class ForwardPolicy(Table):
    """Where our alerts go out to, beside the people who are paged."""

    alertmanagers: Annotated[tuple[CalledUrl, ...], Field(max_length=MOST)] = Field(
        default=(),
        description="Addresses, each of which is sent every alert: of a cluster, name all members.",
    )
    authorization: Annotated[Secret, AfterValidator(_header)] = Field(
        default=Secret(""), description='The header of this name: `"Bearer ${ALERTMANAGER_TOKEN}"`.'
    )
    labels: Labels = Field(default={}, description="Labels that every alert has besides its own.")
    severities: Mapping[Severity, str] = Field(
        default={},
        description='What the label `severity` says instead: `{ P0 = "critical", P3 = "warning" }`.',
    )
    every: Duration = Field(
        default=60.0, ge=5, le=600, description="How often an alert that lasts is sent again."
    )
    timeout: Duration = Field(default=10.0, gt=0, le=30, description="For one post.")
    ca_file: FileName = Field(default="", description="Authorities to trust, instead of the public ones.")
    proxy: ProxyUrl = Field(default=Secret(""), description="An http:// proxy that the posts go by.")
