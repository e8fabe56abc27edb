"""The alerts by incident, with quick answers to whether an incident or a flow has a firing one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from watchtower.core.incident.alerts import Alert, AlertKey
from watchtower.core.incident.grouped import Grouped
from watchtower.model import AlertState

FlowOf = Callable[[str, str], str]
"""The flow of a check's series; empty where it has none."""


class Alerts(Grouped[AlertKey, Alert]):
    """Firing alerts are counted as they begin and stop, because a wide outage has too many to scan at each
    event."""

    def __init__(self) -> None:
        super().__init__(lambda alert: alert.incident)
        self._flow_of: FlowOf = lambda check, series: ""
        self._counted: dict[AlertKey, tuple[str, str]] = {}
        """The incident and the flow that each firing alert is counted under."""
        self._of_flow: Counter[tuple[str, str]] = Counter()
        self._of_incident: Counter[str] = Counter()
        self._of_check: dict[str, dict[AlertKey, None]] = {}

    def of_check(self, check: str) -> list[Alert]:
        """The alerts of this check, in any state."""
        return [self[key] for key in self._of_check.get(check, ())]

    def fires(self, incident: str, flow: str | None = None) -> bool:
        """Whether an alert of this incident fires; of this flow, where one is named."""
        if flow is None:
            return incident in self._of_incident
        return (incident, flow) in self._of_flow

    def follow(self, flow_of: FlowOf) -> None:
        """Adopts a new plan's flow of each series."""
        self._flow_of = flow_of
        self._counted.clear()
        self._of_flow.clear()
        self._of_incident.clear()
        for key, alert in self.items():
            self._count(key, alert)

    def __setitem__(self, key: AlertKey, value: Alert) -> None:
        super().__setitem__(key, value)
        self._of_check.setdefault(value.check, {})[key] = None
        self._count(key, value)

    def __delitem__(self, key: AlertKey) -> None:
        check = self[key].check
        super().__delitem__(key)
        del self._of_check[check][key]
        self._count(key, None)

    def _count(self, key: AlertKey, alert: Alert | None) -> None:
        fires = alert is not None and alert.state is AlertState.FIRING and bool(alert.incident)
        before = self._counted.get(key)
        if not fires or alert is None:
            if before is not None:
                del self._counted[key]
                self._less(*before)
            return
        now = (alert.incident, self._flow_of(alert.check, alert.series))
        if now == before:
            return
        if before is not None:
            self._less(*before)
        self._counted[key] = now
        self._of_flow[now] += 1
        self._of_incident[now[0]] += 1

    def _less(self, incident: str, flow: str) -> None:
        _take_one(self._of_flow, (incident, flow))
        _take_one(self._of_incident, incident)


def _take_one(counts: Counter[Any], key: object) -> None:
    counts[key] -= 1
    if not counts[key]:
        del counts[key]
