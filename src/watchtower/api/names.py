"""The name of the person behind a request: of who signed in, or of a personal token's owner.

With the API token for all, a name is a claim: the actions (core/severity/actions.py, core/degrade/actions.py) bound
what one name may do alone, and the log keeps the address it came from.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from watchtower.access.names import usable_name
from watchtower.api.auth import Access
from watchtower.api.responses import ApiError


def named(request: Request, given: Any) -> str:
    """The name, as it is written into the log; `given` counts only where none is proven. Raises ApiError for one that
    nobody can have."""
    access: Access = request.app.state.access
    if proven := access.caller(request).name:
        return proven
    try:
        by = usable_name(given)
    except ValueError as error:
        what, hint = error.args
        raise ApiError(422, what, hint) from None
    request.scope["state"]["by"] = by
    return by


def via(request: Request, place: str) -> str:
    """How an action came: `place` ("api", "board") where a name is only claimed, else what proves it."""
    access: Access = request.app.state.access
    return access.caller(request).via(place)
