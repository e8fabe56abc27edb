"""`alertmanager` takes alerts that Prometheus or another rule engine posts to `/api/v2/alerts`, as to an Alertmanager."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Literal

from watchtower.core.plan.alert_series import ALERTNAME, AlertSeries
from watchtower.core.plan.checks import MeasureName, free
from watchtower.fields import Field, field_validator
from watchtower.model import GONE, Fact, Facts, Instant, Outcome, Reading, Value
from watchtower.probes.contract import Probe, Services, Target, unknown, up
from watchtower.probes.held_alerts import HeldAlert, HeldAlerts, PostedAlert, over_for_good

Meaning = Literal["P0", "P1", "P2", "P3", "P4", "none"]
NOBODY = "none"
USUAL: Mapping[str, Meaning] = {
    **{one: one for one in ("P0", "P1", "P2", "P3", "P4", "none")},
    **dict.fromkeys(("critical", "page", "fatal", "emergency", "disaster"), "P1"),
    **dict.fromkeys(("error", "high", "major"), "P2"),
    **dict.fromkeys(("warning", "warn", "medium", "average", "minor"), "P3"),
    **dict.fromkeys(("info", "information", "low", "notice"), "P4"),
}
"""The severity of an alert's own word for it, where the check does not say otherwise."""
_TEXTS = ("summary", "title", "message", "description")
"""Annotations that say what is wrong, the shortest first."""
_RUNBOOKS = ("runbook_url", "runbook")


