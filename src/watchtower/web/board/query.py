"""What a visitor looks for on the board: words, and filters by tier, state, owner and label."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from watchtower.core.incident.incidents import Incident
from watchtower.core.matchers import LabelMatcher, fit, parse_matcher
from watchtower.core.plan import Plan
from watchtower.core.plan.flows import Flow
from watchtower.model import Text, Tier
from watchtower.web.board.checks import SeriesLook
from watchtower.web.board.texts import STATES

OWNERS = ("owner", "team")
"""Labels that say whose a check is."""
_LONGEST, _OWNERS = 200, 100
EVERYTHING = "all"
"""The state that every check has: it lists them all."""


@dataclass(frozen=True, slots=True)
class Query:
    """Empty fields ask for nothing. `wrong` is a label that could not be read. `start` is the first check to list."""

    words: tuple[str, ...] = ()
    tier: str = ""
    state: str = ""
    owner: str = ""
    label: str = ""
    start: int = 0
    matchers: Sequence[LabelMatcher] = field(default=(), compare=False)
    wrong: str = ""

    @classmethod
    def of(cls, given: QueryParams) -> Query:
        """From the address. What is not understood is left out; a label that is none is said."""
        tier, state, label = given.get("tier", ""), given.get("state", ""), given.get("label", "")[:_LONGEST]
        start = given.get("start", "")
        wrong, matchers = "", list[LabelMatcher]()
        try:
            matchers = [parse_matcher(label)] if label.strip() else []
        except ValueError:
            wrong = label
        return cls(
            tuple(given.get("q", "")[:_LONGEST].casefold().split()),
            tier if tier in tuple(Tier) else "", state if state in (*STATES, EVERYTHING) else "",
            given.get("owner", "")[:_LONGEST], label, int(start) if start.isascii() and start.isdigit() and len(start) < 7 else 0,
            matchers, wrong,
        )  # fmt: skip

    @property
    def empty(self) -> bool:
        return not (self.words or self.tier or self.state or self.owner or self.label.strip())

    def at(self, start: int) -> str:
        """The query of the address that lists checks from here on."""
        asked = {
            "q": " ".join(self.words),
            "tier": self.tier,
            "state": self.state,
            "owner": self.owner,
            "label": self.label,
        }
        return urlencode({name: value for name, value in {**asked, "start": start or ""}.items() if value})

    def checks(self, plan: Plan, found: Iterable[SeriesLook]) -> list[SeriesLook]:
        return [one for one in found if self._takes(plan, one)]

    def flow(self, flow: Flow, looks: Iterable[SeriesLook], well: bool) -> bool:
        """By its own name, or because one of its checks fits."""
        if (self.state == "ill" and well) or (self.state == "well" and not well):
            return False
        if self.tier and flow.tier != self.tier:
            return False
        mine = [one for one in looks if self._labels(one.check.labels)]
        if (self.owner or self.matchers or self.wrong) and not mine:
            return False
        if self.state == "silenced" and not any(one.held for one in mine):
            return False
        return self._says(flow.name, flow.title)

    def incident(self, plan: Plan, incident: Incident, checks: Iterable[SeriesLook], held: bool) -> bool:
        """`checks` are those that its alerts are about."""
        flows = [
            plan.flows[name] for name in dict.fromkeys((incident.flow, *incident.flows)) if name in plan.flows
        ]
        mine = list(checks)
        if self.tier and not any(flow.tier == self.tier for flow in flows):
            return False
        if self.state == "well" or (self.state == "silenced" and not held):
            return False
        if (self.owner or self.matchers or self.wrong) and not any(
            self._labels(one.check.labels) for one in mine
        ):
            return False
        about = [text for one in mine for text in (one.check.name, one.check.title)]
        named = [text for flow in flows for text in (flow.name, flow.title)]
        return self._says(
            incident.id, incident.title, incident.acknowledged_by, str(incident.severity), *named, *about
        )

    def _takes(self, plan: Plan, one: SeriesLook) -> bool:
        flow = plan.flows.get(one.flow)
        if (self.state == "ill" and one.well) or (self.state == "well" and not one.well):
            return False
        if self.state == "silenced" and not one.held:
            return False
        if self.tier and (flow is None or flow.tier != self.tier):
            return False
        if not self._labels(one.check.labels):
            return False
        values = (f"{name}={value}" for name, value in one.check.labels.items())
        named = (flow.name, flow.title) if flow is not None else ()
        return self._says(
            one.check.name, one.check.title, one.series, one.check.probe, str(one.look), *named, *values
        )

    def _labels(self, labels: Mapping[str, str]) -> bool:
        if self.wrong or (self.owner and self.owner not in map(labels.get, OWNERS)):
            return False
        return fit(self.matchers, labels)

    def _says(self, *texts: str | Text | None) -> bool:
        if not self.words:
            return True
        said = "\n".join(
            one if isinstance(one, str) else f"{one.en}\n{one.zh}" for one in texts if one
        ).casefold()
        return all(word in said for word in self.words)


def owners(plan: Plan) -> list[tuple[str, str]]:
    """Everybody to whom a check belongs, by its labels; twice each, as a form has it."""
    found = {check.labels[name] for check in plan.checks.values() for name in OWNERS if name in check.labels}
    return [(one, one) for one in sorted(found)[:_OWNERS]]
