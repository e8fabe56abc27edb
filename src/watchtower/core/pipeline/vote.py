"""Before detect: what one of several locations sees of a check becomes a vote, and votes become an observation."""

from __future__ import annotations

from watchtower.core.incident.alerts import Alert
from watchtower.core.locations.lost import explains
from watchtower.core.pipeline.detect import Detectors
from watchtower.core.pipeline.evaluate_rules import evaluate_rules
from watchtower.core.plan.by_check import Rules
from watchtower.core.plan.checks import Check
from watchtower.core.state import Step
from watchtower.model import LOCATION_LOST, NO_QUORUM, Observation
from watchtower.values import replace


def vote(
    step: Step, rules: Rules, detectors: Detectors, check: Check, seen: Observation
) -> tuple[list[Alert], Observation | None]:
    """The alerts that these rules about its location alone began or ended, and what follows from all votes, where anything
    does."""
    votes = step.state.votes
    if not votes.counts(check, seen):
        return [], None
    step.at = max(step.at, votes.now)  # what comes late is news now
    step.state.heard.hear(seen.location, seen.at)
    changed: list[Alert] = []
    if rules:
        facts = detectors.facts(check, seen, alone=True)
        facts |= {"tier": step.plan.tier_of(str(facts["flow"])), "location": seen.location}
        changed = evaluate_rules(step, rules, check, seen, facts)
    found = votes.combined(check, seen)
    if (
        found is not None
        and found.reading.reason == NO_QUORUM
        and explains(step.state, check, seen.reading.series)
    ):
        found = replace(found, reading=replace(found.reading, reason=LOCATION_LOST))
    return changed, found
