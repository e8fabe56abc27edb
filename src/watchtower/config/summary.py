"""What a right configuration comes to: how many checks, which rules judge them, who is paged when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from watchtower.config.loaded import Loaded
from watchtower.core.matchers import LabelMatcher
from watchtower.core.notify.channel_choice import chosen
from watchtower.core.people.assignment import asked, filling
from watchtower.core.plan import Plan
from watchtower.core.plan.maintenance import Maintenance
from watchtower.core.plan.paging import Responder
from watchtower.core.plan.rules import Rule
from watchtower.errors import Problem
from watchtower.fields import format_duration
from watchtower.model import ChannelName, Severity


def summary(loaded: Loaded) -> dict[str, Any]:
    """JSON: `checks` (by probe), `flows`, `rules`, `responders`, `paging` by severity, `no_data`, `files`."""
    plan = loaded.plan
    return {
        "checks": dict(sorted(Counter(check.probe for check in plan.checks.values()).items())),
        "flows": {
            flow.name: {"tier": flow.tier, "checks": _measuring(plan, flow.name)}
            for flow in plan.flows.values()
        },
        "rules": [_rule(rule) for rule in plan.rules.values()],
        "responders": [
            {"name": one.name, "role": one.role, "channels": _channels_of(plan, one), "zone": one.zone}
            for one in plan.responders.values()
        ],
        "paging": {severity: _paging(plan, severity) for severity in Severity},
        "no_data": {name: getattr(plan.no_data, name) for name in ("severity", "severity_many", "many")},
        "maintenance": [_window(window) for window in plan.maintenance],
        "inhibit": [
            {"name": one.name, "source": _texts(one.source_matchers), "target": _texts(one.target_matchers)}
            for one in plan.inhibit
        ],
        "files": [str(file) for file in loaded.files],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    severity = "matrix" if rule.matrix else rule.severity
    return {"name": rule.name, "severity": severity, "checks": len(rule.programs), "source": rule.source}


def _window(window: Maintenance) -> dict[str, Any]:
    at = datetime.now(UTC).timestamp()
    span = window.at(at) or window.next(at)
    times = [datetime.fromtimestamp(one, UTC).isoformat(timespec="minutes") for one in span or ()]
    return {"name": window.name, "matchers": _texts(window.matchers), "next": times or None}


def _texts(matchers: Iterable[LabelMatcher]) -> list[str]:
    return [str(one) for one in matchers]


def _channels_of(plan: Plan, one: Responder) -> list[str]:
    """Returns channels by name, each in the order in which it is tried; the kind where nothing is configured, as in a replay."""
    return [name for kind in one.addresses for name in chosen(plan.channels, one, kind) or [str(kind)]]


def as_json(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Returns problems or warnings for scripts: `file, line, where, what, hint`, and a warning's `name`."""
    return [
        {"file": one.file, "line": one.line, "where": one.where, "what": one.what, "hint": one.hint}
        | ({"name": one.name} if one.name else {})
        for one in problems
    ]


def _measuring(plan: Plan, flow: str) -> int:
    return sum(flow == check.flow or flow in check.flows.values() for check in plan.checks.values())


def _paging(plan: Plan, severity: Severity) -> dict[str, Any]:
    """Returns who would be told now: what a schedule says changes."""
    policy, at = plan.paging[severity], datetime.now(UTC).timestamp()
    remind = format_duration(policy.remind_every) if policy.remind_every else "never"
    steps = []
    for step in policy.escalate:
        names = filling(plan, step.roles, at, paged=policy.roles)
        people = _people(plan, names, step.channels or policy.channels)
        steps.append({"after": format_duration(step.after), "people": people})
    paged = asked(plan, policy, at)
    urgently = [name for name in filling(plan, policy.inform_urgently, at) if name not in paged]
    quietly = [name for name in filling(plan, policy.inform, at) if name not in {*paged, *urgently}]
    return {
        "roles": list(policy.roles), "people": _people(plan, paged, policy.channels), "remind_every": remind,
        "escalate": steps, "acks": policy.acks,
        "ack_expires": format_duration(policy.ack_expires) if policy.ack_expires else "never",
        "informed": _people(plan, urgently, policy.channels) + _people(plan, quietly, plan.quiet),
    }  # fmt: skip


def _people(plan: Plan, names: Iterable[str], channels: Sequence[ChannelName]) -> list[dict[str, Any]]:
    found = [(name, [c for c in channels if c in plan.responders[name].addresses]) for name in names]
    return [{"responder": name, "channels": ways} for name, ways in found if ways]


def words(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Returns the summary as lines for people: what, and its value."""
    kinds = ", ".join(f"{count} {kind}" for kind, count in found["checks"].items())
    yield "checks", f"{sum(found['checks'].values())}: {kinds}"
    for name, flow in found["flows"].items():
        yield "flow", f"{name} ({flow['tier']}), {_many(flow['checks'], 'check')}"
    for one in found["rules"]:
        yield "rule", f"{one['name']}: {one['severity']} on {_many(one['checks'], 'check')}"
    for one in found["responders"]:
        yield "responder", f"{one['name']} ({one['role']}): {', '.join(one['channels'])}; {one['zone']}"
    for severity, paging in found["paging"].items():
        people = _said(paging["people"])
        again = "" if paging["remind_every"] == "never" else f"; again every {paging['remind_every']}"
        acks = "" if paging["acks"] == 1 else f"; {paging['acks']} must acknowledge"
        yield f"{severity} pages", people + again + acks if people else "nobody"
        for step in paging["escalate"]:
            yield f"  after {step['after']}", _said(step["people"]) or "nobody else"
        if paging["informed"]:
            yield "  informs", _said(paging["informed"])
    for one in found["maintenance"]:
        when = " to ".join(one["next"]) if one["next"] else "over"
        yield "maintenance", f"{one['name']}: {', '.join(one['matchers'])}; {when}"
    for one in found["inhibit"]:
        yield "inhibit", f"{one['name']}: {', '.join(one['source'])} holds back {', '.join(one['target'])}"
    no_data = found["no_data"]
    yield "no data", f"{no_data['severity']}; {no_data['severity_many']} from {no_data['many']} checks on"


def _said(people: Sequence[Mapping[str, Any]]) -> str:
    return "; ".join(f"{one['responder']} by {', '.join(one['channels'])}" for one in people)


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
