"""How well it went: figures over records, pure. Every span is in seconds, every share says of how many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean, median

from watchtower.core.reviews.record import DetectionSource, Record
from watchtower.model import Instant, Severity
from watchtower.money import Money, parse_money
from watchtower.values import Frozen, field

DETECT, ACKNOWLEDGE, IDENTIFY_CAUSE, MITIGATE = 60.0, 300.0, 300.0, 600.0
"""1-5-10: seen within a minute, somebody on it and the cause identified within five, mitigated within ten."""
URGENT = (Severity.P0, Severity.P1, Severity.P2)
"""Levels whose minutes count; P3 and P4 may wait for the next working day."""
BY_PEOPLE = (DetectionSource.HUMAN, DetectionSource.CUSTOMER)
ACT_BEFORE = 3.0
"""Days left before which a warning must have been acted on."""


class Spread(Frozen):
    """Of `count` values: median, 90th percentile (interpolated) and mean; None of none."""

    count: int = 0
    median: float | None = None
    p90: float | None = None
    mean: float | None = None


class Ratio(Frozen):
    """`kept` of `of`; `share` is None of none."""

    kept: int = 0
    of: int = 0

    @property
    def share(self) -> float | None:
        return self.kept / self.of if self.of else None


TIMES: Mapping[str, Callable[[Record], float | None]] = {
    "detect": lambda record: record.to_detect,
    "acknowledge": lambda record: record.to_acknowledge,
    "identify_cause": lambda record: record.to_identify_cause,
    "mitigate": lambda record: record.to_mitigate,
    "resolve": lambda record: record.to_resolve,
}
"""TTD, TTA, TTL, TTM and TTR, each from the onset."""


class SeverityFigures(Frozen):
    """Of one level, or of all (`level` None)."""

    level: Severity | None
    incidents: int
    times: Mapping[str, Spread]


class Recurrence(Frozen):
    """One cause that came again within six months: the incidents, oldest first."""

    cause_tag: str
    incidents: tuple[str, ...]


class Figures(Frozen):
    """Of the incidents that opened from `since` on and before `until`."""

    since: Instant
    until: Instant
    incidents: int = 0
    drills: int = 0
    warnings: int = 0
    """Warnings after which nothing broke: incidents that were prevented."""
    own: int = 0
    """About watchtower itself."""
    levels: tuple[SeverityFigures, ...] = ()
    detected: Ratio = Ratio()
    acknowledged: Ratio = Ratio()
    cause_identified: Ratio = Ratio()
    mitigated: Ratio = Ratio()
    all_three: Ratio = Ratio()
    """Detected in 1, cause identified in 5 and mitigated in 10 minutes."""
    all_three_acknowledged: Ratio = Ratio()
    """The same with acknowledged in the place of the cause, for those who note no causes."""
    sources: Mapping[str, int] = field(default_factory=dict)
    self_detected: Ratio = Ratio()
    false_pages: Ratio = Ratio()
    level_changes: float | None = None
    """A mean, per incident."""
    late_raises: Ratio = Ratio()
    """Incidents whose level was raised later than it was computed."""
    estimate_error: Spread = Spread()
    """How far the live number of users was off the final one, as a share of it."""
    cadence: Ratio = Ratio()
    steps: Ratio = Ratio()
    duties: Ratio = Ratio()
    actions: Ratio = Ratio()
    """Of the action items that were due in this time."""
    overdue: tuple[str, ...] = ()
    """`INC-12 A1 li: renew by machine` for each that is overdue now."""
    repeats: tuple[Recurrence, ...] = ()
    ladder: Ratio = Ratio()
    no_data_minutes: float = 0.0
    flow_minutes: float = 0.0
    pages: Ratio = Ratio()
    """Delivered, of those whose end is known."""
    amounts: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()
    """Sums, one a currency."""
    reviews: Ratio = Ratio()
    """P0 and P1 whose review is closed."""


def figures(
    records: Iterable[Record], since: Instant, until: Instant, at: Instant, earlier: Sequence[Record] = ()
) -> Figures:
    """`records` may hold more than the span; `earlier` are those of the six months before, for repeats and actions."""
    every = {record.incident: record for record in (*earlier, *records)}
    mine = [r for r in every.values() if since <= r.opened_at < until]
    real = [r for r in mine if r.counts]
    urgent = [r for r in real if r.record in URGENT]
    paged = [r for r in mine if not r.drill and r.pages]
    shares = [_attained(r, at) for r in urgent]
    kept, late = _actions(every.values(), since, until, at)
    return Figures(
        since, until, len(real), sum(r.drill for r in mine),
        sum(r.source is DetectionSource.WARNING and not r.drill for r in mine),
        sum(r.source is DetectionSource.OWN and not r.drill for r in mine),
        levels=_levels(real),
        detected=_share(s[0] for s in shares), acknowledged=_share(s[1] for s in shares),
        cause_identified=_share(s[2] for s in shares), mitigated=_share(s[3] for s in shares),
        all_three=_share(_all(s[0], s[2], s[3]) for s in shares),
        all_three_acknowledged=_share(_all(s[0], s[1], s[3]) for s in shares),
        sources=dict(Counter(str(r.source) for r in real).most_common()),
        self_detected=_share(r.source not in BY_PEOPLE for r in real),
        false_pages=_share(bool(r.false_page) for r in paged),
        level_changes=fmean(r.raised + r.lowered for r in real) if real else None,
        late_raises=_share(r.late_raise > 0 for r in real),
        estimate_error=spread(_error(r) for r in real),
        cadence=Ratio(sum(r.updates_kept for r in real), sum(r.updates_due for r in real)),
        steps=Ratio(sum(r.steps_kept for r in real), sum(r.steps for r in real)),
        duties=Ratio(sum(len(r.duties_met) for r in real), sum(len(r.duties_met) + len(r.duties_missed) for r in real)),
        actions=kept, overdue=late, repeats=repeats(every.values(), since),
        ladder=_share(_acted(r) for r in mine if r.source is DetectionSource.WARNING and not r.drill),
        no_data_minutes=sum(r.no_data_minutes for r in mine if not r.drill),
        flow_minutes=sum(r.flow_minutes for r in real),
        pages=Ratio(sum(r.pages_delivered for r in mine), sum(r.pages_delivered + r.pages_failed for r in mine)),
        amounts=_sums(r.amount for r in real), losses=_sums(r.loss for r in real),
        reviews=_share(r.closed_at is not None for r in real if r.record in URGENT[:2] and r.resolved_at is not None),
    )  # fmt: skip


def spread(values: Iterable[float | None]) -> Spread:
    """Of the values that are known."""
    known = sorted(value for value in values if value is not None)
    if not known:
        return Spread()
    place = 0.9 * (len(known) - 1)
    low = int(place)
    high = min(low + 1, len(known) - 1)
    middle = median(known)
    # Never out of order by a rounding.
    p90 = min(known[-1], max(middle, known[low] + (known[high] - known[low]) * (place - low)))
    return Spread(len(known), middle, p90, fmean(known))


def repeats(records: Iterable[Record], since: Instant) -> tuple[Recurrence, ...]:
    """Causes of more than one real incident, the last of which opened from `since` on."""
    by_cause: dict[str, list[Record]] = {}
    for record in sorted(records, key=lambda r: r.opened_at):
        if record.cause_tag and record.counts:
            by_cause.setdefault(record.cause_tag, []).append(record)
    return tuple(
        Recurrence(tag, tuple(r.incident for r in found))
        for tag, found in by_cause.items()
        if len(found) > 1 and found[-1].opened_at >= since
    )


def _levels(real: Sequence[Record]) -> tuple[SeverityFigures, ...]:
    out = []
    for level in (*Severity, None):
        mine = [r for r in real if level is None or r.record is level]
        if mine or level is None:
            times = {name: spread(take(r) for r in mine) for name, take in TIMES.items()}
            out.append(SeverityFigures(level, len(mine), times))
    return tuple(out)


def _attained(record: Record, at: Instant) -> tuple[bool | None, ...]:
    """Detected, acknowledged, cause identified, mitigated in time; None while it still may be."""
    passed = (record.resolved_at or at) - record.onset
    limits = (
        (record.to_detect, DETECT),
        (record.to_acknowledge, ACKNOWLEDGE),
        (record.to_identify_cause, IDENTIFY_CAUSE),
        (record.to_mitigate, MITIGATE),
    )
    return tuple(
        took <= limit
        if took is not None
        else (None if passed <= limit and record.resolved_at is None else False)
        for took, limit in limits
    )


def _all(*kept: bool | None) -> bool | None:
    return False if False in kept else None if None in kept else True


def _share(answers: Iterable[bool | None]) -> Ratio:
    known = [answer for answer in answers if answer is not None]
    return Ratio(sum(known), len(known))


def _error(record: Record) -> float | None:
    if record.resolved_at is None or not record.users or record.first_users is None:
        return None
    return abs(record.first_users - record.users) / record.users


def _acted(record: Record) -> bool | None:
    """Whether somebody acted on a warning before three days were left; None while it is undecided or unknown."""
    if record.days_left is None:
        return None
    if record.acknowledged_at is None and record.resolved_at is None and record.days_left > ACT_BEFORE:
        return None
    return record.days_left > ACT_BEFORE


def _actions(
    records: Iterable[Record], since: Instant, until: Instant, at: Instant
) -> tuple[Ratio, tuple[str, ...]]:
    answers: list[bool | None] = []
    late = []
    for record in records:
        for item in record.actions:
            if item.due is not None and since <= item.due < until:
                answers.append(item.on_time(at))
            if item.open and item.on_time(at) is False:
                late.append(f"{record.incident} {item.id} {item.owner or '?'}: {item.text}")
    return _share(answers), tuple(late)


def _sums(amounts: Iterable[str]) -> tuple[str, ...]:
    sums: dict[str, Money] = {}
    for text in filter(None, amounts):
        money = parse_money(text)
        before = sums.get(money.currency)
        sums[money.currency] = money if before is None else before + money
    return tuple(str(total) for _, total in sorted(sums.items()) if total.amount)
