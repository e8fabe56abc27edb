"""Warnings: settings that are valid and cannot do what their author meant. Each has a name and is certain."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import PurePath

from watchtower.config import (
    budget_lint,
    channel_lint,
    people_checks,
    review_template,
    severity_lint,
    template_checks,
    vendor_lint,
)
from watchtower.config.check_drafts import CheckDraft, ChecksDraft
from watchtower.config.comparisons import SHARES, Compared, answers, compared
from watchtower.config.problems import did_you_mean
from watchtower.config.rule_drafts import Draft, RulesDraft
from watchtower.config.rule_programs import Compiled
from watchtower.core.plan.checks import BASE_FACTS
from watchtower.core.plan.rules import Rule
from watchtower.detectors.traffic.declarations import TimetableSettings
from watchtower.detectors.traffic.timetable import Timetable
from watchtower.fields import format_duration
from watchtower.model import Tier

LINTS: Mapping[str, str] = {
    "never-fires": "a rule that no measurement can make true",
    "always-fires": "a rule that every measurement makes true",
    "impossible-value": "a measurement compared with a text that it never has",
    "exit-status": "a program that says no by exit status 1, where rules wait for `down`",
    "check-without-rule": "a check that no rule evaluates",
    "flow-without-rule": "a flow whose checks no rule evaluates",
    "unmeasured-flow": "a flow that no check measures",
    "unused-procedure": "a procedure that no rule points to",
    "unpaged-role": "a role that no severity pages",
    "fits-no-check": "matchers of a maintenance window or an inhibition that fit no check",
    "past-window": "a maintenance window that is over and does not come again",
    "schedule-gap": "a schedule on which nobody is on call at some time, for a role without a backup",
    "unread-calendar": "the calendar behind the URL of a maintenance window cannot be fetched or read",
    "unused-schedule": "a schedule that fills no role",
    "shadowed-role": "a responder names a role that has a table, and is not in it",
    "few-to-acknowledge": "a severity that requires more acknowledgements than there are people to ask",
    "hasty-no-data": "`no_data_after` below `every`: one missed run counts as no data",
    "short-budget": "a budget of `steps` that is spent before the day is over",
    "short-silence": "`zero_for` below `every`: it lasts one run at least",
    "noisy-silence": "`zero_for` so short that chance alone fires it more than once a day",
    "slow-flow": "a core flow of so few requests that its silence takes more than a minute to show",
    "missing-zone": "declared times of the day without the `zone` that they are meant in",
    "never-open": "declared hours that leave no time in which the flow is evaluated",
    "no-days-off": "hours of days off, where no day is declared to be one",
    "short-window": "a window that never holds the history that is asked for",
    "undrilled-degrade": "a degradation plan of mode auto that no drill practises",
    "unverified-degrade": "a degradation plan of which nothing tells whether it helps",
    "unfilled-role": "a role that is asked and that nobody has",
    "missing-program": "a program of a degradation plan that is not on this machine",
    "clock-before-reminder": "time to acknowledge that is over before anybody is reminded",
    "goal-after-limit": "a goal to mitigate that comes after its limit",
    "severity-without-target": "a severity without time to acknowledge or to resolve",
    "lenient-severity": "a worse severity that has more time than a lesser one",
    "pack-not-in-force": "a compliance pack, or a duty of it, that is not valid today",
    "unreviewed-pack": "a compliance pack that no legal department has read",
    "pack-not-for-us": "a compliance pack for another licence",
    "no-exchange-rate": "a compliance pack that counts in a currency nobody can convert",
    **severity_lint.LINTS,
    **channel_lint.LINTS,
    **budget_lint.LINTS,
    **template_checks.LINTS,
    **review_template.LINTS,
    **vendor_lint.LINTS,
    "unread-file": "a TOML file below the folder of checks",
}
"""These warnings can be ignored by their names."""

_TIMED = ("hours", "quiet", "deploys", "events", "holidays", "days_off", "work_days")
"""Settings of the detector `traffic` that go by days and hours."""
_SAYS_NO = ("test", "[", "grep", "egrep", "fgrep", "pgrep", "pidof", "diff", "cmp", "false")
_GOAL = 60.0
"""Seconds in which the silence of a core flow should show."""
_FALSE_PAGES = 1.0 / (90 * 86400.0)
_DAY, _HOUR = 86400.0, 3600.0
_OF_HALF = 1.0 - 0.5 * (1.0 + math.log(2.0))
"""What a missing request tells, beside a silence, where half of the requests still come: Poisson's large deviations."""


