"""An operation of the API: a row of the table in `routes.py`, which gives the routes and the OpenAPI document."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from watchtower.values import Frozen, field

Endpoint = Callable[[Request], Awaitable[Response]]
Shape = str | type | list[Any] | Mapping[str, Any] | None
"""What JSON looks like: the name of a schema of `schemas.json`, `str`, `int`, `float`, `bool`, a list of one shape, or an
object that has exactly these members."""


class Need(StrEnum):
    """What a request must be allowed."""

    NONE = "none"
    VIEW = "view"
    RESPOND = "respond"
    ADMIN = "admin"
    REPORT = "report"
    PUSH = "push"


class Operation(Frozen):
    """`query` names parameters of `schemas.json`, `body` one of its schemas, `also` the media types of an answer that is
    no JSON, `no` what it refuses beyond what all do. `pages` is the name of the list that the answer gives in parts.
    `shown_once`: the answer holds a secret, and is kept nowhere."""

    method: str
    path: str
    endpoint: Endpoint
    id: str
    summary: str
    need: Need
    answer: Shape = None
    query: str = ""
    body: str = ""
    also: str = ""
    ok: int = 200
    pages: str = ""
    no: Mapping[int, str] = field(default_factory=dict)
    shown_once: bool = False


get = partial(Operation, "GET", need=Need.VIEW)
post = partial(Operation, "POST", need=Need.RESPOND, body="Actor")
