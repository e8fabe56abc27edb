"""One incident in a row: what metrics, reports and the search for similar ones need, without its whole timeline."""

from __future__ import annotations

from enum import StrEnum

from watchtower.core.reviews.review import ActionItem
from watchtower.model import Instant, Severity, Text
from watchtower.values import Frozen, field

VERSION = 3
"""Raised when a record says more than before: older ones are then built again."""


class DetectionSource(StrEnum):
    """By what an incident was seen first. `WARNING`: nothing was broken yet. `OWN`: watchtower's own trouble."""

    PROBE = "probe"
    TRAFFIC = "traffic"
    DEPENDENCY = "dependency"
    MONEY = "money"
    HUMAN = "human"
    CUSTOMER = "customer"
    WARNING = "warning"
    OWN = "own"


class Record(Frozen):
    """Times are None where nothing of the kind happened. `lines` of the log were read for it.

    `users`, `requests` are the last estimate, `amount` and `loss` money as text (`"1200.50 CNY"`); `first_users`
    is what was estimated when it was acknowledged, or five minutes after it opened.
    """

    incident: str
    title: Text
    key: str
    opened_at: Instant
    onset: Instant
    record: Severity
    first: Severity
    lines: int = 0
    flow: str = ""
    flows: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    source: DetectionSource = DetectionSource.PROBE
    drill: bool = False
    false_page: bool | None = None
    acknowledged_at: Instant | None = None
    acknowledged_by: str = ""
    cause_identified_at: Instant | None = None
    mitigated_at: Instant | None = None
    resolved_at: Instant | None = None
    closed_at: Instant | None = None
    """When its review was closed."""
    reopened: int = 0
    raised: int = 0
    lowered: int = 0
    late_raise: float = 0.0
    """Seconds for which the computed level was worse than the one in force."""
    cause: str = ""
    cause_tag: str = ""
    helped: str = ""
    summary: str = ""
    words: str = ""
    """All that people wrote, for searching."""
    pages: int = 0
    pages_delivered: int = 0
    pages_failed: int = 0
    people: tuple[str, ...] = ()
    users: float | None = None
    first_users: float | None = None
    requests: float | None = None
    amount: str = ""
    loss: str = ""
    flow_minutes: float = 0.0
    no_data_minutes: float = 0.0
    updates_due: int = 0
    updates_kept: int = 0
    steps: int = 0
    """Steps of procedures that had a time; `steps_kept` of them were done in it."""
    steps_kept: int = 0
    duties_met: tuple[str, ...] = ()
    duties_missed: tuple[str, ...] = ()
    days_left: float | None = None
    """Of a warning: how many days were left when somebody acted, or at the end when nobody did."""
    actions: tuple[ActionItem, ...] = field(default_factory=tuple)

    @property
    def to_detect(self) -> float:
        """Seconds from the onset until it was detected; the others likewise, None where it did not happen."""
        return max(0.0, self.opened_at - self.onset)

    @property
    def to_acknowledge(self) -> float | None:
        return self._since_onset(self.acknowledged_at)

    @property
    def to_identify_cause(self) -> float | None:
        return self._since_onset(self.cause_identified_at)

    @property
    def to_mitigate(self) -> float | None:
        return self._since_onset(self.mitigated_at)

    @property
    def to_resolve(self) -> float | None:
        return self._since_onset(self.resolved_at)

    @property
    def counts(self) -> bool:
        """Real trouble of the product: no drill, no warning before the fact, no false page, not about ourselves."""
        return (
            not self.drill
            and not self.false_page
            and self.source not in (DetectionSource.WARNING, DetectionSource.OWN)
        )

    def _since_onset(self, at: Instant | None) -> float | None:
        return None if at is None else max(0.0, at - self.onset)
