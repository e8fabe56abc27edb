"""The script through watchtower's own probe and engine, by a clock that is simulated. A person acknowledges after two minutes."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.alertmanager.script import Script
from benchmarks.alertmanager.told import Told
from tests.probes.health.alerts_through import BEGIN, RULES, Through, plan_of
from watchtower.core.events import Acknowledged, IncidentChanged
from watchtower.model import IncidentState
from watchtower.probes.held_alerts import PostedAlert

CHECK = '[[check]]\nname = "prometheus"\nprobe = "alertmanager"\n'
_FIRES = ("new", "update", "upgrade", "reminder")
_OVER = ("resolved", "unwatched")
ACKNOWLEDGED, STEP = 120.0, 5.0


def ours(made: Script) -> Told:
    """What li was told by mail."""
    with tempfile.TemporaryDirectory() as folder:
        it = Through(plan_of(Path(folder), CHECK, RULES))
    waiting = list(reversed(made.sent))
    while it.at < BEGIN + made.seconds:
        while waiting and BEGIN + waiting[-1].at <= it.at:
            one = waiting.pop()
            labels = {"alertname": one.rule, "severity": "warning"}
            alert = PostedAlert(
                labels,
                {"summary": one.rule},
                BEGIN + one.starts_at,
                BEGIN + one.ends_at,
                f"http://prom-{one.replica}:9090/",
            )
            it.post(alert, sender=f"10.0.0.{one.replica}")
        for incident in list(it.engine.state.incidents.values()):
            if (
                incident.state is IncidentState.TRIGGERED
                and it.at - incident.opened_at >= ACKNOWLEDGED
                and incident.pages
            ):
                it._feed(Acknowledged(incident.id, "li"))
        it.wait(STEP)
    told = Told(len(it.pages))
    for one in it.decisions:
        if isinstance(one, IncidentChanged) and one.reason == "notified":
            kind, rule = one.detail.rpartition(": ")[2], one.incident.key.rpartition("/")[2]
            if kind in (*_FIRES, *_OVER):
                told.words.append((one.at - BEGIN, rule, kind in _FIRES))
    return told
