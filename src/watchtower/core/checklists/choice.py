"""Which procedure people are pointed to first, and which is a level's own."""

from __future__ import annotations

from watchtower.core.incident.incidents import Incident
from watchtower.core.plan import Plan
from watchtower.core.plan.sops import Sop


def severity_sop(plan: Plan, incident: Incident) -> Sop | None:
    """The checklist of the incident's level. Ours are for those who have their incidents graded, a team's own is for
    all of its level."""
    sop = plan.sops.get(str(incident.severity))
    return sop if sop is not None and (incident.matrix or not sop.shipped) else None


def sop_of(plan: Plan, incident: Incident) -> Sop | None:
    """What a page carries: the procedure of the rule, or of the level where the rule names none."""
    return plan.sops.get(incident.sop) or severity_sop(plan, incident)