class Alertmanager(Probe):
    """Each alert is a series with `firing`: that we hear of it is `up`. What nobody is paged about is only listed."""

    kind = "alertmanager"
    by_name = True
    of_daemon = True
    every = "5s"
    facts: ClassVar[Facts] = {
        "firing": Fact.bool("somebody says that it fires"),
        "severity": Fact.string("the severity that the alert's own label stands for: `P0` to `P4`"),
        "alertname": Fact.string("the alert's name"),
        "text": Fact.string("its annotation `summary`, or the first of `title`, `message`, `description`"),
        "description": Fact.string("its annotation `description`"),
        "runbook": Fact.string("its annotation `runbook_url`"),
        "alerts": Fact.number("alerts that fire, of the check itself"),
        "refused": Fact.number("alerts for which there was no room, of the check itself"),
    }

    class Settings(Probe.Settings):
        severity_label: str = Field(
            default="severity", description="The label by which rules say how bad it is."
        )
        severities: dict[str, Meaning] = Field(
            default={},
            description='What its values mean, beyond the usual ones: `{ sev1 = "P0" }`; `none`: nobody is paged.',
        )
        otherwise: Meaning = Field(default="P3", description="What any other value means, and none.")
        flow_labels: tuple[str, ...] = Field(
            default=("flow", "service"),
            description="Labels that name the flow; of several the first that an alert has.",
        )
        services: dict[str, str] = Field(
            default={},
            description="Value of such a label -> flow, where it is not the flow's own name.",
        )
        group_by: tuple[str, ...] = Field(
            default=(ALERTNAME,),
            description="Alerts of no flow share an incident where these labels are the same.",
        )
        drop_labels: tuple[str, ...] = Field(
            default=("replica", "prometheus_replica"),
            description="Labels that tell replicas of one Prometheus apart, and no alerts.",
        )
        heartbeat: tuple[str, ...] = Field(
            default=("Watchdog", "DeadMansSwitch"),
            description="Alerts that always fire: nobody is paged about them; once one came, its absence is no data.",
        )
        usual_rules: bool = Field(
            default=True, description="Whether it brings a rule for each severity: `alert P0` to `alert P4`."
        )
        measure: tuple[MeasureName, ...] = Field(
            default=(), description='Labels that rules may use as measurements: `["team"]`.'
        )

        @field_validator("measure")
        @classmethod
        def _is_free(cls, value: tuple[str, ...]) -> tuple[str, ...]:
            free(value, Alertmanager.facts)
            return value

        def series_of(self, flows: Iterable[str]) -> AlertSeries:
            """How its alerts are named, and what flow and incident they are of."""
            return AlertSeries(
                self.flow_labels, {**{name: name for name in flows}, **self.services}, self.group_by
            )

    @staticmethod
    def facts_for(settings: Any) -> Facts:
        labels = {name: Fact.string(f"the alert's label `{name}`") for name in settings.measure}
        return {**Alertmanager.facts, **labels}

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        self.held = HeldAlerts(settings.series_of(()), settings.drop_labels)
        self._meanings = {**USUAL, **settings.severities}
        self._notes: dict[str, Any] = {}
        self._changed = False

    async def open(self, services: Services) -> None:
        await super().open(services)
        self._notes = services.kept.of(self.target.check)
        self.held.restore(self._notes.get("alerts", ()), time.time())

    def take(self, posted: Sequence[PostedAlert], address: str, at: Instant) -> None:
        """Takes what one sender posted."""
        for one in posted:
            self._changed |= self.held.take(one, address, at)

    def firing(self) -> list[HeldAlert]:
        """The alerts that fire, also those that nobody is paged about."""
        return [one for one in self.held.alerts.values() if one.ended_at is None]

    async def probe(self) -> Sequence[Reading]:
        found = self.readings(time.time())
        self._keep()
        return found

    async def close(self) -> None:
        self._keep()

    def _keep(self) -> None:
        """Notes what must outlive a restart, where it has changed: not at each post, for there may be nine hundred alerts."""
        if self._changed:
            self._changed = False
            self._notes["alerts"] = self.held.kept()
            self._notes["heartbeat"] = self._notes.get("heartbeat") or any(map(self._beats, self.firing()))
            self.services.kept.changed()

    def readings(self, at: Instant) -> Sequence[Reading]:
        """What is known of each alert at this moment, and of the check itself."""
        alerts = list(self.held.judge(at))
        firing = [one for one in alerts if one.ended_at is None]
        told = [one for one in alerts if not self._beats(one) and self._severity(one) != NOBODY]
        return [self._own(firing), *(self._reading(one, at) for one in told)]

    def _own(self, firing: Sequence[HeldAlert]) -> Reading:
        if self._notes.get("heartbeat") and not any(map(self._beats, firing)):
            return unknown("absent", f"{' or '.join(self.settings.heartbeat)} came before, and fires no more")
        count = sum(not self._beats(one) for one in firing)
        return up(alerts=count, refused=self.held.refused)

    def _reading(self, one: HeldAlert, at: Instant) -> Reading:
        if over_for_good(one, at):
            senders = ", ".join(name for name in one.words)
            return unknown(GONE, f"{senders} fell silent" if one.lost else "", one.series)
        told = one.annotations
        text = next((told[name] for name in _TEXTS if told.get(name)), one.series)
        said: dict[str, Value] = {
            "firing": one.ended_at is None, "severity": self._severity(one), "alertname": one.labels.get(ALERTNAME, ""),
            "text": text, "description": told.get("description", ""), "runbook": _runbook(told),
            **{name: one.labels.get(name, "") for name in self.settings.measure},
        }  # fmt: skip
        return Reading(Outcome.UP, said, series=one.series, labels=one.labels)

    def _severity(self, one: HeldAlert) -> str:
        word = one.labels.get(self.settings.severity_label, "")
        found: str = self._meanings.get(word) or self._meanings.get(word.lower()) or self.settings.otherwise
        return found

    def _beats(self, one: HeldAlert) -> bool:
        return one.labels.get(ALERTNAME) in self.settings.heartbeat


def _runbook(annotations: Mapping[str, str]) -> str:
    links = (annotations.get(name, "") for name in _RUNBOOKS)
    return next(
        (link for link in links if link.startswith(("https://", "http://")) and link.isprintable()), ""
    )
