"""The severities of an incident over time, projected from its log: each change with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.payload import read
from watchtower.core.severity import kinds
from watchtower.model import Instant, Severity, Text
from watchtower.values import Frozen, field, replace

CHANGED = tuple(change.kind.partition(".")[2] for change in kinds.CHANGES)
"""Words of entries `severity.*` that set the response level."""

_KEPT = 200
"""Changes that are remembered; the log itself forgets none."""


class SeverityStep(Frozen):
    """`why` is one of `CHANGED`; `previous` is None at the opening. `cells` are those that decided it, as JSON."""

    at: Instant
    why: str
    previous: Severity | None
    level: Severity
    record: Severity
    computed: Severity | None
    sentence: Text
    by: str = "watchtower"
    reason: str = ""
    cells: tuple[Mapping[str, Any], ...] = ()


class Proposal(Frozen):
    """Somebody must confirm that the response is lowered to `level`. `by_hand`: a person asked for it, and another
    one must confirm; else it has been well for long enough, and the commander must."""

    level: Severity
    at: Instant
    by: str
    reason: str
    by_hand: bool


class SeverityHistory(Frozen):
    """`computed` is the matrix' own answer, `response` what people act by, `record` the worst response there was.

    `override` is the level that a person set last, None where none did. `accepted` is the computed level beneath
    which the response was lowered on purpose, or was at a relapse: only a worse one raises it again. `calm` is whether
    the last lowering was because all was well: a relapse then raises it to what suffers now. `recurred`: since a relapse
    it follows what suffers, not what adds up. `promoted` are levels whose resolve target passed. `held_since` is
    since when a low-confidence level has been held down, `corrected` when an estimate was corrected that has not been
    looked at yet.
    """

    computed: Severity | None = None
    response: Severity | None = None
    record: Severity | None = None
    changes: tuple[SeverityStep, ...] = ()
    override: Severity | None = None
    override_by: str = ""
    override_reason: str = ""
    accepted: Severity | None = None
    calm: bool = False
    recurred: bool = False
    proposed: Proposal | None = None
    promoted: tuple[Severity, ...] = ()
    held_since: Instant | None = None
    corrected: Instant | None = None
    corrected_by: str = ""
    corrected_reason: str = ""
    sentence: Text = field(default_factory=lambda: Text("", ""))
    """Why it is computed as it is, as of the last time that an answer changed."""

    @property
    def changed_at(self) -> Instant | None:
        """When the response severity changed last."""
        return self.changes[-1].at if self.changes else None

    def asks_for_more(self, computed: Severity | None) -> bool:
        """Whether the matrix' answer is worse than the response, and than what the response was set beneath."""
        if computed is None or not computed.worse_than(self.response):
            return False
        return self.accepted is None or computed.worse_than(self.accepted)

    def after(self, entry: LogEntry) -> SeverityHistory:
        """This slice of the history with one more entry."""
        match read(entry, kinds.KINDS):
            case kinds.SeverityChange() as change:
                return self._changed(change, entry)
            case kinds.SeverityComputed(computed=computed, en=en, zh=zh):
                return replace(self, computed=computed, sentence=Text(en, zh))
            case kinds.LoweringProposed(severity=level, reason=reason, by_hand=by_hand):
                return replace(self, proposed=Proposal(level, entry.at, entry.by, reason, by_hand))
            case kinds.LoweringWithdrawn():
                return replace(self, proposed=None)
            case kinds.EstimateHeld():
                return replace(self, held_since=entry.at)
            case kinds.EstimateReleased():
                return replace(self, held_since=None)
            case kinds.EstimateCorrected(reason=reason):
                return replace(self, corrected=entry.at, corrected_by=entry.by, corrected_reason=reason)
            case kinds.CorrectionKept():
                return replace(self, corrected=None)
        return self

    def _changed(self, said: kinds.SeverityChange, entry: LogEntry) -> SeverityHistory:
        level, computed, word = said.severity, said.computed, entry.kind.partition(".")[2]
        record = level if level.worse_than(self.record) else self.record or level
        change = SeverityStep(
            entry.at, word, self.response, level, record, computed, Text(said.en, said.zh), entry.by, said.reason,
            tuple(said.cells or ()),
        )  # fmt: skip
        down, by_hand = isinstance(said, kinds.SeverityLowered), said.by_hand
        back = isinstance(said, kinds.SeverityRecurred)
        recurred = back or (self.recurred and not down)
        promoted = isinstance(said, kinds.SeverityPromoted) and self.response
        return replace(
            self,
            computed=computed,
            response=level,
            record=record,
            changes=(*self.changes, change)[-_KEPT:],
            override=level if by_hand else None,
            override_by=entry.by if by_hand else self.override_by,
            override_reason=change.reason if by_hand else self.override_reason,
            accepted=(computed or level) if down or back else self.accepted if recurred else None,
            calm=(self.calm or said.calm) if down else False,
            recurred=recurred,
            proposed=None,
            promoted=(*self.promoted, promoted) if promoted else self.promoted,
            corrected=None if down else self.corrected,
            sentence=change.sentence if not by_hand else self.sentence,
        )
