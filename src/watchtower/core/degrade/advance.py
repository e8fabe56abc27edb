"""The stage of degradation plans: suggests, asks or starts them, sees whether they help, and ends them in time."""

from __future__ import annotations

from watchtower.core.degrade import kinds, page_texts
from watchtower.core.degrade.runs import ROLLBACK, START, Run
from watchtower.core.degrade.table import RunState
from watchtower.core.drills.stage import drill_of
from watchtower.core.events import Logged
from watchtower.core.incident.incidents import Incident, PageState, named
from watchtower.core.notify.messages import NotePoint
from watchtower.core.notify.page_roles import page_roles
from watchtower.core.notify.pages import PageRequest, page
from watchtower.core.people.assignment import filling
from watchtower.core.plan.degrade import DegradePlan, Mode
from watchtower.core.state import Step
from watchtower.model import AlertState, IncidentState, Outcome, Text
from watchtower.page_kinds import PageKind
from watchtower.texts.reasons import PageReason


def advance(step: Step, incident: Incident) -> None:
    """Cheap where no plan fits and none runs."""
    if step.plan.degrade and incident.open and incident.state is not IncidentState.MITIGATED:
        for plan in step.plan.degrade.values():
            if step.history(incident.id).degrade.of(plan.name) is None and fits(step, incident, plan):
                suggest(step, incident, plan)
    for run in step.history(incident.id).degrade.runs:
        _go_on(step, incident, run)


def fits(step: Step, incident: Incident, plan: DegradePlan) -> bool:
    """Does this plan answer to what is wrong? In a drill only what the drill is for."""
    if incident.drill:
        drill = drill_of(step.plan, incident)
        return drill is not None and plan.name in drill.degrade
    if plan.flow and plan.flow != incident.flow and plan.flow not in incident.flows:
        return False
    trigger = plan.trigger
    if trigger.severity is not None and incident.severity.rank > trigger.severity.rank:
        return False
    if not trigger.signal and not trigger.dependency:
        return bool(plan.flow)
    firing = step.state.alerts_of(incident.id, AlertState.FIRING)
    if trigger.signal and not any(a.rule in trigger.signal for a in firing):
        return False
    return not trigger.dependency or any(
        any(a.check == check for a in firing) or _down(step, check) for check in trigger.dependency
    )


def suggest(step: Step, incident: Incident, plan: DegradePlan) -> Run:
    """A new run of this plan; it starts itself where it may."""
    number = 1 + sum(r.plan == plan.name for r in step.history(incident.id).degrade.runs)
    id = f"{incident.id}.{plan.name}.{number}"
    mode, reason = mode_of(step, incident, plan)
    note = plan.guard.blast_radius_note
    suggested = kinds.PlanSuggested(
        id, plan.name, plan.flow, mode, plan.mode, reason, plan.approver_role, plan.why, note or None
    )
    step.log(incident.id, suggested, plan.name)
    run = _run(step, incident, id)
    if mode is Mode.APPROVE:
        _tell(step, incident, plan, PageReason.APPROVAL_NEEDED, page_texts.approval(plan, reason), "approve")
    elif mode is Mode.AUTO:
        start(step, incident, plan, run, "watchtower")
        _tell(step, incident, plan, PageReason.DEGRADE_STARTED, page_texts.started(plan))
    return _run(step, incident, id)


def mode_of(step: Step, incident: Incident, plan: DegradePlan) -> tuple[Mode, str]:
    """Who decides in fact, and why it is not whom the plan names."""
    if plan.mode is not Mode.AUTO:
        return plan.mode, ""
    if incident.drill:
        return Mode.APPROVE, "drill"
    if not step.state.usage.fresh(plan.name, plan.guard.needs_drill_within, step.at):
        return Mode.APPROVE, "not_drilled"
    if step.state.usage.today(plan.name, step.at) >= plan.guard.max_per_day:
        return Mode.APPROVE, "max_per_day"
    return Mode.AUTO, ""


def start(step: Step, incident: Incident, plan: DegradePlan, run: Run, by: str) -> None:
    """Said yes to: the shell carries it out."""
    step.log(incident.id, kinds.RunApproved(run.id, plan.name), plan.name, by)
    queue_switch(step, incident, plan.name, run, START, by)


def roll_back(step: Step, incident: Incident, run: Run, by: str, why: str) -> None:
    """Taken back by the shell; where the plan has no way back, whoever says so did it by hand."""
    step.log(incident.id, kinds.RunRolledBack(run.id, run.plan), why, by)
    plan = step.plan.degrade.get(run.plan)
    if plan is not None and plan.rollback is not None:
        tries = sum(o.run == run.id for o in step.history(incident.id).degrade.queued)
        queue_switch(step, incident, run.plan, run, ROLLBACK, by, attempt=run.rollbacks + tries)
    else:
        answered(step, incident, run.id, ROLLBACK, f"{run.id}.by_hand", True, "by hand", by=by)


def queue_switch(
    step: Step, incident: Incident, plan: str, run: Run, phase: str, by: str, *, dry: bool = False, attempt: int = 0
) -> None:  # fmt: skip
    """One thing for the shell to carry out, under a key that stays the same for every attempt."""
    key = f"{run.id}.{phase}" + (f".{attempt + 1}" if attempt else "") + (f".dry{step.at:.0f}" if dry else "")
    key = named(key, incident.origin)
    queued = kinds.SwitchQueued(run.id, plan, phase, key, incident.drill, dry)
    step.log(incident.id, queued, f"{phase} {plan}", by)


