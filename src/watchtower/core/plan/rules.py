"""The configuration of rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from watchtower.core.expressions import Expression, Template
from watchtower.model import Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """When to fire, for how long it must hold, how bad it is and what to say.

    `programs` holds one compiled `when` per matched check's name (checks of one probe share theirs),
    `summaries` likewise; `for_` and `keep_firing_for` are seconds.
    """

    name: str
    when: str
    programs: Mapping[str, Expression]
    severity: Severity
    summaries: Mapping[str, tuple[Template, Template]]
    """Per check: the English and the Chinese summary."""
    for_: float = 0.0
    keep_firing_for: float = 0.0
    sop: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    matrix: bool = False
    """The severity matrix decides; `severity` is what is assumed until it can."""
    escalate_after: float = 0.0
    """Its alerts want acknowledging each by itself, and are escalated after so many seconds without (0: as others)."""
