"""The incident table: every state times every signal, in one place. Only `move()` sets an incident's state.

ACKNOWLEDGE   as many people have it as the severity wants
UNACKNOWLEDGE nobody has it any more: the acknowledgement expired, or the next warning came
WANT_MORE     the severity rose, and wants more people than have it
CALM          nothing fires, and its users are back
RECUR         something fires again, or users are missing; nobody had acknowledged it
RECUR_ACKED   the same, and somebody has it
RESOLVE       it is over
UNWATCH       what saw it left the configuration
REOPEN        it was over, and came back
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from watchtower.core.incident.incidents import Incident
from watchtower.model import IncidentState, Instant
from watchtower.values import replace

START = IncidentState.TRIGGERED
"""The state in which an incident is opened."""
T, A, M = IncidentState.TRIGGERED, IncidentState.ACKNOWLEDGED, IncidentState.MITIGATED
R, U = IncidentState.RESOLVED, IncidentState.UNWATCHED
N = None


class IncidentSignal(StrEnum):
    ACKNOWLEDGE = "acknowledge"
    UNACKNOWLEDGE = "unacknowledge"
    WANT_MORE = "want_more"
    CALM = "calm"
    RECUR = "recur"
    RECUR_ACKED = "recur_acked"
    RESOLVE = "resolve"
    UNWATCH = "unwatch"
    REOPEN = "reopen"


S = IncidentSignal
_AFTER: Mapping[IncidentSignal, tuple[IncidentState | None, ...]] = {
    # in:              T  A  M  R  U
    S.ACKNOWLEDGE:    (A, A, M, N, N),
    S.UNACKNOWLEDGE:  (T, T, T, N, N),
    S.WANT_MORE:      (N, T, N, N, N),
    S.CALM:           (M, M, N, N, N),
    S.RECUR:        (N, N, T, N, N),
    S.RECUR_ACKED:  (N, N, A, N, N),
    S.RESOLVE:        (R, R, R, N, N),
    S.UNWATCH:        (U, U, U, N, N),
    S.REOPEN:         (N, N, N, T, T),
}  # fmt: skip
TABLE: Mapping[tuple[IncidentState, IncidentSignal], IncidentState | None] = {
    (state, signal): after
    for signal, row in _AFTER.items()
    for state, after in zip((T, A, M, R, U), row, strict=True)
}
"""The state after a signal; None where the signal means nothing to this state."""
_UNACKNOWLEDGED: Mapping[str, Any] = {"acknowledged_at": None, "acknowledged_by": "", "acks_missing": 0}
CLEARS: Mapping[IncidentSignal, Mapping[str, Any]] = {
    S.ACKNOWLEDGE: {"acks_missing": 0},
    S.UNACKNOWLEDGE: {**_UNACKNOWLEDGED, "mitigated_at": None},
    S.WANT_MORE: {"acknowledged_at": None},
    S.CALM: {},
    S.RECUR: {"mitigated_at": None},
    S.RECUR_ACKED: {"mitigated_at": None},
    S.RESOLVE: {},
    S.UNWATCH: {},
    S.REOPEN: {**_UNACKNOWLEDGED, "resolved_at": None, "mitigated_at": None},
}
"""The fields that a signal clears, and what they are then."""
STAMPS: Mapping[IncidentSignal, str] = {
    S.ACKNOWLEDGE: "acknowledged_at", S.CALM: "mitigated_at", S.RESOLVE: "resolved_at", S.UNWATCH: "resolved_at",
}  # fmt: skip
"""The field that takes the signal's time."""


def move(incident: Incident, signal: IncidentSignal, at: Instant, **more: Any) -> Incident:
    """The incident after this signal. The same object where the signal means nothing to its state."""
    if signal is S.RECUR and incident.acknowledged_at is not None:
        signal = S.RECUR_ACKED
    after = TABLE[incident.state, signal]
    if after is None:
        return incident
    changed = dict(CLEARS[signal])
    if signal in STAMPS:
        changed[STAMPS[signal]] = at
    return replace(incident, state=after, **{**changed, **more})
