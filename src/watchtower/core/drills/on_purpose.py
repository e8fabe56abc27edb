"""Channels that fail on purpose in a drill, and whether another way took the page."""

from __future__ import annotations

from collections.abc import Mapping
from zlib import crc32

from watchtower.core.incident.incidents import Incident, PageState
from watchtower.core.people.assignment import asked
from watchtower.core.plan import Plan
from watchtower.core.plan.drills import Drill
from watchtower.model import ChannelName, Instant

_WEEK = 7 * 86400.0


def failing(plan: Plan, drill: Drill, began: Instant) -> Mapping[str, ChannelName]:
    """By responder the kind of channel that fails in this drill. Drawn by the week in which it `began`, of all ways by which
    those who are asked are paged first, as far as they have another one."""
    if drill.fails != "drawn":
        return drill.fails
    policy = plan.paging[drill.severity]
    people = [plan.responders[name] for name in asked(plan, policy, began)]
    ways = [
        (one.name, kind)
        for one in people
        for kind in policy.channels
        if kind in one.addresses and len(one.addresses) > 1
    ]
    return dict([ways[crc32(b"%d" % (began // _WEEK)) % len(ways)]]) if ways else {}


def arrived(incident: Incident, who: str, kind: ChannelName) -> bool | None:
    """Whether this person was reached by another kind of channel once this one had failed; None where it did not fail."""
    failed = incident.notified.get((who, kind))
    if failed is None or failed.firing is not PageState.FAILED:
        return None
    return any(
        name == who and other != kind and known.firing is PageState.DELIVERED
        for (name, other), known in incident.notified.items()
    )
