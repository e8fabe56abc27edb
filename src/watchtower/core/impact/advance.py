"""Time passes: what is not seen is taken to go on, and too little for an hour is asked about.

Only a person can say that it is the new normal; nothing resolves itself by lasting.
"""

from __future__ import annotations

from watchtower.core.impact.kinds import NewNormalAsked
from watchtower.core.impact.meter import MINUTE, SLIGHT, Meter
from watchtower.core.incident.incidents import Incident, PageState
from watchtower.core.notify.pages import PageRequest, by_channels, page
from watchtower.core.state import Step
from watchtower.model import Instant, Language, Text, Unit
from watchtower.page_kinds import PageKind
from watchtower.texts import units
from watchtower.texts.reasons import PageReason

_ASKED_AFTER = 3600.0
"""Seconds of too little after which people are asked."""


def advance(step: Step, incident: Incident) -> None:
    """Brings the numbers up to this moment, and asks what has to be asked."""
    for (flow, name, _), meter in step.state.meters.by_incident.get(incident.id, {}).items():
        check = step.plan.checks.get(name)
        late = 2 * check.every if check is not None else 10 * MINUTE
        if step.at - meter.at > max(late, MINUTE):
            meter.impute(step.at, step.plan.flows.get(flow))
    _ask(step, incident)


def _ask(step: Step, incident: Incident) -> None:
    """Whether it is the new normal: those who were told of the incident, once, by channels that wake nobody."""
    young = step.at - incident.opened_at < _ASKED_AFTER
    if young or not incident.open or step.history(incident.id).impact.asked:
        return
    meter = next((one for one in step.state.meters.of(incident.id) if _lasts(one, step.at)), None)
    if meter is None:
        return
    step.log(incident.id, NewNormalAsked())
    names = dict.fromkeys(a[0] for a, t in incident.notified.items() if t.firing is PageState.DELIVERED)
    addresses = by_channels(step.plan, names, step.plan.quiet, strictly=True)
    if addresses:
        note = _question(meter, step.at, incident.id)
        asks = PageRequest(PageKind.UPDATE, PageReason.NEW_NORMAL, note=note, informs=True, quiet=True)
        page(step, incident, asks, addresses)


def _lasts(meter: Meter, at: Instant) -> bool:
    """Whether too little, but something, has come for long."""
    low = meter.fell and meter.back_since is None and SLIGHT <= meter.impact < 1.0
    return low and at - meter.onset >= _ASKED_AFTER


def _question(meter: Meter, at: Instant, incident: str) -> Text:
    def said(value: float, unit: Unit) -> Text:
        return Text(units.show(value, unit, Language.EN), units.show(value, unit, Language.ZH))

    comes, lasts = said(1.0 - meter.impact, Unit.RATIO), said(at - meter.onset, Unit.SECONDS)
    return Text(
        f"For {lasts.en} too little has come, {comes.en} of the usual requests now. It ends when they are back. "
        f"If this is the new normal, say so: watchtower do {incident} new_normal",
        f"请求偏少已持续 {lasts.zh}，目前为平时的 {comes.zh}，恢复后才会结束。"
        f"若这是新常态，请确认：watchtower do {incident} new_normal",
    )
