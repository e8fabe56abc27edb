"""`python -m benchmarks.scale.scrape`: what a scrape of 10,000 flows costs, and how long it keeps the event loop in one piece.

The yardstick is the Prometheus client, which writes as many series of one gauge in the same run. Processor time, because
the machine may be busy; the garbage collector rests, as the daemon's does once its series have come to stay.
"""

from __future__ import annotations

import asyncio
import gc
import time

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.detectors import Traffic
from watchtower.model import Fact, Observation, Outcome, Reading
from watchtower.telemetry import Telemetry

FLOWS, TIMES = 10_000, 5
FACTS = {"requests": Fact.number("requests"), **Traffic.facts}


def fleet(checks: int) -> Telemetry:
    """All is known of each of 10,000 flows, of so many checks."""
    plan = Plan(
        checks={
            name: Check(
                name=name, probe="metrics", every=10, timeout=5, settings=None, facts=FACTS, flow="shop"
            )
            for name in (f"service-{n:05d}" for n in range(checks))
        }
    )
    telemetry = Telemetry("benchmark")
    telemetry.load(plan)
    values = {}
    for n in range(FLOWS):
        check, series = plan.checks[f"service-{n % checks:05d}"], f"merchant-{n:05d}"
        reading = Reading(Outcome.UP, {"requests": float(n % 40)}, series=series)
        telemetry.observed(Observation(check.name, 1.7e9 + n / 7, reading, 0.0012345 * (1 + n % 7)), check)
        values[check.name, series] = tuple((n + place) / 7 for place in range(len(FACTS)))
    telemetry.facts(lambda: (plan.checks, values))
    return telemetry


async def scraped(telemetry: Telemetry) -> tuple[float, float, int, int]:
    """Milliseconds in all, and of the longest piece; bytes and lines."""
    begun, longest = time.thread_time(), 0.0
    scrape = asyncio.ensure_future(telemetry.scrape())
    while not scrape.done():
        at = time.thread_time()
        await asyncio.sleep(0)
        longest = max(longest, time.thread_time() - at)
    took, text = time.thread_time() - begun, b"".join(scrape.result()[0])
    return took * 1e3, longest * 1e3, len(text), text.count(b"\n")


def yardstick() -> float:
    """Microseconds of the client for a series."""
    registry = CollectorRegistry()
    gauge = Gauge("benchmark", "The same.", ("check", "series", "flow"), registry=registry)
    for n in range(FLOWS):
        gauge.labels(f"service-{n % 20:05d}", f"merchant-{n:05d}", "shop").set(n / 7)
    best = float("inf")
    for _ in range(TIMES):
        begun = time.thread_time()
        generate_latest(registry)
        best = min(best, time.thread_time() - begun)
    return best / FLOWS * 1e6


def main() -> None:
    client = yardstick()
    for checks in (20, FLOWS):
        telemetry = fleet(checks)
        gc.collect()
        gc.freeze()
        gc.disable()
        took, longest, size, lines = min(asyncio.run(_alone(telemetry)) for _ in range(TIMES))
        gc.enable()
        print(
            f"{checks:,} checks: {took:.0f} ms, the longest piece {longest:.1f} ms, {size / 1e6:.1f} MB, {lines:,} lines, "
            f"{took * 1e3 / lines / client:.2f} of the client's time for a line ({client:.2f} µs)"
        )


async def _alone(telemetry: Telemetry) -> tuple[float, float, int, int]:
    out = await scraped(telemetry)
    await asyncio.sleep(1.1)  # scrapes within a second share one page
    return out


if __name__ == "__main__":
    main()
