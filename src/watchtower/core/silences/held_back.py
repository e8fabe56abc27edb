"""What an incident owes because its pages were held back, projected from its log."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.lifecycle import queued
from watchtower.model import IncidentState, Severity
from watchtower.page_kinds import PageKind
from watchtower.texts.reasons import HOLDING_BACK, PageReason
from watchtower.values import Frozen, replace

_ASKING = frozenset(queued(kind) for kind in PageKind if kind.traits.tells_duty or kind.traits.repeats)
"""Pages that ask somebody to take the incident."""
_OVER = frozenset({"resolved", "unwatched", "merged_into", str(PageReason.NOBODY_TO_PAGE)})


class HeldBack(Frozen):
    """`held` says by what pages were held back, while none has asked anybody since. `told` is the severity of the last
    page that asked. `said`: it was said that pages about a P0 are held back."""

    held: str = ""
    told: Severity | None = None
    said: bool = False

    def after(self, entry: LogEntry) -> HeldBack:
        """This slice of the history with one more entry."""
        if entry.kind in HOLDING_BACK:
            return self if self.held == entry.detail else replace(self, held=entry.detail)
        if entry.kind in _ASKING:
            return replace(self, held="", told=_severity(entry.data) or self.told)
        if self.held and entry.kind in _OVER and "alert" not in entry.data:
            return replace(self, held="")
        if entry.kind == PageReason.P0_HELD_BACK and not self.said:
            return replace(self, said=True)
        return self

    def due(self, state: IncidentState, severity: Severity) -> bool:
        """Whether people are to be paged of it once nothing holds it back. Not where they know of it, and somebody has
        it."""
        if not self.held or state.ended or state is IncidentState.MITIGATED:
            return False
        return self.told is None or severity.worse_than(self.told) or state is IncidentState.TRIGGERED


def _severity(data: Mapping[str, object]) -> Severity | None:
    said = str(data.get("severity"))
    return Severity(said) if said in frozenset(Severity) else None
