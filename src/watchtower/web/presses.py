"""What a press or a reply means: who acknowledges what, and what is said to them.

A person is known by their own address alone, and acknowledges only what they were paged for: as with the link of a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from watchtower.api.contract import IncidentDetail, Status
from watchtower.channels.listening import Press, Unconfirmed
from watchtower.core.incident.identity import told_as
from watchtower.core.incident.incidents import Incident
from watchtower.core.plan.paging import Responder
from watchtower.errors import StoreError
from watchtower.logs import log
from watchtower.model import ChannelName, IncidentState, Language
from watchtower.texts.phrases import Fill, Phrase, Tongue
from watchtower.web import page_texts

_NAMED = 5
"""Incidents that an answer names."""
_MERGES = 5
"""How often an incident may go on in another, and that in a third."""


class Acknowledging(Protocol):
    """What is asked of the daemon, as in `RunningDaemon`."""

    def status(self) -> Status: ...

    async def incident(self, id: str) -> IncidentDetail | None: ...

    async def acknowledge(self, incident: str, by: str, via: str) -> bool: ...


async def pressed(daemon: Acknowledging, kind: ChannelName, press: Press) -> str:
    """Acknowledges for whoever has this address of this kind. Returns the answer, in their language; `Unconfirmed` where the
    store cannot be read."""
    people = [
        one for one in daemon.status().plan.responders.values() if one.addresses.get(kind) == press.address
    ]
    who, incident = people[0] if people else None, ""
    said: Phrase = page_texts.NOT_ASKED
    try:
        open_ones = [] if press.about.strip() else _waiting(daemon, people)
        meant = await _meant(daemon, open_ones[0].id if len(open_ones) == 1 else press.about)
        asked = [one for one in people if meant and _asked(meant, one)]
        if len(open_ones) > 1:
            who, said = people[0], Fill(page_texts.WHICH, (", ".join(one.id for one in open_ones[:_NAMED]),))
        elif meant and asked:
            who, incident = asked[0], meant.id
            said = await _acknowledge(daemon, kind, meant, who)
    except StoreError:
        said = page_texts.NOT_CONFIRMED
    by = who.name if who else ""
    log.info("pressed", channel=kind, incident=incident, by=by, said=Tongue(Language.EN).say(said))
    words = " ".join(Tongue(language).say(said) for language in ([who.language] if who else Language))
    return Unconfirmed(words) if said is page_texts.NOT_CONFIRMED else words


async def _meant(daemon: Acknowledging, about: str) -> Incident | None:
    """The incident that a button names, or a person, as `7`; None for one of another instance too, and for none."""
    id, _, origin = about.strip().partition(".")
    found = await _incident(daemon, f"INC-{id}" if id.isdecimal() else id.upper())
    return None if found and origin and origin != found.origin else found


async def _incident(daemon: Acknowledging, id: str) -> Incident | None:
    """An open one from memory: the far side does not wait for a store that is away."""
    for one in daemon.status().incidents:
        if id in (one.id, told_as(one.id, one.origin)):
            return one
    detail = await daemon.incident(id)
    return detail.incident if detail else None


def _waiting(daemon: Acknowledging, people: Sequence[Responder]) -> list[Incident]:
    """The open incidents that wait for one of these, for a reply that names none."""
    found = (one for one in daemon.status().incidents if one.state is IncidentState.TRIGGERED)
    return [one for one in found if any(_asked(one, who) for who in people)]


def _asked(incident: Incident, who: Responder) -> bool:
    """Whether a page of it asked this person."""
    return any(name == who.name and not told.informed for (name, _), told in incident.notified.items())


async def _acknowledge(
    daemon: Acknowledging, kind: ChannelName, incident: Incident, who: Responder
) -> Phrase:
    for _ in range(_MERGES):  # who was paged about a part of it may act in the whole
        incident = (incident.merged_into and await _incident(daemon, incident.merged_into)) or incident
    if not incident.open:
        return page_texts.ALREADY_OVER
    changed = await daemon.acknowledge(incident.id, who.name, kind)
    after = await _incident(daemon, incident.id) or incident
    if not changed and who.name not in after.acknowledged_by.split(", "):
        return Fill(page_texts.ALREADY_YOURS, (after.acknowledged_by,))
    if after.acks_missing:
        return Fill(page_texts.ACKS_MISSING, (str(after.acks_missing),))
    return page_texts.THANKS
