"""What a right configuration comes to: how many checks, which rules judge them, who is paged when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from watchtower.config.load import Loaded
from watchtower.core.plan import Plan
from watchtower.errors import Problem
from watchtower.fields import format_duration
from watchtower.model import Severity


def summary(loaded: Loaded) -> dict[str, Any]:
    """JSON: `checks` (by probe), `flows`, `rules`, `responders`, `paging` by severity, `blind`, `files`."""
    plan = loaded.plan
    return {
        "checks": dict(sorted(Counter(check.probe for check in plan.checks.values()).items())),
        "flows": {
            flow.name: {"tier": flow.tier, "checks": _measuring(plan, flow.name)}
            for flow in plan.flows.values()
        },
        "rules": [
            {
                "name": rule.name,
                "severity": rule.severity,
                "checks": len(rule.programs),
                "source": rule.source,
            }
            for rule in plan.rules.values()
        ],
        "responders": [
            {"name": one.name, "role": one.role, "channels": list(one.addresses), "zone": one.zone}
            for one in plan.responders.values()
        ],
        "paging": {severity: _paging(plan, severity) for severity in Severity},
        "blind": {
            "severity": plan.blind.severity,
            "severity_many": plan.blind.severity_many,
            "many": plan.blind.many,
        },
        "files": [str(file) for file in loaded.files],
    }


def as_json(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Problems or warnings for scripts: `file, line, where, what, hint`, and a warning's `name`."""
    return [
        {"file": one.file, "line": one.line, "where": one.where, "what": one.what, "hint": one.hint}
        | ({"name": one.name} if one.name else {})
        for one in problems
    ]


def _measuring(plan: Plan, flow: str) -> int:
    return sum(flow == check.flow or flow in check.flows.values() for check in plan.checks.values())


def _paging(plan: Plan, severity: Severity) -> dict[str, Any]:
    policy = plan.paging[severity]
    people = [
        {
            "responder": one.name,
            "channels": [channel for channel in policy.channels if channel in one.addresses],
        }
        for one in plan.responders.values()
        if one.role in policy.roles
    ]
    remind = format_duration(policy.remind_every) if policy.remind_every else "never"
    reached = [person for person in people if person["channels"]]
    return {"roles": list(policy.roles), "people": reached, "remind_every": remind}


def words(found: dict[str, Any]) -> list[tuple[str, str]]:
    """The summary as lines for people: what, and its value."""
    kinds = ", ".join(f"{count} {kind}" for kind, count in found["checks"].items())
    lines = [("checks", f"{sum(found['checks'].values())}: {kinds}")]
    lines += [
        ("flow", f"{name} ({flow['tier']}), {_many(flow['checks'], 'check')}")
        for name, flow in found["flows"].items()
    ]
    lines += [
        ("rule", f"{rule['name']}: {rule['severity']} on {_many(rule['checks'], 'check')}")
        for rule in found["rules"]
    ]
    lines += [
        ("responder", f"{one['name']} ({one['role']}): {', '.join(one['channels'])}; {one['zone']}")
        for one in found["responders"]
    ]
    for severity, paging in found["paging"].items():
        people = "; ".join(f"{one['responder']} by {', '.join(one['channels'])}" for one in paging["people"])
        again = "" if paging["remind_every"] == "never" else f"; again every {paging['remind_every']}"
        lines.append((f"{severity} pages", people + again if people else "nobody"))
    blind = found["blind"]
    lines.append(("blind", f"{blind['severity']}; {blind['severity_many']} from {blind['many']} checks on"))
    return lines


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
