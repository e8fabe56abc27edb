"""The month: when the condition of each rule holds, and when each Prometheus is away. It begins on a Monday at midnight."""

from __future__ import annotations

import random
from collections.abc import Iterator

HOUR, DAY = 3600.0, 86400.0
Span = tuple[float, float]
CRITICAL = ("ApiDown", "CheckoutErrors", "DatabaseDown", "LoginErrors", "NodeNotReady", "PaymentsSlow")
FLAPPING = ("CacheMisses", "CpuHigh", "QueueDepth")
DEPLOYED = (
    "ApiErrors", "ApiSlow", "CheckoutErrors", "KafkaLag", "LoginErrors", "PaymentsSlow", "PodRestarts", "TargetDown"
)  # fmt: skip
"""What a bad deploy breaks, all within three minutes."""
OVERNIGHT = ("CertificateExpires", "DiskFull", "MemoryHigh")
"""Nobody mends it until the morning."""
NIGHTLY, REMOVED = "BatchLate", "ReplicationLag"
"""A batch that is late on most nights; a rule that is taken out while it fires, so that nobody sends its end."""
OTHERS = ("ApiDown", "DatabaseConnections", "DatabaseDown", "NodeNotReady", REMOVED)
RULES = sorted({*CRITICAL, *FLAPPING, *DEPLOYED, *OVERNIGHT, *OTHERS, NIGHTLY})
APART = 300.0
"""Seconds at least between two outages of a rule that does not flap."""


def severity(rule: str) -> str:
    return "critical" if rule in CRITICAL else "warning"


def outages(draw: random.Random, days: float) -> dict[str, list[Span]]:
    """When each rule's condition holds."""
    drawn: dict[str, list[Span]] = {rule: [] for rule in RULES}
    for day in range(int(days)):
        for rule, span in _of_a_day(draw, day):
            if span[1] < days * DAY - 3 * HOUR:
                drawn[rule].append(span)
    return {rule: _apart(sorted(spans), rule) for rule, spans in drawn.items()}


def _of_a_day(draw: random.Random, day: int) -> Iterator[tuple[str, Span]]:
    midnight, works = day * DAY, day % 7 < 5
    for _ in range(draw.randint(2, 8) if works else draw.randint(1, 4)):
        hour = draw.gauss(14.0, 4.0) if works and draw.random() < 0.7 else draw.uniform(0.0, 24.0)
        begin = midnight + min(23.5, max(0.0, hour)) * HOUR
        lasts = min(5 * HOUR, max(180.0, draw.lognormvariate(6.75, 1.0)))
        yield draw.choice([*DEPLOYED, *OTHERS, *OVERNIGHT]), (begin, begin + lasts)
    if draw.random() < 0.7:
        begin = midnight + 2.2 * HOUR
        yield NIGHTLY, (begin, begin + draw.uniform(1200.0, 4200.0))
    if day % 7 in (1, 3):  # a deploy on Tuesdays and Thursdays
        begin, ends = midnight + draw.uniform(10.0, 16.0) * HOUR, draw.uniform(600.0, 2400.0)
        for rule in draw.sample(DEPLOYED, draw.randint(5, 8)):
            yield rule, (begin + draw.uniform(0.0, 180.0), begin + ends + draw.uniform(0.0, 300.0))
    if day % 7 == 4:
        begin = midnight + draw.uniform(21.0, 23.0) * HOUR
        yield draw.choice(OVERNIGHT), (begin, begin + draw.uniform(7.0, 9.0) * HOUR)
    for rule in FLAPPING:
        if draw.random() < 0.35:
            at = midnight + draw.uniform(0.0, 22.0) * HOUR
            for _ in range(draw.randint(5, 12)):
                end = at + draw.uniform(70.0, 150.0)
                yield rule, (at, end)
                at = end + draw.uniform(60.0, 180.0)


def _apart(spans: list[Span], rule: str) -> list[Span]:
    """Without those that begin too soon after another one's end."""
    kept: list[Span] = []
    for span in spans:
        if not kept or span[0] >= kept[-1][1] + (30.0 if rule in FLAPPING else APART):
            kept.append(span)
    return kept


def restarts(draw: random.Random, days: float) -> list[list[Span]]:
    """When each of two replicas is away: twice a week for two minutes, once a fortnight for an hour, once both at a time."""
    away: list[list[Span]] = []
    both = (days / 2.0) * DAY + 11 * HOUR
    for replica in (0, 1):
        spans = [(both, both + 120.0)]
        for half_week in range(int(days * 2 / 7)):
            at = (half_week * 3.5 + replica * 1.2) * DAY + draw.uniform(9.0, 17.0) * HOUR
            spans.append((at, at + (HOUR if half_week % 4 == 1 + replica else 120.0)))
        away.append(sorted(spans))
    return away
