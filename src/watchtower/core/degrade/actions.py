"""What people say to a degradation plan: yes, no, take it back."""

from __future__ import annotations

from collections.abc import Iterable

from watchtower.core.actions.action import BOOL, OPTIONAL, TEXT, Action, ActionTaken, action
from watchtower.core.degrade.advance import fits, queue_switch, roll_back, start, suggest
from watchtower.core.degrade.kinds import RunRejected
from watchtower.core.degrade.runs import START, Run
from watchtower.core.degrade.table import TABLE, RunState, Sign
from watchtower.core.incident.incidents import Incident
from watchtower.core.people.assignment import fillers
from watchtower.core.people.roles import People
from watchtower.core.plan import Plan
from watchtower.core.plan.degrade import DegradePlan
from watchtower.core.state import Step
from watchtower.model import Instant


def _approve(step: Step, incident: Incident, did: ActionTaken) -> str:
    runs = step.history(incident.id).degrade
    plan = _named(step, did, (r.plan for r in runs.suggested()))
    if isinstance(plan, str):
        return plan
    if plan.action is None:
        return f"{plan.name} has no action to carry out: do it by hand, and note it"
    why_not = _may(step, incident, plan, did)
    if why_not:
        return why_not
    today = step.state.usage.today(plan.name, did.at)
    anyway = did.data.get("anyway", False)
    if today >= plan.guard.max_per_day and not anyway and not incident.drill:
        most = plan.guard.max_per_day
        return f"{plan.name} ran {today} times within a day, its guard allows {most}; to run it all the same: anyway=yes"
    run = runs.of(plan.name)
    if run is None or run.state in (RunState.ROLLED_BACK, RunState.WITHDRAWN):
        if not incident.open:
            return f"{incident.id} is over"
        if not fits(step, incident, plan) and not anyway:
            return f"{plan.name} is not meant for what {incident.id} is about; to run it all the same: anyway=yes"
        run = suggest(step, incident, plan)
    if did.data.get("dry_run", False):
        queue_switch(step, incident, plan.name, run, START, did.by, dry=True)
        return ""
    if TABLE[run.state, Sign.APPROVE] is run.state:
        return f"{plan.name} is {_words(run)}"
    start(step, incident, plan, run, did.by)
    return ""


def _reject(step: Step, incident: Incident, did: ActionTaken) -> str:
    runs = step.history(incident.id).degrade
    plan = _named(step, did, (r.plan for r in runs.suggested()))
    if isinstance(plan, str):
        return plan
    run = runs.of(plan.name)
    if run is None or run.state is not RunState.SUGGESTED:
        return f"{plan.name} is not suggested in {incident.id}"
    why_not = _may(step, incident, plan, did)
    if why_not:
        return why_not
    step.log(incident.id, RunRejected(run.id, plan.name), did.data["reason"], did.by)
    return ""


def _rollback(step: Step, incident: Incident, did: ActionTaken) -> str:
    runs = step.history(incident.id).degrade
    name = did.data.get("plan", "") or _only(r.plan for r in runs.in_force())
    if not name:
        return _which(r.plan for r in runs.in_force())
    run = runs.of(name)
    if run is None or TABLE[run.state, Sign.ROLLBACK] is run.state or not run.in_force:
        return f"{name} is {_words(run) if run else 'not in force'}"
    roll_back(step, incident, run, did.by, "asked")
    return ""


def _named(step: Step, did: ActionTaken, there: Iterable[str]) -> DegradePlan | str:
    """The plan that is meant; without a name the one that there is."""
    there = list(there)
    name = did.data.get("plan", "") or _only(there)
    if not name:
        return _which(there)
    plan = step.plan.degrade.get(name)
    return plan if plan is not None else f"there is no degradation plan {name}"


def _only(names: Iterable[str]) -> str:
    found = list(dict.fromkeys(names))
    return found[0] if len(found) == 1 else ""


def _which(names: Iterable[str]) -> str:
    found = list(dict.fromkeys(names))
    return f"say which plan: {', '.join(found)}" if found else "say which plan: plan=NAME"


def _may(step: Step, incident: Incident, plan: DegradePlan, did: ActionTaken) -> str:
    """Whoever has the plan's role, or commands; anybody where nobody is known to."""
    may = deciders(step.plan, plan, did.at, step.history(incident.id).people)
    if not may or did.by in may:
        return ""
    return f"{plan.name} is for {plan.approver_role} or the commander to decide: {', '.join(sorted(may))}"


def deciders(plan: Plan, degrade: DegradePlan, at: Instant, people: People) -> frozenset[str]:
    """Who may approve or reject a degradation plan; none where nobody is known to: then anybody may."""
    roles = (degrade.approver_role, "commander")
    return frozenset(name for role in roles for name in fillers(plan, role, at, people))


def _words(run: Run) -> str:
    return run.state.replace("_", " ")


ACTIONS: tuple[Action, ...] = (
    action("approve", _approve, plan=OPTIONAL, dry_run=BOOL.optional, anyway=BOOL.optional),
    action("reject", _reject, plan=OPTIONAL, reason=TEXT),
    action("rollback", _rollback, closed=True, plan=OPTIONAL),
)