def ignored(rules: RulesDraft) -> frozenset[str]:
    """Returns the names that `[lint] ignore` gives. A name of no warning is a problem."""
    table = rules.lint.table if rules.lint else None
    if rules.lint is None or table is None:
        return frozenset()
    for index, name in enumerate(table.ignore):
        if name not in LINTS:
            hint = did_you_mean(name, LINTS, "warnings", 30)
            rules.lint.entry.wrong(("ignore", index), f'there is no warning "{name}"', hint)
    return frozenset(table.ignore)


def warn(checks: ChecksDraft, rules: RulesDraft, compiled: Sequence[tuple[Draft[Rule], Compiled]]) -> None:
    """Call this only when no problem was reported."""
    judge = _Whens(checks)
    for rule, found in compiled:
        judge.warn(rule, found)
    _flows(checks, {name for _, found in compiled for name in found.programs})
    _exit_status(checks, compiled)
    for check in checks.checks:
        _budget(check)
        _windows(check)
        _zone(check)
        _hours(check)
    _volumes(checks)
    channel_lint.warn(checks, rules)
    severity_lint.warn(rules, compiled)
    people_checks.warn(rules)


class _Whens:
    """Looks at each rule's `when`; remembers what it found out, since many checks share their facts."""

    def __init__(self, checks: ChecksDraft) -> None:
        self._known: dict[tuple[object, ...], set[bool] | None] = {}
        self._compared: dict[tuple[str, int], Compared | None] = {}

    def warn(self, rule: Draft[Rule], found: Compiled) -> None:
        when, entry = rule.entry.text("when"), rule.entry
        outcomes: list[set[bool] | None] = []
        allowed: dict[str, set[str]] = {}
        seen: list[Compared] = []
        for check in found.matched:
            if check.name not in found.programs or check.facts is None:
                continue
            key = (when, id(check.facts))
            if key not in self._compared:
                self._compared[key] = compared(when, check.facts)
            known = self._compared[key]
            if known is None:
                return
            seen.append(known)
            domains = {name: texts(check) for name, texts in _DOMAINS.items() if name in known.constants}
            if None in check.traits.tiers:
                domains.pop("tier", None)
            for name, texts in domains.items():
                allowed.setdefault(name, set()).update(texts)
            whole = (*key, *((name, tuple(texts)) for name, texts in sorted(domains.items())))
            if whole not in self._known:
                self._known[whole] = answers(found.programs[check.name], known, check.facts, domains)
            outcomes.append(self._known[whole])
        impossible = next(
            (
                (name, text)
                for known in seen
                for name, text in known.equals
                if name in allowed and text not in allowed[name]
            ),
            None,
        )
        if impossible is not None:
            name, text = impossible
            entry.doubtful(
                "impossible-value", ("when",), f'{name} is never "{text}"', _why(name, text, allowed[name])
            )
        elif outcomes and all(one == {False} for one in outcomes):
            hint = "its comparisons contradict each other; an unknown measurement makes no rule true"
            entry.doubtful("never-fires", ("when",), "it can never be true", _percent(seen) or hint)
        elif outcomes and all(one == {True} for one in outcomes):
            hint = "one of its comparisons holds for every value"
            entry.doubtful("always-fires", ("when",), "it is always true", _percent(seen) or hint)


def _percent(seen: Sequence[Compared]) -> str:
    """Gives a hint where a share is compared with a percentage."""
    for known in seen:
        for name in SHARES & known.constants.keys():
            for number in known.constants[name]:
                if isinstance(number, float) and number > 1.0:
                    return f"{name} lies between 0 and 1: write {number / 100.0:g} for {number:g} %"
    return ""


