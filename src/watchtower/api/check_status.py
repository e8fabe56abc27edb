"""The status of a series on the board, so that similar states differ at a glance.

Zero (measured, nothing came), too low, no data (not measured) and probe failed are four different things.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.kinds import NO_DATA
from watchtower.core.plan.checks import Check
from watchtower.model import NEVER_SEEN, AlertState, Instant, Observation, Outcome, Text

ABSENT = ("absent", "no_data", NEVER_SEEN)
"""Reasons of a probe that ran well and found nothing to measure."""
_BELOW = re.compile(r"<|\blow\b|\bdrop|_low\b|\.low\b")


class Look(StrEnum):
    """From the worst to the best, which is the order on the board."""

    DOWN = "down"
    ZERO = "zero"
    LOW = "low"
    HIGH = "high"
    PROBE_FAILED = "probe_failed"
    NO_DATA = "no_data"
    QUIET = "quiet"
    OK = "ok"


MARKS = {
    Look.DOWN: "✕",
    Look.ZERO: "0",
    Look.LOW: "▼",
    Look.HIGH: "▲",
    Look.PROBE_FAILED: "!",
    Look.NO_DATA: "?",
    Look.QUIET: "0",
    Look.OK: "✓",
}
"""A sign each, so that nothing depends on seeing colours."""

WORDS = {
    Look.DOWN: Text("down", "故障"),
    Look.ZERO: Text("zero", "归零"),
    Look.LOW: Text("too low", "过低"),
    Look.HIGH: Text("out of bounds", "越限"),
    Look.PROBE_FAILED: Text("probe failed", "探测失败"),
    Look.NO_DATA: Text("no data", "无数据"),
    Look.QUIET: Text("quiet", "暂无请求"),
    Look.OK: Text("ok", "正常"),
}


def look(check: Check, seen: Observation | None, alerts: Sequence[Alert], at: Instant) -> Look:
    """`alerts` are those of this series that are pending or firing.

    A measured zero is `zero` once a rule minds it and `quiet` before; a rule that compares with `<` makes a
    value too low, any other puts it out of bounds.
    """
    if seen is None or at - seen.at > check.every + check.timeout + check.no_data_after:
        return Look.NO_DATA
    reading = seen.reading
    if reading.outcome is Outcome.UNKNOWN:
        return Look.NO_DATA if reading.reason in ABSENT else Look.PROBE_FAILED
    if reading.outcome is Outcome.DOWN:
        return Look.DOWN
    firing = [alert for alert in alerts if alert.state is AlertState.FIRING and alert.rule != NO_DATA]
    nothing = reading.measurements.get("requests") == 0.0
    if nothing:
        return Look.ZERO if firing else Look.QUIET
    if firing:
        return Look.LOW if any(_BELOW.search(alert.when) for alert in firing) else Look.HIGH
    return Look.OK
