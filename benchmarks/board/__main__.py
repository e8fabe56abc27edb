"""`python -m benchmarks.board`: first byte and size of the board at 10,000 checks and 1,000 incidents, and the engine's
delay with 0 and with 100 viewers, in turn, in one run. Four minutes."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

from benchmarks.overhead.processes import Child, cpu_sample, cpu_used, free_port
from benchmarks.scale.watched import Visitor, get

RULES = """\
[[rule]]
name = "down"
match = { probe = "tcp" }
when = "outcome == 'down'"
severity = "P3"

[[rule]]
name = "silent"
match = { probe = "metrics" }
when = "traffic.silent"
severity = "P1"

[[responder]]
name = "li"
role = "oncall"
webhook = "http://127.0.0.1:9/never"

[channel.webhook]
secret = "${BENCH_SECRET}"
"""
TCP = '[[check]]\nname = "service-{n}"\nprobe = "tcp"\naddress = "127.0.0.1:{port}"\nevery = "{every}s"\n\n'
FLOW = """\
[flow.flow-{n}]
tier = "{tier}"
[[check]]
name = "requests-{n}"
flow = "flow-{n}"
probe = "metrics"
url = "http://127.0.0.1:{port}/{n}"
query = "requests_total"
every = "10s"

"""
EVERY = 60


def configure(work: Path, checks: int, incidents: int, flows: int, port: int) -> None:
    (work / "checks").mkdir()
    (work / "rules.toml").write_text(RULES)
    text = [
        FLOW.format(n=n, port=port, tier=("core", "supporting", "peripheral")[n % 3]) for n in range(flows)
    ]
    text += [TCP.format(n=n, port=9 if n < incidents else port, every=EVERY) for n in range(checks - flows)]
    (work / "checks" / "all.toml").write_text("".join(text))


def first_byte(port: int) -> tuple[float, int]:
    """Seconds until the first byte of the board, and its bytes."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    began = time.monotonic()
    connection.request("GET", "/?lang=en")
    answer = connection.getresponse()
    took = time.monotonic() - began
    size = len(answer.read())
    connection.close()
    return took, size


def delays(port: int, seconds: float, viewers: int) -> tuple[list[float], str]:
    """What everybody waits for the loop, sorted; and what the viewers saw."""
    argv = [sys.executable, "-m", "benchmarks.board.viewers", str(port), str(viewers), str(seconds)]
    child = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) if viewers else None
    visitor = Visitor(port)
    visitor.start()
    time.sleep(seconds)
    waits = visitor.stop()
    return waits, child.communicate(timeout=60)[0].strip() if child is not None else ""


def percentile(waits: list[float], share: float) -> float:
    return waits[min(len(waits) - 1, int(share * len(waits)))]


def run(work: Path, args: argparse.Namespace) -> None:
    target, port = free_port(), free_port()
    configure(work, args.checks, args.incidents, args.flows, target)
    environment = {
        **os.environ, "WATCHTOWER_STORE": f"sqlite:///{work}/w.db", "WATCHTOWER_LISTEN": f"127.0.0.1:{port}",
        "WATCHTOWER_RULES": str(work / "rules.toml"), "WATCHTOWER_CHECKS": str(work / "checks"),
        "BENCH_SECRET": "a key for this run",
    }  # fmt: skip
    asked = Child(
        "target",
        [sys.executable, "-m", "benchmarks.board.target", str(target)],
        work / "target.log",
        {**os.environ},
    )
    asked.wait_port(target)
    daemon = Child(
        "watchtower", [sys.executable, "-m", "watchtower", "run"], work / "daemon.log", environment
    )
    try:
        daemon.wait_port(port, 120.0)
        until, open_ = time.monotonic() + 150.0, 0
        while open_ < args.incidents and time.monotonic() < until:
            time.sleep(2.0)
            open_ = int(json.loads(get(port, "/api/v1/status")[1] or "{}").get("incidents_open", 0))
        print(f"{args.checks} checks, {args.flows} flows, {open_} incidents open", flush=True)
        first_byte(port)
        time.sleep(5.0)
        seen = []
        for _ in range(args.times):
            time.sleep(1.2)  # so that each is made anew
            seen.append(first_byte(port))
        took = sorted(one for one, _ in seen)
        print(
            f"first byte: median {median(took) * 1e3:.0f} ms, worst {took[-1] * 1e3:.0f}; {max(n for _, n in seen) / 1e3:.0f} kB"
        )
        for viewers in (0, 100) * args.rounds:
            busy = cpu_sample(daemon.pid)
            waits, said = delays(port, args.seconds, viewers)
            share = cpu_used(busy, cpu_sample(daemon.pid)) / args.seconds
            half, most = percentile(waits, 0.5) * 1e3, percentile(waits, 0.99) * 1e3
            print(
                f"{viewers:3} viewers: the loop's delay, median {half:.2f} ms, p99 {most:.1f}, longest {waits[-1] * 1e3:.0f};"
                f" {share:.1%} of a core; events, bytes, ended: {said or '-'}",
                flush=True,
            )
    finally:
        daemon.stop()
        asked.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checks", type=int, default=10_000)
    parser.add_argument("--incidents", type=int, default=1_000)
    parser.add_argument("--flows", type=int, default=50)
    parser.add_argument("--times", type=int, default=15)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=20.0)
    with tempfile.TemporaryDirectory(prefix="board-") as folder:
        run(Path(folder), parser.parse_args())


if __name__ == "__main__":
    main()
