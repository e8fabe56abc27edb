"""Everything the engine remembers, partitioned by check and by incident. Only stages change it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

from watchtower.core import events
from watchtower.core.changes.change import ChangeBook
from watchtower.core.changes.kinds import BOOKS
from watchtower.core.deadlines.outages import Outages
from watchtower.core.degrade.usage import Usage
from watchtower.core.impact.meters import Meters
from watchtower.core.incident.alert_index import Alerts
from watchtower.core.incident.alerts import Alert, AlertKey
from watchtower.core.incident.grouped import Grouped
from watchtower.core.incident.history import History
from watchtower.core.incident.identity import TOLD_AS, Identities, told_as
from watchtower.core.incident.incident_index import Incidents
from watchtower.core.incident.incidents import PENDING, Incident, Page, PageState
from watchtower.core.incident.lifecycle import AlertWord, IncidentWord, PagesQueued, PageWord
from watchtower.core.incident.log import line_of
from watchtower.core.incident.payload import Payload
from watchtower.core.indicators import FlowImpact, Indicators
from watchtower.core.locations.heard import Heard
from watchtower.core.locations.votes import Votes
from watchtower.core.notify.budgets import Budgets
from watchtower.core.notify.storms import FLAPS, STEADY, Storms, alone
from watchtower.core.notify.taken_pages import TakenPages
from watchtower.core.people.overrides import BOOK as OVERRIDES
from watchtower.core.people.overrides import OverrideBook
from watchtower.core.plan import Plan
from watchtower.core.plan.budget import BudgetLimit
from watchtower.core.plan.checks import Check
from watchtower.core.reviews.similar import Lesson
from watchtower.core.silences.kinds import BOOK
from watchtower.core.silences.silence import SilenceBook
from watchtower.core.sources import Series, Sources
from watchtower.model import AlertState, IncidentState, Instant, Observation, Severity, Value
from watchtower.page_kinds import PageKind
from watchtower.texts.reasons import PageReason
from watchtower.values import Frozen, Mutable, field, replace

__all__ = ("Carried", "Series", "State", "Step")

OVER = (AlertState.RESOLVED, AlertState.UNWATCHED)


class Carried(Frozen):
    """A page that was one message with others, and what became of the first of them. `asked_others`: somebody else was
    asked before it failed."""

    page: str
    event: events.Delivered | events.PageFailing | events.Failed
    asked_others: bool = False


class State(Mutable):
    """Alerts that are not inactive, incidents that are not settled, and their pages that are on their way."""

    alerts: Alerts = field(default_factory=Alerts)
    incidents: Incidents = field(default_factory=Incidents)
    pages: Grouped[str, Page] = field(default_factory=lambda: Grouped(_incident_of))
    storms: Storms = field(default_factory=Storms)
    """Pages that wait to be told together."""
    carried: deque[Carried] = field(default_factory=deque)
    """Pages of which ticks say next what became of them."""
    budgets: Budgets = field(default_factory=Budgets)
    """What each address was sent lately."""
    taken: TakenPages = field(default_factory=TakenPages)
    """Pages that were accepted, of incidents that are here, and of the last canary."""
    canary: dict[str, Page] = field(default_factory=dict)
    """The pages of the last canary that are on their way."""
    last_incident: int = 0
    instance: str = ""
    """The id of the store that this engine writes to; the shell brings it, and who leads there."""
    identities: Identities = field(default_factory=Identities)
    facts: dict[AlertKey, Mapping[str, Value]] = field(default_factory=dict)
    """The latest facts of alerts that are pending or firing, for the texts of later pages."""
    last_seen: dict[Series, Instant] = field(default_factory=dict)
    """When each series was last observed, whatever the outcome."""
    sources: Sources = field(default_factory=Sources)
    """The series of `last_seen`, by flow and by check."""
    last: dict[Series, Observation] = field(default_factory=dict)
    last_facts: dict[Series, tuple[Value, ...]] = field(default_factory=dict)
    """What the rules were last shown of each series: values in the order of the check's `facts`."""
    votes: Votes = field(default_factory=Votes)
    """What each location last said of each series that several look at."""
    heard: Heard = field(default_factory=Heard)
    """When each location last gave a sign of life."""
    usage: Usage = field(default_factory=Usage)
    """How often each degradation plan ran lately, and when it was last seen to work."""
    histories: dict[str, History] = field(default_factory=dict)
    """The history of each incident here, projected from its log."""
    merging: dict[str, str] = field(default_factory=dict)
    """Incidents that are about to go on in another, and in which; people have been told so."""
    hinted: set[tuple[str, str]] = field(default_factory=set)
    """Incidents, each with what has been said of it by itself."""
    meters: Meters = field(default_factory=Meters)
    """What the flows of open incidents lose, poll by poll."""
    numbers: dict[str, Indicators] = field(default_factory=dict)
    """The indicators of open incidents as of now; their histories have those of the last minute."""
    lessons: tuple[Lesson, ...] = ()
    """What is remembered of earlier incidents, newest first; the shell brings it."""
    outages: Outages = field(default_factory=Outages)
    """Outages of the last twelve months."""
    book: SilenceBook = field(default_factory=SilenceBook)
    """Silences that are not over."""
    changes: ChangeBook = field(default_factory=ChangeBook)
    """What was changed lately."""
    overrides: OverrideBook = field(default_factory=OverrideBook)
    """Who stands in, in on-call schedules."""

    def open_incident(self, key: str) -> Incident | None:
        return next(iter(self.incidents.of(key)), None)

    def number_of(self, name: str) -> str:
        """The number of an incident here that was told under this name before it had one; else the name itself."""
        if not TOLD_AS.fullmatch(name):
            return name
        return next((one.id for one in self.incidents.values() if told_as(one.id, one.origin) == name), name)

    def over(self, incident_id: str) -> bool:
        """Whether everybody was notified of the incident's end."""
        incident = self.incidents.get(incident_id)
        return incident is None or incident.notified_all

    def flaps(self, incident_id: str) -> bool:
        """Whether it came back so often that a return alone is no news; of a P0 it always is."""
        incident, history = self.incidents.get(incident_id), self.histories.get(incident_id)
        urgent = incident is None or incident.severity is Severity.P0
        return not urgent and history is not None and history.milestones.reopened > FLAPS

    def alerts_of(self, incident: str, *states: AlertState) -> list[Alert]:
        return [a for a in self.alerts.of(incident) if a.state in states]

    def forget_series(self, series: Series, check: Check | None) -> None:
        """It is measured no more."""
        if self.last_seen.pop(series, None) is not None:
            self.sources.drop(series, check)
            self.meters.unfollow(series, check.flow_of(series[1]) if check is not None else "")
            self.last.pop(series, None)
            self.last_facts.pop(series, None)
            self.votes.drop(series)

    def pages_of(self, incident: str, *states: PageState) -> list[Page]:
        return [p for p in self.pages.of(incident) if p.state in states]


