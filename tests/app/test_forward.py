"""What goes out to an Alertmanager, and what does not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from tests.parts.httpserver import Answer, Fault, HttpServer
from watchtower.app.forward import API, BATCH, AlertForwarder
from watchtower.core.incident.alerts import Alert
from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.core.plan.forward import ForwardPolicy
from watchtower.fields import Secret
from watchtower.model import AlertState, Severity, Text
from watchtower.telemetry import Telemetry

FIRING = Alert(
    "silent", "orders", "eu", AlertState.FIRING, Severity.P1, fired_at=1.7e9, text=Text("none", "无")
)


class Running:
    """A forwarder whose alerts a test sets."""

    def __init__(self, *urls: str, **policy: Any) -> None:
        self.policy = ForwardPolicy(alertmanagers=tuple(map(Secret, urls)), timeout=1.0, **policy)
        orders = Check(name="orders", probe="push", every=10, timeout=5, settings=None, flow="checkout")
        plan = Plan(checks={"orders": orders}, forward=self.policy)
        self.alerts: dict[Any, Alert] = {}
        state = SimpleNamespace(alerts=self.alerts, incidents={}, instance="ours")
        settings = SimpleNamespace(base_url="https://watch.example/")
        configuration: Any = SimpleNamespace(plan=plan, settings=settings, redact=str)
        engine: Any = SimpleNamespace(plan=plan, state=state)
        self.forwarder = AlertForwarder(configuration, engine, Telemetry("1"))

    def set(self, *alerts: Alert) -> None:
        self.alerts.update((alert.key, alert) for alert in alerts)

    async def until(self, done: Callable[[], object]) -> None:
        async with asyncio.timeout(20):
            while not done():
                await self.forwarder.look()
                await asyncio.sleep(0.01)


def bodies(server: HttpServer) -> list[list[dict[str, Any]]]:
    return [one.json() for one in server.requests_to(API)]


async def test_what_fires_goes_out_in_posts_of_64_with_an_end_ahead() -> None:
    with HttpServer() as server:
        server.on(API, Answer(200))
        running = Running(server.url(""), authorization=Secret("Bearer abc"), labels={"cluster": "eu"})
        running.set(*(replace(FIRING, series=str(n)) for n in range(2 * BATCH + 1)))
        running.set(replace(FIRING, series="pending", state=AlertState.PENDING))
        await running.until(lambda: len(bodies(server)) == 3)
        assert [len(one) for one in bodies(server)] == [BATCH, BATCH, 1]
        first = bodies(server)[0][0]
        assert first["labels"] == {
            "alertname": "silent", "check": "orders", "series": "0", "severity": "P1", "flow": "checkout", "cluster": "eu",
        }  # fmt: skip
        assert first["annotations"] == {"summary": "none", "summary_zh": "无", "watchtower": "ours"}
        assert first["generatorURL"] == "https://watch.example"
        assert first["startsAt"] == "2023-11-14T22:13:20.000Z" < first["endsAt"]
        assert server.requests_to(API)[0].headers["authorization"] == "Bearer abc"


async def test_the_end_is_sent_once_it_is_over_and_never_for_what_is_no_longer_watched() -> None:
    with HttpServer() as server:
        server.on(API, Answer(200))
        running = Running(server.url(""))
        gone = replace(FIRING, series="gone")
        running.set(FIRING, gone)
        await running.until(lambda: bodies(server))
        running.set(replace(FIRING, state=AlertState.RESOLVED), replace(gone, state=AlertState.UNWATCHED))
        await running.until(lambda: len(bodies(server)) == 2)
        [ended] = bodies(server)[1]
        assert ended["labels"]["series"] == "eu"
        assert ended["endsAt"] < bodies(server)[0][0]["endsAt"]


async def test_who_hangs_keeps_nobody_and_who_refuses_one_has_the_others() -> None:
    with HttpServer() as server, HttpServer() as other:
        server.on(API, Answer(400, "start time must be before end time"))
        other.on(API, Answer(200, fault=Fault.HANG))
        running = Running(server.url(""), other.url(""))
        running.set(*(replace(FIRING, series=str(n)) for n in range(BATCH + 1)))
        await running.until(lambda: running.forwarder.up().get(f"127.0.0.1:{other.port}") is False)
        counts = running.forwarder.counts()
        assert counts[f"127.0.0.1:{server.port}", "refused"] == BATCH + 1
        assert counts[f"127.0.0.1:{other.port}", "failed"] >= BATCH + 1
        assert running.forwarder.up()[f"127.0.0.1:{server.port}"] is True
