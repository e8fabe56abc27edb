"""When a visitor last last_visit at an incident, so that the page can say what is new since then.

A cookie holds it: two moments and nothing else, so it needs no signature. Whoever changes theirs changes what they
are shown as new.
"""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response

from watchtower.core.parse_time import parse_instant
from watchtower.model import Instant

COOKIE = "last_visit"
AWAY = 120.0
"""Seconds without a visit after which somebody was away. A page that is open visits again by itself."""
_KEPT = 14 * 86400
_VALUE = re.compile(r"^(\d{1,12})\.(\d{1,12})$")


def last_visit(request: Request, at: Instant) -> tuple[Instant | None, str]:
    """Returns since when a change is new (None at the first visit), and the cookie that remembers this visit.

    `?since=` asks for another moment.
    """
    found = _VALUE.match(request.cookies.get(COOKIE, ""))
    since, last = (float(found[1]), float(found[2])) if found else (0.0, 0.0)
    if last and at - last > AWAY:
        since = last
    try:
        asked = parse_instant(request.query_params.get("since", ""))
    except ValueError:
        asked = since
    return (asked if 0 < asked < at else None), f"{since:.0f}.{at:.0f}"


def remember(response: Response, value: str, address: str) -> Response:
    """Sets the cookie, for this incident's page only."""
    response.set_cookie(COOKIE, value, max_age=_KEPT, path=address, httponly=True, samesite="strict")
    return response
