"""An incident that is over, and people who write its review: short enough to read as sentences."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

from watchtower.core.events import Decision, Logged, Refused
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.history import project
from watchtower.core.incident.incidents import Incident
from watchtower.core.pipeline.afterwards import do_afterwards
from watchtower.core.plan import Plan
from watchtower.core.reviews.review import Review
from watchtower.model import IncidentState, Severity, Text

NIGHT = 1_763_827_200.0  # 2025-11-22T16:00:00Z
DAY = 86400.0


def incident(record: str = "P1", **changes: Any) -> Incident:
    """INC-7 on checkout: began at 16:00, resolved after an hour."""
    made = Incident(
        "INC-7", "flow:checkout", Text("Checkout", "下单支付"), "checkout", IncidentState.RESOLVED, Severity(record),
        Severity(record), NIGHT + 30, NIGHT, resolved_at=NIGHT + 3600, settled=True,
    )  # fmt: skip
    return replace(made, **changes)


@dataclass
class Afterwards:
    """The incident's log, and who writes into it. `at` is now."""

    incident: Incident = field(default_factory=incident)
    plan: Plan = field(default_factory=Plan)
    log: list[LogEntry] = field(default_factory=list)
    at: float = NIGHT + DAY

    def do(self, action: str, by: str = "li", **data: Any) -> str:
        """ "" when done, else why not."""
        decisions = do_afterwards(self.plan, self.incident, self.log, action, by, "api", data, self.at)
        refused = [d for d in decisions if isinstance(d, Refused)]
        if refused:
            assert len(decisions) == 1
            return refused[0].detail
        self.log += [through_json(d) for d in decisions if isinstance(d, Logged)]
        return ""

    @property
    def review(self) -> Review:
        return project(self.log).review


def through_json(decision: Decision) -> LogEntry:
    """As it comes back from the store."""
    assert isinstance(decision, Logged)
    return replace(decision.entry, data=json.loads(json.dumps(decision.entry.data)))
