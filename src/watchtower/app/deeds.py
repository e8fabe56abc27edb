"""What people did at a leader whose store has not taken it, on its way to another daemon that can write.

A deed is an event of the engine, so it does not matter by which way it came: a request, a chat, a mail or a telephone. The
other daemon believes it because it is signed with a key from the store.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Sequence
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
    ResolvedByHand,
)
from watchtower.store.kept_request import KeptRequest
from watchtower.values import Frozen
from watchtower.web.peers import WHO_LEADS

Done = Acknowledged | ActionRequest | ChangeAnnounced | ResolvedByHand
"""What may be done later, and twice where its answer was lost."""
_KINDS: dict[str, type[Any]] = {one.__name__: one for one in get_args(Done)}
_ACKNOWLEDGED = ("acknowledged", "acknowledged_in_part")


class Deed(Frozen):
    """`subject` is what the incident is about (`Incident.key`), by which it is found where it has another name."""

    id: str
    event: Done
    subject: str = ""

    @property
    def by(self) -> str:
        return self.event.change.by if isinstance(self.event, ChangeAnnounced) else self.event.by


def did(event: Event, decisions: Sequence[Decision]) -> Sequence[Done]:
    """What people did by this event: a page's link acknowledges several incidents, a key in a call one."""
    if refusal(decisions):
        return ()
    if isinstance(event, ActionRequest | ChangeAnnounced | ResolvedByHand):
        return (event,) if decisions else ()
    return [
        Acknowledged(one.incident.id, one.by, one.detail, late=True)
        for one in decisions
        if isinstance(one, IncidentChanged) and one.reason in _ACKNOWLEDGED
    ]


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
