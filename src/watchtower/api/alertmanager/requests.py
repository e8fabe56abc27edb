"""What a request to Alertmanager's API gives. Its clients know Bearer and Basic; a foreign page's form cannot send JSON."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request

from watchtower.api.contract import RunningDaemon
from watchtower.api.parameters import body_of
from watchtower.api.responses import ApiError
from watchtower.core.matchers import LabelMatcher, fit, parse_matcher
from watchtower.model import Instant
from watchtower.patterns import Pattern
from watchtower.probes.held_alerts import PostedAlert

_MOST = 50
_TURN = 50
"""Alerts that are taken in one turn of the loop: a few milliseconds."""


async def take_in_turns(
    daemon: RunningDaemon, check: str, posted: Sequence[PostedAlert], address: str, at: Instant
) -> None:
    """Hands a post to its check, and lets the loop go on in between."""
    for start in range(0, len(posted), _TURN):
        daemon.take_alerts(check, posted[start : start + _TURN], address, at)
        await asyncio.sleep(0)


def changing(request: Request) -> RunningDaemon:
    """The daemon, for whoever may silence."""
    request.app.state.access.may_change(request, basic=True)
    daemon: RunningDaemon = request.app.state.daemon
    return daemon


async def json_of(request: Request) -> Any:
    must_be_json(request)
    return await body_of(request)


def must_be_json(request: Request) -> None:
    """Raises ApiError (415). A browser asks first before it sends this type to another site."""
    kind = request.headers.get("content-type", "application/json" if request.method == "DELETE" else "")
    if kind.partition(";")[0].strip().lower() != "application/json":
        raise ApiError(415, f"unsupported media type {kind[:50]!r}, only [application/json] are allowed")


def filters(request: Request, name: str = "filter") -> list[LabelMatcher]:
    """The matchers of a parameter, of which all must fit."""
    given = request.query_params.getlist(name)
    if len(given) > _MOST:
        raise ApiError(400, f"more than {_MOST} of {name}")
    try:
        return [parse_matcher(text.strip().removeprefix("{").removesuffix("}")) for text in given]
    except ValueError as error:
        raise ApiError(400, f"bad matcher format: {error}") from None


def switch(request: Request, name: str) -> bool:
    """A switch that is on unless it is said otherwise. Python's clients say `True`."""
    given = request.query_params.get(name, "true").lower()
    if given not in ("true", "false", "1", "0"):
        raise ApiError(400, f"{name} must be true or false")
    return given in ("true", "1")


def receiver_fits(request: Request, name: str) -> bool:
    """Whether the pattern `receiver` fits this one, and all `receiver_matchers` do: it has no labels."""
    pattern, labels = request.query_params.get("receiver"), filters(request, "receiver_matchers")
    try:
        return fit(labels, {}) and (not pattern or Pattern(pattern).fullmatch(name))
    except ValueError as error:
        raise ApiError(400, f"receiver: {error}") from None
