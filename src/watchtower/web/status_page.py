"""The public status page: flows in plain words, and the updates that people sent to the public, of 90 days.

It shows nothing that nobody sent: no check, rule, severity, name or number. Where it is not switched on, it is not there.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from watchtower.api.aside import Aside
from watchtower.api.contract import IncidentDetail, RunningDaemon, Status
from watchtower.api.proofs import TRAP
from watchtower.api.responses import ApiError
from watchtower.brief.public_updates import public_flows, public_updates
from watchtower.model import Instant, Text, Tier
from watchtower.outside_text import clean
from watchtower.texts import units
from watchtower.values import Frozen
from watchtower.web.lists import texts
from watchtower.web.locale import Visitor, visitor
from watchtower.web.pages import templates

DAY = 86400.0
SHOWN = 90 * DAY
MOST = 100
"""Incidents that are shown, the newest."""
FRESH = 30.0
"""Seconds for which an answer is kept, however many ask."""


class PublicUpdate(Frozen):
    at: Instant
    text: str


class PublicIncident(Frozen):
    """What was said of an incident in public, the newest first. `flows` are titles; empty: the product as a whole."""

    began_at: Instant
    ended_at: Instant | None
    flows: tuple[Text, ...]
    names: frozenset[str]
    updates: tuple[PublicUpdate, ...]


class PublicStatus(Frozen):
    at: Instant
    product: Text
    flows: tuple[tuple[Text, bool], ...]
    """Title, and whether an open incident is published for it."""
    open: tuple[PublicIncident, ...]
    over: tuple[PublicIncident, ...]


class Published(Frozen):
    """An incident and its end: that of the incident that it was merged into, or its own. None: it is not over."""

    detail: IncidentDetail
    ended_at: Instant | None


def public_status(status: Status, found: Sequence[Published]) -> PublicStatus:
    """The public status of these incidents. An incident of which nothing was sent in public is not in it."""
    every = [one for one in (_incident(status, published) for published in found) if one is not None]
    every.sort(key=lambda one: -one.began_at)
    disrupted = {name for one in every if one.ended_at is None for name in one.names}
    flows = [
        (flow.title, flow.name in disrupted)
        for flow in status.plan.flows.values()
        if flow.tier is not Tier.PERIPHERAL or flow.name in disrupted
    ]
    return PublicStatus(
        status.at, status.plan.product, tuple(flows),
        tuple(one for one in every if one.ended_at is None), tuple(one for one in every if one.ended_at is not None),
    )  # fmt: skip


def _incident(status: Status, published: Published) -> PublicIncident | None:
    incident = published.detail.incident
    said = public_updates(published.detail.timeline)
    if not said or incident.drill:
        return None
    names = incident.flows or (incident.flow,)
    titles = public_flows(incident, status.plan)
    updates = tuple(PublicUpdate(item.at, item.text) for item in reversed(said))
    return PublicIncident(incident.onset, published.ended_at, titles, frozenset(names), updates)


async def show(request: Request) -> Response:
    """The page; `?lang=zh`."""
    made, who = await _made(request), visitor(request)
    known = request.app.state.access.subscribers
    subscribe = f"{who.root}/status/subscribe" if known and known.carrier() else ""
    html = rendered(made, who, f"{who.root}/static/status.css", f"{who.root}/status/feed.xml", subscribe)
    return HTMLResponse(
        html, headers={"Cache-Control": f"public, max-age={FRESH:.0f}", "Vary": "Accept-Language"}
    )


async def feed(request: Request) -> Response:
    """The updates as an Atom feed, to subscribe to."""
    made, who = await _made(request), visitor(request)
    base = f"{request.url.scheme}://{request.url.netloc}{who.root}/status"
    xml = clean(
        templates().get_template("status_feed.xml").render(
            made=made, language=who.language, texts=texts, base=base, iso=lambda at: units.iso(at, "seconds"),
            updates=sorted(
                ((one, said) for one in (*made.open, *made.over) for said in one.updates), key=lambda pair: -pair[1].at
            ),
        )
    )  # fmt: skip
    headers = {"Cache-Control": f"public, max-age={FRESH:.0f}", "Vary": "Accept-Language"}
    return Response(xml, media_type="application/atom+xml", headers=headers)


def rendered(made: PublicStatus, who: Visitor, stylesheet: str, feed: str, subscribe: str) -> str:
    """The page as HTML. It has no script."""

    def moment(at: Instant) -> str:
        return units.moment(at, who.zone, who.language, at=0.0)

    return clean(
        templates().get_template("status.html").render(
            made=made, who=who, language=who.language, texts=texts, stylesheet=stylesheet, feed=feed,
            subscribe=subscribe, trap=TRAP,
            lang=who.language.tag, moment=moment,
            iso=lambda at: units.iso(at, "seconds"),
        )
    )  # fmt: skip


async def _made(request: Request) -> PublicStatus:
    """The status as of half a minute ago at most: the public may ask as often as it likes. Raises ApiError where the page
    is not switched on."""
    app = request.app.state
    if not app.access.status_page:
        raise ApiError(404, "there is no such address")
    queue: Aside = app.aside[0]
    async with queue.turn():
        kept: tuple[float, PublicStatus] | None = getattr(app, "public_status", None)
        if kept is not None and time.monotonic() - kept[0] < FRESH:
            return kept[1]
        daemon: RunningDaemon = app.daemon
        status = daemon.status()
        ids = await daemon.published(status.at - SHOWN, MOST)
        found = [one for id in ids if (one := await _to_its_end(daemon, id)) is not None]
        made = await queue.work(lambda: public_status(status, found))
        app.public_status = (time.monotonic(), made)
        return made


async def _to_its_end(daemon: RunningDaemon, id: str) -> Published | None:
    """The incident; one that was merged into another is over when that one is: what the public was told of it still holds."""
    found = last = await daemon.incident(id)
    while last is not None and last.incident.merged_into:
        last = await daemon.incident(last.incident.merged_into)
    if found is None:
        return None
    return Published(found, (last or found).incident.resolved_at)
