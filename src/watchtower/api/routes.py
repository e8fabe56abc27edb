"""Every address for programs, in one list."""

from __future__ import annotations

from starlette.routing import Route

from watchtower.api import (
    actions,
    brief,
    callbacks,
    canary,
    drills,
    explain_check,
    explain_severity,
    incidents,
    operations,
    push,
    responders,
    review,
    schedule,
    silences,
)  # fmt: skip

ROUTES = [
    *operations.BARE_ROUTES,
    Route("/-/reload", operations.reload, methods=["POST"]),
    Route("/push/{check}", push.push, methods=["POST"]),
    Route("/callbacks/{channel}/{secret}", callbacks.called_back, methods=["POST"]),
    Route("/callbacks/{channel}/{secret}/{more:path}", callbacks.called_back, methods=["POST"]),
    Route("/api/v1/status", operations.status),
    Route("/api/v1/incidents", incidents.incidents),
    Route("/api/v1/incidents/{id}", incidents.incident),
    Route("/api/v1/incidents/{id}/brief", brief.brief_answer),
    Route("/api/v1/incidents/{id}/explanation", explain_severity.explanation),
    Route("/api/v1/incidents/{id}/drafts/{audience}", brief.draft_answer),
    Route("/api/v1/incidents/{id}/review", review.review_answer),
    Route("/api/v1/incidents/{id}/review", review.review_import, methods=["POST"]),
    Route("/api/v1/lessons", review.lessons_answer),
    Route("/api/v1/report", review.report_answer),
    Route("/api/v1/incidents/{id}/ack", incidents.acknowledge, methods=["POST"]),
    Route("/api/v1/incidents/{id}/resolve", incidents.resolve, methods=["POST"]),
    Route("/api/v1/incidents/{id}/do/{action}", actions.do, methods=["POST"]),
    Route("/api/v1/actions", actions.actions),
    Route("/api/v1/drills", drills.drills),
    Route("/api/v1/drills", drills.begin, methods=["POST"]),
    Route("/api/v1/drills/stop", drills.stop, methods=["POST"]),
    Route("/api/v1/canary", canary.send, methods=["POST"]),
    Route("/api/v1/canary/{id}", canary.pages),
    Route("/api/v1/silences", silences.silences),
    Route("/api/v1/silences", silences.create, methods=["POST"]),
    Route("/api/v1/silences/{id}/expire", silences.expire, methods=["POST"]),
    Route("/api/v1/checks", incidents.checks),
    Route("/api/v1/checks/{name}/explanation", explain_check.explanation),
    Route("/api/v1/alerts", incidents.alerts),
    Route("/api/v1/responders", responders.responders),
    Route("/api/v1/schedule/{file}", schedule.schedule),
    Route("/api/v1/openapi.json", operations.openapi),
]
