"""A page that its channel has no room for: the person hears of it by another channel."""

from __future__ import annotations

from collections.abc import Collection

from watchtower.core.events import PageQueued
from watchtower.core.incident.incidents import Page, PageState
from watchtower.core.incident.kinds import IncidentKind
from watchtower.core.notify.messages import and_then
from watchtower.core.notify.routing import pass_on
from watchtower.core.plan import Plan
from watchtower.core.plan.budget import BudgetLimit
from watchtower.core.state import Step
from watchtower.model import Language, Text
from watchtower.texts.units import duration_words
from watchtower.values import replace


def by_another_channel(step: Step, page: Page, limit: BudgetLimit | None, full: Collection[str] = ()) -> bool:
    """Whether the person hears of this page by another channel: by one that carries the same message anyway, or by the next
    of theirs that has room, at once. With a `limit` it is said there. `full`: pages for which there is no room either."""
    incident, plan = step.state.incidents[page.incident], step.plan
    elsewhere = page.id in step.state.budgets.elsewhere
    step.state.budgets.elsewhere.discard(page.id)
    if incident.kind is IncidentKind.UNREACHED or not (incident.open or page.kind.ends):
        return False
    for one in step.state.pages.of(incident.id):
        same = one.responder == page.responder and one.message.number == page.message.number
        if same and one.channel != page.channel and one.id not in full:
            if limit is not None:
                _amend(step, _told(one, not_sent(plan, page, limit)))
            return True
    responder = plan.responders.get(page.responder)
    if elsewhere:
        return True  # it went there before, because it waited there for less
    if page.failover_of or responder is None:
        return False
    others = [channel for channel in responder.addresses if channel != page.channel]
    if page.message.informs and not page.kind.ends:
        others = [channel for channel in others if channel in plan.quiet]
    if not others:
        return False
    budgets = step.state.budgets
    ways = (one for one in others if budgets.room(plan, incident, replace(page, channel=one), step.at))
    way = next(ways, others[0])
    if limit is not None:
        page = _told(page, not_sent(plan, page, limit))
    # This address may have had a page of the newest number.
    step.state.incidents[incident.id] = replace(incident, pages=incident.pages + 1)
    pass_on(step, page, (page.responder, way))
    return True


def not_sent(plan: Plan, page: Page, limit: BudgetLimit) -> Text:
    """What the person is told of it."""
    traits = plan.kinds.get(page.channel)
    title = traits.title if traits else Text(page.channel, page.channel)
    en, zh = (duration_words(limit.per, language) for language in Language)
    return Text(
        f"Not sent by {title.en}, which carries {limit.most} in {en}: they are used, or kept for P0",
        f"未发{title.zh}：{zh}限 {limit.most} 条，已用完或留给 P0",
    )


def _told(page: Page, said: Text) -> Page:
    return replace(page, message=replace(page.message, note=and_then(page.message.note, said)))


def _amend(step: Step, page: Page) -> None:
    """Changes a page that was not handed over yet: it is queued in this step, or held."""
    for number, decision in enumerate(step.decisions):
        if isinstance(decision, PageQueued) and (decision.page.id, decision.page.state) == (
            page.id,
            page.state,
        ):
            step.decisions[number] = replace(decision, page=page)
            step.state.pages[page.id] = page
    if page.state is PageState.HELD:
        step.state.pages[page.id] = page
