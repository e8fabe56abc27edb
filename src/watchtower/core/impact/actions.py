"""What people say of the numbers: that the requests that come now are the new normal."""

from __future__ import annotations

from watchtower.core.actions.action import OPTIONAL, Action, ActionTaken, action
from watchtower.core.impact.kinds import NewNormalSaid
from watchtower.core.impact.stage import forget_usual
from watchtower.core.incident.incidents import Incident
from watchtower.core.state import Step
from watchtower.model import AlertState


def _new_normal(step: Step, incident: Incident, did: ActionTaken) -> str:
    wanted = str(did.data.get("flow", ""))
    found: dict[tuple[str, str], str] = {}
    for alert in step.state.alerts_of(incident.id, AlertState.FIRING, AlertState.RESOLVED):
        check = step.plan.checks.get(alert.check)
        flow = check.flow_of(alert.series) if check is not None and "traffic.rate" in check.facts else ""
        if flow and wanted in ("", flow):
            found[alert.check, alert.series] = flow
    if not found:
        return f"{incident.id} has no alert of requests that are counted" + (
            f" of {wanted}" if wanted else ""
        )
    if any(_silent(step, series) for series in found):
        return "nothing comes at all, and nothing is no new normal: declare when the flow is closed, or remove its check"
    flows = sorted(set(found.values()))
    step.log(incident.id, NewNormalSaid(flows), did.data.get("reason", "") or ", ".join(flows), did.by)
    forget_usual(step, incident.id, flows)
    step.accepted += found
    return ""


def _silent(step: Step, series: tuple[str, str]) -> bool:
    """Whether it was silent and no request was measured since: not by the last poll either, which may have failed."""
    seen = step.state.last.get(series)
    return not (seen is not None and seen.reading.measurements.get("requests")) and any(
        step.state.facts.get(alert.key, {}).get("traffic.silent") is True
        for alert in step.state.alerts.of_check(series[0])
        if alert.series == series[1] and alert.state is AlertState.FIRING
    )


ACTIONS: tuple[Action, ...] = (action("new_normal", _new_normal, flow=OPTIONAL, reason=OPTIONAL),)
