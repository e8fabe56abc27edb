"""The JSON of the API, laid out in one place; `openapi.json` describes it and a test compares them.

Instants are RFC 3339 in UTC, durations are seconds, what is not known is null.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import inf
from typing import Any

from watchtower.api import porch
from watchtower.api.check_status import look
from watchtower.api.contract import CanaryPage, CheckHistory, IncidentDetail, InstanceStatus, Status, is_ready
from watchtower.core.explain_check import Explanation, RuleVerdict
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.incidents import Incident, Page
from watchtower.core.notify.measured import title_of
from watchtower.core.plan.checks import Check
from watchtower.core.reviews.review import ActionItem
from watchtower.history.kept import unit_of
from watchtower.model import Instant, Observation, Severity, Text, Value
from watchtower.report.drills import DrillReport
from watchtower.texts.units import iso

Json = dict[str, Any]
_INSTANTS = frozenset({"at", "onset", "due"})


def picked(it: object, names: str, **more: Any) -> Json:
    """`more` and these attributes, each by its name or as `key=attribute`; instants are `…_at`, `at`, `onset`, `due`."""
    out: Json = more
    for name in names.split():
        key, _, attribute = name.partition("=")
        attribute = attribute or key
        out[key] = _shown(attribute, getattr(it, attribute))
    return out


def _shown(name: str, value: Any) -> Any:
    if isinstance(value, Text):
        return text(value)
    if isinstance(value, tuple):
        return list(value)
    return instant(value) if name.endswith("_at") or name in _INSTANTS else value


def incident(it: Incident) -> Json:
    return {
        **picked(
            it,
            "id key title flow state severity record_severity=record drill opened_at onset acknowledged_at"
            " acknowledged_by resolved_at sop",
        ),
        "links": {"self": f"/api/v1/incidents/{it.id}", "brief": f"/incidents/{it.id}"},
    }


def leader(standing: InstanceStatus) -> Json:
    since = instant(standing.leads_since or None)
    return picked(
        standing, "name=leader url=leader_url epoch plan=leader_plan nobody_led_seconds=unled", since=since
    )


def status(standing: InstanceStatus, it: Status, reasons: list[str], queued: tuple[int, float]) -> Json:
    return {
        "version": it.version,
        "instance": standing.instance,
        "role": standing.role,
        "since": instant(standing.since),
        "started_at": instant(it.started_at),
        "store": standing.store,
        "leader": leader(standing) if standing.leader else None,
        "standbys": [
            picked(one, "name plan same_plan", since=instant(one.since)) for one in standing.standbys
        ],
        "workers": [
            picked(
                one,
                "name location plan same_plan shards version dropped",
                since=instant(one.since),
                clock_ahead_seconds=one.skew,
            )
            for one in standing.workers
        ],
        "locations": [
            picked(one, "name home workers held shards", lost_since=instant(one.lost_since))
            for one in standing.locations
        ],
        "observations_behind_seconds": standing.behind,
        "jobs": picked(standing.jobs, "queued taken oldest_seconds=oldest") if standing.jobs else None,
        "unfenced_pages": standing.unfenced,
        "plan": {
            "hash": standing.plan,
            "loaded_at": instant(it.loaded_at),
            "current": not it.problems,
            "checks": len(it.plan.checks),
            "rules": len(it.plan.rules),
        },
        "incidents_open": len(it.incidents),
        "pages_queued": {"count": queued[0], "oldest_seconds": queued[1]},
        "ready": is_ready(reasons),
        "reasons": reasons,
    }


def detail(it: IncidentDetail) -> Json:
    return incident(it.incident) | {
        "alerts": [alert(each) for each in it.alerts],
        "pages": [page(*each) for each in it.pages],
        "timeline": [entry(each) for each in it.timeline],
        "unread": it.unread,
    }


def alert(it: Alert) -> Json:
    return picked(it, "fingerprint rule check series state severity when text onset fired_at incident")


def page(it: Page, attempts: int, answer: str) -> Json:
    more = {"severity": it.message.severity, "attempts": attempts, "answer": answer}
    return picked(it, "id responder channel kind state created_at failover_of", **more)


def entry(it: LogEntry) -> Json:
    return picked(it, "at kind detail by data")


def checks(status: Status, some: Iterable[Check]) -> list[Json]:
    """These checks, each with its series; one that has not been measured yet has none."""
    out = []
    seen: dict[str, list[Observation]] = defaultdict(list)
    alerts: dict[tuple[str, str], list[Alert]] = defaultdict(list)
    for (name, _), observation in status.last.items():
        seen[name].append(observation)
    for alert in status.alerts:
        alerts[alert.check, alert.series].append(alert)
    for check in some:
        series = [
            _series(check, o, alerts[check.name, o.reading.series], status.at) for o in seen[check.name]
        ]
        title = text(title_of(check))
        out.append(picked(check, "name probe flow every", title=title, series=series))
    return out


def _series(check: Check, seen: Observation, alerts: Sequence[Alert], at: Instant) -> Json:
    reading = seen.reading
    return {
        "series": reading.series,
        "flow": check.flow_of(reading.series),
        "look": look(check, seen, alerts, at),
        **_reading(seen),
    }


def _reading(seen: Observation) -> Json:
    measured = {name: number(value) for name, value in seen.reading.measurements.items()}
    return {
        **picked(seen.reading, "outcome reason detail"),
        **picked(seen, "at duration"),
        "measurements": measured,
    }


def explanation(it: Explanation) -> Json:
    seen, check = it.observation, it.check
    return {
        "at": instant(it.at),
        "check": check.name,
        "title": text(title_of(check)),
        "probe": check.probe,
        "flow": check.flow_of(it.series),
        "every": check.every,
        "series": it.series,
        "all_series": list(it.all_series),
        "detector": check.detector if it.foresees else "",
        "last": None if seen is None else _reading(seen),
        "view": _plain(it.view),
        "rules": [_judged(rule, it.at) for rule in it.rules],
        "no_data": _judged(it.no_data, it.at),
        "losses": [
            picked(one, _LOSS, never=one.not_before == inf, not_before=_day(one.not_before))
            for one in it.losses
        ],
    }


def history(it: CheckHistory, check: Check | None) -> Json:
    """Curves as lists of the same length; null: no sample. The least and the greatest only where they differ."""
    out = []
    for name, curve in it.curves.items():
        rows = {"mean": curve.mean, "low": curve.least(), "high": curve.greatest()}
        shown = {key: [number(float(f"{value:.6g}")) for value in row] for key, row in rows.items()}
        if shown["low"] == shown["high"]:
            del shown["low"], shown["high"]
        out.append({"name": name, "unit": str(unit_of(check, name)) if check else "", **shown})
    since = instant(it.since)
    return {"check": it.check, "series": it.series, "from": since, "step_seconds": it.step, "curves": out}


_LOSS = "missing_share=share rule fires_after=seconds lost_requests=requests played_seconds=played"


def _day(at: Instant | None) -> str | None:
    return None if at is None or at == inf else instant(at)


def _judged(it: RuleVerdict, at: Instant) -> Json:
    return {
        **picked(it, "rule when for=for_ severity matrix state verdict"),
        "facts": {name: number(value) for name, value in it.facts.items()},
        "text": None if it.text is None else text(it.text),
        "incident": it.incident,
        "fires_at": instant(it.fires_at),
        "fires_after": None if it.fires_at is None else it.fires_at - at,
        "pages": [{"responder": name, "channel": channel} for name, channel in it.pages],
    }


def _plain(value: Any, name: str = "") -> Any:
    """A detector's view: what ends with `_at` is an instant."""
    if isinstance(value, Mapping):
        return {key: _plain(one, key) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return instant(value) if name.endswith("_at") else number(value)


problem = porch.problem


def text(it: Text) -> Mapping[str, str]:
    return {"en": it.en, "zh": it.zh}


def number(value: Value) -> Value:
    """The number; null for NaN and infinity, which JSON does not have."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def drill(it: DrillReport) -> Json:
    """One drill: who was paged how, and who answered when."""
    return {
        **picked(
            it,
            "incident name check by began_at ended_at why first_answer_seconds=first_took",
            severity=it.level,
        ),
        "answers": [
            picked(a, "responder channels failed paged_at delivered_at answered_at seconds=took")
            for a in it.answers
        ],
        "steps_done": it.steps[0],
        "steps": it.steps[1],
        "switches": [{"plan": plan, "state": state} for plan, state in it.switches],
    }


def canary_page(it: CanaryPage) -> Json:
    """One page of a canary, and what its receiver said last."""
    return picked(it, "responder channel state rings attempts answer")


def action_item(incident: str, severity: Severity, item: ActionItem) -> Json:
    """An action item as JSON."""
    names = "id text type owner due acceptance state"
    return picked(item, names, incident=incident, severity=str(severity))


def instant(at: Instant | None) -> str | None:
    return None if at is None else iso(at)
