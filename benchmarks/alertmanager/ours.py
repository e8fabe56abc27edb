"""The script through watchtower's own probe and engine, by a clock that is simulated. A person acknowledges after two minutes."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from pathlib import Path

from benchmarks.alertmanager.month import severity
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
    words: dict[float, dict[str, bool]] = defaultdict(dict)
    while it.at < BEGIN + made.seconds:
        while waiting and BEGIN + waiting[-1].at <= it.at:
            one = waiting.pop()
            alert = PostedAlert(
                {"alertname": one.rule, "severity": severity(one.rule)},
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
        it.decisions.clear()
        it.wait(STEP)
        for said in it.decisions:
            if isinstance(said, IncidentChanged) and said.reason == "notified":
                kind, rule = said.detail.rpartition(": ")[2], said.incident.key.rpartition("/")[2]
                if kind in (*_FIRES, *_OVER):
                    words[said.at - BEGIN][rule] = kind in _FIRES
    sent = [at - BEGIN for at, _ in it.pages]
    assert len(sent) == len(set(sent)), "two pages at one time cannot be told apart here"
    return Told("watchtower", [(at, words[at]) for at in sent])
