"""The quick numbers of an incident: how many, how much, how long, each with its doubt, its basis and its time."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum

from watchtower.model import Instant, Tier
from watchtower.values import Frozen, field

DOWN, DEGRADED = 0.8, 0.1
"""From which impact people are told that a flow is down, and that it suffers."""
WHOLE = 0.995
"""From which impact a page says that it is completely down: what a fifth can still use is told as a share."""


class Basis(StrEnum):
    """Where a number comes from."""

    MEASURED = "measured"
    ESTIMATED = "estimated"
    IMPUTED = "imputed"
    """Data were missing: the last known impact was taken to go on."""
    MANUAL = "manual"


class Urgency(StrEnum):
    """How busy the hour is, by what is expected now beside a usual day's mean: `>= 1.5` peak, `<= 0.3` off-peak."""

    PEAK = "peak"
    NORMAL = "normal"
    OFF_PEAK = "off_peak"


class Recovery(StrEnum):
    """What is at hand to recover with."""

    READY = "ready"
    UNPROVEN = "unproven"
    NONE = "none"
    FAILED = "failed"


class Estimate(Frozen):
    """A number with its doubt. `low <= point <= high`; `as_of` is when it was true."""

    low: float
    point: float
    high: float
    basis: Basis
    as_of: Instant
    upper_bound: bool = False
    """True where the same user may have been counted more than once."""


class Amount(Frozen):
    """Money with its doubt, in one currency (`CNY`)."""

    low: Decimal
    point: Decimal
    high: Decimal
    currency: str
    basis: Basis
    as_of: Instant


class FlowImpact(Frozen):
    """What one flow suffers now, and has lost since its onset.

    `impact` is 0..1 now; `flow_minutes` full-outage-equivalent minutes weighted by tier, the one that has begun
    among them; `raw_minutes` minutes of any degradation; `imputed_minutes` those of them without data; `weight` its
    share in the product (sums to 1). `missing` requests that were expected and did not come, `per_minute` how many
    more each minute now.
    """

    flow: str
    tier: Tier
    impact: float
    onset: Instant
    weight: float
    urgency: Urgency
    flow_minutes: float
    raw_minutes: float
    imputed_minutes: float = 0.0
    missing: Estimate | None = None
    per_minute: float = 0.0
    users: Estimate | None = None
    amount: Amount | None = None
    confirmed: bool = False
    """Seen in two buckets, by two signals, or by a detector that asks for significance itself."""
    confident: bool = True
    """False while the baseline is young: less than three weeks, or fewer than 30 expected requests."""
    seen: bool = True
    """False while data are missing."""
    seen_twice: bool = True
    """False at the first look at an estimate by few requests: what it says of users is not yet believed alone."""
    back_since: Instant | None = None
    """Since when enough of what is expected came, without a signal, and not by chance."""
    expected: float = 0.0
    """Requests expected since the onset."""
    usual: float | None = None
    by_day: bool = False
    """What was believed at the onset: requests of a usual day (`by_day`) or of a second."""
    payment: bool = False
    """Each request is worth money: what is unknown of it starts at P1."""


class Indicators(Frozen):
    """All that severity is judged by, at `at`. None: not known, which is never zero.

    Shares are 0..1. `flow_minutes` is that of the worst flow. `bad`: some flow still suffers. `seen`: no data
    are missing. `manual` are facts that people entered: `data_breach`, `complaints`, ...
    """

    at: Instant
    onset: Instant
    flows: tuple[FlowImpact, ...] = ()
    scope_share: Estimate | None = None
    affected_users: Estimate | None = None
    affected_users_share: Estimate | None = None
    """Of the users expected since the onset."""
    affected_requests: Estimate | None = None
    affected_amount: Amount | None = None
    day_share: Estimate | None = None
    """Requests (or their amount) that are missing, as a share of a usual day's."""
    loss: Amount | None = None
    loss_projected: Amount | None = None
    """The loss, and 30 minutes more of the last minute's rate."""
    flow_minutes: float = 0.0
    raw_minutes: float = 0.0
    imputed_minutes: float = 0.0
    bad: bool = True
    seen: bool = True
    signals: int = 1
    """Independent kinds of signals (traffic, probes, money, people) that hold it up."""
    recovery: Recovery | None = None
    """None: no flow declares what it would recover with, so nothing is judged by it."""
    recovery_since: Instant | None = None
    manual: Mapping[str, float | bool | str] = field(default_factory=dict)
    duties: tuple[str, ...] = ()
    """Compliance duties that are triggered."""
    duties_apart: tuple[str, ...] = ()
