"""The views of a flow (`traffic`, `inside`, `outside`): which checks they are, and what can be wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from watchtower.config.check_drafts import CheckDraft, ChecksDraft, FlowDraft
from watchtower.core.plan.flows import Flow

TRAFFIC = "traffic"
_LISTS = ("traffic", "inside", "outside")


def views_of(flow: str, table: Flow, checks: Sequence[CheckDraft]) -> dict[str, object]:
    """Returns the views that hold where the flow has views from outside and does not say them."""
    if not table.outside:
        return {}
    traffic = table.traffic or tuple(_counting(flow, checks))
    return {"traffic": traffic, "quorum": table.quorum or len(table.outside) // 2 + 1}


def _counting(flow: str, checks: Sequence[CheckDraft]) -> Iterator[str]:
    return (check.name for check in checks if check.detector == TRAFFIC and flow in check.traits.flows)


def check_views(draft: ChecksDraft) -> None:
    """Reports views that are no checks or named twice, traffic that is not counted, and a number that can never agree."""
    checks = {check.name: check for check in draft.checks}
    for name, flow in draft.flows.items():
        if flow.table is not None:
            _check_flow(name, flow, flow.table, checks, draft)


def _check_flow(
    name: str, flow: FlowDraft, table: Flow, checks: Mapping[str, CheckDraft], draft: ChecksDraft
) -> None:
    if not table.outside:
        given = next((key for key in ("inside", "quorum") if key in flow.entry.raw), "")
        if given:
            hint = "name the checks that come in as users do, or take this out"
            flow.entry.wrong((given,), "the flow has no view from outside", hint)
            return
    first: dict[str, str] = {}
    for key in _LISTS:
        for index, view in enumerate(getattr(table, key)):
            if view in first:
                where = "twice" if first[view] == key else f"in {first[view]} too"
                flow.entry.wrong((key, index), f'"{view}" is named {where}', "a check is one view")
            elif view not in checks:
                if draft.complete:
                    flow.entry.look_up((key, index), "check", view, checks)
            elif key == TRAFFIC:
                _check_traffic(name, flow, index, checks[view])
            first.setdefault(view, key)
    if table.outside and not table.traffic and draft.complete and not any(_counting(name, draft.checks)):
        hint = "a check with the detector traffic must have this flow: whether requests stop is half of the verdict"
        flow.entry.wrong(("outside",), "no check counts its requests", hint)
    if table.quorum > len(table.outside):
        count = len(table.outside)
        what = f"the quorum is {table.quorum}, and outside names {count}"
        flow.entry.wrong(("quorum",), what, f"write {count} or less")


def _check_traffic(name: str, flow: FlowDraft, index: int, check: CheckDraft) -> None:
    if check.facts is not None and check.detector != TRAFFIC:
        hint = "it needs the detector traffic"
        flow.entry.wrong((TRAFFIC, index), f'the check "{check.name}" does not count requests', hint)
    elif name not in check.traits.flows:
        hint = f'give it flow = "{name}"'
        flow.entry.wrong((TRAFFIC, index), f'the check "{check.name}" is not of this flow', hint)
