"""Actions on the severity: raise, lower, confirm a lowering, correct an estimate, enter a number."""

from __future__ import annotations

import math
from contextlib import suppress

from watchtower.core.actions.action import OPTIONAL, SEVERITY, TEXT, Action, ActionTaken, action
from watchtower.core.impact.kinds import ImpactEntered
from watchtower.core.incident.incidents import Incident
from watchtower.core.indicators import Recovery
from watchtower.core.severity import kinds
from watchtower.core.severity.apply import settle
from watchtower.core.state import Step
from watchtower.model import AlertState, Severity, Text, worst_of
from watchtower.money import parse_money

COUNTS = ("affected_users", "affected_requests", "complaints")
RECOVERY = "recovery"
"""What is at hand to recover with, where somebody knows better: `ready`, `unproven`, `none`, `failed`."""
CLAIMED = ("api", "board")
"""Ways by which a name is only claimed: with the API token for all. Others prove it."""
AMOUNTS = ("loss", "loss_projected", "affected_amount")


def _raise(step: Step, incident: Incident, did: ActionTaken) -> str:
    level = Severity(did.data["severity"])
    if not level.worse_than(incident.severity):
        return f"{incident.id} is {incident.severity} already; lower it with the action lower"
    _set(step, incident, did, level, did.data["reason"], up=True)
    return ""


def _lower(step: Step, incident: Incident, did: ActionTaken) -> str:
    level, reason = Severity(did.data["severity"]), did.data["reason"]
    if not incident.severity.worse_than(level):
        return f"{incident.id} is {incident.severity} already; raise it with the action raise"
    if why := _forbidden(step, incident, level):
        return why
    if _computed(step, incident).worse_than(level):
        if why := _not_commander(step, incident, did.by):
            return why
        if incident.severity in step.plan.severity.lower.second_person:
            if why := _unproven(did) or _stranger(step, did.by):
                return why
            text = f"{did.by} wants it lowered to {level}: {reason}. A second person must confirm it."
            zh = f"{did.by} 请求下调为 {level}：{reason}。需第二人确认。"
            asked = kinds.LoweringProposed(text, zh, level, reason=reason, by_hand=True)
            step.log(incident.id, asked, text, did.by)
            return ""
    _set(step, incident, did, level, reason)
    return ""


def _confirm(step: Step, incident: Incident, did: ActionTaken) -> str:
    waiting = step.history(incident.id).severity.proposed
    if waiting is None:
        return f"nothing about {incident.id} waits for a confirmation"
    if waiting.by_hand and _same(waiting.by, did.by):
        return f"{did.by} asked for it: another person must confirm"
    if waiting.by_hand and (why := _unproven(did) or _stranger(step, did.by)):
        return why
    if not waiting.by_hand and (why := _not_commander(step, incident, did.by)):
        return why
    if why := _forbidden(step, incident, waiting.level):
        return why
    if waiting.by_hand:
        asked = ActionTaken(waiting.by, did.via, did.data, did.at)
        _set(step, incident, asked, waiting.level, waiting.reason, did.by)
        return ""
    en = f"Lowered to {waiting.level}: all flows are well on real traffic; confirmed by {did.by}."
    zh = f"下调为 {waiting.level}：所有业务的真实流量已恢复，由 {did.by} 确认。"
    computed = _computed(step, incident)
    lower = kinds.SeverityLowered(en, zh, waiting.level, computed, reason="confirmed", calm=True)
    step.log(incident.id, lower, en, did.by)
    settle(step, incident.id, waiting.level, en, did.by)
    return ""


def _correct(step: Step, incident: Incident, did: ActionTaken) -> str:
    if not incident.matrix:
        return f"{incident.id} has the severity that its rule names, not one that numbers make: use the action lower"
    value = indicator_value(step, did.data["indicator"], did.data["value"])
    if isinstance(value, NotUsable):
        return value
    if why := _not_commander(step, incident, did.by):
        return why
    name, reason = did.data["indicator"], did.data["reason"]
    evidence = did.data["evidence"]
    detail = f"{name} corrected to {did.data['value']}: {reason} ({evidence})"
    step.log(incident.id, ImpactEntered(name, value, evidence), detail, did.by)
    step.log(incident.id, kinds.EstimateCorrected(name, reason, evidence), detail, did.by)
    return ""


def _enter(step: Step, incident: Incident, did: ActionTaken) -> str:
    value = indicator_value(step, did.data["indicator"], did.data["value"])
    if isinstance(value, NotUsable):
        return value
    name = did.data["indicator"]
    entered = ImpactEntered(name, value, did.data.get("evidence", ""))
    step.log(incident.id, entered, f"{name}: {did.data['value']}", did.by)
    return ""


class NotUsable(str):
    """Why a value is refused."""

    __slots__ = ()


