"""The action `silence`: from an incident's page, for the alerts that fire in it, or one of them."""

from __future__ import annotations

from watchtower.core.actions.action import INSTANT, OPTIONAL, TEXT, Action, ActionTaken, Field, action
from watchtower.core.events import SilenceAsked, SilenceEnded
from watchtower.core.incident.incidents import Incident
from watchtower.core.matchers import LabelMatcher, parse_matcher
from watchtower.core.silences.stage import create, expire
from watchtower.core.state import Step
from watchtower.model import AlertState

USUAL = 1800.0
"""Seconds that it lasts where nothing is said."""


def _silence(step: Step, incident: Incident, did: ActionTaken) -> str:
    firing = step.state.alerts_of(incident.id, AlertState.FIRING)
    wanted = did.data.get("alert", "")
    if wanted:
        firing = [alert for alert in firing if alert.fingerprint == wanted]
    if not firing:
        return f"{incident.id} has no such alert that fires"
    if incident.drill:
        return f"{incident.id} is a drill: stop it"
    if wanted:
        names = {"rule": firing[0].rule, "check": firing[0].check, "series": firing[0].series}
        matchers = tuple(LabelMatcher(name, "=", value) for name, value in names.items() if value)
    else:
        checks = sorted({alert.check for alert in firing})
        one = LabelMatcher("check", "=", checks[0])
        matchers = (one if len(checks) == 1 else parse_matcher(f"check=~{'|'.join(checks)}"),)
    ends_at = did.data.get("until", step.at + USUAL)
    return create(step, SilenceAsked(matchers, step.at, ends_at, did.by, did.data.get("reason", "")))


def _expire(step: Step, incident: Incident, did: ActionTaken) -> str:
    return expire(step, SilenceEnded(did.data["silence"], did.by))


ACTIONS: tuple[Action, ...] = (
    action(
        "silence", _silence, until=INSTANT.optional, alert=Field(required=False, longest=64), reason=OPTIONAL
    ),
    action("expire_silence", _expire, silence=TEXT),
)
