"""The kinds of log entries about degradation plans."""

from __future__ import annotations

from watchtower.core.incident.payload import Payload, kinds
from watchtower.model import Text


class PlanSuggested(Payload):
    """A plan answers to what is wrong. `mode` is who decides in fact, `asked` who does by the plan, `reason` why not them."""

    kind = "degrade.suggested"
    run: str
    plan: str
    flow: str
    mode: str
    asked: str
    reason: str
    role: str
    why: Text
    note: Text | None = None


class RunEntry(Payload):
    """An entry about one run of a plan."""

    run: str
    plan: str


class RunApproved(RunEntry):
    """Somebody said yes to a plan, or it started by itself."""

    kind = "degrade.approved"


class RunRejected(RunEntry):
    """Somebody said no to a plan."""

    kind = "degrade.rejected"


class RunWithdrawn(RunEntry):
    """A plan was not decided upon, and the incident is over."""

    kind = "degrade.withdrawn"


class RunVerified(RunEntry):
    """A plan was seen to help."""

    kind = "degrade.verified"


class RunUnproved(RunEntry):
    """A plan did not help in time."""

    kind = "degrade.unproved"


class RunRolledBack(RunEntry):
    """A plan is to be taken back."""

    kind = "degrade.rollback"


class RunReminded(RunEntry):
    """Somebody was reminded that a plan is in force although the incident is over."""

    kind = "degrade.reminded"


class SwitchQueued(RunEntry):
    """The daemon must throw a switch, or take it back. `key` is the same for every attempt."""

    kind = "degrade.run_queued"
    phase: str
    key: str
    drill: bool
    dry_run: bool = False


class SwitchAnswered(RunEntry):
    """What became of a switch that was thrown or taken back."""

    kind = "degrade.ran"
    phase: str
    key: str
    ok: bool
    drill: bool
    dry_run: bool = False


class SwitchProved(RunEntry):
    """A switch was seen to work, in a drill or in earnest."""

    kind = "degrade.proved"
    drill: bool


KINDS = kinds(
    PlanSuggested, RunApproved, RunRejected, RunWithdrawn, RunVerified, RunUnproved, RunRolledBack, RunReminded,
    SwitchQueued, SwitchAnswered, SwitchProved,
)  # fmt: skip
