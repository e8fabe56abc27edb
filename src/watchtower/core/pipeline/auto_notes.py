"""Notes that the engine adds to an incident by itself, each once: that users cannot reach the service, what was changed."""

from __future__ import annotations

from watchtower.core.changes import stage as changes
from watchtower.core.incident.incidents import Incident
from watchtower.core.notes.kinds import FactKnown
from watchtower.core.state import State, Step
from watchtower.model import AlertState, Language, Text

BY = "watchtower"
_OF_REACH = (
    ("reach.unreachable", "reach.because", "reach"),
    ("reach.intercepted", "reach.evidence", "intercepted"),
)
"""Verdicts on a flow's views, their sentences, and the tags of the notes."""
_MUCH = 2.0
"""Times the usual: less is no news while something fails."""
_BEFORE = 300.0
"""Seconds before the onset: so late it may be known when trouble began."""


def advance(step: Step, incident: Incident) -> None:
    """Where the trouble lies, what was changed, and where more comes than usual. Said also where no rule asks for it."""
    changes.note(step, incident)
    if incident.open:
        _unreachable(step, incident)
        _surges(step, incident)


def _unreachable(step: Step, incident: Incident) -> None:
    """Users cannot reach the service though it is well, or are answered by others; with what is seen of it."""
    for verdict, sentence, tag in _OF_REACH:
        if (incident.id, tag) in step.state.hinted:
            continue
        for alert in step.state.alerts_of(incident.id, AlertState.FIRING):
            facts = step.state.facts.get(alert.key, {})
            if facts.get(verdict) is True:
                said = str(facts.get(sentence) or "")
                _note(step, incident, tag, Text(said, str(facts.get(f"{sentence}_zh") or said)))
                break


def _surges(step: Step, incident: Incident) -> None:
    """More than usual comes since it began: what a flow owes is caught up with, or people and systems ask again and
    again. A campaign that began before is none of its business."""
    meters = step.state.meters.of(incident.id) if step.state.meters.surging else []
    for flow, (since, times) in step.state.meters.surging.items():
        tag = f"surge:{flow}"
        of_old = since < incident.onset - _BEFORE
        if not incident.flows or of_old or times < _MUCH or (incident.id, tag) in step.state.hinted:
            continue
        title = step.plan.flows[flow].title if flow in step.plan.flows else Text(flow, flow)
        said = _BACKLOG if any(one.flow == flow and one.missed > 0.0 for one in meters) else _FLOOD
        en, zh = (said.in_(way).format(title.in_(way), f"{times:.1f}") for way in (Language.EN, Language.ZH))
        _note(step, incident, tag, Text(en, zh))


_BACKLOG = Text(
    "{0}: {1} times the usual requests. This is the backlog of the outage, as expected; its end is no new outage.",
    "{0}：请求量为平时的 {1} 倍，是故障期间积压的补处理，属预期；补完回落不是新故障。",
)
_FLOOD = Text(
    "{0}: {1} times the usual requests since this began. Users or systems retry, or ask how it stands. Its end is no new outage.",
    "{0}：本事件期间请求量为平时的 {1} 倍，可能是用户或系统反复查询、重试；回落不是新故障。",
)


def _note(step: Step, incident: Incident, tag: str, text: Text) -> None:
    """Once, also over a restart."""
    step.state.hinted.add((incident.id, tag))
    known = step.history(incident.id).notes.known
    if not any(item.by == BY and item.tag in (tag, "") for item in known):
        step.log(incident.id, FactKnown(tag=tag, zh=text.zh), text.en, BY)


def forget(state: State, incident: str) -> None:
    """Forgets the incident."""
    changes.forget(state, incident)
    state.hinted = {hint for hint in state.hinted if hint[0] != incident}
