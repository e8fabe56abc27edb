"""The kinds of log entries about the severity."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET, UnsetType

from watchtower.core.incident.payload import Json, Payload, kinds
from watchtower.model import Severity


class _Sentence(Payload):
    en: str
    zh: str


class SeverityComputed(_Sentence):
    """What the matrix computes changed, and the response did not."""

    kind = "severity.computed"
    computed: Severity | None = None
    cells: Sequence[Json] | UnsetType = UNSET


class SeverityChange(_Sentence):
    """The response severity became `severity`. `cells` are those of the matrix that decided it; `by_hand`: a person set it,
    with a `second` one where two must agree; `calm`: it was lowered because all was well."""

    severity: Severity
    computed: Severity | None = None
    cells: Sequence[Json] | UnsetType = UNSET
    previous: Severity | None = None
    reason: str = ""
    calm: bool = False
    by_hand: bool = False
    second: str = ""


class SeverityOpened(SeverityChange):
    """The first severity of an incident."""

    kind = "severity.opened"


class SeverityRaised(SeverityChange):
    """The severity was raised."""

    kind = "severity.raised"


class SeverityLowered(SeverityChange):
    """The severity was lowered."""

    kind = "severity.lowered"


class SeverityRecurred(SeverityChange):
    """The incident is bad again: the severity is that of what suffers now."""

    kind = "severity.recurred"


class SeverityPromoted(SeverityChange):
    """The severity was raised because the time to resolve is over."""

    kind = "severity.promoted"


class LoweringProposed(_Sentence):
    """Somebody must confirm that the severity is lowered."""

    kind = "severity.proposed"
    severity: Severity
    computed: Severity | None = None
    cells: Sequence[Json] | UnsetType = UNSET
    reason: str = ""
    calm: bool = False
    by_hand: bool = False


class LoweringWithdrawn(_Sentence):
    """A proposal to lower the severity does not stand any more."""

    kind = "severity.withdrawn"


class EstimateHeld(Payload):
    """An estimate of low confidence asks for a worse severity, and is held down for a time."""

    kind = "severity.held"
    wanted: str


class EstimateReleased(Payload):
    """The estimate asks for no more any longer."""

    kind = "severity.released"


class EstimateCorrected(Payload):
    """A person corrected an estimate, with evidence."""

    kind = "severity.corrected"
    indicator: str
    reason: str
    evidence: str


class CorrectionKept(_Sentence):
    """A correction left the severity as it was."""

    kind = "severity.kept"


CHANGES: tuple[type[SeverityChange], ...] = (
    SeverityOpened, SeverityRaised, SeverityLowered, SeverityRecurred, SeverityPromoted,
)  # fmt: skip
KINDS = kinds(
    *CHANGES, SeverityComputed, LoweringProposed, LoweringWithdrawn, EstimateHeld, EstimateReleased, EstimateCorrected,
    CorrectionKept,
)  # fmt: skip
