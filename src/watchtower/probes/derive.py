"""`derive` sets the counts of one check in proportion to those of another: paid of attempted, callbacks of orders."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, NamedTuple

from watchtower.fields import BeforeValidator, Field, WithJsonSchema
from watchtower.model import Fact, Facts, Outcome, Reading, Unit
from watchtower.probes.contract import Probe, Services, Target, unknown
from watchtower.probes.counts import MeasuredCounts, Total

_SOURCE = re.compile(r"^(?P<check>[a-z0-9_-]+)(\[(?P<series>.+)\])?\.(?P<measurement>[a-z0-9_]+)$")
_LEAST = 0.5
"""Of the seconds that one count covers, another must cover, or the two are of different times."""


class CountedBy(NamedTuple):
    """A measurement of a check; of all its series together where none is named."""

    check: str
    series: str
    measurement: str

    def __str__(self) -> str:
        return (
            f"{self.check}[{self.series}].{self.measurement}"
            if self.series
            else f"{self.check}.{self.measurement}"
        )


def counted_by(text: str) -> CountedBy:
    """Reads `CHECK.requests` or `CHECK[SERIES].requests`. Raises ValueError."""
    found = _SOURCE.match(text)
    if found is None:
        raise ValueError(f'"{text}" is no count of a check: write CHECK.requests or CHECK[SERIES].requests')
    return CountedBy(found["check"], found["series"] or "", found["measurement"])


def _sources(value: Any) -> tuple[str, ...]:
    texts = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, (list, tuple)) else ()
    if not texts or not all(isinstance(text, str) for text in texts):
        raise ValueError('write a count such as "orders.requests", or a list of several, which are added up')
    for text in texts:
        counted_by(text)
    return texts


CountsOfChecks = Annotated[
    tuple[str, ...],
    BeforeValidator(_sources),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]


class Derive(Probe):
    """Both counts since the poll before, over the same seconds."""

    kind = "derive"
    of_daemon = True
    facts: ClassVar[Facts] = {
        "part": Fact.number("what `part` has counted since the previous poll"),
        "whole": Fact.number("what `whole` has counted in the same time"),
        "share": Fact.number(
            "part / whole since the previous poll; not known when the whole is 0", Unit.RATIO
        ),
    }
    detector = "ratio"
    every = "1m"

    class Settings(Probe.Settings):
        part: CountsOfChecks = Field(
            description="Counts of other checks, such as paid.requests or methods[card].requests; several are added up."
        )
        whole: CountsOfChecks = Field(
            description="The counts of which they are a part, such as attempts.requests."
        )

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        self._sources = {
            "part": [counted_by(text) for text in settings.part],
            "whole": [counted_by(text) for text in settings.whole],
        }
        self._counts = MeasuredCounts()
        self._before: dict[tuple[CountedBy, str], Total] = {}

    async def open(self, services: Services) -> None:
        self._counts = services.counts
        for source in (*self._sources["part"], *self._sources["whole"]):
            self._counts.follow(source.check)
            self._grown(source)  # what was counted before it was opened, by a reload too, is not its own

    async def probe(self) -> Reading:
        grown = {side: [self._grown(source) for source in sources] for side, sources in self._sources.items()}
        missing = [
            str(source)
            for side, totals in grown.items()
            for source, total in zip(self._sources[side], totals, strict=True)
            if total is None
        ]
        if missing:
            return unknown("absent", f"nothing was counted by {', '.join(dict.fromkeys(missing))}")
        part, whole = (_together([total for total in totals if total]) for totals in grown.values())
        seconds = max(part.seconds, whole.seconds)
        if min(part.seconds, whole.seconds) < _LEAST * seconds:
            return unknown("uneven", f"the part covers {part.seconds:g} s and the whole {whole.seconds:g} s")
        counts = {"part": part.count * seconds / part.seconds, "whole": whole.count * seconds / whole.seconds}
        if counts["whole"] > 0.0:
            counts["share"] = counts["part"] / counts["whole"]
        return Reading(Outcome.UP, dict(counts), covers=seconds)

    def _grown(self, source: CountedBy) -> Total | None:
        """What was counted since the poll before; None where nothing was measured."""
        grown: list[Total] = []
        for series, total in self._counts.totals(source.check, source.measurement, source.series).items():
            before = self._before.get((source, series), Total())
            self._before[source, series] = total
            if total.seconds > before.seconds:
                grown.append(Total(total.count - before.count, total.seconds - before.seconds))
        return _together(grown) if grown else None


def _together(totals: Sequence[Total]) -> Total:
    """Their sum, over the longest of their times: each as if it had gone on at its own pace."""
    seconds = max(total.seconds for total in totals)
    return Total(sum(total.count * seconds / total.seconds for total in totals), seconds)
