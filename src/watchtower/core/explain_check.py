"""Why would it page? One series of a check as the engine sees it now, and its rules played out into the future.

Nothing here changes the engine: what is to come is played by the detector's twin.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.incidents import Address
from watchtower.core.incident.kinds import NO_DATA
from watchtower.core.notify.routing import addressees_of
from watchtower.core.pipeline.engine import Engine
from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.core.plan.rules import Rule
from watchtower.core.sources import Series
from watchtower.core.usual_traffic import lossy_traffic, twin_of, usual_traffic
from watchtower.model import AlertState, Instant, Observation, Outcome, Severity, Text, Tier, Value
from watchtower.values import Frozen, field, replace

_TEXTS = re.compile(r"\"[^\"]*\"|'[^']*'")
_NAMES = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")

PARTIAL = (0.5, 0.25)
"""Shares of the requests whose loss is foreseen beside a silence."""
_LOW = ("traffic.low", "traffic.ratio", "traffic.ratio_5m")
_POLLS, _LONGEST = 240, 3600.0
"""A loss is played for so many polls or seconds, whichever is less: it must not hold up what goes on meanwhile."""


class LossForeseen(Frozen):
    """A `share` of the usual requests is missing from now on. `rule` fires after so many `seconds` and lost `requests`;
    None: none does within `played` seconds. `not_before` is when enough is learnt to see it; infinite: not within a week
    of usual traffic, None: nobody looked."""

    share: float
    played: float
    rule: str = ""
    seconds: float | None = None
    requests: float | None = None
    not_before: Instant | None = None


class RuleVerdict(Frozen):
    """One rule on this series; with `matrix` the severity is what is assumed until the matrix can say.

    `verdict` is what it last said, None where it cannot tell; `facts` are those it names. `fires_at` is when it
    would fire if what the detector watches for came true from now on; None: not within what was played out, or
    there is no detector to play it. `pages` are whom it would page, by which channel.
    """

    rule: str
    when: str
    for_: float
    severity: Severity
    matrix: bool
    state: AlertState
    verdict: bool | None
    facts: Mapping[str, Value]
    text: Text | None = None
    incident: str = ""
    fires_at: Instant | None = None
    pages: Sequence[Address] = ()


class Explanation(Frozen):
    """Everything a person needs to see why this series would page, at `at`.

    `view` is the detector's own; `observation` the newest one, None where none has come since the start.
    `series` are all that the check has. `no_data` is the built-in rule that watches whether there are data. `losses`
    is empty where no traffic is expected, and while a rule fires.
    """

    at: Instant
    check: Check
    series: str
    all_series: Sequence[str]
    observation: Observation | None
    view: Mapping[str, Any]
    rules: Sequence[RuleVerdict]
    no_data: RuleVerdict
    foresees: bool = field(default=False)
    losses: Sequence[LossForeseen] = ()


def explain(engine: Engine, name: str, series: str, at: Instant) -> Explanation:
    """KeyError: there is no such check; ValueError: it has no such series."""
    return prepared(engine, name, series, at)()


def prepared(engine: Engine, name: str, series: str, at: Instant) -> Callable[[], Explanation]:
    """As `explain`, in two parts: what the engine knows is taken now, within two milliseconds. What comes out is played by
    the call, which may be made in another thread: it takes a tenth of a second."""
    check = engine.plan.checks[name]
    have = _series(engine, check)
    if series not in have:
        raise ValueError(", ".join(one for one in have if one))
    there, rules = engine.detectors.look(check, series), engine.plan.rules_of(name)
    detector = None if there is None else twin_of(there)
    seen = engine.state.last.get((name, series))
    facts = dict(zip(check.facts, engine.state.last_facts.get((name, series), ()), strict=False))
    known, plan = _known(engine, check, series), engine.plan
    alerts = {
        rule: engine.state.alerts.get((rule, name, series))
        for rule in (NO_DATA, *(one.name for one in rules))
    }

    votes = engine.state.votes.of(check, series)

    def facts_of(rule: Rule) -> Mapping[str, Value]:
        """What the rule is shown; empty where nothing is known."""
        vote = votes.get(rule.location) if rule.location else seen
        if vote is None or vote.reading.outcome is Outcome.UNKNOWN:
            return {}
        if not rule.location:
            return facts
        now = {"outcome": str(vote.reading.outcome), "reason": vote.reading.reason, "location": vote.location}
        return {**known, **vote.reading.measurements, **now}

    def play() -> Explanation:
        together = [rule for rule in rules if not rule.location]
        course = detector.course(at) if detector is not None and together else ()
        fires = _played(together, check, known, course)
        unknown = seen is None or seen.reading.outcome is Outcome.UNKNOWN
        judged = [
            _judged(plan, rule, check, facts_of(rule), alerts[rule.name], fires.get(rule.name), at)
            for rule in rules
        ]
        quiet = not any(one.state is AlertState.FIRING for one in judged)
        return Explanation(
            at, check, series, [one for one in have if one], seen, {} if detector is None else detector.view(at),
            judged, _no_data(plan, check, alerts[NO_DATA], None if seen is None else unknown, at), detector is not None,
            _losses(rules, check, known, detector, at, PARTIAL) if quiet and "traffic.low" in check.facts else (),
        )  # fmt: skip

    return play


def _series(engine: Engine, check: Check) -> list[str]:
    seen = [series for name, series in engine.state.last if name == check.name]
    saved = [series for name, series in engine.detectors.series() if name == check.name]
    return list(dict.fromkeys([*check.flows, *seen, *saved])) or [""]


def _standing(engine: Engine, check: Check, series: str) -> Mapping[str, Value]:
    """What is always known of a series, also before it is seen."""
    flow = check.flow_of(series)
    names = {"check": check.name, "probe": check.probe, "flow": flow, "series": series}
    return {**names, "tier": engine.plan.tier_of(flow), "outcome": "up", "reason": ""}


def counted_first(plan: Plan, series: Iterable[Series]) -> list[Series]:
    """Those of these that count requests, by the tier of their flow: core flows first."""
    tiers = list(Tier)

    def rank(one: Series) -> tuple[int, Series]:
        flow = plan.flows.get(plan.checks[one[0]].flow_of(one[1]))
        return tiers.index(flow.tier) if flow else len(tiers), one

    counted = (one for one in series if one[0] in plan.checks and "traffic.low" in plan.checks[one[0]].facts)
    return sorted(counted, key=rank)


def losses_of(
    engine: Engine, check: Check, series: str, at: Instant, shares: Sequence[float]
) -> Sequence[LossForeseen]:
    """What the rules would make of these losses, if they began now. Empty where no traffic is expected."""
    facts, detector = _known(engine, check, series), engine.detectors.look(check, series)
    return _losses(engine.plan.rules_of(check.name), check, facts, detector, at, shares)


def silence_of(engine: Engine, check: Check, series: str, at: Instant) -> tuple[Rule | None, float]:
    """The first rule that fires if no request comes from now on, and after how many seconds; without a rule, the seconds
    that were played."""
    rules, detector = engine.plan.rules_of(check.name), engine.detectors.look(check, series)
    played = min(_POLLS, int(_LONGEST / check.every))
    course = islice(detector.course(at), played) if detector is not None and rules else ()
    fires = _played(rules, check, _known(engine, check, series), course, first=True)
    first = min(fires, key=fires.__getitem__, default="")
    return (engine.plan.rules[first], fires[first] - at) if first else (None, played * check.every)


def _known(engine: Engine, check: Check, series: str) -> dict[str, Value]:
    """What rules were last shown of this series."""
    values = engine.state.last_facts.get((check.name, series), ())
    facts = {**dict.fromkeys(check.facts), **dict(zip(check.facts, values, strict=False))}
    return {**facts, **_standing(engine, check, series)}


def _losses(
    rules: Sequence[Rule],
    check: Check,
    facts: Mapping[str, Value],
    detector: Any,
    at: Instant,
    shares: Sequence[float],
) -> list[LossForeseen]:
    """What the rules make of a partial loss that begins now."""
    polls = min(_POLLS, int(_LONGEST / check.every))
    expected = (
        list(islice(usual_traffic(twin_of(detector), at), polls)) if detector is not None and rules else []
    )
    out = []
    for share in shares if expected else ():
        played = len(expected) * check.every
        course = lossy_traffic(twin_of(detector), at, expected, share)
        fires = _played(rules, check, facts, course, first=True)
        out.append(LossForeseen(share, played))
        for rule, then in list(fires.items())[:1]:
            lost = share * sum(expected[: round((then - at) / check.every)])
            out[-1] = LossForeseen(share, played, rule, then - at, lost)
    return out


def dated(
    losses: Sequence[LossForeseen], not_before: Callable[[float], Instant | None]
) -> list[LossForeseen]:
    """With the day on which each of these losses that no rule would see now would be seen, by its share."""
    return [one if one.rule else replace(one, not_before=not_before(one.share)) for one in losses]


def watches_losses(engine: Engine, check: Check) -> bool:
    """Whether a rule fires on too few requests: when the detector sees them is when somebody hears of it."""
    rules = (rule.programs[check.name] for rule in engine.plan.rules_of(check.name))
    return any(set(_LOW) & set(program.names) for program in rules)


def _played(
    rules: Sequence[Rule], check: Check, facts: Mapping[str, Value],
    course: Iterable[tuple[Instant, Mapping[str, Value]]], *, first: bool = False,
) -> Mapping[str, Instant]:  # fmt: skip
    """When each rule, or the first of them, would fire on this course. Rules that hold for some time wait for it."""
    open_rules = {rule.name: (rule, rule.programs[check.name]) for rule in rules}
    seen: dict[str, tuple[tuple[Value, ...], bool | None]] = {}
    since, fires = dict[str, Instant](), dict[str, Instant]()
    for then, more in course:
        now = {**facts, **more}
        for name, (rule, program) in list(open_rules.items()):
            values = tuple([now.get(one) for one in program.names])
            before, verdict = seen.get(name, (None, None))
            if before != values:  # what a rule looks at mostly stays as it is: judging again costs more
                verdict = program.evaluate(now)
                seen[name] = values, verdict
            if not verdict:
                since.pop(name, None)
            elif then - since.setdefault(name, then) >= rule.for_:
                fires[name] = then
                del open_rules[name]
        if not open_rules or (first and fires):
            break
    return fires


def _judged(
    plan: Plan, rule: Rule, check: Check, facts: Mapping[str, Value], alert: Alert | None, fires_at: Instant | None, at: Instant
) -> RuleVerdict:  # fmt: skip
    words = _NAMES.findall(_TEXTS.sub("", rule.when))
    named = {word: facts.get(word) for word in dict.fromkeys(words) if word in check.facts}
    return RuleVerdict(
        rule.name, rule.when, rule.for_, rule.severity, rule.matrix, alert.state if alert else AlertState.INACTIVE,
        rule.programs[check.name].evaluate(facts) if facts else None, named,
        alert.text if alert else None, alert.incident if alert else "", fires_at,
        addressees_of(plan, rule.severity, at),
    )  # fmt: skip


def _no_data(plan: Plan, check: Check, alert: Alert | None, unknown: bool | None, at: Instant) -> RuleVerdict:
    severity = plan.no_data.severity
    return RuleVerdict(
        NO_DATA, "outcome == 'unknown'", check.no_data_after, severity, False, alert.state if alert else AlertState.INACTIVE,
        unknown, {}, alert.text if alert else None, alert.incident if alert else "", None,
        addressees_of(plan, severity, at),
    )  # fmt: skip
