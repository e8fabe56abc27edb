"""Escalation: while nobody acknowledges, further people are paged, step by step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from watchtower.core.incident.incidents import Incident
from watchtower.core.notify.pages import PageRequest, by_channels, page
from watchtower.core.people.assignment import BACKUP, asked, filling
from watchtower.core.people.kinds import Escalated, RoundBegan, RoundShifted
from watchtower.core.plan import Plan
from watchtower.core.plan.paging import EscalationStep, PagingPolicy
from watchtower.core.state import Step
from watchtower.model import AlertState, IncidentState, Instant, Language, Severity, Text
from watchtower.page_kinds import PageKind
from watchtower.texts.reasons import PageReason
from watchtower.texts.units import duration_words


def steps_of(step: Step, incident: Incident) -> Sequence[EscalationStep]:
    """The steps of escalation that hold for this incident now.

    Where every alert of it comes from a rule with `escalate_after`, that is the time of each step: of the level's
    own, or, where it has none, to the backups and then to the next worse level.
    """
    policy = step.plan.paging.get(incident.severity)
    if policy is None:
        return ()
    span = may_wait(step, incident)
    if not span:
        return policy.escalate
    steps = policy.escalate or _upwards(step.plan, incident.severity, policy)
    return [one.model_copy(update={"after": span * number}) for number, one in enumerate(steps, 1)]


def may_wait(step: Step, incident: Incident) -> float:
    """The least `escalate_after` of its alerts, where every one of them comes from a rule that has it; else 0."""
    rules = (step.plan.rules.get(a.rule) for a in step.state.alerts_of(incident.id, AlertState.FIRING))
    spans = [rule.escalate_after if rule else 0.0 for rule in rules]
    return min(spans) if spans and all(spans) else 0.0


def _upwards(plan: Plan, severity: Severity, policy: PagingPolicy) -> Sequence[EscalationStep]:
    worse = plan.paging.get(Severity(f"P{severity.rank - 1}")) if severity.rank else None
    steps = [EscalationStep(after=0.0, roles=(BACKUP,))]
    if worse is not None:
        steps.append(
            EscalationStep(
                after=0.0,
                roles=worse.roles,
                channels=tuple(dict.fromkeys((*policy.channels, *worse.channels))),
            )
        )
    return steps


def began(step: Step, incident: Incident) -> Instant:
    """When this round of paging began."""
    since = step.history(incident.id).people.since
    return incident.opened_at if since is None else since


def due(step: Step, incident: Incident) -> Sequence[Instant]:
    """When the next step is taken."""
    if incident.state is not IncidentState.TRIGGERED:
        return ()
    taken, since = step.history(incident.id).people.steps, began(step, incident)
    return [since + one.after for one in steps_of(step, incident)[taken:][:1]]


def begin_round(step: Step, incident: Incident, why: str) -> None:
    """Starts escalation again."""
    if steps_of(step, incident):
        step.log(incident.id, RoundBegan(step.at), why)


def escalate(step: Step, incident: Incident) -> None:
    """Takes every due step."""
    steps = steps_of(step, incident)
    taken, since = step.history(incident.id).people.steps, began(step, incident)
    for number, one in enumerate(steps[taken:], taken + 1):
        if step.at - since < one.after:
            return
        _take(step, step.state.incidents[incident.id], one, number, step.at - since)


def _take(step: Step, incident: Incident, one: EscalationStep, number: int, waited: float) -> None:
    policy = step.plan.paging[incident.severity]
    people = step.history(incident.id).people
    who = filling(step.plan, one.roles, step.at, people, policy.roles)
    addresses = by_channels(step.plan, who, one.channels or policy.channels)
    already = asked(step.plan, policy, step.at, people)
    new = [a for a in addresses if a[0] not in already]
    names = ", ".join(dict.fromkeys(name for name, _ in new))
    taken = Escalated(number, list(one.roles), list(dict.fromkeys(name for name, _ in new)))
    step.log(incident.id, taken, names or _nobody_new(who))
    if not addresses:
        step.not_paged(incident.id, PageReason.NOBODY_FOR_ROLE, ", ".join(one.roles))
    if new:
        # Who is only informed at this severity is asked beyond the duty of their role.
        who = {
            name: role for name, role in who.items() if role not in (*policy.inform, *policy.inform_urgently)
        }
        request = PageRequest(
            PageKind.NEW, PageReason.ESCALATED, note=_not_acknowledged(waited), quiet=True, roles=who
        )
        page(step, incident, request, new)


def _nobody_new(who: Iterable[str]) -> str:
    names = ", ".join(who)
    return f"{names} (asked already)" if names else "nobody"


def _not_acknowledged(waited: float) -> Text:
    en, zh = (duration_words(waited, language) for language in (Language.EN, Language.ZH))
    return Text(f"Nobody has acknowledged this for {en}: you are asked now", f"已 {zh}无人认领，现升级通知您")


def clock_set(step: Step, by: float) -> None:
    """Moves running rounds, because the clock was set."""
    for incident in list(step.state.incidents.values()):
        if incident.state is IncidentState.TRIGGERED and steps_of(step, incident):
            step.log(incident.id, RoundShifted(began(step, incident) + by, by), f"{by:+.0f} s")
