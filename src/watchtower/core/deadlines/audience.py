"""Who hears of clocks. A team of two whose rules say `severity = "P2"` hears of none that it did not ask for."""

from __future__ import annotations

from collections.abc import Iterable

from watchtower.core.incidents import Incident
from watchtower.core.notices import tell_roles
from watchtower.core.state import Step
from watchtower.model import Text

LEADING = ("commander", "deputy")
FALLBACK = "oncall"


def conducted(step: Step, incident: Incident) -> bool:
    """Whether clocks are told to people: [targets] is written, or somebody leads incidents."""
    return step.plan.deadlines.configured or filled(step, LEADING)


def filled(step: Step, roles: Iterable[str]) -> bool:
    """Whether anybody has one of these roles."""
    wanted = set(roles)
    return any(responder.role in wanted for responder in step.plan.responders.values())


def tell(step: Step, incident: Incident, roles: Iterable[str], reason: str, text: Text) -> None:
    """To these roles; to who is on call where nobody has any of them."""
    roles = tuple(roles)
    tell_roles(step, incident, roles if filled(step, roles) else (FALLBACK,), reason, text)
