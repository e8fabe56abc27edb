"""What all probes of flow traffic share: the names they measure, and the ways in which they cannot tell.

Four things look alike and are kept apart: *zero* is an `up` reading with `requests` 0; *no data* is
`unknown` for a reason such as `absent`, `first_poll` or `stale`; *the probe failed* is `unknown` for a reason
such as `refused` or `timeout`, since a count that nobody could read says nothing of the flow; *too low* is
for detectors to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from watchtower.model import Fact, Facts, Outcome, Reading, Unit, Value
from watchtower.probes.contract import Target, unknown, up

TRAFFIC: Facts = {
    "requests": Fact.number("requests since the previous poll"),
    "errors": Fact.number("requests since the previous poll that failed"),
    "error_ratio": Fact.number(
        "errors / requests since the previous poll; not known when nothing came", Unit.RATIO
    ),
    "users": Fact.number("users, counted as the check says"),
    "transactions": Fact.number("transactions since the previous poll"),
    "amount": Fact.number("money moved since the previous poll", Unit.MONEY),
}

FAN_OUT = 500
"""Series that one check may give: more than that is a label that was not meant to be fanned out by."""


class CannotTell(Exception):
    """Why there is no measurement this time: one word, and a sentence without secrets."""

    def __init__(self, reason: str, detail: str) -> None:
        self.reason, self.detail = reason, detail
        super().__init__(f"{reason}: {detail}")


class SeriesOfCheck:
    """The series of a check: those that it declares flows for, or else every one that was seen. A check that
    fans out also has the series "", which shows whether it could measure at all."""

    def __init__(self, target: Target, fans_out: bool) -> None:
        self._fans_out = fans_out
        self._declared = target.series if fans_out else ("",)
        self._known = dict.fromkeys(self._declared)

    def readings(self, seen: Iterable[str], read: Callable[[str], Reading]) -> Sequence[Reading]:
        """`read` each series in turn, these being seen now. Raises CannotTell when there are more than `FAN_OUT`."""
        if not self._declared:
            self._known.update((name, None) for name in seen if name)
            if len(self._known) > FAN_OUT:
                self._known.clear()
                raise CannotTell(
                    "too_many_series", f"more than {FAN_OUT} series: choose another label, or declare flows"
                )
        out = [read(name) for name in self._known]
        return [up(), *out] if self._fans_out else out

    def blind(self, why: CannotTell) -> Sequence[Reading]:
        """The same unknown result for each series, so that none is forgotten."""
        names = ["", *self._known] if self._fans_out else [""]
        return [unknown(why.reason, why.detail, name) for name in names]


def counted(measurements: Mapping[str, float], covers: float, series: str = "") -> Reading:
    """An `up` result of counts, with the share of errors when it is known."""
    values: dict[str, Value] = {name: float(count) for name, count in measurements.items()}
    requests, errors = measurements.get("requests"), measurements.get("errors")
    if requests and errors is not None:
        values["error_ratio"] = errors / requests
    return Reading(Outcome.UP, values, series=series, covers=covers)
