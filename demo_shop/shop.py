"""A small shop with a sandbox, to try watchtower on: people log in, get a quote, pay, and are refunded.

    python -m demo_shop.shop 8089

Each step can be broken while it runs: `curl -d pay=503 http://127.0.0.1:8089/break`, and `-d pay=` fixes it. What the shop
stands on, and a page to break it all by, is `demo_shop.trial`.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

USER, PASSWORD = "tester", "sandbox-only"
STEPS = ("login", "quote", "pay", "payment", "refund")
SLOW = "slow"
_SLOW_SECONDS = 30.0
_QUERY_SECONDS = 1.5
"""What a slow database takes for one query."""
_PRICES = {"book": Decimal("182.50"), "pen": Decimal("9.90")}

Asked = dict[str, Any]


class Declined(Exception):
    """The answer's status and why."""

    def __init__(self, status: int, why: str) -> None:
        self.status, self.why = status, why


class Shop:
    """Sessions, quotes and payments in memory. `broken` maps a step to the HTTP status that it answers, or to `slow`."""

    def __init__(self) -> None:
        self.broken: dict[str, str] = {}
        self.payments: dict[str, str] = {}
        """Id -> `paid` or `refunded`."""
        self.gateway_open, self.slow_database, self.loses = True, False, ""
        """`loses` is a client whose payments are taken and never booked."""
        self._sessions, self._quotes, self._orders = set[str](), dict[str, Decimal](), dict[str, str]()
        self._counted, self._booked = Counter[tuple[str, str, str]](), Counter[str]()

    def app(self) -> Starlette:
        """As an ASGI application."""
        return Starlette(
            routes=[
                self._route("/login", "login", self._login),
                self._route("/quote", "quote", self._quote),
                self._route("/pay", "pay", self._pay),
                self._route("/payments/{id}", "payment", self._payment, "GET"),
                self._route("/refund", "refund", self._refund),
                Route("/", lambda _: PlainTextResponse("A book 182.50, a pen 9.90 CNY\n")),
                Route("/health", self._health),
                Route("/break", self._break, methods=["POST"]),
                Route("/metrics", self._metrics),
            ]
        )

    async def _login(self, request: Request, asked: Asked) -> Response:
        if (asked.get("user"), asked.get("password")) != (USER, PASSWORD):
            raise Declined(401, "wrong user or password")
        token, session = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self._sessions |= {token, session}
        answer = JSONResponse({"token": token})
        answer.set_cookie("session", session, httponly=True, samesite="strict")
        return answer

    async def _quote(self, request: Request, asked: Asked) -> Response:
        self._known(request)
        try:
            amount = _PRICES[str(asked.get("sku"))] * Decimal(str(asked.get("count", 1)))
        except (KeyError, InvalidOperation):
            raise Declined(422, "there is no such thing to buy") from None
        await self._query()
        quote = secrets.token_hex(8)
        self._quotes[quote] = amount
        return JSONResponse({"quote": quote, "amount": str(amount), "currency": "CNY"})

    async def _pay(self, request: Request, asked: Asked) -> Response:
        """The same order is paid once, however often it is asked."""
        self._known(request)
        if asked.get("quote") not in self._quotes:
            raise Declined(404, "there is no such quote")
        if not self.gateway_open:
            raise Declined(502, "the bank's gateway does not take it")
        client = _client(request)
        if client != self.loses:
            self._booked[client] += 1
        payment = self._orders.setdefault(str(asked.get("order")), secrets.token_hex(8))
        self.payments.setdefault(payment, "paid")
        there = {"Location": f"/payments/{payment}"}
        return JSONResponse({"payment": payment, "state": self.payments[payment]}, 201, there)

    async def _payment(self, request: Request, asked: Asked) -> Response:
        self._known(request)
        state = self.payments.get(request.path_params["id"])
        if state is None:
            raise Declined(404, "there is no such payment")
        return JSONResponse({"state": state})

    async def _refund(self, request: Request, asked: Asked) -> Response:
        """By the payment, or by the order of which nobody heard the end."""
        self._known(request)
        payment = str(asked.get("payment") or self._orders.get(str(asked.get("order"))))
        if payment not in self.payments:
            raise Declined(404, "there is no such payment")
        self.payments[payment] = "refunded"
        return JSONResponse({"state": "refunded"})

    async def _health(self, request: Request) -> Response:
        return JSONResponse({"database_seconds": await self._query()})

    async def _query(self) -> float:
        """Seconds that the database took."""
        began = time.monotonic()
        await asyncio.sleep(_QUERY_SECONDS if self.slow_database else 0.0)
        return time.monotonic() - began

    async def _break(self, request: Request) -> Response:
        for step, how in parse_qsl((await request.body()).decode(), keep_blank_values=True):
            if step not in STEPS or not (how in ("", SLOW) or how.isdecimal()):
                return PlainTextResponse(f"write one of {', '.join(STEPS)}, = and a status or {SLOW}\n", 422)
            self.broken[step] = how
        return JSONResponse({step: how for step, how in self.broken.items() if how})

    async def _metrics(self, request: Request) -> Response:
        lines = [
            f'shop_requests_total{{step="{step}",client="{client}",result="{result}"}} {count}'
            for (step, client, result), count in sorted(self._counted.items())
        ]
        lines.append("# TYPE shop_booked_total counter")
        lines += [f'shop_booked_total{{client="{client}"}} {count}' for client, count in self._booked.items()]
        return PlainTextResponse("\n".join(["# TYPE shop_requests_total counter", *lines, ""]))

    def _known(self, request: Request) -> None:
        """Raises Declined for whoever has not logged in."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self._sessions or request.cookies.get("session") not in self._sessions:
            raise Declined(401, "log in first")

    def _route(
        self,
        path: str,
        step: str,
        serve: Callable[[Request, Asked], Awaitable[Response]],
        method: str = "POST",
    ) -> Route:
        async def served(request: Request) -> Response:
            how = self.broken.get(step, "")
            if how == SLOW:
                await asyncio.sleep(_SLOW_SECONDS)
            try:
                if how.isdecimal():
                    raise Declined(int(how), "broken on purpose")
                answer = await serve(request, await _asked(request) if method == "POST" else {})
            except Declined as refused:
                answer = JSONResponse({"error": refused.why}, refused.status)
            result = "ok" if answer.status_code < 400 else "refused" if answer.status_code < 500 else "failed"
            self._counted[step, _client(request), result] += 1
            return answer

        return Route(path, served, methods=[method])


def _client(request: Request) -> str:
    return "".join(c for c in request.headers.get("x-client", "web") if c.isalnum() or c in ".-")[:20]


async def _asked(request: Request) -> Asked:
    try:
        found = await request.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Declined(422, "write a JSON object")
    return found


if __name__ == "__main__":
    import uvicorn

    uvicorn.run(Shop().app(), port=int([*sys.argv, "8089"][1]), log_level="warning")
