"""`/ack/TOKEN`: the link in a page. It opens the incident for one person, with what this person may do now.

A GET never acts. A form acts with its proof (`api.proofs`), once, in the name of the link's person.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from watchtower.api.aside import aside, standing
from watchtower.api.auth import Access
from watchtower.api.brief import brief_of
from watchtower.api.contract import IncidentDetail, RunningDaemon, Status
from watchtower.api.proofs import TRAP, ProofState, name_of
from watchtower.api.responses import ApiError
from watchtower.brief.brief import Brief
from watchtower.brief.entry_texts import entry_line
from watchtower.channels import channel_title
from watchtower.core.incident.identity import told_as
from watchtower.core.incident.incidents import Incident
from watchtower.core.pipeline.features import ACTIONS
from watchtower.daily_hours import zone_of
from watchtower.model import Instant, Language
from watchtower.texts.phrases import Fill, Phrase, fill, many
from watchtower.values import Frozen, replace
from watchtower.web import page_texts, review, tokens
from watchtower.web.action_forms import ActionForm, form, forms, given
from watchtower.web.incident import Done, PersonLink, render
from watchtower.web.locale import Visitor, visitor

_RECENT = 500
"""Incidents among which a code is looked for, the newest; and all that are open."""


class _Opened(Frozen):
    """What a link opened: whose it is (`by`), and the incident."""

    token: str
    by: str
    narrow: bool
    """It permits to acknowledge, and nothing else."""
    who: Visitor
    status: Status
    detail: IncidentDetail

    @property
    def path(self) -> str:
        return f"/ack/{self.token}"

    def brief(self) -> tuple[Brief, list[ActionForm]]:
        """The brief, and the actions that this person may do now."""
        made = brief_of(self.status, self.detail)
        offered = forms(self.who, made, self.status, self.by)
        return made, [one for one in offered if not self.narrow or one.name == "acknowledge"]


async def show(request: Request) -> Response:
    """Shows the incident and the forms; after an action also what came of it. The token alone permits reading this."""
    opened = await _opened(request)
    done = await _access(request).proofs.result(request.query_params.get("did", ""))
    if isinstance(done, Done) and "again" in request.query_params:
        done = replace(done, words=Fill(page_texts.DONE_TWICE, (done.words,)))
    return await _page(request, opened, done or _stands(opened))


async def by_code(request: Request) -> Response:
    """`/l/CODE`, the link of an SMS: leads to the person's page, on which only acknowledging is offered."""
    daemon: RunningDaemon = request.app.state.daemon
    access, status, who = _access(request), standing(daemon), visitor(request)
    access.attempts.may_try(request)
    recent = [*status.incidents, *await daemon.incidents(open_only=False, limit=_RECENT)]
    open_ones = [one for one in recent if _opens(one, status.at)]
    ids = dict.fromkeys(name for one in open_ones for name in (one.id, told_as(one.id, one.origin)))
    given, key = request.path_params["code"], access.ack_key
    found = await aside(request, lambda: tokens.find(key, given, ids, status.plan.responders))
    if found is None:
        access.attempts.wrong(request)
        raise ApiError(404, who.say(page_texts.LINK_INVALID), who.say(page_texts.LINK_INVALID_HINT))
    token = tokens.make(key, *found, status.at, narrow=True)
    return RedirectResponse(who.here(f"/ack/{token}"), 303)


async def show_review(request: Request) -> Response:
    """Shows the review of the incident, for who may not read everything."""
    opened = await _opened(request)
    return await aside(
        request, lambda: review.render(opened.who, opened.status, opened.detail, opened.who.here(opened.path))
    )


