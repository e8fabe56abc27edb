"""Alerts as Alertmanager's API shows them: our own that fire, and those that others posted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from watchtower.api.contract import Status
from watchtower.core.incident.alerts import Alert
from watchtower.core.matchers import THEIRS, LabelMatcher, fit
from watchtower.core.silences.labels import labels_of
from watchtower.model import AlertState, Instant
from watchtower.probes.held_alerts import HeldAlert
from watchtower.texts.reasons import PageReason
from watchtower.texts.units import iso
from watchtower.values import Frozen, field

RECEIVER = {"name": "watchtower"}
"""Who is notified is decided for each incident anew, by its severity: not by a tree of routes."""
LASTS = 300.0
"""Seconds until an alert of ours would end there, if we stopped."""
_OFFSET, _PRIME, _MASK = 0xCBF29CE484222325, 0x100000001B3, (1 << 64) - 1


class ShownAlert(Frozen):
    """`group` are the labels of the group that it is in; `names` are all by which matchers of silences choose it."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    starts_at: Instant
    updated_at: Instant
    ends_at: Instant
    url: str
    names: Mapping[str, str]
    group: Mapping[str, str]
    silenced_by: Sequence[str] = field(default=())
    inhibited_by: Sequence[str] = field(default=())
    muted_by: Sequence[str] = field(default=())

    @property
    def active(self) -> bool:
        return not (self.silenced_by or self.inhibited_by or self.muted_by)


def shown_alerts(
    status: Status, others: Iterable[tuple[str, HeldAlert]], address: str
) -> Iterator[ShownAlert]:
    """All that fire. `address` is where people reach us."""
    firing = {(one.check, one.series): one for one in status.alerts if one.state is AlertState.FIRING}
    severities = {one.id: one.severity for one in status.incidents}

    def shown(alert: Alert, labels: Mapping[str, str] | None, **more: Any) -> ShownAlert:
        names = labels_of(status.plan, alert, severities.get(alert.incident))
        own = {name: value for name, value in names.items() if value and not name.endswith(THEIRS)}
        held = status.suppressed.get(alert.incident)
        return ShownAlert(
            labels={"alertname": alert.rule} | own if labels is None else labels, names=names, **more,
            silenced_by=[one.id for one in status.silences if one.at(status.at) and fit(one.matchers, names)],
            inhibited_by=[held.by] if held is not None and held.reason is PageReason.INHIBITED else [],
            muted_by=[one.name for one in status.plan.maintenance if one.at(status.at) and fit(one.matchers, names)],
        )  # fmt: skip

    for check, held in others:
        known = firing.pop((check, held.series), None)
        alert = known or Alert("", check, held.series, labels=held.labels)
        incident = {"incident": alert.incident} if alert.incident else {}
        graded = {**incident, "severity": severities.get(alert.incident, alert.severity)} if known else {}
        yield shown(
            alert, held.labels,
            annotations={**held.annotations, **{f"watchtower_{name}": str(text) for name, text in graded.items()}},
            starts_at=held.starts_at, updated_at=held.updated_at, ends_at=held.ends_at, url=held.generator,
            group=incident or {"alertname": held.labels.get("alertname", "")},
        )  # fmt: skip
    for alert in firing.values():
        texts = {"summary": alert.text.en, "summary_zh": alert.text.zh, "watchtower_incident": alert.incident}
        yield shown(
            alert, None, annotations={name: text for name, text in texts.items() if text},
            starts_at=alert.fired_at or status.at, updated_at=status.at, ends_at=status.at + LASTS,
            url=f"{address}/incidents/{alert.incident}", group={"incident": alert.incident},
        )  # fmt: skip


def asked_for(
    alerts: Iterable[ShownAlert], matchers: Sequence[LabelMatcher], wanted: Mapping[str, bool]
) -> list[ShownAlert]:
    """Those whose labels fit, by Alertmanager's switches `active`, `silenced`, `inhibited` and `muted`."""
    states = (("silenced", "silenced_by"), ("inhibited", "inhibited_by"), ("muted", "muted_by"))
    return [
        one
        for one in alerts
        if fit(matchers, one.labels)
        and (wanted["active"] or not one.active)
        and all(wanted.get(switch, True) or not getattr(one, by) for switch, by in states)
    ]


def alert_json(one: ShownAlert) -> dict[str, Any]:
    """As gettableAlert."""
    return {
        "labels": dict(one.labels), "annotations": dict(one.annotations), "fingerprint": fingerprint(one.labels),
        "startsAt": time_text(one.starts_at), "updatedAt": time_text(one.updated_at), "endsAt": time_text(one.ends_at),
        "receivers": [RECEIVER], **({"generatorURL": one.url} if one.url else {}),
        "status": {
            "state": "active" if one.active else "suppressed", "silencedBy": list(one.silenced_by),
            "inhibitedBy": list(one.inhibited_by), "mutedBy": list(one.muted_by),
        },
    }  # fmt: skip


def fingerprint(labels: Mapping[str, str]) -> str:
    """Of a label set, as Prometheus has it: FNV-1a of 64 bits over names and values in order, each ended by 0xFF."""
    digest = _OFFSET
    for name in sorted(labels):
        for byte in f"{name}\0{labels[name]}\0".encode("utf-8", "replace"):
            digest = ((digest ^ (byte or 0xFF)) * _PRIME) & _MASK
    return f"{digest:016x}"


def time_text(at: Instant) -> str:
    """RFC 3339 with milliseconds."""
    return iso(min(at, 253402300799.0))