_DOMAINS: Mapping[str, Callable[[CheckDraft], Sequence[str]]] = {
    "outcome": lambda _: ("up", "down"),
    "check": lambda check: (check.name,),
    "probe": lambda check: (check.traits.probe,),
    "flow": lambda check: tuple(dict.fromkeys([*check.traits.flows, ""])),
    "tier": lambda check: tuple(dict.fromkeys([*(tier for tier in check.traits.tiers if tier), ""])),
}
"""All the texts that these facts can be where a rule is judged: `unknown` never reaches one."""


def _why(name: str, text: str, allowed: set[str]) -> str:
    if (name, text) == ("outcome", "unknown"):
        return "not knowing fires and resolves nothing; [no_data] says how bad it is not to see"
    shown = sorted(one for one in allowed if one)
    return did_you_mean(text, shown, f"what {name} can be") or f"no check of this rule has a {name}"


def _flows(checks: ChecksDraft, judged: set[str]) -> None:
    for name, flow in checks.flows.items():
        mine = [check.name for check in checks.checks if name in check.traits.flows]
        if mine and not judged & set(mine):
            what = f"no rule evaluates any check of this flow: {', '.join(mine[:5])}"
            flow.entry.doubtful("flow-without-rule", (), what, "only missing data would be noticed there")


def _exit_status(checks: ChecksDraft, compiled: Sequence[tuple[Draft[Rule], Compiled]]) -> None:
    """Warns of a rule that waits for `down` where exit status 1 means no: for a plugin of Nagios 1 is a warning, and the check is
    up."""
    for check in checks.checks:
        if check.traits.probe != "command" or check.settings is None:
            continue
        program = PurePath(check.settings.command[0]).name
        asked = {
            name
            for _, found in compiled
            if check.name in found.programs
            for name in found.programs[check.name].names
        }
        if program in _SAYS_NO and "outcome" in asked and asked <= {*BASE_FACTS, "latency"}:
            what = f'"{program}" says no by exit status 1, which is a warning: the check is never down for it'
            check.entry.doubtful("exit-status", ("command",), what, "write a rule with exit_code != 0")


def _budget(check: CheckDraft) -> None:
    if check.traits.probe != "steps" or check.settings is None or not check.every:
        return
    from watchtower.probes.steps import cost_of

    for name, amount in cost_of(check.settings).items():
        runs = check.settings.budget.get(name, math.inf) / amount
        if runs * check.every < _DAY:
            what = f"is spent after {format_duration(runs * check.every)} of the day, and the check is unknown from then on"
            hint = f'write every = "{format_duration(math.ceil(_DAY / runs))}" or more, or a larger budget'
            check.entry.doubtful("short-budget", ("budget", name), what, hint)


def _windows(check: CheckDraft) -> None:
    every, detect = check.every or 0.0, check.detect
    no_data_after = check.table.no_data_after if check.table and "no_data_after" in check.entry.raw else None
    if no_data_after is not None and no_data_after < every:
        what = (
            f"{format_duration(no_data_after)} is shorter than the {format_duration(every)} between two runs"
        )
        check.entry.doubtful(
            "hasty-no-data", ("no_data_after",), what, "a single missed run will count as no data"
        )
    zero_for = getattr(detect, "zero_for", None)
    if isinstance(zero_for, float) and zero_for < every and "zero_for" in check.entry.raw.get("detect", {}):
        what = f"{format_duration(zero_for)} is shorter than the {format_duration(every)} between two runs"
        check.entry.doubtful(
            "short-silence", ("detect", "zero_for"), what, "poll more often, or write what can be kept"
        )
    window, known_after = getattr(detect, "window", None), getattr(detect, "known_after", None)
    counts_down = getattr(detect, "mode", None) == "expiry" or str(
        getattr(detect, "measurement", "")
    ).endswith("days_left")
    if not isinstance(window, float) or not isinstance(known_after, float) or counts_down:
        return
    # A detector keeps history in coarse pieces: twice the window is more than it ever holds.
    if known_after > 2 * window + _HOUR + every:
        held, asked = format_duration(window), format_duration(known_after)
        what = f"the window of {held} never holds the {asked} of history that known_after asks for"
        key = "known_after" if "known_after" in check.entry.raw.get("detect", {}) else "window"
        check.entry.doubtful("short-window", ("detect", key), what, "days left will never be known")


