"""What people do about clocks and duties: open the call, stop a clock with a reason, file, say it does not apply."""

from __future__ import annotations

from watchtower.core.actions.action import OPTIONAL, TEXT, Action, ActionTaken, action
from watchtower.core.deadlines.duties import due_of, recovered, warn_of
from watchtower.core.deadlines.duty_state import DutyStanding, DutyState
from watchtower.core.deadlines.kinds import CallOpened, ClockPaused, ClockResumed, DutyFiled, DutyJudged, Laid
from watchtower.core.incident.incidents import Incident
from watchtower.core.plan.packs import ClockFrom
from watchtower.core.state import Step


def _call(step: Step, incident: Incident, did: ActionTaken) -> str:
    step.log(incident.id, CallOpened(did.data["link"]), did.data["link"], did.by)
    return ""


def _pause(step: Step, incident: Incident, did: ActionTaken) -> str:
    clocks = step.history(incident.id).deadlines.clocks
    name = str(did.data["clock"])
    clock = clocks.get(name)
    if clock is None or not clock.open:
        running = ", ".join(n for n, c in clocks.items() if c.running) or "none"
        return f'no clock "{name}" is running; running: {running}'
    if clock.paused_since is not None:
        return f'the clock "{name}" is paused already: {clock.pause_reason}'
    step.log(incident.id, ClockPaused(name), did.data["reason"], did.by)
    return ""


def _resume(step: Step, incident: Incident, did: ActionTaken) -> str:
    clocks = step.history(incident.id).deadlines.clocks
    name = str(did.data["clock"])
    clock = clocks.get(name)
    if clock is None or clock.paused_since is None:
        paused = ", ".join(n for n, c in clocks.items() if c.paused_since is not None) or "none"
        return f'no clock "{name}" is paused; paused: {paused}'
    step.log(incident.id, ClockResumed(name), name, did.by)
    return ""


def _filed(step: Step, incident: Incident, did: ActionTaken) -> str:
    duty = _duty(step, incident, str(did.data["duty"]))
    if isinstance(duty, str):
        return duty
    left = duty.unfiled
    name = str(did.data.get("step", ""))
    order = sorted(left, key=lambda one: one.due)
    filing = next((one for one in order if name in ("", one.id)), None)
    if filing is None:
        known = ", ".join(one.id for one in left) or "none"
        return (
            f'{duty.id} has no open step "{name}"; open: {known}' if name else f"all of {duty.id} was filed"
        )
    rule = step.plan.deadlines.compliance.duty(duty.id)
    moved: dict[str, Laid] = {}
    if rule is not None:
        filed = {one.id: one.filed_at for one in duty.steps if one.filed_at is not None}
        dues = due_of(step, incident, rule, duty.since, {**filed, filing.id: step.at})
        chained = {one.id for one in rule.steps if one.from_ is ClockFrom.PREVIOUS}
        moved = {
            one.id: Laid(dues[one.id][0], warn_of(rule, step.at, dues[one.id][0]))
            for one in left
            if one.id != filing.id and one.id in chained & dues.keys() and dues[one.id][0] != one.due
        }
        kind = rule.step(filing.id)
        if kind is not None and kind.every and recovered(step, incident) is None:
            again = step.at + kind.every
            moved[filing.id] = Laid(again, warn_of(rule, step.at, again))
    reference = str(did.data.get("reference", ""))
    en, zh = f"{duty.id}: {filing.title_en}", f"{duty.id}：{filing.title_zh}"
    step.log(incident.id, DutyFiled(duty.id, filing.id, reference, moved, en, zh), en, did.by)
    return ""


def _not_applicable(step: Step, incident: Incident, did: ActionTaken) -> str:
    id = str(did.data["duty"])
    if (
        step.plan.deadlines.compliance.duty(id) is None
        and id not in step.history(incident.id).deadlines.duties
    ):
        known = ", ".join(rule.id for rule in step.plan.deadlines.compliance.duties) or "none"
        return f'there is no duty "{id}"; duties: {known}'
    before = step.history(incident.id).deadlines.duties.get(id)
    if before is not None and before.standing is DutyStanding.NOT_APPLICABLE:
        return f"{id} was already said not to apply"
    evidence, version = (before.evidence, before.version) if before else ({}, "")
    step.log(
        incident.id,
        DutyJudged(id, DutyStanding.NOT_APPLICABLE, evidence, version),
        did.data["reason"],
        did.by,
    )
    return ""


def _duty(step: Step, incident: Incident, id: str) -> DutyState | str:
    duties = step.history(incident.id).deadlines.duties
    duty = duties.get(id)
    if duty is not None and duty.standing is DutyStanding.TRIGGERED:
        return duty
    known = (
        ", ".join(name for name, one in duties.items() if one.standing is DutyStanding.TRIGGERED) or "none"
    )
    return f'no duty "{id}" is triggered; triggered: {known}'


ACTIONS: tuple[Action, ...] = (
    action("call", _call, link=TEXT),
    action("pause", _pause, closed=True, clock=TEXT, reason=TEXT),
    action("resume", _resume, closed=True, clock=TEXT),
    action("filed", _filed, closed=True, duty=TEXT, step=OPTIONAL, reference=OPTIONAL),
    action("not_applicable", _not_applicable, closed=True, duty=TEXT, reason=TEXT),
)
