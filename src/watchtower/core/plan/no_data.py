"""How severe it is when checks give no data."""

from __future__ import annotations

from dataclasses import dataclass

from watchtower.model import Severity


@dataclass(frozen=True, slots=True)
class BlindPolicy:
    """How bad it is not to see. `many` blind checks at once are graded `severity_many`."""

    severity: Severity = Severity.P3
    severity_many: Severity = Severity.P2
    many: int = 3