async def act(request: Request) -> Response:
    """Does one action, once, and leads to the page that says what came of it. Where it is not done the page comes again
    at once, with what was typed."""
    opened, fields, name = await _opened(request), await form(request), request.path_params["action"]
    request.scope.setdefault("state", {})["by"] = opened.by
    proofs, proof = _access(request).proofs, fields.get("press", "")
    state = proofs.look(proof, opened.token, name)
    if state is not ProofState.USED:
        refused = page_texts.PRESS_AGAIN.get(state) or await _wrong(request, opened, fields, name)
        if refused:
            return await _page(request, opened, Done("warn", refused), name, fields)
        state = proofs.look(proof, opened.token, name)  # it may have been pressed twice meanwhile
    if state is not ProofState.USED:
        result = proofs.use(proof)
        try:
            result.set_result(await _did(request, opened, name, given(fields, name)))
        except BaseException:
            proofs.give_back(proof)
            raise
    here = opened.who.here(opened.path)
    again = "&again=1" if state is ProofState.USED else ""
    return RedirectResponse(f"{here}{'&' if '?' in here else '?'}did={name_of(proof)}{again}", 303)


async def _wrong(request: Request, opened: _Opened, fields: Mapping[str, str], name: str) -> Phrase:
    """Why this action is not done; empty where it can be."""
    _, offered = await aside(request, opened.brief)
    found = next((one for one in offered if one.name == name), None)
    if found is None:
        stands = _stands(opened)
        return stands.words if stands and name == "acknowledge" else page_texts.NOT_NOW
    wrong = found.wrong(given(fields, name))
    return Fill(page_texts.MISSING, (wrong,)) if wrong else ""


async def _did(request: Request, opened: _Opened, name: str, data: Mapping[str, str]) -> Done:
    """Does it, and says what happened, who is notified, and what is next."""
    daemon: RunningDaemon = request.app.state.daemon
    before, by = opened.detail, opened.by
    id, why = before.incident.id, ""
    match name:
        case "acknowledge":
            changed = await daemon.acknowledge(id, by, "link")
        case "resolve":
            changed = await daemon.resolve(id, by, "link")
        case _:
            why = await daemon.do(id, name, by, "link", data)
            changed = not why
    after = await daemon.incident(id) or before
    opened = replace(opened, detail=after, status=standing(daemon))
    if not changed:
        return Done("warn", Fill(page_texts.NOT_DONE, (why,)) if why else page_texts.NOT_NOW)
    made, _ = await aside(request, opened.brief)
    return Done("ok", _happened(opened, before, made, name), _notified(before, after, by), _next(made))


def _happened(opened: _Opened, before: IncidentDetail, made: Brief, name: str) -> Phrase:
    """What the log says that this person did; for an acknowledgement also how far it goes."""
    if name == "acknowledge":
        incident, also = opened.detail.incident, made.scene.history.people.together.get(opened.by, ())
        if incident.acks_missing:
            return Fill(page_texts.ACKS_MISSING, (str(incident.acks_missing),))
        return Fill(page_texts.THANKS_FOR_ALL, (str(len(also)),)) if also else page_texts.THANKS
    new = opened.detail.timeline[len(before.timeline) :]
    lines = [entry_line(entry, made.scene.history.sop.tasks) for entry in new if entry.by == opened.by]
    said = [line.text for line in lines if line is not None]
    return (
        many(said) if said else Fill(page_texts.DONE_THIS, (ACTIONS[name].help if name in ACTIONS else name,))
    )


def _notified(before: IncidentDetail, after: IncidentDetail, by: str) -> Phrase:
    """Who is paged because of it."""
    known = {page.id for page, _, _ in before.pages}
    new = [page for page, _, _ in after.pages if page.id not in known and page.responder != by]
    if not new:
        return page_texts.TOLD_NOBODY
    people = {page.responder: channel_title(page.channel) for page in new}
    return Fill(
        page_texts.TOLD,
        (many([fill("{} ({})", "{}（{}）", name, way) for name, way in people.items()], page_texts.COMMA),),
    )


def _next(made: Brief) -> Phrase:
    """The step of the procedure that comes next."""
    steps = made.section("procedure")
    if not made.scene.incident.open or steps is None or not steps.lines:
        return ""
    return Fill(page_texts.NEXT_STEP, (steps.lines[0].text,))


