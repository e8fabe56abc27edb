"""Problems of degradation plans and drills beyond their own tables, and warnings of what cannot work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from watchtower.channels import kinds
from watchtower.config.cel_words import in_rule_words
from watchtower.config.check_drafts import ChecksDraft
from watchtower.config.degrade_tables import DegradeTable
from watchtower.config.people_checks import reachable
from watchtower.config.problems import Entry
from watchtower.config.rule_drafts import RulesDraft
from watchtower.config.schedules import zone_at
from watchtower.config.sops_tables import shipped_names
from watchtower.core.expressions import compile_expression
from watchtower.core.plan.degrade import Mode, Verify
from watchtower.core.plan.drills import UNPLANNED, Recurring
from watchtower.errors import ExpressionError
from watchtower.fields import format_duration
from watchtower.switches.command import program_found


def check_drills(checks: ChecksDraft, rules: RulesDraft) -> None:
    """Reports what drills name and is not there, and times that cannot be."""
    if not checks.complete or not rules.complete:
        return
    there = {one.name for one in checks.checks}
    sops = {*rules.sops, *shipped_names()}
    for name, draft in rules.drills.items():
        table, entry = draft.table, draft.entry
        if table is None:
            continue
        if name == UNPLANNED:
            what = f'"{UNPLANNED}" is the name of every drill that is begun without one'
            entry.wrong((), what, "choose another name")
        entry.look_up(("check",), "check", table.check, there)
        if table.sop:
            entry.look_up(("sop",), "procedure", table.sop, sops)
        for index, plan in enumerate(table.degrade):
            entry.look_up(("degrade", index), "degradation plan", plan, rules.degrade)
        if table.fails != "drawn":
            _failing(entry, table.fails, rules)
        _recurring(entry, table, "the drill")
    canary = rules.policies.get("canary")
    if canary is not None and canary.table is not None:
        _recurring(canary.entry, canary.table, "the canary")
    watchdog = rules.policies.get("watchdog")
    if watchdog is not None and watchdog.table is not None and watchdog.table.network:
        watchdog.entry.look_up(("network",), "check", watchdog.table.network, there)


def _failing(entry: Entry, fails: Mapping[str, str], rules: RulesDraft) -> None:
    """What fails on purpose is a way to a person who has another one."""
    people = {one.entry.text("name"): one.entry.raw.keys() & kinds() for one in rules.responders}
    for name, kind in fails.items():
        if not entry.look_up(("fails", name), "responder", name, people):
            continue
        if kind not in people[name]:
            has = ", ".join(sorted(people[name])) or "nothing"
            entry.wrong(("fails", name), f"{name} has no {kind}, but {has}", "name one of these")
        elif len(people[name]) == 1:
            what = f"{name} is reached by {kind} only, so this drill would not reach them"
            entry.wrong(("fails", name), what, "give them an address on another channel")


def _recurring(entry: Entry, table: Recurring, what: str) -> None:
    zone_at(entry, ("zone",), table.zone)
    for key in ("days", "weeks") if table.at is None else ():
        if getattr(table, key):
            said = f"{what} has no time of the day, so it never begins by itself"
            entry.wrong((key,), said, 'write at = "10:30"')


def check_degrade(checks: ChecksDraft, rules: RulesDraft) -> None:
    """Checks every plan, and what it names. The compiled `verify.when` of each goes into `rules.proofs`."""
    programs: dict[str, Any] = {}
    for name, draft in rules.degrade.items():
        table, entry = draft.table, draft.entry
        if table is None:
            continue
        _names(checks, rules, table, entry)
        if table.action is None and table.mode is not Mode.SUGGEST:
            entry.wrong(("mode",), f"{table.mode} needs an action", 'write [action], or mode = "suggest"')
        way_back = table.rollback is not None or (table.action is not None and table.action.flag is not None)
        if table.guard.ttl is not None and not way_back:
            entry.wrong(
                ("guard", "ttl"),
                "nothing says how the plan is rolled back after this time",
                "write rollback, or take ttl out",
            )
        if not table.flow and not table.trigger.signal and not table.trigger.dependency:
            hint = "name a flow, or in trigger a signal (a rule) or a dependency (a check)"
            entry.wrong((), "the plan would never be suggested: nothing says for which incidents it is", hint)
        if table.verify is not None:
            found = _program(checks, table.verify, entry)
            if found is not None:
                programs[name] = found
    rules.proofs = programs


def _names(checks: ChecksDraft, rules: RulesDraft, table: DegradeTable, entry: Entry) -> None:
    if table.flow and checks.complete:
        entry.look_up(("flow",), "flow", table.flow, checks.flows)
    names = {rule.entry.text("name") for rule in rules.rules}
    for index, signal in enumerate(table.trigger.signal if rules.complete else ()):
        entry.look_up(("trigger", "signal", index), "rule", signal, names)
    there = {check.name for check in checks.checks}
    for index, one in enumerate(table.trigger.dependency if checks.complete else ()):
        entry.look_up(("trigger", "dependency", index), "check", one, there)


def _program(checks: ChecksDraft, verify: Verify, entry: Entry) -> Any:
    check = next((one for one in checks.checks if one.name == verify.check), None)
    if check is None:
        if checks.complete:
            entry.look_up(("verify", "check"), "check", verify.check, {one.name for one in checks.checks})
        return None
    if check.facts is None:
        return None
    if check.every is not None and verify.within < check.every:
        what = f"{format_duration(verify.within)} is shorter than the {format_duration(check.every)} between two runs"
        entry.wrong(
            ("verify", "within"), what, "write a longer time: the check must run once before it is over"
        )
    try:
        return compile_expression(verify.when, check.facts, f"probe {check.traits.probe}")
    except ExpressionError as error:
        entry.wrong(("verify", "when"), *in_rule_words(error, verify.when))
        return None


def warn(rules: RulesDraft) -> None:
    """Warns of plans that cannot work. Call this only when no problem was reported."""
    roles = {person.role for person in reachable(rules)} | set(rules.roles)
    drilled = {plan for drill in rules.drills.values() if drill.table for plan in drill.table.degrade}
    for name, draft in rules.degrade.items():
        table, entry = draft.table, draft.entry
        if table is None:
            continue
        if table.mode is Mode.AUTO and name not in drilled:
            within = format_duration(table.guard.needs_drill_within)
            what = "the plan asks for approval, as in mode approve, until a drill has shown that it works"
            hint = f'auto needs that within {within}: name it in a [drill.NAME] with degrade = ["{name}"]'
            entry.doubtful("undrilled-degrade", ("mode",), what, hint)
        if table.action is not None and table.verify is None:
            hint = "write verify = { check, when, within }"
            entry.doubtful("unverified-degrade", (), "nothing verifies whether the plan helps", hint)
        if table.mode is not Mode.SUGGEST and table.approver_role not in roles:
            what = f'nobody has the role "{table.approver_role}"'
            hint = "whoever is paged at the severity is asked instead"
            entry.doubtful("unfilled-role", ("approver_role",), what, hint)
        for key in ("action", "rollback"):
            action = getattr(table, key)
            command = action.command if action else None
            if command is not None and not program_found(command.run[0]):
                what = f'the program "{command.run[0]}" is not on this machine'
                entry.doubtful("missing-program", (key, "command", "run"), what, "is it in the image?")
