"""What each event does that needs nothing but the step; the engine itself handles those that need its detectors or its rounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from watchtower.core import events
from watchtower.core.changes import stage as changes
from watchtower.core.degrade import advance as switches
from watchtower.core.drills import stage as drills
from watchtower.core.incident.alerts import Alert
from watchtower.core.locations import lost
from watchtower.core.notify import own_faults
from watchtower.core.pipeline import declare, handle, left, receipts, results
from watchtower.core.silences import stage as silences
from watchtower.core.state import Step
from watchtower.values import replace


def _switched(step: Step, event: events.Switched) -> None:
    if (incident := step.state.incidents.get(event.incident)) is not None:
        switches.answered(
            step, incident, event.run, event.phase, event.key, event.ok, event.answer, event.dry_run
        )


def _delivered(step: Step, event: events.Delivered) -> list[Alert]:
    if event.told_as and (incident := step.state.incidents.get(event.incident)) is not None:
        step.state.incidents[incident.id] = replace(incident, told_as=event.told_as)
    changed = results.delivered(step, event)
    return changed + receipts.reported_early(step, event.page)


HANDLERS: Mapping[type, Callable[[Step, Any], list[Alert] | None]] = {
    events.Acknowledged: lambda step, e: handle.acknowledged(step, e.incident, e.by, e.via, e.late),
    events.ResolvedByHand: lambda step, e: handle.resolved(step, e.incident, e.by, e.via),
    events.IncidentDeclared: declare.begin,
    events.IncidentLeft: left.take,
    events.DrillBegan: drills.handle,
    events.DrillStopped: drills.handle,
    events.CanaryAsked: drills.handle,
    events.SilenceAsked: silences.handle,
    events.SilenceEnded: silences.handle,
    events.ChangeAnnounced: changes.handle,
    events.Switched: _switched,
    events.Delivered: _delivered,
    events.Reported: receipts.reported,
    events.PageFailing: results.failing,
    events.Failed: results.failed,
    events.ChannelBroken: lambda step, e: own_faults.channel_broken(
        step, e.channel, e.code, e.detail, e.severity
    ),
    events.TemplatesSeen: lambda step, e: own_faults.templates(step, e.channel, e.withdrawn),
    events.WorkersSeen: lambda step, e: lost.seen(step, e.location, e.workers),
    events.Unwatched: lambda step, e: own_faults.unwatched(step, e.since, e.severity),
}
"""Each returns the alerts that began or stopped firing; None: none could."""
