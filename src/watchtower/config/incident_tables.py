"""`[incident]`: when alerts are one incident, and when it is over."""

from __future__ import annotations

from dataclasses import replace

from watchtower.core.plan.incident import IncidentPolicy
from watchtower.fields import Duration, Field, Settings
from watchtower.model import Severity

_SHIPPED = IncidentPolicy()


class ResolveAfterTable(Settings):
    """How long an incident of the matrix must be calm before it is resolved, by the worst level it had."""

    P0: Duration = Field(default=3600.0, ge=0, description="Of an incident that was P0 at its worst.")
    P1: Duration = Field(default=3600.0, ge=0, description="Of an incident that was P1 at its worst.")
    P2: Duration = Field(default=600.0, ge=0, description="Of an incident that was P2 at its worst.")
    P3: Duration = Field(default=600.0, ge=0, description="Of an incident that was P3 at its worst.")
    P4: Duration = Field(default=600.0, ge=0, description="Of an incident that was P4 at its worst.")


class IncidentTable(Settings):
    """When alerts are one incident, and when it is over."""

    reopen_within: Duration = Field(
        default=_SHIPPED.reopen_within,
        ge=0,
        description="A relapse so soon after the end reopens the incident; 0s: never.",
    )
    together: Duration = Field(
        default=_SHIPPED.together,
        ge=0,
        description="Flows of the matrix that fail within so long of each other share one.",
    )
    resolve_after: ResolveAfterTable = Field(
        default=ResolveAfterTable(), description="How long it must be calm, by its record level."
    )


def policy(table: IncidentTable | None) -> IncidentPolicy:
    """What is left out has its default."""
    told = table or IncidentTable()
    return replace(
        IncidentPolicy(),
        reopen_within=told.reopen_within,
        together=told.together,
        resolve_after={one: getattr(told.resolve_after, str(one)) for one in Severity},
    )
