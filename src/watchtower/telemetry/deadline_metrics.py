"""SLA clocks and duties of all incidents, summed by names of the configuration, never by incident."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from watchtower.core.deadlines.duty_state import DutyStanding
from watchtower.core.plan.targets import CLOCKS, Begin
from watchtower.model import Instant, Severity
from watchtower.telemetry import metrics as m
from watchtower.telemetry.ledger import Ledger

SHOWN = (DutyStanding.WATCH, DutyStanding.TRIGGERED)
Rows = Sequence[tuple[tuple[str, ...], float]]


def clock_samples(ledger: Ledger, now: Instant) -> Iterator[tuple[m.Metric, Rows]]:
    """Each metric with its samples; those of the plan exist from the start, at 0."""
    policy = ledger.plan.deadlines
    keys = [
        (level.value, name)
        for level in Severity
        for name in policy.of(level)
        if name in CLOCKS and CLOCKS[name].begin is not Begin.NEVER
    ]
    running, overdue = Counter(dict.fromkeys(keys, 0)), Counter(dict.fromkeys(keys, 0))
    due: dict[tuple[str, ...], Instant] = {}
    duties = Counter(
        {(duty.id, standing.value): 0 for duty in policy.compliance.duties for standing in SHOWN}
    )
    filings: dict[tuple[str, ...], Instant] = {}
    for deadlines in ledger.deadlines.values():
        for clock in deadlines.clocks.values():
            key = (clock.level, clock.name)
            if clock.running:
                running[key] += 1
                due[key] = min(due.get(key, clock.due), clock.due)
            overdue[key] += clock.overdue(now)
        for duty in deadlines.duties.values():
            known = (duty.id, duty.standing.value)
            if known in duties:
                duties[known] += 1
                if duty.next_due is not None:
                    filings[duty.id,] = min(filings.get((duty.id,), duty.next_due), duty.next_due)
    yield m.CLOCKS_RUNNING, list(running.items())
    yield m.CLOCKS_OVERDUE, list(overdue.items())
    yield m.CLOCK_DUE, list(due.items())
    yield m.CLOCK_BREACHES, [(key, ledger.breaches[key]) for key in running]
    yield m.DUTIES, list(duties.items())
    yield m.DUTY_DUE, list(filings.items())
