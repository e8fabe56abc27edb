"""The page of the audit log: who did what from where, the newest first. For admins."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api.aside import aside, standing
from watchtower.api.auth import Access
from watchtower.api.parameters import moment_of
from watchtower.model import AccessRole, Text
from watchtower.store.contract import FOREVER, AuditEntry
from watchtower.texts.phrases import When
from watchtower.texts.units import iso
from watchtower.web import access_texts
from watchtower.web.lists import texts
from watchtower.web.lists.listing import Form, ListInput, ListRow, ListTable, Part, listing
from watchtower.web.locale import visitor

ON_A_PAGE = 100
FIELDS: Mapping[str, str] = {"who": "actor", "action": "action", "address": "address"}
"""What is searched, and the field of an entry that has it."""


async def show(request: Request) -> Response:
    """`?who=&action=&address=&before=` a moment."""
    access: Access = request.app.state.access
    access.may_read(request, AccessRole.ADMIN)
    who, status = visitor(request), standing(request.app.state.daemon)
    asked = {name: request.query_params.get(name, "").strip()[:200] for name in FIELDS}
    wanted = [(FIELDS[name], words.casefold()) for name, words in asked.items()]

    def fits(entry: AuditEntry) -> bool:
        return all(words in getattr(entry, field).casefold() for field, words in wanted)

    before = moment_of(request, "before", FOREVER)
    found, older = await access.audit.find(fits, ON_A_PAGE, before) if access.audit else ([], 0.0)
    given = {name: words for name, words in asked.items() if words}
    links: list[tuple[Text, dict[str, str]]] = [(texts.NEWEST, {})] if before < FOREVER else []
    links += [(texts.OLDER, {"before": iso(older, "microseconds")})] if older else []
    inputs = [
        ListInput(name, label, "search", value=asked[name]) for name, label in zip(FIELDS, texts.AUDIT_FIELDS, strict=True)
    ]  # fmt: skip
    columns = (texts.AT, *texts.AUDIT_FIELDS, texts.ABOUT, texts.CAME_OF_IT)
    table = ListTable(
        texts.NO_TITLE,
        columns,
        [_row(one) for one in found],
        texts.SEARCH_ON if older else texts.NO_ENTRIES,
        [(words, who.here("/audit", urlencode(given | more))) for words, more in links],
    )
    parts: list[Part] = [Form("/audit", texts.FIND, inputs, acts=False), table]
    return await aside(request, lambda: listing(who, status, access_texts.AUDIT, parts))


def _row(it: AuditEntry) -> ListRow:
    action, about = (texts.AUDIT_WORDS.get(words, words) for words in (it.action, it.about))
    refused = it.status >= 400
    result = texts.REFUSED if refused else texts.DONE
    return ListRow(
        (When(it.at, exact=True), it.actor, action, it.address, about, result), tone="bad" if refused else ""
    )
