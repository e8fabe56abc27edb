"""The configuration of rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from watchtower.core.expressions import Expression, Template
from watchtower.fields import Duration, Field, Table, Words, Written
from watchtower.model import Severity
from watchtower.names import FreeName, Globs, Labels, Name


class Match(Table):
    """Which checks a rule is evaluated on. Every key that is given must fit; none given: all checks."""

    check: Globs | None = Field(default=None, description="Names of checks.")
    probe: Globs | None = Field(default=None, description="Kinds of probes.")
    detector: Globs | None = Field(default=None, description="Detectors, such as traffic or ratio.")
    flow: Globs | None = Field(default=None, description="Names of flows.")
    tier: Globs | None = Field(
        default=None, description="Tiers of the check's flow: core, supporting, peripheral."
    )
    location: Name | None = Field(
        default=None, description="One of the check's locations: what is measured there is evaluated alone."
    )
    labels: dict[str, Globs] = Field(default={}, description="Labels of the check, each with a pattern.")


class Rule(Table):
    """When to fire, for how long it must hold, how bad it is, and what to say."""

    name: FreeName = Field(description="What people call this rule.")
    match: Match = Field(
        description="Which checks it is evaluated on: check, probe, detector, flow, tier, location, labels; {} for all."
    )
    when: str = Field(
        min_length=1, description='A CEL expression over the check\'s measurements, such as "latency > 0.5".'
    )
    for_: Duration = Field(
        default=0.0, alias="for", ge=0, description="How long it must hold before it fires."
    )
    keep_firing_for: Duration = Field(
        default=0.0, ge=0, description="How long it must be well again before the alert is resolved."
    )
    severity: Annotated[Severity, Written(Literal["P0", "P1", "P2", "P3", "P4", "matrix"])] = Field(
        description="P0 (worst) to P4; matrix: graded by [severity], from what the flow loses."
    )
    summary: Words | None = Field(
        default=None, description="What people read; {{ name }} inserts a measured value."
    )
    sop: str = Field(
        default="", description="The [sop.NAME] that the page points to, or one of ours, such as silent-flow."
    )
    labels: Labels = Field(default={}, description="Labels that go along with the alert.")
    escalate_after: Duration = Field(
        default=0.0,
        ge=0,
        description="Each alert wants acknowledging by itself, and is escalated so long after without; 0s: as others.",
    )
    location: str = Field(default="", written=False)
    """The one that `match` names: only what is measured there is evaluated."""
    matrix: bool = Field(default=False, written=False)
    """The severity matrix decides; `severity` is what is assumed until it can."""
    programs: Mapping[str, Expression] = Field(default={}, written=False)
    """The compiled `when` by check; checks of one probe share theirs."""
    summaries: Mapping[str, tuple[Template, Template]] = Field(default={}, written=False)
    """By check: the English and the Chinese summary."""
    source: str = Field(default="", written=False)

    @property
    def levels(self) -> tuple[Severity, ...]:
        """The levels that its incidents can have."""
        return tuple(Severity) if self.matrix else (Severity(self.severity),)