def _stands(opened: _Opened) -> Done | None:
    """What a person should know who opens the link late."""
    incident = opened.detail.incident
    if not incident.open:
        return Done("none", page_texts.ALREADY_OVER)
    if not incident.acknowledged_by:
        return None
    kind = "ok" if opened.by in incident.acknowledged_by.split(", ") else "warn"
    return Done(kind, Fill(page_texts.ALREADY_YOURS, (incident.acknowledged_by,)))


async def _page(
    request: Request,
    opened: _Opened,
    done: Done | None,
    pressed: str = "",
    fields: Mapping[str, str] | None = None,
) -> Response:
    """The incident's page for this person. `pressed` is the action that was not done, `fields` what was typed for it."""
    access, who = _access(request), opened.who
    incident, showing = opened.detail.incident, access.proofs.showing()
    goes_on = incident.merged_into
    if goes_on:
        done = Done("none", Fill(page_texts.GOES_ON_IN, (goes_on,)), href=_link_to(access, opened, goes_on))

    def whole() -> Response:
        made, offered = opened.brief()
        presses = {
            name: access.proofs.make(showing, opened.token, name)
            for name in (TRAP, *(o.name for o in offered))
        }
        link = PersonLink(
            opened.by, f"{who.root}{opened.path}", presses, pressed, fields or {}, opened.narrow
        )
        return render(
            who,
            opened.status,
            opened.detail,
            done=done,
            made=made,
            actions=offered,
            link=link,
            refresh=0,
            code=409 if pressed else 200,
        )

    return await aside(request, whole)


async def _opened(request: Request) -> _Opened:
    """Raises ApiError, in words, for a link that opens nothing."""
    daemon: RunningDaemon = request.app.state.daemon
    access, status, who = _access(request), standing(daemon), visitor(request)
    token = request.path_params["token"]
    try:
        claim = tokens.read(access.ack_key, token)
    except tokens.TokenInvalid:
        access.attempts.wrong(request)
        raise ApiError(404, who.say(page_texts.LINK_INVALID), who.say(page_texts.LINK_INVALID_HINT)) from None
    responder = status.plan.responders.get(claim.responder)
    if responder is None:
        left = who.say(page_texts.LINK_LEFT).format(claim.responder)
        raise ApiError(403, left, who.say(page_texts.LINK_LEFT_HINT))
    # We know who this is: their own zone, and their own language unless they ask for another.
    language: Language = who.language if who.chosen else responder.language
    who = replace(who, language=language, zone=zone_of(responder.zone))
    detail = await daemon.incident(claim.incident)
    if detail is None:
        raise ApiError(404, who.say(page_texts.NO_INCIDENT), who.say(page_texts.LINK_INVALID_HINT))
    if not _lasts(claim, detail, status.at):
        raise ApiError(410, who.say(page_texts.LINK_EXPIRED), who.say(page_texts.LINK_EXPIRED_HINT))
    return _Opened(token, claim.responder, claim.narrow, who, status, detail)


def _lasts(claim: tokens.Claim, detail: IncidentDetail, at: Instant) -> bool:
    """A link lasts as long as its incident and a week, and a week at least."""
    return at < claim.expires or _opens(detail.incident, at)


def _opens(incident: Incident, at: Instant) -> bool:
    """Whether the incident is open, or was within a week."""
    ended = incident.resolved_at if incident.resolved_at is not None else at
    return incident.open or at < ended + tokens.LASTS


def _link_to(access: Access, opened: _Opened, incident: str) -> str:
    """This person's link to another incident: who was paged about a part of it may act in the whole."""
    token = tokens.make(
        access.ack_key, incident, opened.by, opened.status.at + tokens.LASTS, narrow=opened.narrow
    )
    return opened.who.here(f"/ack/{token}")


def _access(request: Request) -> Access:
    access: Access = request.app.state.access
    return access
