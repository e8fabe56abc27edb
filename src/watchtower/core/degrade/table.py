"""The table of a run: every state times every event, in one place. What does not fit changes nothing.

suggested ─approve→ approved ─started→ running ─proved→ verified
                       │                  │                │
                    refused            unproved         rollback
                       ↓                  ↓                ↓
                     failed ────────rollback────────→ rolling_back ─restored→ rolled_back
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class RunState(StrEnum):
    """Where a run of a plan stands."""

    SUGGESTED = "suggested"
    APPROVED = "approved"
    """Said yes to; the switch is on its way."""
    RUNNING = "running"
    """Switched; not proved yet."""
    VERIFIED = "verified"
    FAILED = "failed"
    """The switch was refused, or did not help in time."""
    ROLLING_BACK = "rolling_back"
    ROLLED_BACK = "rolled_back"
    STUCK = "stuck"
    """Rolling it back was refused: a person must."""
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    """The incident was over before anybody said yes."""


class Sign(StrEnum):
    """What happens to a run."""

    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    STARTED = "started"
    REFUSED = "refused"
    PROVED = "proved"
    UNPROVED = "unproved"
    ROLLBACK = "rollback"
    RESTORED = "restored"
    KEPT = "kept"
    """Rolling back was refused."""


R, S = RunState, Sign
_MOVES: Mapping[RunState, Mapping[Sign, RunState]] = {
    R.SUGGESTED: {S.APPROVE: R.APPROVED, S.REJECT: R.REJECTED, S.WITHDRAW: R.WITHDRAWN},
    R.APPROVED: {S.STARTED: R.RUNNING, S.REFUSED: R.FAILED},
    R.RUNNING: {S.PROVED: R.VERIFIED, S.UNPROVED: R.FAILED, S.ROLLBACK: R.ROLLING_BACK},
    R.VERIFIED: {S.ROLLBACK: R.ROLLING_BACK},
    R.FAILED: {S.ROLLBACK: R.ROLLING_BACK},
    R.ROLLING_BACK: {S.RESTORED: R.ROLLED_BACK, S.KEPT: R.STUCK},
    R.STUCK: {S.ROLLBACK: R.ROLLING_BACK, S.RESTORED: R.ROLLED_BACK},
    R.ROLLED_BACK: {},
    R.REJECTED: {S.APPROVE: R.APPROVED, S.WITHDRAW: R.WITHDRAWN},
    R.WITHDRAWN: {},
}
TABLE: Mapping[tuple[RunState, Sign], RunState] = {
    (state, sign): _MOVES[state].get(sign, state) for state in RunState for sign in Sign
}
"""Total: every state has an answer to every sign."""

IN_FORCE = frozenset({R.RUNNING, R.VERIFIED, R.ROLLING_BACK, R.STUCK})
"""The switch may be thrown: what is seen of the flow is not what it would be without."""
OVER = frozenset({R.ROLLED_BACK, R.REJECTED, R.WITHDRAWN})