def _zone(check: CheckDraft) -> None:
    written = check.entry.raw.get("detect", {})
    if check.detector != "traffic" or "zone" in written:
        return
    timed = [name for name in _TIMED if written.get(name)]
    if timed:
        what = f"{', '.join(timed)} without zone: days and hours are taken as those of UTC"
        check.entry.doubtful(
            "missing-zone",
            ("detect", timed[0]),
            what,
            'write zone = "Asia/Shanghai", or "UTC" if that is meant',
        )


def _hours(check: CheckDraft) -> None:
    """Warns of hours in which nothing is ever evaluated, and of hours of a kind of day that never comes."""
    declared = check.detect
    if not isinstance(declared, TimetableSettings):
        return
    hours = declared.hours
    if hours and hours.days_off is not None and not any(isinstance(day, date) for day in declared.days_off):
        hint = 'write holidays = "CN", or days_off = ["2026-10-01"]; weekends have hours of their own'
        check.entry.doubtful("no-days-off", ("detect", "hours"), "days_off: no day is declared off", hint)
    if not (hours or declared.quiet) or (hours and (hours.days_off or hours.work_days)):
        return
    week = Timetable(declared.model_copy(update={"days_off": (), "work_days": (), "deploys": ()}))
    opens = [0, *(one.end for one in declared.quiet)]
    opens += [one.start for day in hours.by_weekday for one in day] if hours else []
    monday = datetime(2026, 1, 5, tzinfo=week.zone)
    if all(
        week.declared((monday + timedelta(days=d, minutes=m)).timestamp()).closed
        for d in range(7)
        for m in opens
    ):
        key = "hours" if hours else "quiet"
        what = "it is closed at every time of the week: nothing would ever be seen"
        check.entry.doubtful(
            "never-open", ("detect", key), what, 'a stretch such as "08:00-08:00" is the whole day'
        )


def _volumes(checks: ChecksDraft) -> None:
    """What chance allows: silence shows when ln(N/F) requests are missing, N expected and F false pages allowed."""
    asked = {flow for check in checks.checks if check.detector != "traffic" for flow in check.traits.flows}
    for check in checks.checks:
        rate = getattr(check.detect, "expect_at_least", None)
        if check.detector != "traffic" or not isinstance(rate, float) or rate <= 0:
            continue
        zero_for, allowed = (
            getattr(check.detect, "zero_for", None),
            getattr(check.detect, "false_pages", None),
        )
        if isinstance(zero_for, float) and allowed is None:
            daily = _DAY * rate * math.exp(-rate * zero_for)
            if daily > 1.0:
                often = f"is silent for {format_duration(zero_for)} some {daily:.0f} times a day"
                what = f"at {rate * 60:.3g} requests a minute, chance alone {often}"
                hint = "take zero_for out and let the detector learn, or write a longer one"
                check.entry.doubtful("noisy-silence", ("detect", "zero_for"), what, hint)
            continue
        takes = math.log(max(math.e, rate / (allowed or _FALSE_PAGES))) / rate
        core = [
            flow
            for flow in check.traits.flows
            if (one := checks.flows.get(flow)) and one.table and one.table.tier is Tier.CORE
        ]
        if takes > _GOAL * 1.05 and core and not asked & set(core):
            half = format_duration(round(takes / _OF_HALF))
            shows = f"silence shows after {format_duration(round(takes))} at best, the loss of half of them after {half}"
            what = f"at {rate * 60:.3g} requests a minute, {shows}"
            hint = f'add a check that walks through flow "{core[0]}" itself, such as probe http or command'
            check.entry.doubtful("slow-flow", ("detect", "expect_at_least"), what, hint)
