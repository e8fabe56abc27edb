"""The words everything else is written in: plain, frozen values without behaviour that needs a clock.

Time is always an `Instant`: UTC seconds since the Unix epoch. It is turned into a responder's
own zone only where a person reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from watchtower.values import Frozen, field

Instant = float
"""UTC seconds since the Unix epoch."""

Value = float | bool | str | None
"""One measurement or fact. Numbers are floats, `None` means *not known*, which is never zero."""


class WatchGap(Frozen):
    """From when until when no daemon watched."""

    since: Instant
    until: Instant

    @property
    def seconds(self) -> float:
        return self.until - self.since


class Outcome(StrEnum):
    """What a probe can say about its target. `UNKNOWN` means the probe could not tell."""

    UP = "up"
    DOWN = "down"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """P0 (worst) to P4. Compare with `worse_than`, sort with `rank` (0 is worst)."""

    P0 = "P0"
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"

    @property
    def rank(self) -> int:
        return int(self.value[1])

    def worse_than(self, other: Severity | None) -> bool:
        return other is None or self.rank < other.rank


def worst_of(severities: Iterable[Severity | None]) -> Severity | None:
    """The worst of those that are known; None where none is."""
    return min((one for one in severities if one is not None), key=lambda one: one.rank, default=None)


class AccessRole(StrEnum):
    """What an account may do, the least first. `ADMIN` reloads the configuration and gives rights."""

    VIEW = "view"
    RESPOND = "respond"
    ADMIN = "admin"

    def covers(self, needed: AccessRole) -> bool:
        order = list(AccessRole)
        return order.index(self) >= order.index(needed)


class Tier(StrEnum):
    """How much a flow matters to the product."""

    CORE = "core"
    SUPPORTING = "supporting"
    PERIPHERAL = "peripheral"


class Language(StrEnum):
    """Languages of texts for people."""

    EN = "en"
    ZH = "zh"

    @property
    def tag(self) -> str:
        """As HTML and mails name it (BCP 47)."""
        return "zh-CN" if self is Language.ZH else "en"

    @property
    def own_name(self) -> str:
        return "中文" if self is Language.ZH else "English"

    @property
    def other(self) -> Language:
        """To which a page leads besides."""
        return Language.EN if self is Language.ZH else Language.ZH


class Text(Frozen):
    """One sentence for people, in both languages."""

    en: str
    zh: str

    def in_(self, language: Language) -> str:
        return self.zh if language is Language.ZH else self.en


class Unit(StrEnum):
    """How a fact is shown to people, and its base unit in metrics."""

    NONE = ""
    SECONDS = "seconds"
    BYTES = "bytes"
    RATIO = "ratio"
    DAYS = "days"
    PER_SECOND = "per_second"
    MONEY = "money"
    INSTANT = "instant"


class FactKind(StrEnum):
    NUMBER = "number"
    BOOL = "bool"
    STRING = "string"


class Fact(Frozen):
    """The declaration of one name that rules may use: its kind, unit and a sentence on what it is."""

    kind: FactKind
    help: str
    unit: Unit = Unit.NONE

    @classmethod
    def number(cls, help: str, unit: Unit = Unit.NONE) -> Fact:
        return cls(FactKind.NUMBER, help, unit)

    @classmethod
    def bool(cls, help: str) -> Fact:
        return cls(FactKind.BOOL, help)

    @classmethod
    def string(cls, help: str) -> Fact:
        return cls(FactKind.STRING, help)


Facts = Mapping[str, Fact]
"""Declared facts by name; dotted names (`traffic.silent`) come from detectors."""


class Reading(Frozen):
    """What one run of a probe says of one target.

    `reason` is a word for machines when the outcome is not up (`refused`, `timeout`, `status`,
    `tls`, `garbage`, `absent`, `crashed`, ...); `detail` is a sentence for people and holds no secret.
    `series` tells apart what one check measures many of (a label's value); `covers` is the length in
    seconds of the window that counts were taken over, ending at the observation's time (0: no counts).
    `labels` are those of an alert that somebody else raised: matchers choose by them.
    """

    outcome: Outcome
    measurements: Mapping[str, Value] = field(default_factory=dict)
    reason: str = ""
    detail: str = ""
    series: str = ""
    covers: float = 0.0
    labels: Mapping[str, str] = field(default_factory=dict)


class Observation(Frozen):
    """A reading, with the check it belongs to, when it was taken and how long the probe ran (s)."""

    check: str
    at: Instant
    reading: Reading
    duration: float = 0.0
    location: str = ""
    """From where it was taken; empty: from the daemon's own place, or the check has no locations."""


NEVER_SEEN = "never_seen"
"""The reason of a reading whose sender has never been heard of: it is waited for, and missed only once it was there."""
GONE = "gone"
"""The reason of a reading whose series has ended. What still fires of it is no longer watched."""
NO_NETWORK = "no_network"
"""The reason of a reading that failed while this machine had no network: it is unknown, and nobody misses it."""

NO_QUORUM, LOCATION_LOST = "no_quorum", "location_lost"
"""Reasons of what several locations see: too few see it down, and too few up; and so only because a location is lost."""


class AlertState(StrEnum):
    """Prometheus' words for where an alert stands."""

    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"
    UNWATCHED = "unwatched"
    """It fired when what judged it left the configuration: whether it is over, nobody knows."""

    @property
    def ended(self) -> bool:
        """It fired, and does so no more."""
        return self in (AlertState.RESOLVED, AlertState.UNWATCHED)


class IncidentState(StrEnum):
    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    MITIGATED = "mitigated"
    """Nothing fires any more; whether it stays so is being watched."""
    RESOLVED = "resolved"
    UNWATCHED = "unwatched"
    """It ended because what saw it left the configuration. That is not known to be resolved."""

    @property
    def ended(self) -> bool:
        return self in (IncidentState.RESOLVED, IncidentState.UNWATCHED)


ChannelName = str
"""A kind of channel, as "sms": the file in channels/kinds that sends by it."""
