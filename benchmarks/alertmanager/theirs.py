"""The script through a real Alertmanager, with its timers and all times of the script divided by `speed`."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from itertools import groupby

from requests import post

from benchmarks.alertmanager.script import Script, Sent
from benchmarks.alertmanager.told import Told
from tests.parts.alertmanager import Alertmanager
from tests.parts.conditions import started
from tests.parts.httpserver import Answer, HttpServer

WAIT, INTERVAL, REPEAT = 30.0, 300.0, 14400.0
"""As it is shipped: `group_wait`, `group_interval`, `repeat_interval`."""


def theirs(made: Script, speed: float) -> Told:
    """What its webhook got."""
    with started(HttpServer()) as hook:
        hook.on("/hook", Answer(200))
        timers = [f"{seconds / speed * 1000:.0f}ms" for seconds in (WAIT, INTERVAL, REPEAT)]
        with started(Alertmanager(hook.url("/hook"), timers=timers)) as real:
            began, steady = time.time(), time.monotonic()
            for at, some in groupby(made.sent, key=lambda one: round(one.at / (speed / 4.0))):
                time.sleep(max(0.0, began + at / 4.0 - time.time()))
                alerts = list(some)
                for replica in (0, 1):
                    _post(real, [one for one in alerts if one.replica == replica], began, speed)
            time.sleep(max(0.0, began + made.seconds / speed - time.time()))
        told = Told()
        for request in hook.requests_to("/hook"):
            body = request.json()
            told.posts += 1
            word = (
                (request.at - steady) * speed,
                body["commonLabels"]["alertname"],
                body["status"] == "firing",
            )
            told.words.append(word)
        return told


def _post(real: Alertmanager, some: list[Sent], began: float, speed: float) -> None:
    if not some:
        return

    def moment(at: float) -> str:
        return datetime.fromtimestamp(began + at / speed, UTC).isoformat()

    body = [
        {
            "labels": {"alertname": one.rule, "severity": "warning"}, "annotations": {"summary": one.rule},
            "startsAt": moment(one.starts_at), "endsAt": moment(one.ends_at), "generatorURL": f"http://prom-{one.replica}:9090/",
        }
        for one in some
    ]  # fmt: skip
    post(real.url("/api/v2/alerts"), json=body, timeout=5)
