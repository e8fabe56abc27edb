"""`[incident]`: when alerts are one incident, and when it is over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from watchtower.fields import AfterValidator, Duration, Field, Table
from watchtower.model import Severity

_CALM: Mapping[Severity, float] = {
    Severity.P0: 3600.0,
    Severity.P1: 3600.0,
    Severity.P2: 600.0,
    Severity.P3: 600.0,
    Severity.P4: 600.0,
}


class IncidentPolicy(Table):
    """When alerts are one incident, and when it is over."""

    reopen_within: Duration = Field(
        default=3600.0,
        ge=0,
        description="An alert that fires again so soon after the end reopens the incident; 0s: never.",
    )
    together: Duration = Field(
        default=300.0,
        ge=0,
        description="Flows of the matrix that fail within so long of each other share one.",
    )
    resolve_after: Annotated[
        Mapping[Severity, Annotated[Duration, Field(ge=0)]], AfterValidator(lambda given: {**_CALM, **given})
    ] = Field(
        default=_CALM,
        description="How long an incident of the matrix must be calm before it is resolved, by its worst severity.",
    )
