"""The page of one incident: what, because of what, what to do, who was told, what happened."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from watchtower.api.answers import Refused
from watchtower.api.aside import aside, standing
from watchtower.api.brief import brief_of
from watchtower.api.contract import Daemon, IncidentDetail, Status
from watchtower.api.names import named
from watchtower.brief.brief import Brief
from watchtower.brief.drafts import draft
from watchtower.brief.entry_texts import AUDIENCES, happening, news
from watchtower.core.alerts import Alert
from watchtower.core.entry import LogEntry
from watchtower.core.incidents import Incident, Page, PageState
from watchtower.core.plan import Plan
from watchtower.core.plan.sops import Sop
from watchtower.core.sops.choice import sop_of
from watchtower.model import AlertState, IncidentState, Instant
from watchtower.store.contract import TimelineEntry
from watchtower.texts import units
from watchtower.web import words
from watchtower.web.action_forms import forms
from watchtower.web.forms import form
from watchtower.web.last_visit import looked, remember
from watchtower.web.locale import Visitor, visitor
from watchtower.web.markup import EMPTY, Html, fill, join, link
from watchtower.web.pages import REFRESH, page
from watchtower.web.panels import facts, panels, said

SHORT_TIMELINE = 12
"""Lines up to which the timeline is read as it is; the brief does not repeat it."""


async def brief(request: Request) -> Response:
    request.app.state.access.may_read(request)
    who = visitor(request)
    detail = await find(request, who)
    status = standing(request.app.state.daemon)
    since, cookie = looked(request, status.at)
    action = EMPTY
    if detail.incident.state is IncidentState.TRIGGERED:
        action = fill(
            "by_hand",
            action=who.here(f"/incidents/{detail.incident.id}/ack"),
            summary=who.say(words.ACKNOWLEDGE_HERE),
            by_label=who.say(words.YOUR_NAME),
            token_label=who.say(words.API_TOKEN),
            button=who.say(words.ACKNOWLEDGE),
        )

    def whole() -> Response:
        made = brief_of(status, detail, since)
        return render(who, status, detail, action=action, made=made, doing=forms(who, made))

    return remember(await aside(request, whole), cookie, f"{who.root}/incidents/{detail.incident.id}")


async def acknowledge_by_form(request: Request) -> Response:
    """The form carries the API token itself: no cookie, so no other site can send it for somebody."""
    fields = await form(request)
    request.app.state.access.may_act(request, fields.get("token", ""))
    by = named(request, fields.get("by"))
    who = visitor(request)
    detail = await find(request, who)
    await request.app.state.daemon.acknowledge(detail.incident.id, by, "board")
    return RedirectResponse(who.here(f"/incidents/{detail.incident.id}"), 303)


async def find(request: Request, who: Visitor) -> IncidentDetail:
    daemon: Daemon = request.app.state.daemon
    detail = await daemon.incident(request.path_params["id"])
    if detail is None:
        raise Refused(404, who.say(words.NO_INCIDENT))
    return detail


def render(
    who: Visitor,
    status: Status,
    detail: IncidentDetail,
    *,
    action: Html = EMPTY,
    done: Html = EMPTY,
    refresh: int = REFRESH,
    made: Brief | None = None,
    doing: Html = EMPTY,
) -> Response:
    """The whole page. `action` is the form to acknowledge by, `done` what has just been done, `doing` the forms."""
    incident, at = detail.incident, status.at
    made = made or brief_of(status, detail)
    alerts = sorted(
        detail.alerts or _remembered(detail), key=lambda alert: (alert.severity.rank, alert.onset or 0.0)
    )
    body = fill(
        "incident",
        severity=incident.severity,
        state=incident.state,
        title=who.say(incident.title),
        state_word=_state(who, incident),
        id=incident.id,
        since=_since(who, incident, at),
        more=_more(who, made),
        done=done,
        action=action,
        brief=panels(who, made, without=_told_below(detail, made)),
        doing=doing,
        drafts=_drafts(who, made),
        because_title=who.say(words.BECAUSE),
        because=join(_because(who, alert, at) for alert in alerts)
        or fill("item", words=who.say(words.NOTHING_FIRES)),
        sop=_sop(who, status.plan, incident, listed=bool(made.scene.history.sop.tasks)),
        told_title=who.say(words.TOLD),
        told=_told(who, detail, at),
        timeline_title=who.say(words.TIMELINE_TITLE),
        timeline=join(_entry(who, entry, at) for entry in _for_people(detail.timeline)),
    )
    title = f"{incident.severity} {who.say(incident.title)} · {incident.id}"
    icon = "bad" if incident.open else "ok"
    return page(
        who, title, body, product=status.plan.product, icon=icon, refresh=refresh if incident.open else 0
    )


def _state(who: Visitor, incident: Incident) -> str:
    if incident.state is IncidentState.ACKNOWLEDGED:
        return who.say(words.ACKNOWLEDGED_BY).format(incident.acknowledged_by)
    return units.status_word(incident.state, who.language)


def _told_below(detail: IncidentDetail, made: Brief) -> tuple[str, ...]:
    """Panels that would say what stands below on the page anyway."""
    left = [] if made.scene.history.sop.tasks else ["procedure"]
    if made.indicators is None:
        left.append("symptom")
    if len(_for_people(detail.timeline)) <= SHORT_TIMELINE:
        left.append("timeline")
    return tuple(left)


def _more(who: Visitor, made: Brief) -> Html:
    """Record level, next update, call."""
    more = facts(who, made, skip=3)
    return Html(f" · {more}") if more else EMPTY


def _drafts(who: Visitor, made: Brief) -> Html:
    written = []
    for audience, name in AUDIENCES.items():
        it = draft(made, audience)
        lines = join(Html(f"<p>{said(who, each, made.at)}</p>") for each in it.paragraphs)
        subject = said(who, it.subject, made.at)
        written.append(fill("draft", audience=who.say(name), subject=subject, paragraphs=lines))
    return fill("drafts", title=who.say(words.DRAFTS), hint=who.say(words.DRAFTS_HINT), drafts=join(written))


def _since(who: Visitor, incident: Incident, at: Instant) -> Html:
    began = Html(who.say(words.BEGAN).format(who.moment(incident.onset, at)))
    if incident.resolved_at is not None:
        lasted = who.say(words.LASTED).format(who.span(incident.resolved_at - incident.onset))
        review = fill(
            "anchor", href=who.here(f"/incidents/{incident.id}/review"), words=who.say(words.REVIEW)
        )
        return Html(f"{began} · {lasted} · {review}")
    return Html(f"{began} · {who.ago(incident.onset, at)}")


def _remembered(detail: IncidentDetail) -> list[Alert]:
    """Of an incident long over: what held it up, as the last page about it said."""
    last = max(
        (sent.message for sent, _, _ in detail.pages), key=lambda message: message.number, default=None
    )
    return [
        Alert(
            b.rule,
            b.check,
            b.series,
            AlertState.RESOLVED,
            b.severity,
            onset=b.since,
            text=b.text,
            when=b.when,
        )
        for b in (last.because if last else ())
    ]


def _because(who: Visitor, alert: Alert, at: Instant) -> Html:
    onset = alert.onset if alert.onset is not None else alert.fired_at or at
    return fill(
        "because",
        state=alert.state,
        severity=alert.severity,
        text=who.say(alert.text) or alert.rule,
        where=f"{alert.rule} · {alert.check}{f' · {alert.series}' if alert.series else ''}",
        since=who.ago(onset, at),
        when=alert.when,
    )


def _sop(who: Visitor, plan: Plan, incident: Incident, *, listed: bool) -> Html:
    """The procedure; its steps only where the brief has no checklist, whose numbers are what `done step=3` means."""
    sop: Sop | None = sop_of(plan, incident)
    if sop is None:
        return EMPTY
    address = link(sop.url)
    if listed and not address:
        return EMPTY
    return fill(
        "sop",
        heading=f"{who.say(words.WHAT_TO_DO)}{who.both(': ', '：')}{who.say(sop.title)}",
        link=fill("anchor", href=address, words=who.say(words.OPEN_SOP)) if address else "",
        steps=join(fill("item", words=who.say(step)) for step in (() if listed else sop.steps)),
    )


def _told(who: Visitor, detail: IncidentDetail, at: Instant) -> Html:
    if not detail.pages:
        return fill("said", kind="none", words=who.say(words.NOBODY))
    rows = join(_page(who, sent, tries, answer, at) for sent, tries, answer in detail.pages)
    return Html(f'<ul class="pages">{rows}</ul>')


def _page(who: Visitor, sent: Page, tries: int, answer: str, at: Instant) -> Html:
    attempts = who.say(words.TRIES).format(tries) if tries > 1 else ""
    # What the far side says when all is well ("250 queued as …") helps nobody who reads this at night.
    heard = answer if sent.state in (PageState.FAILING, PageState.FAILED) or tries else ""
    return fill(
        "page",
        state=sent.state,
        responder=sent.responder,
        channel=who.say(words.CHANNELS[sent.channel]),
        kind=units.kind_word(sent.kind, who.language),
        state_word=who.say(words.PAGE_STATES[sent.state]),
        at=who.moment(sent.created_at, at),
        answer=" · ".join(filter(None, (attempts, heard if sent.state is not PageState.DELIVERED else ""))),
    )


def _for_people(timeline: Sequence[TimelineEntry]) -> list[TimelineEntry]:
    """The record keeps each alert's and each page's own moves too (the API shows them); the incident's tell it all."""
    lines = [_line_of(entry) for entry in timeline]
    told = {id(line) for line in news(lines)}
    explained = {line.at for line in lines if line.kind.startswith("levels.") and id(line) in told}
    return [
        entry
        for entry, line in zip(timeline, lines, strict=True)
        if "alert" not in entry.data
        and "page" not in entry.data
        and (id(line) in told or "." not in line.kind)
        and not (line.kind in ("raised", "lowered") and line.at in explained)
    ]


def _line_of(entry: TimelineEntry) -> LogEntry:
    return LogEntry(entry.at, entry.reason, entry.by, entry.detail, entry.data)


def _entry(who: Visitor, entry: TimelineEntry, at: Instant) -> Html:
    line = happening(_line_of(entry)) if "." in entry.reason else None
    if line is not None:
        by = "" if entry.by == "watchtower" else entry.by
        return fill("entry", at=who.moment(entry.at, at), what=said(who, line.text, at), detail="", by=by)
    known = words.TIMELINE.get(entry.reason)
    return fill(
        "entry",
        at=who.moment(entry.at, at),
        what=who.say(known) if known else entry.reason.replace("_", " "),
        detail=who.say(words.VIA[entry.detail]) if entry.detail in words.VIA else entry.detail,
        by="" if entry.by == "watchtower" else entry.by,
    )
