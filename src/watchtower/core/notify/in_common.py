"""What the incidents of one page share: a dependency, a label. There a person looks first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from watchtower.core.incident.alerts import Alert
from watchtower.core.plan import Plan
from watchtower.core.state import OVER, Step
from watchtower.model import AlertState, Text

_MOST, _AT_LEAST, _NAMED = 0.8, 3, 2
"""Share of the incidents that have it, of how many incidents at least, and of how much a page speaks."""


def shared(step: Step, incidents: Collection[str]) -> Text | None:
    """`depends on Bank gateway, region=east (31 of 35)`; None where they share nothing."""
    if len(incidents) < _AT_LEAST:
        return None
    state = step.state
    return in_common(
        step.plan,
        [state.alerts_of(id, AlertState.FIRING) or state.alerts_of(id, *OVER) for id in incidents],
    )


def in_common(plan: Plan, incidents: Sequence[Iterable[Alert]]) -> Text | None:
    """The same, of incidents by their alerts."""
    found = Counter(one for alerts in incidents for one in set(_traits(plan, alerts)))
    most = [(one, count) for one, count in found.items() if count >= _MOST * len(incidents)]
    most.sort(key=lambda one: (-one[1], one[0]))  # a dependency has no name, and stands first
    said = [_said(plan, one, count, len(incidents)) for one, count in most[:_NAMED]]
    return Text(", ".join(one.en for one in said), "、".join(one.zh for one in said)) if said else None


def _traits(plan: Plan, alerts: Iterable[Alert]) -> Iterator[tuple[str, str]]:
    """Labels of the alerts of an incident, and what its flows depend on, as a label without a name."""
    for alert in alerts:
        if (check := plan.checks.get(alert.check)) is not None:
            yield from check.labels.items()
            yield from (("", subject) for subject in plan.below.get(check.flow_of(alert.series), ()))


def _said(plan: Plan, one: tuple[str, str], count: int, all: int) -> Text:
    name, value = one
    known = plan.flows.get(value) or plan.checks.get(value)
    title = known.title if known is not None and known.title else Text(value, value)
    said = Text(f"depends on {title.en}", f"依赖{title.zh}")
    if name:
        said = Text(f"{name}={value}", f"{name}={value}")
    return said if count == all else Text(f"{said.en} ({count} of {all})", f"{said.zh}（{count}/{all}）")
