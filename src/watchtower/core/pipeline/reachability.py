"""Between detect and judge: can users reach us, and are we who answers them? Seen from the flow's traffic, from inside
and from outside.

    unreachable = the requests stopped  and  the service itself is well  and  enough outside views fail

in three-valued logic: what cannot be told is neither. An observation older than three times its check's `every` is
not counted. What should stay as it is (issuers, hosts) is known after a restart; how a view is, only when its check has run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from math import inf
from typing import Any, Literal
from urllib.parse import urlsplit

from watchtower.core.pipeline import interception, reachability_texts
from watchtower.core.pipeline.interception import Seen, Trace
from watchtower.core.pipeline.reachability_texts import CHANGED, FailingView, ReachabilityEvidence
from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.core.plan.flows import Flow
from watchtower.model import Instant, Observation, Outcome, Value
from watchtower.values import Frozen, field, replace

_FRESH = 3.0
"""Times `every`."""
_CHANGE_COUNTS_FOR = 3600.0
"""Seconds that a certificate in another's place counts as a view that fails."""
_CERTIFICATE, _ISSUER = "fingerprint", "issuer_name"


class _Look(Frozen):
    """The last sample of one series of a view. `gone` is whether its traffic stopped, None where unknown."""

    at: Instant
    outcome: Outcome
    reason: str = ""
    gone: bool | None = None
    certificate: str = ""
    changed_at: Instant | None = None
    shown: Seen = field(default_factory=Seen)
    traces: Sequence[Trace] = ()


