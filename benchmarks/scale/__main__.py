"""`python -m benchmarks.scale`: 10,000 flows polled every 10 s; about six minutes."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.overhead.processes import calibrate, cpu_sample, cpu_used, host_cpu, memory
from benchmarks.scale import many, parts, wide
from benchmarks.scale.flows import EVERY, Fleet
from benchmarks.scale.watched import SCRAPE, Prometheus, Visitor, Watchtower, get, products
from watchtower.app.memory import COME_TO_STAY

console = Console(width=110)


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.scale", description=__doc__)
    parser.add_argument("--checks", type=int, default=20, help="of 500 flows each")
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="of steady state; at least two checkpoints"
    )
    parser.add_argument("--work", type=Path, help="where files go; a folder that is removed when not given")
    parser.add_argument("--without", default="", help="any of: parts, prometheus, wide, many")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.work, prefix="scale-") as folder:
        run(Fleet(args.checks), Path(folder), args.seconds, args.without)


def run(fleet: Fleet, work: Path, seconds: float, without: str) -> None:
    console.print(
        f"{fleet.flows:,} flows, {fleet.checks} checks, every {EVERY:g} s; calibration {calibrate()} ms"
    )
    with products(fleet, work) as port:
        watched = daemon(fleet, port, work, seconds)
        prometheus = None if "prometheus" in without else yardstick(fleet, port, work, seconds)
    console.print(all_in(watched, prometheus))
    for line in watched["notes"]:
        console.print(line)
    if "parts" not in without:
        console.print(by_part(parts.measure(fleet, work / "ten-thousand"), watched["cpu_us"]))
    if "wide" not in without:
        console.print(wide.table())
    if "many" not in without:
        console.print(many.table())
    console.print(f"calibration {calibrate()} ms")


def steady(pid: int, fleet: Fleet, seconds: float, scraped: int | None) -> dict[str, float]:
    """CPU and memory while nothing happens but polls; a scrape of /metrics each 15 s, as a company's own would."""
    before, host, begun = cpu_sample(pid), host_cpu()[0], time.monotonic()
    while (left := begun + seconds - time.monotonic()) > 0:
        if scraped is not None:
            get(scraped, "/metrics")
        time.sleep(min(SCRAPE, left))
    used, busy, passed = cpu_used(before, cpu_sample(pid)), host_cpu()[0] - host, time.monotonic() - begun
    polls = fleet.flows * passed / EVERY
    return {
        "cpu_us": used / polls * 1e6,
        "core": used / passed,
        "rss": memory(pid)["rss_kib"] * 1024.0,
        "peak": memory(pid)["hwm_kib"] * 1024.0,
        "foreign": (busy - used) / passed,
    }


