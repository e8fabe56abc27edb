"""Converts `[flow.NAME]` to the plan's flows, with their references to checks and each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from watchtower.config.check_drafts import CheckDraft, ChecksDraft
from watchtower.config.problems import Entry, did_you_mean
from watchtower.config.views import TRAFFIC, views_of
from watchtower.core.plan.flows import Flow
from watchtower.model import Text


def flow_of(name: str, table: Flow, checks: Sequence[CheckDraft]) -> Flow:
    """Returns the flow as the engine knows it."""
    made: dict[str, object] = {"name": name, **views_of(name, table, checks)}
    if "title" not in table.model_fields_set:
        made["title"] = Text(name, name)
    return table.model_copy(update=made)


def check_references(checks: ChecksDraft) -> None:
    """Reports what a flow names and is not there."""
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
                draft.entry.wrong(
                    ("depends_on", index), f'flow "{name}" cannot depend on itself', "take it out"
                )
            else:
                draft.entry.look_up(("depends_on", index), "flow or check", other, there, "flows and checks")
        _loss(draft.entry, table.loss, known)
        if table.outflow:
            _outflow(name, draft.entry, table, checks.checks)
        standby = table.recovery.standby if table.recovery else ""
        if standby:
            draft.entry.look_up(("recovery", "standby"), "check", standby, known)


def _outflow(name: str, entry: Entry, table: Flow, checks: Sequence[CheckDraft]) -> None:
    if table.loss is not None:
        entry.wrong(("outflow",), "loss says already what is lost", "take one of the two out")
    if table.amount_per_request is None:
        what = "nobody knows what one request is worth"
        entry.wrong(
            ("outflow",), what, 'write amount_per_request, such as "12.00 CNY", and count the money in it'
        )
    if not any(check.detector == TRAFFIC and name in check.traits.flows for check in checks):
        hint = "a check with the detector traffic must have this flow"
        entry.wrong(("outflow",), "no check counts what goes out", hint)


def _loss(entry: Entry, loss: tuple[str, str] | None, known: Mapping[str, CheckDraft]) -> None:
    if loss is None:
        return
    check, measurement = loss
    if check not in known:
        hint = did_you_mean(check, known, "checks") or 'write "CHECK.MEASUREMENT"'
        entry.wrong(("loss",), f'there is no check "{check or measurement}"', hint)
        return
    facts = known[check].facts
    if facts is not None and measurement not in facts:
        hint = did_you_mean(measurement, facts, f"measurements of {check}")
        entry.wrong(("loss",), f'check "{check}" has no measurement "{measurement}"', hint)