class Reach:
    """Keeps the last sample of every check that is a view of some flow; bounded by their series."""

    def __init__(self) -> None:
        self._plan = Plan()
        self._views: frozenset[str] = frozenset()
        self._looks: dict[str, dict[str, _Look]] = {}
        self.unsaved = False
        """What should stay as it is changed, or was learnt, since it was saved."""

    def state(self) -> Mapping[str, Any]:
        """What the series of each view showed, with what was asked of them then."""
        told = {
            name: {series: _learnt(look) for series, look in looks.items() if _tells(look)}
            for name, looks in self._looks.items()
        }
        return {name: [_asked(self._plan.checks[name]), them] for name, them in told.items() if them}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Knows what views showed before a restart. One that is asked of another, or in another way, learns anew."""
        for name in self._views & state.keys():
            asked, looks = state[name]
            if asked == _asked(self._plan.checks[name]):
                self._looks[name] = {series: _as_learnt(one) for series, one in looks.items()}

    def replace_plan(self, plan: Plan) -> None:
        """Views of checks that are measured as before keep their samples."""
        old, self._plan = self._plan, plan
        flows = [flow for flow in plan.flows.values() if flow.outside]
        self._views = frozenset(
            name for flow in flows for name in (*flow.traffic, *flow.inside, *flow.outside)
        )
        same = {
            n for n in self._views if n in old.checks and _source(old.checks[n]) == _source(plan.checks[n])
        }
        self._looks = {name: looks for name, looks in self._looks.items() if name in same}

    def facts(
        self, check: Check, observation: Observation, facts: Mapping[str, Value]
    ) -> Mapping[str, Value]:
        """Adds this observation; returns the verdict on its flow, if it has outside views."""
        if check.name in self._views:
            looks = self._looks.setdefault(check.name, {})
            series = observation.reading.series
            before = looks.get(series)
            shown = interception.seen(observation, before.shown if before else Seen())
            look = _look(observation, facts, before, shown)
            looks[series] = replace(
                look, shown=shown, traces=interception.traces(check.name, observation, shown)
            )
            if _tells(look := looks[series]) and (before is None or _learnt(look) != _learnt(before)):
                self.unsaved = True
        flow = self._plan.flows.get(check.flow_of(observation.reading.series))
        return {} if flow is None or not flow.outside else self._verdict(flow, observation.at)

    def _verdict(self, flow: Flow, at: Instant) -> Mapping[str, Value]:
        gone = self._gone(flow, flow.traffic, at)
        broken = [self._failing(name, at) for name in flow.inside]
        inside_ok = False if any(broken) else True if broken and None not in broken else None
        outside = [self._failing(name, at) for name in flow.outside]
        failing = [one for one in outside if one]
        most = len(failing) + outside.count(None)
        agreed = True if len(failing) >= flow.quorum else None if most >= flow.quorum else False
        # Where no view from inside is declared, nobody said that the service has another way to be ill.
        unreachable = _all((gone, inside_ok if flow.inside else True, agreed))
        seen = ReachabilityEvidence(
            unreachable, gone, bool(flow.inside), inside_ok, agreed, [one for one in broken if one], failing,
            outside.count(None), len(outside),
        )  # fmt: skip
        because = reachability_texts.because(seen)
        traces = [one for name in flow.outside for _, look in self._fresh(name, at) for one in look.traces]
        intercepted = interception.intercepted(traces, gone, inside_ok, None in outside)
        evidence = interception.evidence(traces, intercepted)
        return {
            "reach.unreachable": unreachable,
            "reach.outside_failing": float(len(failing)),
            "reach.outside_total": float(len(outside)),
            "reach.inside_ok": inside_ok,
            "reach.because": because.en,
            "reach.because_zh": because.zh,
            "reach.intercepted": intercepted,
            "reach.evidence": evidence.en,
            "reach.evidence_zh": evidence.zh,
        }

    def _fresh(self, name: str, at: Instant) -> Iterable[tuple[str, _Look]]:
        longest = _FRESH * self._plan.checks[name].every
        return ((s, look) for s, look in self._looks.get(name, {}).items() if abs(at - look.at) <= longest)

    def _gone(self, flow: Flow, names: Iterable[str], at: Instant) -> bool | None:
        """Whether all known traffic of the flow has stopped."""
        known = [
            look.gone
            for name in names
            for series, look in self._fresh(name, at)
            if look.gone is not None and self._plan.checks[name].flow_of(series) == flow.name
        ]
        return all(known) if known else None

    def _failing(self, name: str, at: Instant) -> FailingView | Literal[False] | None:
        """Why this view fails; False when it is healthy, None when unknown."""
        well: Literal[False] | None = None
        for _, look in self._fresh(name, at):
            if look.outcome is Outcome.DOWN:
                return FailingView(name, look.reason)
            if look.changed_at is not None and abs(at - look.changed_at) <= _CHANGE_COUNTS_FOR:
                return FailingView(name, CHANGED)
            if look.outcome is Outcome.UP:
                well = False
        return well


def _look(observation: Observation, facts: Mapping[str, Value], before: _Look | None, shown: Seen) -> _Look:
    reading, at = observation.reading, observation.at
    silent, low = facts.get("traffic.silent"), facts.get("traffic.low")
    gone = True if silent is True or low is True else silent if isinstance(silent, bool) else None
    look = _Look(at, reading.outcome, reading.reason, gone)
    certificate = reading.measurements.get(_CERTIFICATE)
    known = before.certificate if before else ""
    changed_at = before.changed_at if before else None
    if not isinstance(certificate, str) or not certificate:
        return replace(look, certificate=known, changed_at=changed_at)
    if known and certificate != known:
        # A renewal leaves the issuer as it is; where nobody measures that, every exchange counts.
        issuer_changed = shown.changes.get(_ISSUER, ("", 0.0))[1] == at
        changed_at = at if issuer_changed or _ISSUER not in shown.values else None
    return replace(look, certificate=certificate, changed_at=changed_at)


def _all(parts: Iterable[bool | None]) -> bool | None:
    """Kleene's *and*: a false one decides; else an unknown one leaves it unknown."""
    parts = list(parts)
    return False if False in parts else None if None in parts else True


def _source(check: Check) -> tuple[object, ...]:
    return check.probe, check.settings, check.detector


def _tells(look: _Look) -> bool:
    """Whether it has anything that should stay as it is."""
    return bool(look.certificate or look.shown.values)


def _learnt(look: _Look) -> list[Any]:
    return [look.certificate, look.changed_at, look.shown.values, look.shown.changes]


def _as_learnt(saved: Any) -> _Look:
    """A look of before: too old to count as one."""
    certificate, changed_at, values, changes = saved
    shown = Seen({k: tuple(v) for k, v in values.items()}, {k: tuple(v) for k, v in changes.items()})
    return _Look(-inf, Outcome.UNKNOWN, certificate=certificate, changed_at=changed_at, shown=shown)


def _asked(check: Check) -> str:
    """A digest of what is asked, and of whom. Of an address that may hold a secret its host is enough."""
    settings = check.settings
    hidden = [getattr(one, "get_secret_value", str)() for one in vars(settings).values()] if settings else []
    hosts = [urlsplit(one).netloc.rpartition("@")[2] for one in hidden if "://" in one]
    asked = repr((check.probe, settings, hosts, check.detector))
    return blake2b(asked.encode("utf-8", "replace"), digest_size=8).hexdigest()
