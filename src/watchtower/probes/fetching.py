"""Fetching what a neighbour or an API has to say, for probes that measure by it."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.curl import CurlFleet, FetchError, Request, Response
from watchtower.fields import Secret
from watchtower.probes.traffic import CannotTell


def revealed(headers: Mapping[str, Secret]) -> dict[str, str]:
    """Headers as they go over the wire."""
    return {name: value.get_secret_value() for name, value in headers.items()}


async def fetch(fleet: CurlFleet, request: Request) -> Response:
    """The answer, whatever its status but for a refusal of our credentials. Raises CannotTell."""
    try:
        response = await fleet.fetch(request)
    except FetchError as error:
        raise CannotTell(error.reason, error.detail) from None
    if response.status in (401, 403):
        raise CannotTell("credentials", f"HTTP {response.status}")
    return response


async def fetch_text(fleet: CurlFleet, request: Request) -> str:
    """The body of a 200 answer. Raises CannotTell for everything else: what is not read measures nothing."""
    response = await fetch(fleet, request)
    if response.status != 200:
        raise CannotTell("status", f"HTTP {response.status}")
    return response.body.decode("utf-8", "replace")