def answered(
    step: Step, incident: Incident, run_id: str, phase: str, key: str, ok: bool, answer: str,
    dry_run: bool = False, by: str = "watchtower",
) -> None:  # fmt: skip
    """What became of it. An answer that nobody waits for (it came twice) changes nothing."""
    run = step.history(incident.id).degrade.run(run_id)
    if run is None or (
        by == "watchtower" and all(o.key != key for o in step.history(incident.id).degrade.queued)
    ):
        return
    plan = step.plan.degrade.get(run.plan)
    step.log(
        incident.id,
        kinds.SwitchAnswered(run_id, run.plan, phase, key, ok, incident.drill, dry_run),
        answer,
        by,
    )
    _count(step, incident)
    if dry_run:
        return
    if phase == START and ok and (plan is None or plan.verify is None):
        _proved(step, incident, run.plan, run_id)
    if not ok and plan is not None:
        _tell(step, incident, plan, PageReason.DEGRADE_FAILED, page_texts.refused(plan, phase, answer))


def _go_on(step: Step, incident: Incident, run: Run) -> None:
    plan = step.plan.degrade.get(run.plan)
    if run.state is RunState.SUGGESTED and not incident.open:
        step.log(incident.id, kinds.RunWithdrawn(run.id, run.plan), "the incident is over")
    if plan is None or not run.in_force or run.started_at is None:
        return
    if run.state is RunState.RUNNING and plan.verify is not None:
        _prove(step, incident, plan, run)
    run = _run(step, incident, run.id)
    if run.state in (RunState.RUNNING, RunState.VERIFIED, RunState.FAILED):
        if plan.guard.ttl is not None and plan.guard.ttl <= step.at - (run.started_at or step.at):
            roll_back(step, incident, run, "watchtower", "ttl")
            _tell(step, incident, plan, PageReason.DEGRADE_ENDS, page_texts.expired(plan))
        elif not incident.open and not run.reminded:
            step.log(incident.id, kinds.RunReminded(run.id, plan.name), "still in force")
            _tell_of_the_end(step, incident, plan)


def _prove(step: Step, incident: Incident, plan: DegradePlan, run: Run) -> None:
    """By observations that began after the switch was thrown."""
    verify, started = plan.verify, run.started_at
    check = step.plan.checks.get(verify.check) if verify else None
    if verify is None or started is None:
        return
    verdicts = []
    for series in step.state.sources.of_check(check.name) if check is not None else ():
        values, seen = step.state.last_facts.get(series), step.state.last.get(series)
        if check is not None and seen is not None and values and seen.at - seen.duration >= started:
            known = seen.reading.outcome is not Outcome.UNKNOWN
            facts = dict(zip(check.facts, values, strict=False))
            verdicts.append(verify.program.evaluate(facts) if known else None)
    if verdicts and all(v is True for v in verdicts):
        step.log(incident.id, kinds.RunVerified(run.id, plan.name), f"{verify.check}: {verify.when}")
        _proved(step, incident, plan.name, run.id)
    elif step.at - started > verify.within:
        step.log(incident.id, kinds.RunUnproved(run.id, plan.name), f"{verify.check}: {verify.when}")
        undo = run.mode == Mode.AUTO and plan.rollback is not None
        if undo:
            roll_back(step, incident, _run(step, incident, run.id), "watchtower", "it did not help")
        asks = "" if undo else "rollback"
        _tell(step, incident, plan, PageReason.DEGRADE_FAILED, page_texts.unproved(plan, undo), asks)


def _proved(step: Step, incident: Incident, plan: str, run: str) -> None:
    step.log(incident.id, kinds.SwitchProved(run, plan, incident.drill), plan)
    _count(step, incident)


def _count(step: Step, incident: Incident) -> None:
    """What was just logged counts for the guards from now on."""
    last = step.decisions[-1]
    if isinstance(last, Logged):
        step.state.usage = step.state.usage.after(last.entry)


def _tell(
    step: Step, incident: Incident, plan: DegradePlan, reason: PageReason, text: Text, asks: str = ""
) -> None:
    """`asks`: the action that the approver is asked for."""
    command = page_texts.command(plan, incident.id, asks) if asks else ""
    page_roles(
        step,
        incident,
        (plan.approver_role,),
        reason,
        NotePoint(f"degrade.{plan.name}", text),
        command=command,
    )


def _tell_of_the_end(step: Step, incident: Incident, plan: DegradePlan) -> None:
    """With a second all-clear, to those of the approver's role who have been told of it, else to all who have."""
    told = [a for a, t in incident.notified.items() if t.firing is PageState.DELIVERED]
    people = step.history(incident.id).people
    roles = filling(step.plan, (plan.approver_role, "commander"), step.at, people)
    addresses = [a for a in told if a[0] in roles] or told
    if addresses:
        note, command = page_texts.in_force(plan), page_texts.command(plan, incident.id, "rollback")
        request = PageRequest(
            PageKind.RESOLVED, PageReason.DEGRADE_IN_FORCE, incident.severity, note=note, command=command
        )
        page(step, incident, request, addresses)


def _run(step: Step, incident: Incident, id: str) -> Run:
    found = step.history(incident.id).degrade.run(id)
    if found is None:  # logged a line before
        raise LookupError(id)
    return found


def _down(step: Step, check: str) -> bool:
    looks = (step.state.last.get(series) for series in step.state.sources.of_check(check))
    return any(o.reading.outcome is Outcome.DOWN for o in looks if o is not None)
