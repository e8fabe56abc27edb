"""What people do to a review: write, tag the cause, reconcile, add actions, close. Also long after the incident."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

from watchtower.core.actions.action import (
    AMOUNT,
    BOOL,
    INSTANT,
    OPTIONAL,
    TEXT,
    Act,
    Action,
    ActionTaken,
    Field,
    action,
    choice,
)
from watchtower.core.incident.history import History
from watchtower.core.incident.incidents import Incident
from watchtower.core.incident.payload import Payload
from watchtower.core.plan.review import DAY, tag_of
from watchtower.core.reviews import kinds
from watchtower.core.reviews.facts import cause_of
from watchtower.core.reviews.review import SECTIONS, ActionType, Review
from watchtower.core.state import Step
from watchtower.model import Instant
from watchtower.money import parse_money

LONG = 20_000
"""Characters that a section may have."""
_LONG_TEXT = Field(longest=LONG)
SOURCES = ("probe", "traffic", "dependency", "money", "human", "customer")
"""By what an incident can be seen first."""
CLOSED = "the review is closed; only actions can still be done"


def _while_open(act: Act) -> Act:
    """Refuses where the review is closed."""

    def guarded(step: Step, incident: Incident, did: ActionTaken) -> str:
        return CLOSED if _review(step, incident).closed_at is not None else act(step, incident, did)

    return guarded


def _writes(kind: Callable[..., Payload], named: str) -> Act:
    """Writes its fields as this kind of entry; the entry's sentence is the field `named`."""

    def act(step: Step, incident: Incident, did: ActionTaken) -> str:
        step.log(incident.id, kind(**did.data), did.data[named], did.by)
        return ""

    return _while_open(act)


@_while_open
def add_action(step: Step, incident: Incident, did: ActionTaken) -> str:
    review = _review(step, incident)
    id = str(did.data.get("id", "")).upper()
    if id and review.action(id) is None:
        return f'there is no action "{id}" here: leave id out to add one'
    if not id and not did.data.get("text"):
        return "text is missing: say what is to be done"
    data: dict[str, Any] = {**did.data, "id": id or f"A{len(review.actions) + 1}"}
    if "due" in data:
        data["due"] = end_of_day(data["due"])
    elif not id and (due := step.plan.review.due(incident.record, step.at)) is not None:
        data["due"] = due
    step.log(incident.id, kinds.ActionItemWritten(**data), str(data.get("text", id)), did.by)
    return ""


def action_done(step: Step, incident: Incident, did: ActionTaken) -> str:
    id = did.data["id"].upper()
    item = _review(step, incident).action(id)
    if item is None:
        return f'there is no action "{id}" here'
    if not item.open:
        return f"{id} is not open: it is {'dropped' if item.dropped else 'done'} already"
    step.log(incident.id, kinds.ActionItemEnded(id, did.data.get("dropped", "")), item.text, did.by)
    return ""


@_while_open
def tag(step: Step, incident: Incident, did: ActionTaken) -> str:
    word = tag_of(did.data["tag"])
    known = step.plan.review.causes
    if not word:
        return f'"{did.data["tag"]}" is no tag: write a word or two, such as certificate or bad-deploy'
    if known and word not in known:
        near = difflib.get_close_matches(word, known, n=1)
        hint = f', did you mean "{near[0]}"?' if near else f": one of {', '.join(known)}"
        return f'"{word}" is no cause of [review] causes{hint}'
    step.log(incident.id, kinds.CauseTagged(word, did.data.get("helped", "")), word, did.by)
    return ""


def verdict(step: Step, incident: Incident, did: ActionTaken) -> str:
    if not did.data:
        return "say false_page, or source, or both"
    words = ", ".join(f"{name} {value}" for name, value in did.data.items())
    step.log(incident.id, kinds.PageJudged(**did.data), words, did.by)
    return ""


def close(step: Step, incident: Incident, did: ActionTaken) -> str:
    reasons = missing(incident, step.history(incident.id))
    if reasons:
        return "the review cannot be closed: " + "; ".join(reasons)
    step.log(incident.id, kinds.ReviewClosed(), "", did.by)
    return ""


def missing(incident: Incident, history: History) -> list[str]:
    """Everything that keeps this review from being closed, as sentences; empty when nothing does."""
    review = history.review
    if review.closed_at is not None:
        return ["it is closed already"]
    out = ["the incident is not over"] if incident.open else []
    for item in review.actions:
        lacks = [name for name, there in (("owner", item.owner), ("date", item.due)) if not there]
        if lacks and item.open:
            out.append(f"action {item.id} has no {' and no '.join(lacks)}")
    if not cause_of(history):
        out.append("the cause has no tag")
    if money_affected(history) and not review.reconciliation:
        out.append("money was affected and nobody has reconciled it")
    return out


def end_of_day(due: Instant) -> Instant:
    """A bare date (midnight UTC) lasts to its end."""
    return due + DAY - 1 if due % DAY == 0 else due


def _review(step: Step, incident: Incident) -> Review:
    return step.history(incident.id).review


ACTIONS: tuple[Action, ...] = (
    action("write", _writes(kinds.SectionWritten, "section"), closed=True, section=choice(*SECTIONS), text=_LONG_TEXT),
    action(
        "action", add_action, closed=True,
        text=OPTIONAL, type=choice(*map(str, ActionType)).optional, owner=OPTIONAL, due=INSTANT.optional,
        acceptance=OPTIONAL, id=OPTIONAL,
    ),
    action("action_done", action_done, closed=True, id=TEXT, dropped=OPTIONAL),
    action("tag", tag, closed=True, tag=TEXT, helped=OPTIONAL),
    action("reconcile", _writes(kinds.Reconciled, "text"), closed=True, text=TEXT, recouped=AMOUNT.optional),
    action("review_owner", _writes(kinds.ReviewOwned, "owner"), closed=True, owner=TEXT, meeting=INSTANT.optional),
    action("verdict", verdict, closed=True, false_page=BOOL.optional, source=choice(*SOURCES).optional),
    action("close_review", close, closed=True),
)  # fmt: skip
"""All may be done to a resolved incident, also when the engine no longer holds it."""


_MONEY = ("affected_amount", "loss")


def money_affected(history: History) -> bool:
    """True when an amount or a loss above zero was counted, or a person entered one."""
    now = history.impact.indicators
    counted = () if now is None else (now.affected_amount, now.loss)
    if any(amount is not None and amount.point > 0 for amount in counted):
        return True
    return any(_above_zero(history.impact.manual.get(name)) for name in _MONEY)


def _above_zero(stated: Any) -> bool:
    try:
        return parse_money(str(stated)).amount > 0
    except ValueError:
        return False
