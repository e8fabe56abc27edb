"""What people did and were told at a leader whose store has not taken it, on its way to another daemon that can write.

A deed is an event of the engine, so it does not matter by which way it came: a request, a chat, a mail or a telephone. The
other daemon believes it because it is signed with a key from the store.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any, get_args
from uuid import uuid4

import msgspec

from watchtower.app.inbox import refusal
from watchtower.core.events import (
    Acknowledged,
    ActionRequest,
    ChangeAnnounced,
    Decision,
    Event,
    IncidentChanged,
    IncidentDeclared,
    IncidentLeft,
    OverrideAsked,
    OverrideEnded,
    ResolvedByHand,
    SilenceAsked,
    SilenceEnded,
)
from watchtower.core.incident.incidents import Incident, PageState
from watchtower.core.state import State
from watchtower.model import AlertState
from watchtower.store.kept_request import KeptRequest
from watchtower.values import Frozen, replace
from watchtower.web.peers import WHO_LEADS

ToIncident = Acknowledged | ActionRequest | ResolvedByHand
Done = (
    ToIncident
    | ChangeAnnounced
    | IncidentDeclared
    | IncidentLeft
    | OverrideAsked
    | OverrideEnded
    | SilenceAsked
    | SilenceEnded
)
"""What may be done later, and twice where its answer was lost."""
_KINDS: dict[str, type[Any]] = {one.__name__: one for one in get_args(Done)}
_ACKNOWLEDGED = ("acknowledged", "acknowledged_in_part")


class Deed(Frozen):
    """`subject` is what the incident is about (`Incident.key`), by which it is found where it has another name; of a silence
    or an override that was asked for its number, which another daemon may give to another one."""

    id: str
    event: Done
    subject: str = ""

    @property
    def by(self) -> str:
        match self.event:
            case ChangeAnnounced(change=asked) | OverrideAsked(override=asked):
                return asked.by
            case IncidentLeft():
                return "watchtower"
            case event:
                return event.by


def did(event: Event, decisions: Sequence[Decision]) -> Sequence[Done]:
    """What people did by this event: a page's link acknowledges several incidents, a key in a call one."""
    if refusal(decisions):
        return ()
    if isinstance(event, IncidentDeclared):
        opened = [
            one.incident for one in decisions if isinstance(one, IncidentChanged) and one.by == event.by
        ]
        return [replace(event, origin=one.origin) for one in opened[:1]]
    if isinstance(event, Done) and not isinstance(event, Acknowledged):
        return (event,) if decisions else ()
    return [
        Acknowledged(one.incident.id, one.by, one.detail, late=True)
        for one in decisions
        if isinstance(one, IncidentChanged) and one.reason in _ACKNOWLEDGED
    ]


def number(state: State, event: Done) -> str:
    """That of the silence, override or incident which this has made; "" where there is none such."""
    match event:
        case SilenceAsked(matchers, starts_at, ends_at, by):
            asked = matchers, starts_at, ends_at, by
            silences = state.book.silences.values()
            found = (
                one.id for one in silences if (one.matchers, one.starts_at, one.ends_at, one.by) == asked
            )
        case OverrideAsked(override):
            found = (one.id for one in state.overrides.overrides.values() if replace(one, id="") == override)
        case IncidentDeclared(origin=origin) | IncidentLeft(incident=Incident(origin=origin)):
            found = (one.id for one in state.incidents.values() if one.origin == origin)
        case _:
            return ""
    return next(found, "")


def numbered(event: Done, numbers: Mapping[str, str]) -> Done:
    """As it is to be done where what it names has these numbers."""
    match event:
        case SilenceAsked(replaces=known) if known in numbers:
            return replace(event, replaces=numbers[known])
        case SilenceEnded(silence=known) if known in numbers:
            return replace(event, silence=numbers[known])
        case OverrideEnded(override=known) if known in numbers:
            return replace(event, override=numbers[known])
        case ActionRequest(data={"silence": known}) if known in numbers:
            return replace(event, data={"silence": numbers[known]})
        case _:
            return event


def left(state: State, incident: Incident) -> IncidentLeft | None:
    """What another daemon must know to tell its end; None where nobody waits for that."""
    told = [
        address
        for address, known in incident.notified.items()
        if known.firing is PageState.DELIVERED and known.resolved is not PageState.DELIVERED
    ]
    if not told or incident.drill:
        return None
    alerts = state.alerts_of(incident.id, AlertState.FIRING)
    pages = [(one.page, one.channel, one.reference) for one in state.taken.of(incident.id)]
    return IncidentLeft(replace(incident, notified={}), tuple(told), tuple(alerts), tuple(pages))


def new(event: Done, subject: str) -> Deed:
    return Deed(uuid4().hex, event, subject)


def signed(key: bytes, deed: Deed) -> bytes:
    body = json.dumps(
        [deed.id, type(deed.event).__name__, msgspec.to_builtins(deed.event), deed.subject]
    ).encode()
    return hmac.new(key, body, "sha256").hexdigest().encode() + b" " + body


def read(key: bytes, body: bytes) -> Deed | None:
    """None where whoever wrote it has another key."""
    signature, _, said = body.partition(b" ")
    if not (key and hmac.compare_digest(signature, hmac.new(key, said, "sha256").hexdigest().encode())):
        return None
    id, kind, event, subject = json.loads(said)
    return Deed(id, msgspec.convert(event, _KINDS[kind]), subject)


def kept(body: bytes, keeper: str) -> KeptRequest:
    """A signed deed as a row for whoever leads next."""
    return KeptRequest("POST", WHO_LEADS, (), body, ("", 0), "http", keeper)
