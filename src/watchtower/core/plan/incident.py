"""When alerts are one incident, and when it is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from watchtower.model import Severity


@dataclass(frozen=True, slots=True)
class IncidentPolicy:
    """When alerts are one incident, and when it is over; spans in seconds.

    `together`: flows graded by the matrix whose trouble began within so long of each other share an incident.
    `resolve_after`: how long an incident that is graded by the matrix must be calm before it is resolved, by its
    record level. `reopen_within`: a relapse so soon after the end reopens the incident instead of a new one.
    """

    together: float = 300.0
    resolve_after: Mapping[Severity, float] = field(
        default_factory=lambda: {
            Severity.P0: 3600.0,
            Severity.P1: 3600.0,
            Severity.P2: 600.0,
            Severity.P3: 600.0,
            Severity.P4: 600.0,
        }
    )
    reopen_within: float = 3600.0
