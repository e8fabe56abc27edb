"""The alert table: every state times every signal, in one place.

Everything that affects an alert's state lives here. A signal is what a rule says now, together with
whether it has said so for long enough:

    HOLDS_SHORT   true, but not yet for `for`
    HOLDS         true for at least `for`
    CLEARS_SHORT  false, but not yet for `keep_firing_for`
    CLEARS        false for at least `keep_firing_for`
    CANNOT_TELL   the probe could not run or the facts do not let us tell: it moves nothing
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from hashlib import blake2b

from watchtower.model import AlertState, Instant, Severity, Text
from watchtower.values import Frozen, field, replace

I, P, F, R = AlertState.INACTIVE, AlertState.PENDING, AlertState.FIRING, AlertState.RESOLVED  # noqa: E741
U = AlertState.UNWATCHED


class AlertSignal(StrEnum):
    HOLDS_SHORT = "holds_short"
    HOLDS = "holds"
    CLEARS_SHORT = "clears_short"
    CLEARS = "clears"
    CANNOT_TELL = "cannot_tell"


S = AlertSignal
TABLE: Mapping[tuple[AlertState, AlertSignal], AlertState] = {
    (I, S.HOLDS_SHORT): P, (I, S.HOLDS): F, (I, S.CLEARS_SHORT): I, (I, S.CLEARS): I, (I, S.CANNOT_TELL): I,
    (P, S.HOLDS_SHORT): P, (P, S.HOLDS): F, (P, S.CLEARS_SHORT): I, (P, S.CLEARS): I, (P, S.CANNOT_TELL): P,
    (F, S.HOLDS_SHORT): F, (F, S.HOLDS): F, (F, S.CLEARS_SHORT): F, (F, S.CLEARS): R, (F, S.CANNOT_TELL): F,
    (R, S.HOLDS_SHORT): P, (R, S.HOLDS): F, (R, S.CLEARS_SHORT): R, (R, S.CLEARS): R, (R, S.CANNOT_TELL): R,
    (U, S.HOLDS_SHORT): P, (U, S.HOLDS): F, (U, S.CLEARS_SHORT): R, (U, S.CLEARS): R, (U, S.CANNOT_TELL): U,
}  # fmt: skip

NO_TEXT = Text("", "")
AlertKey = tuple[str, str, str]
"""Rule, check, series."""


class Alert(Frozen):
    """One rule on one series of one check.

    `holds_since` is when the rule began to be true, `clears_since` when it began to be false while firing,
    `fired_at` the moment of firing; `onset` is when the trouble itself began, as far as a detector can tell. `labels`
    are its own, where somebody else raised it.
    """

    rule: str
    check: str
    series: str = ""
    state: AlertState = AlertState.INACTIVE
    severity: Severity = Severity.P3
    holds_since: Instant | None = None
    clears_since: Instant | None = None
    fired_at: Instant | None = None
    resolved_at: Instant | None = None
    onset: Instant | None = None
    text: Text = NO_TEXT
    when: str = ""
    incident: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> AlertKey:
        return self.rule, self.check, self.series

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that stay the same for the same rule, check and series."""
        return blake2b("\0".join(self.key).encode(), digest_size=8).hexdigest()


def signal(
    alert: Alert, verdict: bool | None, at: Instant, for_: float, keep_firing_for: float
) -> AlertSignal:
    """What `verdict` means for this alert at this time. The window of `for_` starts at the first true."""
    if verdict is None:
        return S.CANNOT_TELL
    if verdict:
        since = alert.holds_since if alert.holds_since is not None and alert.state in (P, F) else at
        return S.HOLDS if at - since >= for_ else S.HOLDS_SHORT
    since = alert.clears_since if alert.clears_since is not None else at
    return S.CLEARS if at - since >= keep_firing_for else S.CLEARS_SHORT


def advance(
    alert: Alert, verdict: bool | None, at: Instant, for_: float = 0.0, keep_firing_for: float = 0.0
) -> Alert:
    """The alert after this verdict. The same object when nothing about it changed."""
    if verdict is False and alert.state in (I, R):
        return alert
    sign = signal(alert, verdict, at, for_, keep_firing_for)
    state = TABLE[alert.state, sign]
    if sign is S.CANNOT_TELL:
        return alert
    if verdict:
        if alert.state is F and alert.clears_since is None:
            return alert
        if alert.state is P and state is P:
            return alert
        holds_since = alert.holds_since if alert.state in (P, F) else at
        fired_at = at if state is F and alert.state is not F else (alert.fired_at if state is F else None)
        return replace(
            alert,
            state=state,
            holds_since=holds_since,
            clears_since=None,
            fired_at=fired_at,
            resolved_at=None if state is F else alert.resolved_at,
        )
    if state is F:
        return alert if alert.clears_since is not None else replace(alert, clears_since=at)
    if state is R:
        return replace(alert, state=R, holds_since=None, clears_since=None, resolved_at=at)
    return replace(alert, state=state, holds_since=None, clears_since=None)