def _incident_of(page: Page) -> str:
    return page.incident


class Step(Mutable):
    """One event on its way through the stages: the state it changes and the decisions it leaves."""

    plan: Plan
    state: State
    at: Instant
    decisions: list[events.Decision] = field(default_factory=list)
    reopened: dict[str, str] = field(default_factory=dict)
    """Incidents that this event opened again, and who had acknowledged each before: that counts no more."""
    opening: dict[str, list[tuple[IncidentWord | PagesQueued, str, str]]] = field(default_factory=dict)
    """Incidents that this event opened or reopened and nobody graded yet: their lines (word, detail, by) wait for
    it."""
    graded: set[str] = field(default_factory=set)
    """Incidents that were graded since they were last looked at in this event."""
    moved: list[str] = field(default_factory=list)
    """Incidents whose numbers this event moved."""
    accepted: list[Series] = field(default_factory=list)
    """Series of which a person said that what comes now is the new normal: their detectors are told."""
    declared: tuple[str, Mapping[str, Any], str] | None = None
    """Who declares an incident by this event, the values that they entered, by indicator, and its `origin`."""
    worse: dict[str, Sequence[FlowImpact]] = field(default_factory=dict)
    """Incidents whose severity stays although these flows got worse, and nobody was told yet."""
    goes_on: bool = False
    """What is absorbed now was told of when the first of it was."""
    lines: dict[str, None] = field(default_factory=dict)
    """Incidents whose log got a line by this event."""
    over_budget: list[tuple[Page, BudgetLimit]] = field(default_factory=list)
    """Pages for which no channel of their kind has room, each with the limit that holds it back."""

    def set_alert(self, alert: Alert, reason: AlertWord, previous: AlertState) -> Alert:
        """Inactive alerts are forgotten; so are resolved ones, once their incident is settled."""
        if alert.state is AlertState.INACTIVE or (alert.state.ended and not alert.incident):
            self.state.alerts.pop(alert.key, None)
            self.state.facts.pop(alert.key, None)
        else:
            self.state.alerts[alert.key] = alert
        self.decide(events.AlertChanged(self.at, reason, alert, previous))
        return alert

    def set_incident(
        self, incident: Incident, reason: IncidentWord | PagesQueued, detail: str = "", by: str = "watchtower"
    ) -> Incident:
        self.state.incidents[incident.id] = incident
        if incident.id in self.opening:
            self.opening[incident.id].append((reason, detail, by))
        else:
            self.decide(events.IncidentChanged(self.at, reason, incident, detail, by))
        return incident

    def opened(self, incident: Incident) -> None:
        """The incident has its severity now: the lines that waited for it are written."""
        self.state.incidents[incident.id] = incident
        for reason, detail, by in self.opening.pop(incident.id, ()):
            self.decide(events.IncidentChanged(self.at, reason, incident, detail, by))

    def log(self, incident: str, said: Payload, detail: str = "", by: str = "watchtower") -> History:
        """One more entry in the incident's log; the history after it."""
        self.decide(events.Logged(self.at, incident, said.entry(self.at, detail, by)))
        return self.history(incident)

    def history(self, incident: str) -> History:
        """The history as it stands."""
        return self.state.histories.get(incident) or History()

    def indicators(self, incident: str) -> Indicators | None:
        """The numbers as they stand now; those of its log where nothing newer is known."""
        return self.state.numbers.get(incident) or self.history(incident).impact.indicators

    def decide(self, decision: events.Decision) -> None:
        """Record this decision; the history of its incident changes with it."""
        self.decisions.append(decision)
        line = line_of(decision)
        if line is not None and line[0] == BOOK:
            self.state.book.add(line[1])
        elif line is not None and line[0] == OVERRIDES:
            self.state.overrides.add(line[1])
        elif line is not None and line[0].startswith(BOOKS):
            self.state.changes.add(line[1])
        elif line is not None and line[0] in self.state.incidents:
            incident, entry = line
            self.lines[incident] = None
            self.state.histories[incident] = self.history(incident).after(entry)

    def enqueue(self, page: Page, reason: PageReason) -> None:
        """Queue this page, or hold it, to share a page with others or because of a budget, and follow it up."""
        if reason is not PageReason.TOGETHER and self._waits(page):
            page = replace(page, state=PageState.HELD)
        else:
            page = self._within_budget(page)
        self.state.pages[page.id] = page
        self.decide(events.PageQueued(self.at, reason, page))

    def announce(self, page: Page, reason: PageReason) -> None:
        """Queue a page that is about no incident: it is not followed up. Nothing waits for a pace here: it goes at once."""
        due, spent, limit = self.state.budgets.take(self.plan, None, page, self.at)
        sent = due < inf
        if page.kind is PageKind.TEST:
            self._begin_canary(page)
        # Where it only would have to wait, no channel is barred: else none would carry it.
        barred = (*page.spent, *(spent if due <= self.at else ()))
        queued = replace(page, state=page.state if sent else PageState.HELD, spent=barred)
        self.decide(events.PageQueued(self.at, reason, queued))
        if sent:
            self.state.budgets.ended(replace(page, state=PageState.DELIVERED), self.at, "")
        else:
            self.set_page(replace(page, state=PageState.FAILED), "over_budget", f"over budget {limit}")

    def _begin_canary(self, page: Page) -> None:
        """Its receipt is waited for; what an earlier canary still waits for is not."""
        for old in {one.incident for one in self.state.canary.values()} - {page.incident}:
            self.state.canary.clear()
            self.state.taken.forget(old)
        self.state.canary[page.id] = page

    def _within_budget(self, page: Page) -> Page:
        """The page, which is held where its budget has no room for it now."""
        incident = self.state.incidents.get(page.incident)
        traits, waiting = self.plan.kinds.get(page.channel), self.state.storms.due_of(page.address)
        if (
            traits is not None and traits.machine and waiting < inf
        ):  # behind those that wait for a budget's pace
            self.state.storms.again(page, (page.id,), waiting)
            return replace(page, state=PageState.HELD)
        due, spent, limit = self.state.budgets.take(self.plan, incident, page, self.at)
        if due <= self.at:
            return replace(page, spent=(*page.spent, *spent)) if spent else page
        held = replace(page, state=PageState.HELD)
        if due == inf and limit is not None:
            self.over_budget.append((held, limit))
            return held
        self.state.storms.again(page, (page.id, *page.carries), due)
        return replace(held, carries=())

    def _waits(self, page: Page) -> bool:
        """Whether it waits to be told with others, or for a return to last."""
        incident = self.state.incidents[page.incident]
        if alone(self.plan, incident, page):
            return False
        flaps = self.plan.storm.window and self.state.flaps(incident.id)
        if flaps and page.message.reason is PageReason.REOPENED:
            self.state.storms.put_off(page, self.at + STEADY)
            return True
        if self.plan.storm.window and self._brings_more(page, incident):
            self.state.storms.put_off(page, self.at + self.plan.storm.window)
            return True
        policy = self.plan.paging.get(incident.severity)
        asked = incident.state is IncidentState.TRIGGERED and not page.message.informs
        reminded = policy.remind_every if policy is not None and asked else 0.0
        return self.state.storms.holds(page, self.plan.storm, reminded, self.at)

    def _brings_more(self, page: Page, incident: Incident) -> bool:
        """The first page of a dependency, milder than P1: what stands on it fails within seconds, and is to be the same page."""
        first = page.kind is PageKind.NEW and page.message.reason is PageReason.OPENED
        subjects = {*incident.flows, incident.key.partition(":")[2]}
        return (
            first
            and Severity.P1.worse_than(page.message.severity)
            and not self.plan.stood_on.isdisjoint(subjects)
        )

    def set_page(
        self, page: Page, reason: PageWord, detail: str = "", via: str = "", channel: str = ""
    ) -> None:
        """A page that came to its end is forgotten: reminders of one long incident must not pile up."""
        if page.state is PageState.CANCELLED and page.carries:
            self.state.storms.again(page, page.carries, self.at)
        if page.state in PENDING:
            self.state.pages[page.id] = page
        else:
            self.state.pages.pop(page.id, None)
            self.state.budgets.ended(page, self.at, via)
        self.decide(
            events.PageChanged(self.at, reason, page.id, page.incident, page.state, detail, via, channel)
        )

    def not_paged(self, incident: str, reason: PageReason, detail: str = "") -> None:
        self.decide(events.NotPaged(self.at, reason, incident, detail))

    def touched(self) -> list[Incident]:
        """Incidents that this step changed, as they stand now."""
        names = dict.fromkeys(d.incident.id for d in self.decisions if isinstance(d, events.IncidentChanged))
        return [self.state.incidents[name] for name in names if name in self.state.incidents]

    def may_reopen(self, incident: Incident) -> bool:
        """It is over, but for so short a time that it would be reopened."""
        within = self.plan.incident.reopen_within
        return (
            within > 0
            and not incident.drill
            and incident.resolved_at is not None
            and abs(self.at - incident.resolved_at)
            < within  # a clock that was set back prolongs it by no more
        )

    def relapsed(self, incident: Incident) -> bool:
        """Whether it came back in this step, after it was over or mitigated; or was raised because it had."""
        if incident.again_at is None:
            return False
        changes = self.history(incident.id).severity.changes
        raised = bool(changes) and changes[-1].at == self.at and changes[-1].why == "recurred"
        return (
            raised
            or incident.id in self.reopened
            or any(
                isinstance(d, events.IncidentChanged)
                and d.reason == "recurred"
                and d.incident.id == incident.id
                for d in self.decisions
            )
        )

    def settle(self, incident: Incident) -> None:
        """It is over and told: drop it with its alerts and its history from memory."""
        self.set_incident(replace(incident, settled=True), "settled")
        del self.state.incidents[incident.id]
        self.state.histories.pop(incident.id, None)
        if incident.merged_into:  # who is on the phone about it may still press the key
            self.state.taken.go_on(incident.id, incident.merged_into)
        else:
            self.state.taken.forget(incident.id)
        for alert in self.state.alerts_of(incident.id, *OVER):
            self.state.alerts.pop(alert.key, None)
            self.state.facts.pop(alert.key, None)
