"""Series that are alerts of somebody else, such as Prometheus: how they are named, and which flow and incident they are of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b

from watchtower.values import Frozen, field

ALERTNAME = "alertname"
LONGEST = 180
"""Characters of a name; of a longer one the end is a digest."""


class AlertSeries(Frozen):
    """`flow_labels` name the flow, of several the first that an alert has; `services` maps a label's value to a flow.
    `group_by`: alerts with the same values of these labels share an incident, where they are of no flow."""

    flow_labels: Sequence[str] = ()
    services: Mapping[str, str] = field(default_factory=dict)
    group_by: Sequence[str] = (ALERTNAME,)

    def named(self, labels: Mapping[str, str]) -> str:
        """`DiskFull{service="checkout",instance="db-1"}`: what decides of flow and incident comes first."""
        first = [name for name in dict.fromkeys((*self.flow_labels, *self.group_by)) if labels.get(name)]
        rest = [name for name in sorted(labels) if name not in first]
        texts = [f'{name}="{_escaped(labels[name])}"' for name in (*first, *rest) if name != ALERTNAME]
        name = labels.get(ALERTNAME, "") + (f"{{{','.join(texts)}}}" if texts else "")
        if len(name) <= LONGEST:
            return name
        digest = blake2b(repr(sorted(labels.items())).encode("utf-8", "replace"), digest_size=8).hexdigest()
        return f"{name[: LONGEST - 18]}…#{digest}"

    def flow_of(self, series: str) -> str:
        """The flow; empty for none."""
        values = (_value(series, label) for label in self.flow_labels)
        return next((self.services[value] for value in values if value in self.services), "")

    def group_of(self, series: str) -> str:
        """`DiskFull{cluster="eu"}`, without what does not tell incidents apart; empty where all share one."""
        name = series.partition("{")[0] if ALERTNAME in self.group_by else ""
        found = {label: _value(series, label) for label in self.group_by if label != ALERTNAME}
        texts = [f'{label}="{value}"' for label, value in found.items() if value]
        return name + (f"{{{','.join(texts)}}}" if texts else "")


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


@lru_cache(100)
def _of(label: str) -> re.Pattern[str]:
    return re.compile(rf'[{{,]{re.escape(label)}="((?:[^"\\]|\\.)*)"')


def _value(series: str, label: str) -> str:
    # Asked several times at each observation, and of most series a label is not.
    found = _of(label).search(series) if f'{label}="' in series else None
    return re.sub(r"\\(.)", lambda it: "\n" if it[1] == "n" else it[1], found[1]) if found else ""
