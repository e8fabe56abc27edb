"""Runs a simulation: the faults through the live engine, second by second, until everything is resolved."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from watchtower.channels import channel_class
from watchtower.channels.contract import Letter, PageLinks
from watchtower.core.deadlines.kinds import ClockBreached, ClockMet, ClockWarned, DutyJudged
from watchtower.core.degrade.kinds import PlanSuggested, RunEntry, RunReminded, SwitchQueued
from watchtower.core.events import AlertChanged, Decision, IncidentChanged, Logged, NotPaged, PageQueued
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.incidents import Page
from watchtower.core.incident.payload import Payload, read
from watchtower.core.notes.kinds import FactKnown
from watchtower.core.notify.channel_choice import chosen
from watchtower.core.people.kinds import AckExpired, Escalated, RolesUnfilled
from watchtower.core.pipeline.engine import Engine
from watchtower.core.pipeline.features import KINDS
from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.core.plan.targets import CLOCKS
from watchtower.core.severity.kinds import SeverityChange
from watchtower.core.state import Series
from watchtower.delivery.attempt import compose
from watchtower.model import AlertState, ChannelName, Instant, Language, Observation, Reading, Text, Value
from watchtower.replay import Replay, World
from watchtower.replay.chart import Chart, letter_of
from watchtower.replay.columns import main_measurement
from watchtower.replay.driver import learnt
from watchtower.replay.people_actions import PersonAction
from watchtower.replay.records import iso
from watchtower.replay.series import narrowed_to
from watchtower.simulate.faults import Fault, active, observe
from watchtower.texts.reasons import PageReason
from watchtower.values import Frozen, Mutable, field, replace
from watchtower.web.tokens import LASTS, code, make

_AFTERWARDS = 86400.0
"""Seconds after the last fault after which a simulation ends, even if somebody is still paged."""
_TICK = 1.0
_PEOPLE: Mapping[type[Payload], str] = {
    Escalated: "escalated", AckExpired: "acknowledgement_void", RolesUnfilled: "roles_unfilled",
}  # fmt: skip
"""Entries about people that others notice."""


class SimulatedEvent(Frozen):
    """An event that people notice. `after` is in seconds from the beginning of the first fault."""

    at: Instant
    after: float
    event: str
    said: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"at": self.at, "time": iso(self.at), "after": self.after, "event": self.event, **self.said}


class Simulated(Mutable):
    """What came of a simulation: `events` in time order; what a chart is drawn of, with seconds from the start;
    `severities` has the letter that holds of each incident from a moment on."""

    events: list[SimulatedEvent] = field(default_factory=list)
    polls: dict[Series, list[tuple[float, Reading]]] = field(default_factory=dict)
    severities: dict[str, list[tuple[float, str]]] = field(default_factory=dict)
    main: dict[str, str] = field(default_factory=dict)

    def chart(self, start: Instant) -> list[str]:
        """The whole course in characters: how deep each fault was, how bad each incident, when people were paged."""
        chart = Chart.whole(max((polls[-1][0] for polls in self.polls.values()), default=0.0))
        rows = [
            (f"{check}[{series}]" if series else check, chart.polls(polls, self.main[check]))
            for (check, series), polls in self.polls.items()
        ]
        rows += [(id, chart.holds(changes)) for id, changes in self.severities.items()]
        moments = {
            event: [one.at - start for one in self.events if one.event == event]
            for event in ("page", "action", "acknowledged")
        }
        rows.append(("pages", chart.counts(moments["page"], moments["action"] + moments["acknowledged"])))
        return chart.lines(rows)


class Simulation(Frozen):
    """`start` is the moment from which all times of faults count; `well` are the measurements of each check
    without a fault."""

    plan: Plan
    faults: Sequence[Fault]
    well: Mapping[str, Mapping[str, Value]]
    start: Instant
    history: float
    world: World
    actions: Sequence[PersonAction] = ()
    """What people do, in time order."""
    languages: Sequence[Language] = ()
    """In these instead of each responder's own."""
    base_url: str = ""

    def run(self) -> Simulated:
        """Plays it until everything is over."""
        series = list(dict.fromkeys((f.check, f.series) for f in self.faults))
        plan = narrowed_to(self.plan, {s: self.plan.checks[s[0]].every for s in series})
        first = min(f.begin for f in self.faults)
        came = Simulated(main={name: main_measurement(plan.checks[name]) for name, _ in series})
        lines = came.events
        lines += [self._fault(f, f.begin, first, "fault_begins") for f in self.faults]
        lines += [self._fault(f, f.end, first, "fault_ends") for f in self.faults]

        def hear(decision: Decision, engine: Engine) -> None:
            if isinstance(decision, IncidentChanged):
                changes = came.severities.setdefault(decision.incident.id, [])
                changes.append((decision.at - self.start, letter_of(decision.incident)))
            said = self._said(decision, engine)
            if said is not None:
                lines.append(SimulatedEvent(decision.at, decision.at - self.start - first, said[0], said[1]))

        replay = Replay(
            plan,
            self.start,
            world=self.world,
            tick_every=_TICK,
            heard=hear,
            learned=self._learned(plan, series),
        )
        end = max(f.end for f in self.faults)
        waiting = list(self.actions)
        for observation in self._polls(plan, series):
            now = observation.at - self.start
            if now > end and (_calm(replay.engine) or now > end + _AFTERWARDS):
                break
            while waiting and waiting[0].at <= observation.at:
                action, first_of = waiting.pop(0), len(lines)
                refused = action.carry_out(replay) or {"": "there is no such incident"}
                what = {"by": action.by, "action": action.name, "data": dict(action.data)}
                lines[first_of:first_of] = [
                    SimulatedEvent(
                        action.at,
                        action.at - self.start - first,
                        "action",
                        {"incident": incident, **what, "refused": why},
                    )
                    for incident, why in refused.items()
                ]
            seen = (
                f"{observation.check}@{observation.location}" if observation.location else observation.check
            )
            came.main.setdefault(seen, came.main[observation.check])
            polls = came.polls.setdefault((seen, observation.reading.series), [])
            polls.append((now, observation.reading))
            replay.feed(observation)
        lines.sort(key=lambda line: line.at)
        return came

    def _polls(self, plan: Plan, series: Sequence[Series]) -> Iterator[Observation]:
        yield from heapq.merge(
            *(self._of(plan.checks[name], one) for name, one in series), key=lambda o: o.at
        )

    def _of(self, check: Check, series: str) -> Iterator[Observation]:
        n = 0
        while True:
            n += 1
            after = n * check.every
            for place in check.locations or ("",):
                fault = active(self.faults, check.name, series, after, place)
                yield observe(check, series, self.start + after, self.well[check.name], fault, place)

    def _learned(self, plan: Plan, series: Sequence[Series]) -> Mapping[Series, Mapping[str, Any]]:
        past = []
        for name, one in series:
            check = plan.checks[name]
            steps = range(int(self.history / check.every) - 1, -1, -1)
            past.append(
                [observe(check, one, self.start - n * check.every, self.well[name], None) for n in steps]
            )
        return learnt(plan, heapq.merge(*past, key=lambda o: o.at), self.start - self.history, self.history)

    def _fault(self, fault: Fault, at: float, first: float, event: str) -> SimulatedEvent:
        return SimulatedEvent(
            self.start + at,
            at - first,
            event,
            {"check": fault.name, "series": "", "fault": fault.text}
            if fault.location
            else {"check": fault.check, "series": fault.series, "fault": fault.text},
        )

    def _said(self, decision: Decision, engine: Engine) -> tuple[str, dict[str, Any]] | None:
        match decision:
            case AlertChanged(_, _, alert, previous) if AlertState.FIRING in (alert.state, previous) and (
                alert.state is not previous
            ):
                return f"alert_{alert.state}", {
                    "rule": alert.rule, "check": alert.check, "series": alert.series, "severity": str(alert.severity),
                }  # fmt: skip
            case IncidentChanged(_, "opened" | "reopened" as reason, incident):
                return f"incident_{reason}", {
                    "incident": incident.id, "severity": str(incident.severity), "onset": incident.onset,
                    "flows": list(incident.flows),
                }  # fmt: skip
            case IncidentChanged(_, "acknowledged", incident, _, by):
                return "acknowledged", {"incident": incident.id, "responder": by}
            case IncidentChanged(_, "acknowledged_in_part", incident, _, by):
                return "acknowledged", {
                    "incident": incident.id, "responder": by, "missing": incident.acks_missing,
                }  # fmt: skip
            case Logged(incident=id, entry=entry):
                return self._logged(id, entry, engine)
            case IncidentChanged(_, "mitigated" | "recurred" | "resolved" as reason, incident) if (
                incident.matrix
            ):
                since = incident.mitigated_at or decision.at
                return f"incident_{reason}", {
                    "incident": incident.id, "severity": str(incident.record), "since": since,
                }  # fmt: skip
            case NotPaged(_, reason, incident) if reason != "severity_unchanged":
                return "notification_suppressed", {"incident": incident, "reason": reason}
            case PageQueued(_, reason, page) if reason is not PageReason.TOGETHER:
                return "page", self._page(page, engine.plan, reason)
        return None

    def _logged(self, id: str, entry: LogEntry, engine: Engine) -> tuple[str, dict[str, Any]] | None:
        match read(entry, KINDS):
            case Escalated() | AckExpired() | RolesUnfilled() as said:
                return _PEOPLE[type(said)], {"incident": id, "detail": entry.detail}
            case SeverityChange() as said:
                text, languages = Text(said.en, said.zh), self.languages or (Language.EN,)
                record = engine.state.incidents[id].record
                return "severity_changed", {
                    "incident": id, "severity": str(said.severity), "change": entry.kind.partition(".")[2],
                    "record": str(min(record, said.severity, key=lambda one: one.rank)),
                    "text": {str(one): text.in_(one) for one in languages},
                }  # fmt: skip
            case ClockWarned(clock=name) if self._timed(engine, id):
                return "clock_warns", {"incident": id, "what": _clock(name)}
            case ClockBreached(clock=name) if self._timed(engine, id):
                return "clock_ran_out", {"incident": id, "what": _clock(name)}
            case ClockMet(clock=name) if self._timed(engine, id):
                return "clock_met", {"incident": id, "what": _clock(name)}
            case FactKnown() if entry.by == "watchtower":
                return "hint", {"incident": id, "note": entry.detail}
            case PlanSuggested(plan=name, mode=mode):
                return "plan", {"incident": id, "plan": name, "state": "suggested", "mode": mode}
            case SwitchQueued() | RunReminded():
                return None
            case RunEntry(plan=name):
                run = engine.state.histories[id].degrade.of(name)
                return "plan", {"incident": id, "plan": name, "state": str(run.state) if run else ""}
            case DutyJudged(duty=duty, standing=standing) if self._timed(engine, id):
                return "duty", {"incident": id, "what": entry.detail, "duty": duty, "standing": standing}
        return None

    def _timed(self, engine: Engine, id: str) -> bool:
        """Whether SLA clocks apply: [targets] is written, or the matrix sets the severity."""
        incident = engine.state.incidents.get(id)
        return engine.plan.deadlines.configured or (incident is not None and incident.matrix)

    def _page(self, page: Page, plan: Plan, reason: str) -> dict[str, Any]:
        letter = compose(page, plan, page.message.number == 1, self._links(page))
        languages = self.languages or (letter.language,)
        return {
            "kind": str(page.kind), "severity": str(page.message.severity), "responder": page.responder,
            "role": page.message.role, "informs": page.message.informs,
            "channel": str(page.channel), "incident": page.incident, "reason": reason,
            "arrives": page.channel not in self.world.broken,
            "text": {str(one): _text(replace(letter, language=one), page.channel, plan) for one in languages},
        }  # fmt: skip

    def _links(self, page: Page) -> PageLinks:
        if not self.base_url:
            return PageLinks()
        # Of a key that opens nothing: what counts is how long the link makes a short message.
        token = make(bytes(32), page.incident, page.responder, page.created_at + LASTS)
        known = code(bytes(32), page.incident, page.responder)
        return PageLinks(f"{self.base_url}/incidents/{page.incident}", f"{self.base_url}/ack/{token}", known)


def _text(letter: Letter, channel: ChannelName, plan: Plan) -> str:
    names = chosen(plan.channels, plan.responders[letter.responder], channel)
    settings = plan.channels[names[0]] if names else None
    text: str = channel_class(channel, getattr(settings, "provider", "")).preview(letter, settings)
    return text


def _clock(name: str) -> str:
    return CLOCKS[name].title.en if name in CLOCKS else name


def _calm(engine: Engine) -> bool:
    state = engine.state
    return not any(
        a.state in (AlertState.PENDING, AlertState.FIRING) for a in state.alerts.values()
    ) and not any(i.open for i in state.incidents.values())
