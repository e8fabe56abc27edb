"""The page of the configuration: what is in force, what is wrong with the newest files, and a button to read them again."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api.aside import aside, standing
from watchtower.api.contract import Status
from watchtower.api.parameters import read_by
from watchtower.core.plan.checks import Check
from watchtower.model import AccessRole
from watchtower.texts import counted
from watchtower.texts.phrases import Fill, Span, When
from watchtower.web import access_texts
from watchtower.web.lists import texts
from watchtower.web.lists.listing import (
    Form,
    ListInput,
    ListNotes,
    ListRow,
    ListTable,
    Part,
    acting,
    back,
    listing,
)
from watchtower.web.locale import Visitor, visitor


async def show(request: Request) -> Response:
    who, status = visitor(request), standing(read_by(request))
    return await aside(request, lambda: render(who, status))


def render(who: Visitor, status: Status) -> Response:
    """Returns the whole page. Settings of checks are left out: they may hold secrets."""
    plan = status.plan
    sizes = (
        counted.CHECKS.of(len(plan.checks)), counted.RULES.of(len(plan.rules)), counted.FLOWS.of(len(plan.flows)),
        counted.RESPONDERS.of(len(plan.responders)),
    )  # fmt: skip
    parts: list[Part] = [ListNotes(texts.NO_TITLE, [Fill(texts.IN_FORCE, (When(status.loaded_at), *sizes))])]
    if status.problems:
        parts.append(ListNotes(texts.PROBLEMS, [str(one) for one in status.problems], "bad"))
    inputs: tuple[ListInput, ...] = ()
    if status.held:
        parts.append(ListNotes(texts.HELD, [str(one) for one in status.held], "bad"))
        inputs = (ListInput("confirm", texts.CONFIRM, options=list(texts.CONFIRMS.items())),)
    parts.append(Form("/configuration", texts.RELOAD, inputs, texts.RELOAD, folded=not status.held))
    by_flow: dict[str, int] = {}
    for check in plan.checks.values():
        for flow in _flows_of(check):
            by_flow[flow] = by_flow.get(flow, 0) + 1
    flows = [
        ListRow((flow.name, flow.title, str(flow.tier), str(by_flow.get(flow.name, 0)))) for flow in plan.flows.values()
    ]  # fmt: skip
    rules = [
        ListRow((rule.name, "matrix" if rule.matrix else str(rule.severity), rule.when, Span(rule.for_)))
        for rule in plan.rules.values()
    ]
    further = [(access_texts.AUDIT, who.here("/audit"))] if who.admin else []
    parts += [
        ListTable(texts.FLOWS, (texts.NAME, texts.TITLE, texts.TIER, texts.CHECKS), flows, texts.NOTHING),
        ListTable(
            texts.RULES, (texts.RULE, texts.SEVERITY, texts.WHEN, texts.FOR), rules, texts.NOTHING, further
        ),
    ]
    return listing(who, status, texts.CONFIGURATION, parts)


def _flows_of(check: Check) -> set[str]:
    return {check.flow, *check.flows.values()} - {""}


async def reload(request: Request) -> Response:
    """Reads the files again; the page shows what came of it."""
    fields, _, daemon = await acting(request, AccessRole.ADMIN)
    await daemon.reload(fields.get("confirm") == "true")
    return back(request, "/configuration")
