"""Counts of pushed metrics: of what comes in by name and labels, selectors choose what counts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from watchtower.fields import BeforeValidator, Field
from watchtower.model import Fact, Facts, Instant, Outcome, Reading
from watchtower.numbers import parse_number
from watchtower.probes.contract import Target
from watchtower.probes.push import PushedCounts
from watchtower.probes.selectors import Query, Selector, parse_selector
from watchtower.probes.traffic import TRAFFIC
from watchtower.values import replace

_NAME = re.compile(r"\s*([A-Za-z_][\w.:/-]*)\s*(?:\{(.*)\})?\s*", re.DOTALL)


def _metric(value: object) -> object:
    """Names with dots need no quotes here: most have some."""
    found = _NAME.fullmatch(value) if isinstance(value, str) else None
    return parse_selector(f'{{"{found[1]}",{found[2] or ""}}}') if found else value


Metric = Annotated[Query, BeforeValidator(_metric)]
_EXTRAS = ("errors", "users", "transactions", "amount")


class PushedMetrics(PushedCounts):
    """Names and series that the check does not declare are let go, so that no sender can fill the memory."""

    facts: ClassVar[Facts] = {
        **TRAFFIC,
        "unreadable": Fact.number("what came in since the previous poll and could not be read"),
    }

    class Settings(PushedCounts.Settings):
        query: Metric = Field(description="The metric that counts requests, and its labels.")
        label: str = Field(default="", description="The label that names the series, for `flows`.")
        errors: Metric | None = Field(default=None, description="The metric that counts failed requests.")
        users: Metric | None = Field(
            default=None, description="The metric that says how many users; a gauge."
        )
        transactions: Metric | None = Field(default=None, description="The metric that counts transactions.")
        amount: Metric | None = Field(default=None, description="The metric that adds up the money moved.")

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        queries = {"requests": settings.query} | {name: getattr(settings, name) for name in _EXTRAS}
        self._queries: dict[str, Selector] = {name: query for name, query in queries.items() if query}
        self.names = {query.name for query in self._queries.values()}
        self.unreadable = 0

    def take(self, name: str, labels: Mapping[str, str], number: object, at: Instant) -> None:
        """What one metric grew by, or its value for users."""
        told = self.received.get(labels.get(self.settings.label, "") if self.settings.label else "")
        if told is None:
            return
        try:
            value = parse_number(number)
        except ValueError:
            value = Decimal(-1)
        if value < 0:
            self.unreadable += 1
            return
        for measurement, selector in self._queries.items():
            if selector.name == name and selector.matches(labels):
                # A counter is sent when it counts: of the others, none came.
                self.add(told, {"requests": Decimal(), measurement: value}, at)

    async def probe(self) -> Sequence[Reading]:
        first, *others = await super().probe()
        if self.unreadable and first.outcome is Outcome.UP:
            counted = {**first.measurements, "unreadable": float(self.unreadable)}
            first, self.unreadable = replace(first, measurements=counted), 0
        return [first, *others]
