"""Records of a month that one can check by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from watchtower.core.reviews.record import DetectionSource, Record
from watchtower.core.reviews.review import ActionItem
from watchtower.model import Severity, Text

NOV = 1_761_955_200.0  # 2025-11-01T00:00:00Z
DEC = 1_764_547_200.0  # 2025-12-01T00:00:00Z
DAY, MIN = 86400.0, 60.0


def record(number: int, day: float, level: str = "P1", /, **changes: Any) -> Record:
    """An incident on checkout that began on this day of November; spans below are from its onset, in seconds."""
    onset = NOV + (day - 1) * DAY
    spans = {
        name: onset + changes.pop(name)
        for name in (
            "opened_at",
            "acknowledged_at",
            "cause_identified_at",
            "mitigated_at",
            "resolved_at",
            "closed_at",
        )
        if changes.get(name) is not None
    }
    made = Record(
        f"INC-{number}", Text("Checkout", "下单支付"), "flow:checkout", onset + 30, onset, Severity(level), Severity(level),
        source=DetectionSource.TRAFFIC, flow="checkout", flows=("checkout",), pages=2, pages_delivered=2,
    )  # fmt: skip
    return replace(made, **{**spans, **changes})


def november() -> list[Record]:
    """Three real incidents, a false page, a warning, a drill, one about ourselves, and one of October."""
    done = ActionItem("A1", "probe the login page", owner="li", due=NOV + 10 * DAY, done_at=NOV + 9 * DAY)
    late = ActionItem("A2", "renew by machine", owner="wang", due=NOV + 12 * DAY)
    return [
        record(
            1, 3, "P0", opened_at=40, acknowledged_at=120, cause_identified_at=240, mitigated_at=480, resolved_at=3600, closed_at=2 * DAY,
            cause_tag="certificate", actions=(done, late), users=1200.0, first_users=900.0, amount="1000.50 CNY",
            updates_due=4, updates_kept=3, steps=10, steps_kept=9, raised=1, late_raise=60.0, flow_minutes=8.0,
        ),
        record(2, 10, "P1", opened_at=90, acknowledged_at=400, mitigated_at=900, resolved_at=1800, cause_tag="bad-deploy",
               source=DetectionSource.CUSTOMER, duties_met=("mas.notice",), duties_missed=("dora.initial",), amount="200.00 CNY"),
        record(3, 20, "P2", opened_at=10, acknowledged_at=70, cause_identified_at=100, mitigated_at=200, resolved_at=300,
               cause_tag="certificate", source=DetectionSource.DEPENDENCY, flow_minutes=2.0),
        record(4, 21, "P2", resolved_at=60, false_page=True, pages_delivered=1, pages_failed=1),
        record(5, 22, "P3", source=DetectionSource.WARNING, acknowledged_at=600, days_left=13.5, resolved_at=DAY),
        record(6, 23, "P0", drill=True, acknowledged_at=30, resolved_at=60),
        record(7, 24, "P3", source=DetectionSource.OWN, key="no_data", resolved_at=600, no_data_minutes=10.0),
        record(8, -20, "P1", resolved_at=600, cause_tag="bad-deploy"),
    ]  # fmt: skip
