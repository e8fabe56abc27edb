"""From `[flow.NAME]` to the plan's flows, and what they say of checks and of each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time

from watchtower.config.check_drafts import CheckDraft, ChecksDraft
from watchtower.config.checks_file import FlowTable, RecoveryTable
from watchtower.config.problems import Entry, did_you_mean
from watchtower.config.views import views_of
from watchtower.core.plan.flows import Flow, RecoveryPlan
from watchtower.model import Text


def flow_of(name: str, table: FlowTable, checks: Sequence[CheckDraft]) -> Flow:
    """The flow as the engine knows it."""
    check, _, measurement = table.loss.rpartition(".")
    return Flow(
        name,
        table.title or Text(name, name),
        table.tier,
        table.amount_per_request,
        views_of(name, table, checks),
        users_per_request=table.users_per_request,
        requests_per_minute=table.requests_per_minute,
        weight=table.weight,
        depends_on=table.depends_on,
        loss=(check, measurement) if table.loss else None,
        recovery=_recovery(table.recovery),
    )


def check_references(checks: ChecksDraft) -> None:
    """Everything that a flow names must be there."""
    if not checks.complete:
        return
    known = {check.name: check for check in checks.checks}
    for name, draft in checks.flows.items():
        table = draft.table
        if table is None:
            continue
        there = {*known, *checks.flows} - {name}
        for index, other in enumerate(table.depends_on):
            if other == name:
                draft.entry.wrong(("depends_on", index), f'flow "{name}" cannot depend on itself')
            elif other not in there:
                hint = did_you_mean(other, there, "flows and checks")
                draft.entry.wrong(("depends_on", index), f'there is no flow or check "{other}"', hint)
        _loss(draft.entry, table.loss, known)
        standby = table.recovery.standby if table.recovery else ""
        if standby and standby not in known:
            hint = did_you_mean(standby, known, "checks")
            draft.entry.wrong(("recovery", "standby"), f'there is no check "{standby}"', hint)


def _loss(entry: Entry, loss: str, known: Mapping[str, CheckDraft]) -> None:
    check, _, measurement = loss.rpartition(".")
    if not loss:
        return
    if check not in known:
        hint = did_you_mean(check, known, "checks") or 'write "CHECK.MEASUREMENT"'
        entry.wrong(("loss",), f'there is no check "{check or loss}"', hint)
        return
    facts = known[check].facts
    if facts is not None and measurement not in facts:
        hint = did_you_mean(measurement, facts, f"measurements of {check}")
        entry.wrong(("loss",), f'check "{check}" has no measurement "{measurement}"', hint)


def _recovery(table: RecoveryTable | None) -> RecoveryPlan | None:
    if table is None:
        return None
    day = date.fromisoformat(table.drilled) if table.drilled else None
    drilled = None if day is None else datetime.combine(day, time(), UTC).timestamp()
    return RecoveryPlan(table.standby, drilled, table.degrade)