def daemon(fleet: Fleet, port: int, work: Path, seconds: float) -> dict[str, Any]:
    few = Watchtower(Fleet(fleet.checks, 1), port, work / "one-each")
    few.environment["WATCHTOWER_RULES"] = str(work / "one-each/rules.toml")
    checks = work / "one-each/checks/services.toml"
    checks.write_text(checks.read_text().replace('label = "flow"\n', ""))
    empty = few.begin()
    time.sleep(3 * EVERY)
    base = steady(few.child.pid, Fleet(fleet.checks, 1), 10.0, few.port)
    few.end()

    many = Watchtower(fleet, port, work / "ten-thousand")
    many.fill(fleet)
    started = many.begin()
    cpu_at_ready = cpu_sample(many.child.pid)
    many.wait_polled(fleet)
    taken_up = cpu_used(cpu_at_ready, cpu_sample(many.child.pid))
    time.sleep(COME_TO_STAY)
    out: dict[str, Any] = steady(many.child.pid, fleet, seconds, many.port)
    visitor = Visitor(many.port)
    visitor.start()
    for _ in range(5):
        time.sleep(12.0)
        get(many.port, "/metrics")
    waits = visitor.stop()
    false = many.metric('watchtower_alerts{rule="silent",state="firing"}')
    get(port, f"/quiet/{fleet.flow(1, 19)}")
    silenced, firing = time.monotonic(), false
    while firing <= false and time.monotonic() < silenced + 180:
        time.sleep(1.0)
        firing = many.metric('watchtower_alerts{rule="silent",state="firing"}')
    seen = time.monotonic() - silenced
    ended = many.end()
    again = many.begin()
    many.end()
    out["bytes"] = (out["rss"] - base["rss"]) / fleet.flows
    out["notes"] = [
        (f"ready {started:.2f} s after the start with the state of {fleet.flows:,} flows in SQLite, {again:.2f} s with what it "
        f"has written itself; {empty:.2f} s with {fleet.checks} flows and nothing in it; end {ended:.2f} s"),
        f"taking up the states and the first polls, over two to three intervals: {taken_up:.2f} s of processor time",
        (f"a visitor waits: median {waits[len(waits) // 2] * 1e3:.1f} ms, p99 {waits[-len(waits) // 100] * 1e3:.1f} ms, "
        f"longest of {len(waits):,} {waits[-1] * 1e3:.1f} ms (two checkpoints, five scrapes among them)"),
        f"false alarms: {false:.0f}; a flow of 4 a second was stopped and seen after {seen:.0f} s"
        if firing > false else f"false alarms: {false:.0f}; the flow that was stopped was NOT seen",
        (f"peak {out['peak'] / 2**20:.0f} MiB; {base['rss'] / 2**20:.0f} MiB with {fleet.checks} flows; "
        f"else on the machine: {out['foreign'] * 100:.0f} %"),
    ]  # fmt: skip
    return out


def yardstick(fleet: Fleet, port: int, work: Path, seconds: float) -> dict[str, float]:
    with products(Fleet(fleet.checks, 1), work) as small:
        few = Prometheus(fleet, small, work / "prometheus-one-each")
        time.sleep(3 * EVERY)
        base = memory(few.child.pid)["rss_kib"] * 1024.0
        few.end()
    many = Prometheus(fleet, port, work / "prometheus")
    time.sleep(4 * EVERY)
    out = steady(many.child.pid, fleet, seconds, None)
    many.end()
    out["bytes"] = (out["rss"] - base) / fleet.flows
    return out


def all_in(watched: dict[str, Any], prometheus: dict[str, float] | None) -> Table:
    table = Table(title="All in: processes as the kernel counts them")
    for name in ("", "watchtower", "Prometheus", "ratio", "aim"):
        table.add_column(name, justify="right")

    def row(name: str, key: str, shown: str, aim: str, scale: float = 1.0) -> None:
        own = watched[key] * scale
        other = None if prometheus is None else prometheus[key] * scale
        table.add_row(
            name, format(own, shown), "-" if other is None else format(other, shown),
            "-" if not other else f"{own / other:.2f}", aim,
        )  # fmt: skip

    row("CPU of a flow and poll, µs", "cpu_us", ".1f", "≤ 100")
    row("of one core, %", "core", ".1f", "", 100.0)
    row("resident memory of a flow, bytes", "bytes", ",.0f", "≤ 8,192")
    row("resident memory, MiB", "rss", ".0f", "", 1 / 2**20)
    return table


def by_part(found: parts.Parts, whole: float) -> Table:
    table = Table(title="Where it goes: µs of a flow and poll, in this process")
    for name in (
        "detector",
        "rules, facts",
        "inbox, telemetry",
        "saving",
        "ticks",
        "scrapes",
        "fetch, parse, schedule",
    ):
        table.add_column(name, justify="right")
    known = (found.detector, found.engine, found.inbox, found.saving, found.ticks, found.scrapes)
    table.add_row(*(f"{each:.1f}" for each in known), f"{whole - sum(known):.1f} (the rest)")
    table.caption = f"one slice of a checkpoint keeps the loop for {found.slice_ms:.1f} ms at most"
    return table


if __name__ == "__main__":
    main()