def indicator_value(step: Step, name: str, given: str) -> NotUsable | str | float | bool:
    """The value as an entry holds it: a number, yes or no, or an amount as text with its currency."""
    facts = step.plan.severity.facts
    if name in facts:
        words = {"yes": True, "true": True, "no": False, "false": False}
        known = words.get(given.strip().lower())
        return NotUsable(f"{name} is yes or no") if known is None else known
    if name == RECOVERY:
        word = given.strip().lower()
        return word if word in set(Recovery) else NotUsable(f"{name} is one of {', '.join(Recovery)}")
    asked = _asked(step)
    if name in asked and given.strip().lower() in ("yes", "true", "no", "false"):
        return given.strip().lower() in ("yes", "true")
    with suppress(ValueError):
        if name in COUNTS or name in asked:
            number = float(given.strip().replace(",", ""))
            if math.isfinite(number) and number >= 0:
                return number
        elif name in AMOUNTS and (money := parse_money(given)).amount >= 0:
            return str(money)
    if name in COUNTS or name in asked:
        return NotUsable(f'{name} is a number, such as "1200"')
    if name in AMOUNTS:
        return NotUsable(f'{name} is an amount with its currency, such as "1200.50 CNY"')
    known_names = (*COUNTS, *AMOUNTS, RECOVERY, *facts, *asked)
    return NotUsable(f'there is no indicator "{name}": {", ".join(known_names)}')


def _asked(step: Step) -> tuple[str, ...]:
    """What only people know and the compliance packs in force ask for."""
    tests = (
        test
        for duty in step.plan.deadlines.compliance.duties
        for test in (*duty.tests, *duty.gate)
        if test.indicator.startswith("manual.")
    )
    return tuple(dict.fromkeys(test.indicator.removeprefix("manual.") for test in tests))


def _set(
    step: Step,
    incident: Incident,
    did: ActionTaken,
    level: Severity,
    reason: str,
    second: str = "",
    *,
    up: bool = False,
) -> None:
    """Writes the change and sets the incident's severities."""
    too = Text(f", with {second}", f"，{second} 复核") if second else Text("", "")
    en = f"{'Raised' if up else 'Lowered'} to {level} by {did.by}{too.en}: {reason}"
    zh = f"{did.by} 人工{'上调' if up else '下调'}为 {level}{too.zh}：{reason}"
    change = (kinds.SeverityRaised if up else kinds.SeverityLowered)(
        en, zh, level, _computed(step, incident), previous=incident.severity, reason=reason, by_hand=True, second=second,
    )  # fmt: skip
    step.log(incident.id, change, en, did.by)
    settle(step, incident.id, level, en, did.by)


def _computed(step: Step, incident: Incident) -> Severity:
    """The computed severity now; for fixed severities, the worst of what fires."""
    known = step.history(incident.id).severity.computed if incident.matrix else None
    firing = (alert.severity for alert in step.state.alerts_of(incident.id, AlertState.FIRING))
    return known or worst_of(firing) or incident.severity


def _forbidden(step: Step, incident: Incident, level: Severity) -> str:
    """Why nobody may lower it now; "" where somebody may."""
    found = step.indicators(incident.id)
    if found is None:
        return ""
    if not found.seen:
        return "data are missing: the severity stays until there are data again"
    least = step.plan.severity.duty.open
    if found.duties and least.worse_than(level):
        return f"a compliance duty is open ({', '.join(found.duties)}): not below {least}"
    return ""


def _not_commander(step: Step, incident: Incident, by: str) -> str:
    """Why this person may not decide: another commander was named. Without a commander anybody may."""
    named = step.history(incident.id).people.roles.get("commander", "")
    return f"that is for the commander, {named}, to say" if named and not _same(named, by) else ""


def _unproven(did: ActionTaken) -> str:
    """Why this does not count where two people must confirm: nothing shows who it is."""
    if did.via not in CLAIMED:
        return ""
    return f"two people must confirm, and {did.by} is only a name here: sign in, or use the link of your page"


def _stranger(step: Step, name: str) -> str:
    """Why this name does not count where two people must confirm: it is no responder's."""
    known = step.plan.responders
    if any(_same(name, one) for one in known) or (not known and not _same(name, "watchtower")):
        return ""
    return f"{name} is no responder, and two of them must confirm: {', '.join(sorted(known))}"


def _same(one: str, other: str) -> bool:
    return bool(one) and one.strip().casefold() == other.strip().casefold()


ACTIONS: tuple[Action, ...] = (
    action("raise", _raise, severity=SEVERITY, reason=TEXT),
    action("lower", _lower, severity=SEVERITY, reason=TEXT),
    action("confirm", _confirm),
    action("correct", _correct, indicator=TEXT, value=TEXT, reason=TEXT, evidence=TEXT),
    action("indicator", _enter, indicator=TEXT, value=TEXT, evidence=OPTIONAL),
)
