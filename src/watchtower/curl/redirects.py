"""Redirects, followed by ourselves: libcurl keeps only Authorization and Cookie from other hosts, and would hand them
an `X-Api-Key` that the far side chose to send elsewhere."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from urllib.parse import SplitResult, urlsplit

from watchtower.curl.exchange import FetchError, Request, Response
from watchtower.values import replace

_HARMLESS = frozenset(
    ("accept", "accept-charset", "accept-encoding", "accept-language", "cache-control", "content-type", "pragma",
     "range", "user-agent")
)  # fmt: skip
"""Headers that another origin is sent, too: they hold no secret of ours, and name no host."""
_FOLLOWED = (301, 302, 303, 307, 308)
_PORTS = {"http": 80, "https": 443}
_NOWHERE = "it redirects to an address that is none"


async def follow(fetch: Callable[[Request], Awaitable[Response]], request: Request) -> Response:
    """The answer at the end of the redirects. Raises FetchError: `redirects` beyond `max_redirects`, `protocol` for one
    that leads away from HTTP. The time is that of all answers together, and `timeout` covers them all."""
    until, spent, number = time.monotonic() + request.timeout, 0.0, 0
    while True:
        try:
            response = await fetch(replace(request, timeout=max(0.001, until - time.monotonic())))
        except FetchError as error:
            raise _led(error, request.url) if number else error from None
        spent += response.phases.total
        if response.status not in _FOLLOWED or not response.redirect_url:
            return replace(response, redirects=number, phases=replace(response.phases, total=spent))
        number += 1
        if number > request.max_redirects:
            raise FetchError("redirects", f"more than {request.max_redirects} redirects", response.phases)
        try:
            request = _onward(request, response)
        except ValueError:
            raise FetchError("protocol", _NOWHERE, response.phases) from None


def _led(error: FetchError, url: str) -> FetchError:
    """What went wrong where the far side sent us: that the address is none is its fault, not our configuration's."""
    if error.reason == "config" and not error.phases.connect:  # our files are read later, for the handshake
        return FetchError("protocol", _NOWHERE, error.phases)
    error.host = urlsplit(url).hostname or ""
    return error


def _onward(request: Request, response: Response) -> Request:
    """The request to where the answer points: the same one at the same origin, a bare one at another."""
    here, there = urlsplit(request.url), urlsplit(response.redirect_url)
    if there.scheme.lower() not in _PORTS:
        raise FetchError("protocol", f"it redirects to {there.scheme}:, which is not HTTP", response.phases)
    method, body = request.method, request.body
    if response.status == 303 or (response.status in (301, 302) and method == "POST"):
        method, body = ("HEAD" if method == "HEAD" else "GET"), None
    onward = replace(
        request,
        url=response.redirect_url,
        method=method,
        body=body,
        connect_to=_dialled(request, here, there),
        cookies=None if request.cookies is None else response.cookies,
    )
    if _same_origin(here, there):
        return onward
    headers = {name: value for name, value in request.headers.items() if name.lower() in _HARMLESS}
    return replace(onward, headers=headers, username="", password="")


def _dialled(request: Request, here: SplitResult, there: SplitResult) -> str:
    """Only the first host is dialled elsewhere, and only its first port."""
    if here.hostname != there.hostname:
        return ""
    address, colon, _ = request.connect_to.rpartition(":")
    bare = not colon or request.connect_to.endswith("]")
    return request.connect_to if bare or _way(here) == _way(there) else address


def _same_origin(here: SplitResult, there: SplitResult) -> bool:
    """The same host and port, or the same host's step from http to https on the usual ports."""
    if here.hostname != there.hostname:
        return False
    ways = [_way(here), _way(there)]
    return ways[0] == ways[1] or ways == [("http", 80), ("https", 443)]


def _way(url: SplitResult) -> tuple[str, int]:
    scheme = url.scheme.lower()
    return scheme, url.port or _PORTS[scheme]
