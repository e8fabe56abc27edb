"""The engine: events in, decisions out. It owns all state, reads no clock and does no I/O.

    detect -> reachability -> evaluate rules -> group -> grade -> timers -> notify -> results

Each stage is a file. The same engine runs live, in `backtest` and in tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from watchtower.core import events
from watchtower.core.deadlines.outages import Outages
from watchtower.core.degrade.usage import Usage
from watchtower.core.drills import stage as drills
from watchtower.core.impact.stage import begin, observe
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.history import project
from watchtower.core.incident.incidents import PENDING, Incident, Page
from watchtower.core.incident.kinds import NO_DATA, UNREACHED
from watchtower.core.locations import lost
from watchtower.core.notify import gather, own_faults
from watchtower.core.notify.budgets import SentRow
from watchtower.core.notify.routing import announce, remind
from watchtower.core.notify.scenes import with_scenes
from watchtower.core.people.escalation import clock_set
from watchtower.core.people.overrides import with_overrides
from watchtower.core.pipeline import handle, results, stand_ins, timers
from watchtower.core.pipeline.auto_resolve import advance as end
from watchtower.core.pipeline.detect import DetectorFactory, Detectors
from watchtower.core.pipeline.evaluate_rules import end_left, end_removed, evaluate_no_data, evaluate_rules
from watchtower.core.pipeline.features import advance, forget
from watchtower.core.pipeline.following import Following
from watchtower.core.pipeline.grade import grade
from watchtower.core.pipeline.grouping import group
from watchtower.core.pipeline.handlers import HANDLERS
from watchtower.core.pipeline.merge import AT_ONCE, merge_next
from watchtower.core.pipeline.reachability import Reach
from watchtower.core.pipeline.rounds import Rounds, Turn
from watchtower.core.pipeline.vote import vote
from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.core.silences import stage as silences
from watchtower.core.silences.silence import SilenceBook
from watchtower.core.state import Series, State, Step
from watchtower.model import (
    GONE,
    AlertState,
    Instant,
    Observation,
    Outcome,
    Reading,
    Value,
)
from watchtower.values import replace

RESOLVED = AlertState.RESOLVED
FRESH = 60.0
"""Seconds for which what is expected of the flows is not looked up again."""
BY_ITSELF = (
    events.Observed,
    events.Delivered,
    events.Reported,
    events.PageFailing,
    events.Failed,
    events.ChannelBroken,
    events.TemplatesSeen,
    events.WorkersSeen,
)
"""Events that no person asked for."""
TOGETHER = 100
"""Incidents that are looked after with the event that touched them."""
_NO_LOGS: Mapping[str, Sequence[LogEntry]] = {}


class Engine:
    """Feed it events in time order; carry out what it decides. Not thread-safe: one loop owns it."""

    def __init__(self, plan: Plan, detectors: Mapping[str, DetectorFactory], at: Instant) -> None:
        self.plan = self._written = Plan()
        self.state = State()
        self.detectors = Detectors(detectors)
        self.reach = Reach()
        self._rounds = Rounds()
        self._following = Following(self.state, self._rounds.sight)
        self._unused: Step | None = None
        """That of a poll from which nothing followed: the next event begins with it."""
        self.behind = False
        """The last tick was bounded, and left something for the next."""
        self._take(plan, at)

    def restore(
        self, alerts: Sequence[Alert], incidents: Sequence[Incident], pages: Sequence[Page],
        detectors: Mapping[Series, Mapping[str, Any]], last_incident: int, at: Instant,
        logs: Mapping[str, Sequence[LogEntry]] = _NO_LOGS, outages: Sequence[LogEntry] = (), sent: Sequence[SentRow] = (),
    ) -> list[events.Decision]:  # fmt: skip
        """Go on where an earlier run ended. What has left the plan since is no longer watched. `logs` has the lines of each
        of these incidents, from which their histories are projected again; `outages` those of past downtime, of plans that
        ran, of silences and of changes; `sent` what counts in budgets."""
        self.state.outages = Outages.of(outages)
        self.state.usage, self.state.book = Usage.of(outages), SilenceBook.of(outages)
        for entry in outages:
            self.state.changes.add(entry)
            self.state.overrides.add(entry)
        self._with_overrides()
        # A clock that was set back while we were away must not stretch any window.
        self.state.alerts.update((a.key, timers.not_after(a, at)) for a in alerts)
        self.state.incidents.update((i.id, i) for i in incidents)
        self.state.pages.update((p.id, p) for p in pages if p.state in PENDING)
        for alert in alerts:  # series that nobody declared were seen once: their silence counts from here on
            if alert.check in self.plan.checks:
                self._following.add((alert.check, alert.series), self.plan.checks.get(alert.check), at)
        self.state.histories.update((i.id, project(logs.get(i.id, ()))) for i in incidents)
        self.state.taken.restore(pages, logs)
        self.state.last_incident = last_incident
        self.detectors.restore(detectors)
        self.state.meters.restore(self.plan, detectors)
        self._rounds.begin(self.state, at)
        gather.restore(self.state, self.plan, pages, at)
        self.state.budgets.restore(sent, at)
        return self._drop_removed(at)

    def handle(self, event: events.Event, at: Instant) -> list[events.Decision]:
        """Handles an event and returns all decisions in order; also why somebody is not notified."""
        step = self._unused or Step(self.plan, self.state, at)
        step.plan, step.at, self._unused = self.plan, at, None
        changed: Sequence[Alert] = ()
        if isinstance(event, events.Observed):
            changed = self._observed(step, event.observation)
            if not (changed or step.decisions or step.moved or self._storm_due(at)):
                self._unused = step
                return []  # nothing follows, as of almost every poll
        turn = Turn()
        match event:
            case events.Observed():
                pass
            case events.Ticked(at_most):
                turn = Turn(at_most)
                changed = self._ticked(step, turn)
            case events.ClockStepped(by):
                timers.shift(self.state, by)
                self._rounds.shift(self.state, by, at)
                clock_set(step, by)
            case events.ActionRequest(incident, action, who, via, data):
                handle.did(step, incident, action, who, via, data)
                for series in step.accepted:
                    self.detectors.new_normal(self.plan.checks[series[0]], series, at)
            case events.OverrideAsked() | events.OverrideEnded():
                stand_ins.handle(step, event)
                self._with_overrides()
            case _:
                changed = HANDLERS[type(event)](step, event) or ()
        if changed:
            self._follow(step, changed)
        if isinstance(event, events.DrillBegan):
            drills.began(step, event)
        if not isinstance(
            event, events.ClockStepped
        ):  # then all are looked at by the next ticks, a slice at a time
            self._look_after(step, turn, by_itself=isinstance(event, BY_ITSELF))
        if isinstance(event, events.Ticked):
            for incident in self._rounds.to_look_at(step, turn):
                self._look_at(step, incident, turn)
            self.behind = turn.over or bool(self.state.merging or self._following)
        self.behind = self.behind or bool(self.state.carried)
        if step.decisions and (over := drills.preempted(step)):
            self._follow(step, over)
        if step.decisions:
            self._settle(step)
        if self._storm_due(at):
            gather.release(step)
        self._within_budgets(step)
        return with_scenes(step)

    def _storm_due(self, at: Instant) -> bool:
        return self.state.storms.due(at, behind=self.behind)

    def _ticked(self, step: Step, turn: Turn) -> list[Alert]:
        self._following.go_on(step.plan, step.at, turn)
        changed = lost.due(step) if step.plan.locations else []
        without, gone = timers.without_data(step, self._rounds.sight, turn)
        changed += without
        changed += self._forget_gone(step, gone) + drills.due(step) + own_faults.due(step)
        silences.due(step)
        step.goes_on = bool(self.state.merging)
        while self.state.merging and not turn.over:
            before, homes = len(step.decisions), list(self.state.merging.values())
            self._told_of(step, dict.fromkeys([*merge_next(step), *homes[:AT_ONCE]]))
            turn.spend(len(step.decisions) - before)
        step.goes_on = False
        while self.state.carried and not turn.over:
            before = len(step.decisions)
            changed += results.became(step, self.state.carried.popleft())
            turn.spend(4.0 + len(step.decisions) - before)
        for incident in self._rounds.to_remind_of(step, turn):
            before = len(step.decisions)
            step.state.incidents[incident.id] = replace(incident, reminded_at=step.at)
            remind(step, incident.id)
            turn.spend(len(step.decisions) - before)
        forget(step, self._rounds.past_reopening(step, turn))
        return changed

    def _look_after(self, step: Step, turn: Turn, *, by_itself: bool) -> None:
        """Updates severities from the numbers and advances the features of the changed incidents. Unless a
        person acted, a wide incident may wait a second for that, and so may what is beyond `TOGETHER`, or a slice whose turn is
        over: one message about a thousand incidents was delivered."""
        over = turn.over
        for n, incident in enumerate(dict.fromkeys([*step.moved, *step.lines])):
            waits = by_itself or over
            if not (waits and self._rounds.puts_off(step, incident, many=over or n >= TOGETHER)):
                self._look_at(step, incident, turn)

    def _look_at(self, step: Step, incident: str, turn: Turn) -> None:
        before = len(step.decisions)
        if incident in self.state.incidents:
            self._forecast(step)
            if incident in step.graded:
                step.graded.discard(incident)
            else:
                self._grade(step, incident)
            advance(step, incident)
        self._rounds.looked(step, incident)
        wide = len(self.state.meters.by_incident.get(incident, ()))
        turn.spend(3.0 + wide + len(step.decisions) - before)

    @property
    def late_at(self) -> Instant | None:
        """When the next tick is needed for work that was deferred; None: none is."""
        return 0.0 if self.state.merging or self.state.carried else self._rounds.late_at

    def _grade(self, step: Step, incident: str) -> None:
        """Sets the severity again after numbers or time changed; an unchanged one is not reported."""
        known = self.state.incidents[incident]
        if known.open and (known.pages or step.history(incident).silences.held):
            previous, reason = grade(step, incident)
            if reason != "unchanged" or incident in step.worse:
                announce(step, incident, previous, reason)

    def _forecast(self, step: Step) -> None:
        """The expected rate of every flow now, computed once a minute while an incident needs it."""
        meters = self.state.meters
        if meters.forecast_at is not None and 0.0 <= step.at - meters.forecast_at < FRESH:
            return
        meters.foresee(self.detectors.forecasts(self.plan), self.plan, step.at)

    def _settle(self, step: Step) -> None:
        """Forgets incidents that ended and of whose end everybody was notified."""
        before = -1
        while before != len(step.decisions):
            before = len(step.decisions)
            forget(step, step.touched())
            changed = {d.incident.id: None for d in step.decisions if isinstance(d, events.IncidentChanged)}
            for incident in changed:
                if (UNREACHED, incident, "") in self.state.alerts and self.state.over(incident):
                    self._follow(step, results.reached(step, incident))

    def _within_budgets(self, step: Step) -> None:
        """Nothing is left that a budget has no room for: each such page goes another way, or is itself an incident."""
        while step.over_budget:
            self._follow(step, results.over_budget(step))
            self._settle(step)

    def replace_plan(self, plan: Plan, at: Instant) -> list[events.Decision]:
        """Adopts a new plan. Alerts and incidents of what it still contains continue; the others are no
        longer watched."""
        self.detectors.replace_plan(self.plan, plan)
        self._take(plan, at)
        return self._drop_removed(at)

    def _with_overrides(self) -> None:
        """The plan is the one that is written, with who stands in by people's word."""
        self.plan = with_overrides(self._written, self.state.overrides.overrides.values())

    def _take(self, plan: Plan, at: Instant) -> None:
        old, self._written = self.plan, plan
        self._with_overrides()
        plan = self.plan
        self.reach.replace_plan(plan)
        self.state.meters.follow(plan)
        self._rules, self._alone = plan.by_check.together, plan.by_check.alone
        self.state.votes.follow(plan, at)
        self.state.heard.follow(plan, at)
        self._following.take(old, plan, at)
        self.state.incidents.follow(plan.below)
        self.state.alerts.follow(
            lambda check, series: plan.checks[check].flow_of(series) if check in plan.checks else ""
        )
        self._rounds.begin(self.state, at)
        self.state.book.follow()

    def _observed(self, step: Step, observation: Observation) -> list[Alert]:
        check = self.plan.checks.get(observation.check)
        if check is None:
            return []  # left the plan while its probe ran
        self._following.look(check.name, self.plan, step.at)
        observation = self.state.sources.bounded(observation)
        series = (check.name, observation.reading.series)
        if observation.reading.reason == GONE:
            return self._forget_gone(step, [series], AlertState.UNWATCHED)
        if series not in self.state.last_seen:
            self._following.add(series, check, step.at)
        self.state.identities.looked(series, step.at)
        self.state.last_seen[series] = step.at
        alone: Sequence[Alert] = ()
        if check.locations and observation.location:
            of_it = self._alone.get((check.name, observation.location), ())
            alone, combined = vote(step, of_it, self.detectors, check, observation)
            if combined is None:
                return list(alone)
            observation = combined
        self.state.last[series] = observation
        observation, facts = self._facts(check, observation)
        self.state.last_facts[series] = tuple(facts.values())
        changed = evaluate_rules(step, self._rules[check.name], check, observation, facts)
        if alone:
            changed = [*alone, *changed]
        step.moved += observe(step, check, observation, facts)
        reading, without = observation.reading, self.detectors.without_data(observation)
        if without or (NO_DATA, *series) in self.state.alerts:
            changed += evaluate_no_data(step, check, series[1], without, reading)
        own = (check.name, "")
        if without is False and series != own and own in self.state.last_seen:
            # Who measures one of its series can see: a check need not speak of itself besides.
            self.state.last_seen[own] = step.at
            if (NO_DATA, *own) in self.state.alerts:
                changed += evaluate_no_data(step, check, "", False, reading)
        return changed

    def _facts(self, check: Check, observation: Observation) -> tuple[Observation, dict[str, Value]]:
        """The measurements for rules. A failing detector affects only its check, which then has no data and
        says why."""
        try:
            facts = self.detectors.facts(check, observation)
            facts["tier"] = self.plan.tier_of(str(facts["flow"]))
            if verdict := self.reach.facts(check, observation, facts):
                facts.update(verdict)
        except Exception as error:  # noqa: BLE001 - whatever it is; it begins anew with the next observation
            series = observation.reading.series
            self.detectors.forget((check.name, series))
            detail = f"its detector failed: {type(error).__name__}: {error}"
            reading = Reading(Outcome.UNKNOWN, reason="detector_failed", detail=detail, series=series)
            return replace(observation, reading=reading), {}
        return observation, facts

    def _forget_gone(self, step: Step, gone: Sequence[Series], state: AlertState = RESOLVED) -> list[Alert]:
        """Forgets undeclared series that were absent for a day, or are over by what their probe says."""
        for series in gone:
            self.state.forget_series(series, self.plan.checks.get(series[0]))
            self.detectors.forget(series)
        them = set(gone)
        of_checks = (self.state.alerts.of_check(check) for check in dict.fromkeys(one[0] for one in gone))
        lost = [a.key for some in of_checks for a in some if (a.check, a.series) in them]
        return end_removed(step, lost, "series_gone", state)

    def _follow(self, step: Step, changed: Sequence[Alert]) -> None:
        touched = group(step, changed)
        self._told_of(step, touched, changed)

    def _told_of(self, step: Step, touched: Iterable[str], changed: Sequence[Alert] = ()) -> None:
        """Sets the severity of the incidents that these alerts or a merge changed, and notifies people."""
        for incident in touched:
            self._forecast(step)
            if self._rounds.puts_off(step, incident) and self.state.incidents[incident].open:
                joined = (self.state.alerts.get(alert.key) for alert in changed)
                for one in joined:
                    if one is not None and one.incident == incident and one.state is AlertState.FIRING:
                        begin(step, one)
                announce(step, incident, self.state.incidents[incident].severity, "unchanged")
                continue
            previous, reason = grade(step, incident)
            step.graded.add(incident)
            announce(step, incident, previous, reason)
            step.reopened.pop(incident, None)  # told once

    def _drop_removed(self, at: Instant) -> list[events.Decision]:
        step = Step(self.plan, self.state, at)
        if changed := end_left(step):
            self._follow(step, changed)
        for incident in list(self.state.incidents.values()):
            end(step, incident)
        self._settle(step)
        self._within_budgets(step)
        return step.decisions
