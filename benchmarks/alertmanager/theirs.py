"""The script through a real Alertmanager, with its timers and all times of the script divided by `speed`.

It has no clock but the machine's. So the month is cut where all rules are quiet, and all pieces are played at once: each
alert has a label with the number of its piece, and is grouped by it, too. Groups share nothing in Alertmanager but the time.
"""

from __future__ import annotations

import subprocess
import time
from collections import defaultdict
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from requests import Session

from benchmarks.alertmanager.month import severity
from benchmarks.alertmanager.script import QUIET, Script, Sent
from benchmarks.alertmanager.told import Told
from tests.parts.alertmanager import Alertmanager
from tests.parts.child import find_program
from tests.parts.conditions import started
from tests.parts.httpserver import Answer, HttpServer

WAIT, INTERVAL, REPEAT = 30.0, 300.0, 14400.0
"""As it is shipped: `group_wait`, `group_interval`, `repeat_interval`."""
FORGETS = 30.0
"""After which it forgets groups that are over."""
TICK = 0.1
"""Seconds of the machine's clock between two posts of a replica."""
_ROUTES = """\
route:
  receiver: one
  group_wait: {wait}
  group_interval: {interval}
  repeat_interval: {repeat}
  routes:
    - {{receiver: one, group_by: [piece, alertname], continue: true}}
    - {{receiver: all, group_by: [piece]}}
receivers:
  - {{name: one, webhook_configs: [{{url: "{hook}/one", send_resolved: true}}]}}
  - {{name: all, webhook_configs: [{{url: "{hook}/all", send_resolved: true}}]}}
"""


def theirs(made: Script, speed: float) -> list[Told]:
    """What its two webhooks got: grouped by name, as it is shipped, and all in one group."""
    pieces = made.pieces()
    longest = max(piece[-1].at - piece[0].at for piece in pieces)
    moved: dict[int, float] = {}
    posts: list[tuple[int, int, Sent]] = []
    for number, piece in enumerate(pieces):
        room = longest - (piece[-1].at - piece[0].at)
        moved[number] = room * ((number * 0.618) % 1.0) - piece[0].at
        posts += [(round((one.at + moved[number]) / speed / TICK), number, one) for one in piece]
    with started(HttpServer()) as hook:
        for name in ("one", "all"):
            hook.on(f"/{name}", Answer(200))
        timers = {
            name: f"{seconds / speed * 1000:.0f}ms"
            for name, seconds in (("wait", WAIT), ("interval", INTERVAL), ("repeat", REPEAT))
        }
        configuration = _ROUTES.format(hook=hook.url(), **timers)
        with started(Alertmanager(configuration=configuration, flags=_forgets(speed))) as real:
            began, steady, late = time.time(), time.monotonic(), 0.0
            with Session() as session:
                for tick, some in groupby(sorted(posts, key=lambda it: it[0]), key=lambda it: it[0]):
                    time.sleep(max(0.0, steady + tick * TICK - time.monotonic()))
                    late = max(late, time.monotonic() - steady - tick * TICK)
                    by: dict[int, list[Any]] = defaultdict(list)
                    for _, number, one in some:
                        by[one.replica].append(_posted(one, number, began, moved[number], speed))
                    for body in by.values():
                        session.post(real.url("/api/v2/alerts"), json=body, timeout=30).raise_for_status()
            time.sleep(QUIET / speed)
        print(
            f"{len(pieces)} pieces, the longest {longest / 3600:.1f} h; posts late by {late * speed:.0f} s at most\n"
        )
        return [
            _told(who, hook.requests_to(f"/{name}"), steady, moved, speed)
            for name, who in (("one", "Alertmanager, by name"), ("all", "Alertmanager, one group"))
        ]


def _forgets(speed: float) -> list[str]:
    """So that groups that are over are forgotten as soon as there, where the release can be told: 0.25 cannot."""
    program = find_program("prometheus-alertmanager", Alertmanager.package)
    known = subprocess.run([program, "--help"], capture_output=True, text=True, check=False)
    flag = "--dispatch.maintenance-interval"
    return [f"{flag}={FORGETS / speed * 1000:.0f}ms"] if flag in known.stdout + known.stderr else []


def _told(who: str, requests: Any, steady: float, moved: dict[int, float], speed: float) -> Told:
    told = Told(who)
    for request in requests:
        body = request.json()
        at = (request.at - steady) * speed - moved[int(body["groupLabels"]["piece"])]
        words = {one["labels"]["alertname"]: one["status"] == "firing" for one in body["alerts"]}
        told.messages.append((at, words))
    return told


def _posted(one: Sent, piece: int, began: float, moved: float, speed: float) -> Any:
    def moment(at: float) -> str:
        return datetime.fromtimestamp(began + (at + moved) / speed, UTC).isoformat()

    return {
        "labels": {"alertname": one.rule, "severity": severity(one.rule), "piece": str(piece)},
        "annotations": {"summary": one.rule},
        "startsAt": moment(one.starts_at), "endsAt": moment(one.ends_at), "generatorURL": f"http://prom-{one.replica}:9090/",
    }  # fmt: skip
