"""`python -m benchmarks.scale.doors`: how long the requests of others' programs hold the event loop of the daemon in one piece.

The yardstick is `json.loads` of the same post, in the same run. Processor time, because the machine may be busy.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import requests

from tests.acceptance.process import TOKEN, DaemonProcess
from tests.parts.httpserver import Answer, HttpServer

ROOT = Path(__file__).parents[2]
SILENCES, SETTLE = 20, 6.0
"""Silences that are there; seconds in which a poll and the engine see what was posted."""
RULES = """\
[[responder]]
name = "li"
role = "oncall"
sms = "+8613800000000"

[channel.sms]
url = "{gateway}"
json = {{ to = "{{{{ to }}}}", text = "{{{{ text }}}}" }}
"""
CHECKS = """\
[[check]]
name = "prometheus"
probe = "alertmanager"

[[check]]
name = "grafana"
probe = "webhook"
"""


def alerts(count: int, names: int) -> list[dict[str, Any]]:
    return [
        {
            "labels": {"alertname": f"Rule{n % names:04}", "severity": "warning", "instance": f"db-{n}"},
            "annotations": {"summary": f"the disk of db-{n} is nearly full"},
            "generatorURL": "http://prometheus:9090/graph",
        }
        for n in range(count)
    ]


def steps(count: int) -> list[tuple[str, str, str, Any]]:
    """What is asked for: the row's name, method, path, body."""
    posted = alerts(count, 100)
    some = enumerate(posted[:1_000])  # a webhook has 512 KiB
    hook = {"alerts": [{"status": "firing", "fingerprint": f"{n:x}", **one} for n, one in some]}
    matcher = {"name": "instance", "value": "db-1.*", "isRegex": True, "isEqual": True}
    begin, end = (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + late)) for late in (0, 7200))
    silence = {"matchers": [matcher], "startsAt": begin, "endsAt": end, "createdBy": "li", "comment": "x"}
    out: list[tuple[str, str, str, Any]] = [("alerts, one post", "POST", "/api/v2/alerts", posted)]
    out.append(("the same again", "POST", "/api/v2/alerts", posted))
    out += [("silence", "POST", "/api/v2/silences", silence)] * SILENCES
    out += [
        (path, "GET", f"/api/v2/{path}", None)
        for path in ("status", "receivers", "alerts", "alerts/groups", "silences", "silence/S-1")
    ]
    out.append(("alerts, filter=~", "GET", '/api/v2/alerts?filter=instance=~"db-.*7"', None))
    out.append(("silence/S-1, expire", "DELETE", "/api/v2/silence/S-1", None))
    return [*out, ("webhook, one post", "POST", "/in/grafana", hook)]


def held(count: int) -> dict[str, tuple[float, float, str]]:
    """For each row the longest callback, in ms, within its request and until all was seen; the request's ms; and what it was."""
    with tempfile.TemporaryDirectory() as folder, HttpServer() as gateway:
        gateway.on("/sms", Answer(200, "{}"))
        log, rules = Path(folder) / "held", RULES.format(gateway=gateway.url("/sms"))
        daemon = DaemonProcess(Path(folder), rules, {"all.toml": CHECKS}, {"PYTHONPATH": str(ROOT)})
        daemon.start(first=[sys.executable, "-m", "benchmarks.scale.held", str(log)])
        spans: list[tuple[str, float, float, float]] = []
        try:
            time.sleep(SETTLE)
            for name, method, path, body in steps(count):
                begun = time.monotonic()
                answer = requests.request(
                    method, daemon.url + path, json=body, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60
                )  # fmt: skip
                took = time.monotonic() - begun
                if answer.status_code != 200:
                    print(f"{name}: {answer.status_code} {answer.text[:200]}", file=sys.stderr)
                time.sleep(SETTLE if "post" in name or "again" in name else 0.3)
                spans.append((name, begun, time.monotonic(), took))
        finally:
            daemon.stop()
        lines = [line.split(" ", 2) for line in log.read_text().splitlines()]
    out: dict[str, tuple[float, float, str]] = {}
    for name, begun, end, took in spans:
        longest = max(
            ((float(s), what) for at, s, what in lines if begun <= float(at) <= end), default=(0.0, "")
        )
        out[name] = max(out.get(name, (0.0, 0.0, "")), (longest[0] * 1e3, took * 1e3, longest[1]))
    return out


def main() -> None:
    counts = [int(word) for word in sys.argv[1:]] or [1_000, 10_000]
    for count in counts:
        body = json.dumps(alerts(count, 100))
        begun = time.thread_time()
        json.loads(body)
        yardstick = (time.thread_time() - begun) * 1e3
        print(f"\n{count:,} alerts, {len(body) / 1e6:.1f} MB; json.loads of them {yardstick:.1f} ms\n")
        print("| | longest hold, ms | through json.loads | request, ms |\n|---|---:|---:|---:|")
        for name, (longest, took, what) in held(count).items():
            print(f"| {name} | {longest:.1f} | {longest / yardstick:.2f} | {took:.0f} |", flush=True)
            if longest > 20.0:
                print(f"{name}: {what[:300]}", file=sys.stderr)


if __name__ == "__main__":
    main()
