"""`[no_data]`: how severe it is when checks give no data."""

from __future__ import annotations

from watchtower.fields import Field, Table
from watchtower.model import Severity


class NoDataPolicy(Table):
    """How severe it is when checks give no data for their `no_data_after`."""

    severity: Severity = Field(default=Severity.P3, description="Of one check without data.")
    severity_many: Severity = Field(default=Severity.P2, description="Of `many` or more at once.")
    many: int = Field(default=3, ge=2, description="How many checks without data at once are many.")
