"""The labels of an alert, which matchers of silences, maintenance windows and inhibition choose by."""

from __future__ import annotations

from collections.abc import Iterable

from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.kinds import LOCATION
from watchtower.core.matchers import THEIRS, LabelMatcher
from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.core.plan.rules import Rule
from watchtower.model import Severity


def labels_of(plan: Plan, alert: Alert, severity: Severity | None = None) -> dict[str, str]:
    """The labels of its check and of its rule, and `alertname`, `check`, `probe`, `flow`, `tier`, `rule`, `series`,
    `severity`, and `location` where it is about one; and those of the alert where somebody else raised it.

    `severity` is that of its incident, which counts where the severity matrix decides.
    """
    rule, check = plan.rules.get(alert.rule), plan.checks.get(alert.check)
    labels = static_labels(plan, check, rule, alert.series)
    level = severity if severity is not None and rule is not None and rule.matrix else alert.severity
    labels |= {"check": alert.check, "rule": alert.rule, "severity": str(level)}
    if alert.rule == LOCATION:
        labels["location"] = alert.check
    own = {name + THEIRS if name in labels else name: value for name, value in alert.labels.items()}
    return {"alertname": alert.rule, **labels, **own}


def static_labels(plan: Plan, check: Check | None, rule: Rule | None, series: str = "") -> dict[str, str]:
    """What is known of it before it fires."""
    labels = {**(check.labels if check else {}), **(rule.labels if rule else {})}
    if check is not None:
        flow = check.flow_of(series)
        labels |= {"check": check.name, "probe": check.probe, "flow": flow, "tier": plan.tier_of(flow)}
    if rule is not None and rule.location:
        labels["location"] = rule.location
    name = rule.name if rule else ""
    return {"alertname": name, **labels, "rule": name, "series": series}


def checks_of(plan: Plan, matchers: Iterable[LabelMatcher]) -> list[str]:
    """The checks of which an alert could fit, at some severity and of some series."""
    wanted = [one for one in matchers if one.name not in ("severity", "series")]
    found = []
    for check in plan.checks.values():
        if check.alerts is not None:  # their labels are known once they fire
            found += [check.name] if all(_of_others(one, check) for one in wanted) else []
            continue
        rules = [*plan.rules_of(check.name), None]
        kinds = [static_labels(plan, check, rule, series) for rule in rules for series in ("", *check.flows)]
        kinds += [{**kinds[-1], "location": place} for place in check.locations]
        if any(all(one.fits(labels) or _of_series(one, labels) for one in wanted) for labels in kinds):
            found.append(check.name)
    return found


def _of_others(matcher: LabelMatcher, check: Check) -> bool:
    ours = {"check": check.name, "probe": check.probe}
    return matcher.name not in ours or matcher.fits(ours)


def _of_series(matcher: LabelMatcher, labels: dict[str, str]) -> bool:
    """A rule of ours, which every check has."""
    return matcher.name in ("rule", "alertname") and not labels["rule"]
