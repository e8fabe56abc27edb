"""Which procedure people are pointed to first, and which is a level's own."""

from __future__ import annotations

from watchtower.core.incident.incidents import Incident
from watchtower.core.plan import Plan
from watchtower.core.plan.sops import Sop
from watchtower.model import Text

_RUNBOOK = Text("Runbook of the alert", "告警手册")


def severity_sop(plan: Plan, incident: Incident) -> Sop | None:
    """The checklist of the incident's level. Ours are for those who have their incidents graded, a team's own is for
    all of its level."""
    sop = plan.sops.get(str(incident.severity))
    return sop if sop is not None and (incident.matrix or not sop.shipped) else None


def sop_of(plan: Plan, incident: Incident) -> Sop | None:
    """What a page carries: the procedure of the rule, the runbook of an alert that somebody else raised, or the procedure
    of the level where neither is named."""
    if incident.sop.startswith(("https://", "http://")):
        return Sop(title=_RUNBOOK, url=incident.sop)
    return plan.sops.get(incident.sop) or severity_sop(plan, incident)
