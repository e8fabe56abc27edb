"""The page of one incident: its state, its alerts, what to do, the notifications and the timeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from watchtower.api.aside import aside, standing
from watchtower.api.brief import brief_of
from watchtower.api.contract import IncidentDetail, RunningDaemon, Status
from watchtower.api.names import named, via
from watchtower.api.responses import ApiError
from watchtower.brief.brief import Brief
from watchtower.brief.detail_texts import detail_text
from watchtower.brief.drafts import draft
from watchtower.brief.entry_texts import AUDIENCES, entry_line, news
from watchtower.channels import channel_title, kinds
from watchtower.core.checklists.choice import sop_of
from watchtower.core.checklists.tasks import Task
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.incidents import TAKEN, Incident, Page, PageState
from watchtower.core.plan import Plan
from watchtower.core.plan.sops import Sop
from watchtower.core.silences.suppress import Suppression
from watchtower.model import AlertState, IncidentState, Instant, Text
from watchtower.texts import units
from watchtower.texts.page_states import RECEIPTS
from watchtower.texts.phrases import Fill, Phrase, Tongue, When, fill, many
from watchtower.values import Frozen
from watchtower.web import history_texts, locale, page_texts
from watchtower.web.action_forms import ActionForm, form, forms
from watchtower.web.brief_panels import panels
from watchtower.web.impact_curve import impact_view
from watchtower.web.last_visit import last_visit, remember
from watchtower.web.locale import Visitor, visitor
from watchtower.web.pages import REFRESH, page

SHORT_TIMELINE = 12
"""Lines up to which the timeline is read as it is; the brief does not repeat it."""


SILENCING = 10
"""Alerts beside which there is a form to silence them."""


class Done(Frozen):
    """What came of an action: what happened, who is `notified`, what is `next`, and where it goes on (`href`). `kind` is ok,
    warn or none."""

    kind: str
    words: Phrase
    notified: Phrase = ""
    next: Phrase = ""
    href: str = ""


class PersonLink(Frozen):
    """The link by which its person sees the page: `presses` are the proofs of the buttons by action. `pressed` is the
    action that was not done, `fields` what was typed for it."""

    responder: str
    path: str
    presses: Mapping[str, str]
    pressed: str
    fields: Mapping[str, str]
    narrow: bool = False
    """Of a code in an SMS."""


class ProcedureView(Frozen):
    """The SOP. `url` is empty where there is none to follow; `steps` is empty where the brief has a checklist."""

    title: Text
    url: str
    steps: Sequence[Text]


class NotificationRow(Frozen):
    sent: Page
    channel: Text
    kind: str
    answer: str


class TimelineRow(Frozen):
    """A line of the timeline."""

    at: Instant
    what: Phrase
    detail: Phrase
    by: str


async def show(request: Request) -> Response:
    request.app.state.access.may_read(request)
    who = visitor(request)
    detail = await find(request, who)
    status = standing(request.app.state.daemon)
    since, cookie = last_visit(request, status.at)
    asked = detail.incident.state is IncidentState.TRIGGERED

    def whole() -> Response:
        made = brief_of(status, detail, since)
        return render(who, status, detail, asked=asked, made=made, actions=forms(who, made, status))

    return remember(await aside(request, whole), cookie, f"{who.root}/incidents/{detail.incident.id}")


async def acknowledge(request: Request) -> Response:
    """Acknowledges."""
    fields = await form(request)
    request.app.state.access.may_act(request, fields)
    by = named(request, fields.get("by"))
    who = visitor(request)
    detail = await find(request, who)
    await request.app.state.daemon.acknowledge(detail.incident.id, by, via(request, "board"))
    return RedirectResponse(who.here(f"/incidents/{detail.incident.id}"), 303)


async def find(request: Request, who: Visitor) -> IncidentDetail:
    daemon: RunningDaemon = request.app.state.daemon
    detail = await daemon.incident(request.path_params["id"])
    if detail is None:
        raise ApiError(404, who.say(page_texts.NO_INCIDENT))
    return detail


def _drafted(who: Visitor, made: Brief, audience: str) -> tuple[str, Text, str, str]:
    """The audience, its title, and the draft for it: the subject, and the text that can be sent as it is."""
    drafted, tongue = draft(made, audience), Tongue(who.language, who.zone, made.at)
    text = "\n".join(tongue.say(one) for one in drafted.paragraphs)
    return audience, AUDIENCES[audience], tongue.say(drafted.subject), text


def render(
    who: Visitor,
    status: Status,
    detail: IncidentDetail,
    *,
    asked: bool = False,
    link: PersonLink | None = None,
    done: Done | None = None,
    refresh: int = REFRESH,
    made: Brief | None = None,
    actions: Sequence[ActionForm] = (),
    code: int = 200,
) -> Response:
    """Returns the whole page. `asked`: it asks to acknowledge with the API token. With a `link` it is for its person."""
    incident, at = detail.incident, status.at
    held = status.suppressed.get(incident.id)
    made, timeline = made or brief_of(status, detail), _for_people(detail.timeline)
    told = {
        sent.id: f"{sent.responder} · {channel_title(sent.channel).in_(who.language)}"
        for sent, _, _ in detail.pages
    }
    return page(
        who,
        "incident.html",
        f"{incident.severity} {who.say(incident.title)} · {incident.id}",
        product=status.plan.product,
        icon="bad" if incident.open else "ok",
        refresh=refresh if incident.open else 0,
        at=at,
        incident=incident,
        state=_state(who, incident),
        # After the title, the state and since when: they are there already.
        facts=[*made.headline.facts(made.at)[3:], *([held_back(held)] if held else [])],
        done=done or _goes_on(who, incident),
        asked=asked,
        link=link,
        status=code,
        review=f"{link.path}/review" if link else f"{who.root}/incidents/{incident.id}/review",
        brief=panels(who, made, without=_said_below(len(timeline), made)),
        impact=impact_view(who, detail.timeline, incident.onset, incident.resolved_at or at, at),
        words=history_texts,
        actions=actions,
        silencing=SILENCING if actions and link is None else 0,
        alerts=[(alert, _since(alert, at)) for alert in _alerts(detail)],
        sop=_procedure(status.plan, incident, listed=bool(made.scene.history.sop.tasks)),
        drafts=[] if link else [_drafted(who, made, audience) for audience in AUDIENCES],
        pages=[_notification(who, *sent) for sent in detail.pages],
        unread=detail.unread,
        timeline=[_entry(who, entry, made.scene.history.sop.tasks, told) for entry in timeline],
    )


def _goes_on(who: Visitor, incident: Incident) -> Done | None:
    """Leads on from an incident that was merged into another."""
    home = incident.merged_into
    return (
        Done("none", Fill(page_texts.GOES_ON_IN, (home,)), href=who.here(f"/incidents/{home}"))
        if home
        else None
    )


def held_back(held: Suppression) -> Phrase:
    """What holds its pages back, and until when where that is known."""
    said = Fill(page_texts.HELD_BACK, (held.reason.text, held.by))
    return said if held.until == inf else many([said, fill("until {}", "至 {}", When(held.until))])


def _state(who: Visitor, incident: Incident) -> str:
    if incident.state is IncidentState.ACKNOWLEDGED:
        return who.say(page_texts.ACKNOWLEDGED_BY).format(incident.acknowledged_by)
    return units.status_word(incident.state, who.language)


def _said_below(lines: int, made: Brief) -> tuple[str, ...]:
    """Returns the panels that repeat what stands below on the page; `lines` counts its timeline."""
    left = [] if made.scene.history.sop.tasks else ["procedure"]
    if made.indicators is None:
        left.append("symptom")
    if lines <= SHORT_TIMELINE:
        left.append("timeline")
    return tuple(left)


def _alerts(detail: IncidentDetail) -> list[Alert]:
    return sorted(
        detail.alerts or _remembered(detail), key=lambda alert: (alert.severity.rank, alert.onset or 0.0)
    )


def _since(alert: Alert, at: Instant) -> Instant:
    return alert.onset if alert.onset is not None else alert.fired_at or at


def _remembered(detail: IncidentDetail) -> list[Alert]:
    """Returns the alerts of an incident long over, as its last page named them."""
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


def _procedure(plan: Plan, incident: Incident, *, listed: bool) -> ProcedureView | None:
    """Returns the SOP; its steps only where the brief has no checklist, because `done step=3` counts in that."""
    sop: Sop | None = sop_of(plan, incident)
    if sop is None or (listed and not locale.link(sop.url)):
        return None
    return ProcedureView(sop.title, locale.link(sop.url), () if listed else sop.shown)


def _notification(who: Visitor, sent: Page, tries: int, answer: str) -> NotificationRow:
    attempts = who.say(page_texts.TRIES).format(tries) if tries > 1 else ""
    # What the far side says when all is well ("250 queued as …") helps nobody who reads this at night.
    heard = "" if sent.state in TAKEN else answer
    if not tries and sent.state not in (PageState.FAILING, PageState.FAILED, PageState.UNDELIVERED):
        heard = ""
    return NotificationRow(
        sent,
        channel_title(sent.channel),
        sent.kind.traits.word.in_(who.language),
        " · ".join(filter(None, (attempts, heard))),
    )


def _for_people(timeline: Sequence[LogEntry]) -> list[LogEntry]:
    """Returns the entries that people read. Those of single alerts and pages, but for receipts, are left to the API."""
    told = {id(entry) for entry in news(timeline)}
    explained = {entry.at for entry in timeline if entry.kind.startswith("severity.") and id(entry) in told}
    return [
        entry
        for entry in timeline
        if "alert" not in entry.data
        and ("page" not in entry.data or entry.kind in RECEIPTS)
        and (id(entry) in told or "." not in entry.kind)
        and not (entry.kind in ("raised", "lowered") and entry.at in explained)
    ]


def _entry(who: Visitor, entry: LogEntry, tasks: Sequence[Task], told: Mapping[str, str]) -> TimelineRow:
    """`told`: of each page its person and way."""
    if entry.kind in RECEIPTS:
        whose = told.get(str(entry.data.get("page")), "")
        said = " · ".join(filter(None, (whose, entry.detail)))
        return TimelineRow(entry.at, page_texts.TIMELINE[entry.kind], said, "")
    by = "" if entry.by == "watchtower" else entry.by
    line = entry_line(entry, tasks) if "." in entry.kind else None
    if line is not None:
        return TimelineRow(entry.at, line.text, "", by)
    detail = _via(who, entry.detail) or who.say(detail_text(entry.detail))
    return TimelineRow(
        entry.at, page_texts.TIMELINE.get(entry.kind) or entry.kind.replace("_", " "), detail, by
    )


def _via(who: Visitor, detail: str) -> str:
    """By which way somebody acknowledged; empty where the detail is none."""
    if detail in kinds():
        return who.say(page_texts.THROUGH).format(who.say(channel_title(detail)))
    return who.say(page_texts.VIA[detail]) if detail in page_texts.VIA else ""
