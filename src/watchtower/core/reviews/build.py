"""From an incident's facts to its record."""

from __future__ import annotations

from itertools import pairwise

from watchtower.core.incident.incidents import TAKEN
from watchtower.core.incident.kinds import DECLARED, IncidentKind
from watchtower.core.indicators import Amount, Estimate
from watchtower.core.plan import Plan
from watchtower.core.reviews.facts import Facts, cause_of
from watchtower.core.reviews.record import DetectionSource, Record
from watchtower.core.severity.history import SeverityHistory
from watchtower.model import IncidentState, Severity


def record_of(plan: Plan, facts: Facts) -> Record:
    """The record of this incident as things stand; the plan says what its checks are."""
    incident, history, milestones = facts.incident, facts.history, facts.history.milestones
    raised, lowered = _moves(facts)
    review, final = history.review, facts.final
    status = history.deadlines.clocks.get("status")
    kept, timed = history.sop.on_time()
    over = incident.resolved_at if incident.state is IncidentState.RESOLVED else None
    return Record(
        incident.id, incident.title, incident.key, incident.opened_at, incident.onset,
        _worst(facts), facts.first,
        lines=facts.lines, flow=incident.flow, flows=incident.flows or ((incident.flow,) if incident.flow else ()),
        rules=tuple(dict.fromkeys(s.rule for s in facts.seen)), checks=tuple(dict.fromkeys(s.check for s in facts.seen)),
        source=source_of(plan, facts), drill=incident.drill, false_page=review.false_page,
        acknowledged_at=milestones.acknowledged_at or incident.acknowledged_at,
        acknowledged_by=milestones.acknowledged_by or incident.acknowledged_by,
        cause_identified_at=milestones.cause_identified_at, mitigated_at=milestones.mitigated_at or incident.mitigated_at or over,
        resolved_at=over, closed_at=review.closed_at, reopened=milestones.reopened,
        raised=raised, lowered=lowered, late_raise=late_raise(facts),
        cause=milestones.cause, cause_tag=cause_of(history), helped=review.helped or _what_helped(facts),
        summary=review.sections.get("summary", ""), words=_words(facts),
        pages=len(facts.notifications), pages_delivered=sum(n.state in TAKEN for n in facts.notifications),
        pages_failed=sum(n.state == "failed" for n in facts.notifications), people=facts.people,
        users=_point(final.affected_users if final else None),
        first_users=_point(facts.live.affected_users if facts.live else None),
        requests=_point(final.affected_requests if final else None),
        amount=_money(final.affected_amount if final else None), loss=_money(final.loss if final else None),
        flow_minutes=final.flow_minutes if final else 0.0, no_data_minutes=_no_data(facts),
        updates_due=status.kept + status.missed if status else 0, updates_kept=status.kept if status else 0,
        steps=timed, steps_kept=kept, **_duties(facts),
        days_left=_days_left(facts), actions=review.actions,
    )  # fmt: skip


def source_of(plan: Plan, facts: Facts) -> DetectionSource:
    """By what it was seen first: what a person says, else what the first alert's check is."""
    said = facts.history.review.source
    if said in tuple(DetectionSource):
        return DetectionSource(said)
    if facts.incident.kind.of_watchtower:
        return DetectionSource.OWN
    if not facts.seen:
        return DetectionSource.HUMAN
    first = facts.seen[0]
    if first.rule == DECLARED:
        return DetectionSource.HUMAN
    check = plan.checks.get(first.check)
    if check is None:
        return DetectionSource.PROBE
    if check.detector == "runway" or check.probe.startswith("balance."):
        return DetectionSource.WARNING
    flow = check.flow_of(first.series)
    if any(one.loss is not None and one.loss[0] == check.name for one in plan.flows.values()):
        return DetectionSource.MONEY
    if check.detector == "traffic":
        return DetectionSource.TRAFFIC
    return DetectionSource.PROBE if flow else DetectionSource.DEPENDENCY


def late_raise(facts: Facts) -> float:
    """Seconds in which the level that was computed was worse than the one in force."""
    total, since, levels = 0.0, None, SeverityHistory()
    for entry in facts.log:
        if not entry.kind.startswith("severity."):
            continue
        levels = levels.after(entry)
        late = levels.asks_for_more(levels.computed)
        if since is not None and not late:
            total, since = total + entry.at - since, None
        elif late and since is None:
            since = entry.at
    end = facts.incident.resolved_at
    return total + (max(0.0, end - since) if since is not None and end is not None else 0.0)


def _worst(facts: Facts) -> Severity:
    levels = (facts.incident.record, *(change.level for change in facts.levels))
    return min(levels, key=lambda level: level.rank)


def _moves(facts: Facts) -> tuple[int, int]:
    ranks = [change.level.rank for change in facts.levels]
    return sum(b < a for a, b in pairwise(ranks)), sum(b > a for a, b in pairwise(ranks))


def _what_helped(facts: Facts) -> str:
    """What was tried and is said to have worked, or the degradation that was verified."""
    verified = [run.plan for run in facts.history.degrade.runs if run.verified_at is not None]
    return ", ".join(verified)


def _words(facts: Facts) -> str:
    """All that people wrote of it."""
    notes, review = facts.history.notes, facts.history.review
    written = [review.sections.get(name, "") for name in review.sections]
    written += [item.text for item in review.actions] + [
        review.cause_tag,
        review.helped,
        review.reconciliation,
    ]
    for items in (notes.notes, notes.known, notes.tried, notes.decisions, notes.causes):
        written += [item.text for item in items]
    written += [seen.text_en for seen in facts.seen[:5]] + [seen.text_zh for seen in facts.seen[:5]]
    return "\n".join(dict.fromkeys(filter(None, written)))[:8000]


def _no_data(facts: Facts) -> float:
    """Minutes without data: all of an incident about them, else those that had to be imputed."""
    incident = facts.incident
    if incident.kind is IncidentKind.NO_DATA:
        end = (
            incident.resolved_at
            if incident.resolved_at is not None
            else facts.log[-1].at
            if facts.log
            else incident.onset
        )
        return max(0.0, end - incident.onset) / 60.0
    return facts.final.imputed_minutes if facts.final else 0.0


def _duties(facts: Facts) -> dict[str, tuple[str, ...]]:
    met, missed = [], []
    for duty in facts.history.deadlines.duties.values():
        for step in duty.steps:
            name = f"{duty.id}.{step.id}"
            if step.filed_at is not None and step.filed_at <= step.due:
                met.append(name)
            elif step.breached is not None or step.filed_at is not None:
                missed.append(name)
    return {"duties_met": tuple(met), "duties_missed": tuple(missed)}


def _days_left(facts: Facts) -> float | None:
    """The days left when somebody acted on the warning, else at its last threshold."""
    noted = facts.history.review.days_left
    if not noted:
        return None
    acted = facts.history.milestones.acknowledged_at
    before = [one for one in noted if acted is not None and one.at <= acted]
    return (before[-1] if before else noted[-1] if acted is None else noted[0]).days_left


def _point(estimate: Estimate | None) -> float | None:
    return None if estimate is None else estimate.point


def _money(amount: Amount | None) -> str:
    return "" if amount is None else f"{amount.point} {amount.currency}"
