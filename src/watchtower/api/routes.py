"""Every operation for programs, in one table: from it come the routes and the OpenAPI document."""

from __future__ import annotations

import json
from functools import cache

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchtower import __version__
from watchtower.api import (
    accounts,
    action_items,
    actions,
    brief,
    callbacks,
    canary,
    changes,
    configuration,
    declare,
    drills,
    explain_check,
    explain_severity,
    history,
    incidents,
    operations,
    overrides,
    push,
    responders,
    review,
    schedule,
    silences,
    status_subscribers,
    webhooks,
    work,
)  # fmt: skip
from watchtower.api.alertmanager.routes import ROUTES as ALERTMANAGER
from watchtower.api.conditional import revalidating
from watchtower.api.document import document, once, revalidates
from watchtower.api.mcp_door import McpDoor
from watchtower.api.once import done_once
from watchtower.api.operation import Endpoint, Need, Operation, get, post

# fmt: off
OPERATIONS: list[Operation] = [
    post("/-/reload", operations.reload, "reload", "Read the configuration again.", need=Need.ADMIN, query="confirm",
         answer={"reloaded": bool}, no={409: "It would drop much, and waits to be confirmed.",
         422: "It is refused; the one before stays in force."}),
    post("/push/{check}", push.push, "pushCounts", "Hand counts to a push check.", need=Need.PUSH, query="series",
         body="PushCountsBody", answer={"accepted": int}, ok=202, no={404: "No such push check."}),
    get("/api/v1/status", operations.status, "status",
         "Which instance this is, whether it leads, and what it has to do.", answer="StatusAnswer"),
    get("/api/v1/incidents", incidents.incidents, "listIncidents", "Incidents, the newest first.", pages="incidents",
         query="open flow severity from to", answer={"incidents": ["Incident"]}),
    post("/api/v1/incidents", declare.declare, "declareIncident", "Declare an incident that people saw first.",
         body="DeclareIncidentBody", answer={"incident": "Incident", "written": bool}),
    get("/api/v1/incidents/{id}", incidents.incident, "getIncident",
         "One incident with its alerts, pages and timeline.", answer="IncidentDetail", no={404: "No such incident."}),
    get("/api/v1/incidents/{id}/brief", brief.brief_answer, "getBrief",
         "The brief of an incident; ?format=markdown or text.", query="format lang zone since all", answer="Brief",
         also="text/markdown text/plain", no={404: "No such incident."}),
    get("/api/v1/incidents/{id}/explanation", explain_severity.explanation, "explainIncident",
         "Why an incident has its severity, and whom it pages.", answer="LevelExplanation",
         no={404: "No such incident."}),
    get("/api/v1/incidents/{id}/drafts/{audience}", brief.draft_answer, "getDraft",
         "A drafted status update, to be read by a person before it goes.", query="lang zone", answer="Draft",
         no={404: "No such incident."}),
    get("/api/v1/incidents/{id}/review", review.review_answer, "getReview",
         "What is known of an incident that is over, and was written of it.", query="format lang zone",
         answer="Review", also="text/markdown", no={404: "No such incident."}),
    post("/api/v1/incidents/{id}/review", review.review_import, "importReview",
         "Bring back what was written into the review's Markdown.", body="ImportReviewBody", answer={"done": [str],
         "refused": [{"action": str, "why": str}]}, no={404: "No such incident."}),
    get("/api/v1/action-items", action_items.action_items, "listActionItems",
         "Action items of reviews of the last 400 days, by when they are due.", query="state format",
         answer="ListActionItemsAnswer", also="text/csv"),
    get("/api/v1/lessons", review.lessons_answer, "searchLessons",
         "Earlier incidents in which all these words are found.", query="words", answer={"lessons": ["Lesson"],
         "left_out": int}),
    get("/api/v1/report", review.report_answer, "getReport", "How well a month went.", query="month zone",
         answer="Report"),
    post("/api/v1/incidents/{id}/ack", incidents.acknowledge, "acknowledgeIncident", "Acknowledge the incident.",
         answer="Change", no={404: "No such incident.", 409: "Somebody else has it, or it is over."}),
    post("/api/v1/incidents/{id}/resolve", incidents.resolve, "resolveIncident", "Say: it is over.", answer="Change",
         no={404: "No such incident.", 409: "An alert of it still fires."}),
    post("/api/v1/incidents/{id}/do/{action}", actions.do, "doAction",
         "Do one of the actions: note, take a role, tick a step, raise, ...", body="DoActionBody",
         answer={"done": bool, "incident": str, "action": str, "written": bool},
         no={404: "No such incident, or no such action."}),
    get("/api/v1/actions", actions.actions, "listActions",
         "Everything that people can do to an incident, with its fields.", answer={"actions": [{"name": str,
         "help": "Text", "closed": bool, "fields": [{"name": str, "kind": str, "help": "Text", "required": bool,
         "choices": [str]}]}]}),
    get("/api/v1/drills", drills.drills, "listDrills", "The newest drills: who was paged, and who answered when.",
         pages="drills", answer={"drills": ["Drill"]}),
    post("/api/v1/drills", drills.begin, "beginDrill", "Begin a drill: real pages, marked as such.",
         body="BeginDrillBody", answer={"incident": str},
         no={409: "Something is under way, or there is no such drill or check."}),
    post("/api/v1/drills/stop", drills.stop, "stopDrills", "End the drills that are under way.",
         answer={"stopped": [str]}),
    post("/api/v1/canary", canary.send, "sendCanary",
         "Send everybody, or one responder, a test page by each of their channels.", body="SendCanaryBody",
         answer={"canary": str}, no={409: "There is nobody to send it to."}),
    get("/api/v1/canary/{id}", canary.pages, "getCanary", "What became of the pages of a canary.",
         answer="GetCanaryAnswer", no={404: "No such canary."}),
    get("/api/v1/silences", silences.silences, "listSilences", "Silences that are not over, and maintenance windows.",
         answer={"silences": ["Silence"], "maintenance": ["MaintenanceWindow"]}),
    post("/api/v1/silences", silences.create, "createSilence", "Hold back pages about alerts that fit.",
         body="CreateSilenceBody", answer={"silence": "Silence", "written": bool}),
    post("/api/v1/silences/{id}/expire", silences.expire, "expireSilence", "End a silence now.",
         answer={"expired": str, "written": bool}, no={404: "There is none, or it was over before."}),
    get("/api/v1/changes", changes.changes, "listChanges",
         "Changes that began or went on in a time, the oldest first.", query="from to flow",
         pages="changes", answer={"changes": ["ReportedChange"]}),
    post("/api/v1/changes", changes.report, "reportChange",
         "Report a deployment or another change; the same key adds to it.", need=Need.REPORT, body="ReportChangeBody",
         answer={"key": str}),
    get("/api/v1/checks", incidents.checks, "listChecks", "Every check with the last sample of each series.",
         query="flow", pages="checks", answer={"checks": ["Check"]}),
    get("/api/v1/checks/{name}/explanation", explain_check.explanation, "explainCheck",
         "What is expected of a series now, and when it would page.", query="series", answer="Explanation",
         no={404: "No such check, or no such series of it."}),
    get("/api/v1/checks/{name}/history", history.history, "history",
         "What a series of this check measured over a span.", query="series span from to points", answer="History",
         no={404: "No such check."}),
    get("/api/v1/alerts", incidents.alerts, "listAlerts", "Alerts that are pending or firing.",
         pages="alerts", answer={"alerts": ["Alert"]}),
    get("/api/v1/responders", responders.responders, "responders",
         "By which channels each person is reached, and since when that is shown.", answer="RespondersAnswer"),
    get("/api/v1/overrides", overrides.overrides, "listOverrides",
         "Who stands in, in on-call schedules, by people's word.", answer={"overrides": ["Override"]}),
    post("/api/v1/overrides", overrides.create, "createOverride", "Put somebody on call for a time.",
         body="CreateOverrideBody", answer={"override": str, "written": bool}),
    post("/api/v1/overrides/{id}/end", overrides.end, "endOverride", "Take an override back.",
         answer={"ended": str, "written": bool},
         no={404: "There is none, or it is over."}),
    get("/api/v1/schedules", schedule.schedules, "listSchedules", "On-call schedules, and who is on call now.",
        answer={"schedules": [{"name": str, "zone": str, "who": "Name", "until": "Instant"}]}),
    get("/api/v1/configuration", configuration.configuration, "getConfiguration",
        "What is in force, and what is wrong with the newest files.", answer={"loaded_at": "Instant", "held": bool,
        "problems": ["ConfigurationProblem"], "flows": [{"name": str, "title": "Text", "tier": str}],
        "rules": [{"name": str, "when": str, "for": float, "severity": "Name"}]}),
    get("/api/v1/schedule/{file}", schedule.schedule, "getSchedule",
         "Who is on call: NAME.ics as iCalendar, NAME.json as JSON.", query="days", answer="GetScheduleAnswer",
         also="text/calendar", no={404: "There is no such schedule."}),
    get("/api/v1/me", accounts.me, "me", "Who asks, as far as that is proven, and what they may.", need=Need.NONE, answer="Me",
        no={401: "The token is not the right one."}),
    get("/api/v1/accounts", accounts.accounts, "listAccounts", "Who may sign in, and as what.", need=Need.ADMIN,
         answer={"accounts": ["Account"]}),
    post("/api/v1/accounts", accounts.put, "putAccount", "Make an account, or change its role.", need=Need.ADMIN,
         body="PutAccountBody", answer={"account": "Account"}, no={409: "It is the last admin."}),
    post("/api/v1/accounts/{name}/link", accounts.link, "linkAccount",
         "A one-time link to set the password; of `-` for the first admin.", need=Need.ADMIN, answer={"link": str},
         shown_once=True, no={404: "There is none of this name."}),
    post("/api/v1/accounts/{name}/signout", accounts.sign_out, "signOutAccount", "End all sessions of an account.",
         need=Need.ADMIN, answer={"ended": int}, no={404: "There is none of this name."}),
    post("/api/v1/accounts/{name}/remove", accounts.remove, "removeAccount",
         "Remove an account with its sessions and tokens.", need=Need.ADMIN, answer={"removed": bool},
         no={409: "It is the last admin, or there is none."}),
    get("/api/v1/tokens", accounts.tokens, "listTokens", "Personal tokens, without the tokens themselves.",
         need=Need.ADMIN, answer={"tokens": ["PersonalToken"]}),
    post("/api/v1/tokens", accounts.make_token, "makeToken", "Make a personal token.", need=Need.ADMIN,
         body="MakeTokenBody", answer={"token": str}, shown_once=True, no={404: "There is none of this name."}),
    post("/api/v1/tokens/{id}/revoke", accounts.revoke, "revokeToken", "End a token.", need=Need.ADMIN,
         answer={"revoked": bool}, no={404: "There is no such token."}),
    get("/api/v1/audit", accounts.audit, "listAudit", "Who did what from where, the newest first.", need=Need.ADMIN,
         query="limit before", answer={"entries": ["AuditEntry"]}),
    get("/api/v1/status/subscribers", status_subscribers.subscribers, "listStatusSubscribers",
         "Who gets public updates by mail.", need=Need.ADMIN, pages="subscribers",
         answer={"subscribers": [{"address": str, "language": str, "confirmed_at": "Instant"}]}),
    post("/api/v1/status/subscribers/remove", status_subscribers.remove, "removeStatusSubscriber",
         "Remove a subscriber of the status page.", need=Need.ADMIN, body="RemoveStatusSubscriberBody",
         answer={"removed": bool}, no={404: "Nobody subscribed with it."}),
    get("/healthz", operations.bare, "healthz", "The process lives.", need=Need.NONE, also="text/plain"),
    get("/readyz", operations.bare, "readyz", "The daemon watches, and can tell.", need=Need.NONE, answer="Readiness",
         no={503: "Not ready, and why: store, store_behind, scheduler_late, delivery, probe_threads."}),
    get("/metrics", operations.bare, "metrics", "For Prometheus.", also="text/plain"),
]
# fmt: on


@cache
def described() -> bytes:
    """The OpenAPI document, as it is served."""
    return json.dumps(document(OPERATIONS, __version__), ensure_ascii=False, indent=1).encode()


async def openapi(request: Request) -> Response:
    return Response(described(), media_type="application/json")


def _endpoint(one: Operation) -> Endpoint:
    if revalidates(one):
        return revalidating(one.endpoint)
    return done_once(one) if once(one) else one.endpoint


ROUTES = [
    *(Route(one.path, _endpoint(one), methods=[one.method]) for one in OPERATIONS),
    Route("/callbacks/{channel}/{secret}", callbacks.called_back, methods=["POST"]),
    Route("/callbacks/{channel}/{secret}/{more:path}", callbacks.called_back, methods=["POST"]),
    Route("/api/v1/openapi.json", openapi),
    Route("/api/v1/work", work.work, methods=["POST"]),
    Route("/api/v1/observations", work.observations, methods=["POST"]),
    Route("/in/{check}", webhooks.take, methods=["POST"]),
    *ALERTMANAGER,
    Route("/api/v1/mcp", McpDoor(), methods=["POST"]),
]
