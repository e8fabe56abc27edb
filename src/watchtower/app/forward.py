"""Our alerts go out to Alertmanagers, as Prometheus sends its own: what fires is sent again while it lasts, its end for a
quarter of an hour.

Nothing is written down, and no page waits for it. An alert that ended while no daemon ran is over there by its `endsAt`.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from watchtower.app.configuration import Configuration
from watchtower.channels.http_call import Caller, hiding
from watchtower.channels.urls import netloc_of
from watchtower.core.incident.alerts import Alert
from watchtower.core.pipeline.engine import Engine
from watchtower.core.plan.forward import ForwardPolicy
from watchtower.delivery.retry import Policy, wait
from watchtower.errors import DeliveryError
from watchtower.logs import log
from watchtower.model import AlertState, Instant
from watchtower.telemetry import Telemetry
from watchtower.texts.units import iso

FORWARD = 1.0
"""Seconds between two looks at what there is to send."""
LASTS = 4.0
"""Times of `every` after which an alert is over there that we do not repeat: we are gone, perhaps."""
ENDED = 900.0
"""Seconds for which the end of an alert is sent again: whoever was away hears of it."""
BATCH = 64
"""Alerts of one post, as Prometheus has them."""
TURN = 500
"""Alerts that are looked at in one turn of the loop: ten thousand at once would hold it for 100 ms, each second of a storm."""
RETRY = Policy(first=2.0, cap=60.0)
API = "/api/v2/alerts"

_Labels = tuple[tuple[str, str], ...]
_Firing = Mapping[_Labels, tuple[Alert, Mapping[str, Any]]]
"""By labels: the alert, and what is posted of it."""


@dataclass(slots=True)
class _Sent:
    """An alert as it was last sent to one address, at `at`. `ended_at` None: it fires."""

    alert: Alert
    at: Instant = 0.0
    said: Mapping[str, Any] | None = None
    ended_at: Instant | None = None


class AlertForwarder:
    """Owned by the daemon's loop. `look` is called each second, and keeps nobody: each address has a task of its own."""

    def __init__(self, configuration: Configuration, engine: Engine, telemetry: Telemetry) -> None:
        self._configuration, self._engine = configuration, engine
        self._targets: dict[str, _Target] = {}
        telemetry.forwarding(self)

    async def look(self) -> None:
        """Begins what is to be sent now."""
        plan = self._configuration.plan
        firing = await self._firing(plan.forward) if plan.forward.alertmanagers else {}
        if self._configuration.plan is not plan:
            return  # a reload came between: the next look goes by it
        wanted = {url.get_secret_value(): plan.forward for url in plan.forward.alertmanagers}
        for url in [url for url, one in self._targets.items() if wanted.get(url) != one.policy]:
            self._targets.pop(url).task.cancel()
        for url, policy in wanted.items():
            if url not in self._targets:
                self._targets[url] = _Target(url, policy, self._configuration.redact)
            self._targets[url].look(firing, self._is_lost, time.time())

    def counts(self) -> Mapping[tuple[str, str], int]:
        """Alerts by address and outcome since the address was configured."""
        return {(one.name, outcome): n for one in self._targets.values() for outcome, n in one.counts.items()}

    def up(self) -> Mapping[str, bool]:
        """By address, whether the last post was taken; absent before the first."""
        return {one.name: one.up for one in self._targets.values() if one.up is not None}

    async def _firing(self, policy: ForwardPolicy) -> _Firing:
        out = {}
        for number, alert in enumerate(list(self._engine.state.alerts.values()), 1):
            if number % TURN == 0:
                await asyncio.sleep(0)
            if alert.state is AlertState.FIRING and self._is_ours(alert):
                labels = self._labels(alert, policy)
                out[tuple(sorted(labels.items()))] = alert, {"labels": labels, **self._said(alert)}
        return out

    def _is_ours(self, alert: Alert) -> bool:
        """Whether nobody else raised it, who might be the one that it would be sent to."""
        check = self._engine.plan.checks.get(alert.check)
        return check is None or check.alerts is None

    def _is_lost(self, alert: Alert) -> bool:
        """Whether it ended because nobody watches it any more: it is not over for that."""
        now = self._engine.state.alerts.get(alert.key)
        return now is not None and now.state is AlertState.UNWATCHED

    def _labels(self, alert: Alert, policy: ForwardPolicy) -> Mapping[str, str]:
        check = self._engine.plan.checks.get(alert.check)
        labels = {
            "alertname": alert.rule, "check": alert.check, "series": alert.series,
            "severity": policy.severities.get(alert.severity, str(alert.severity)),
            "flow": check.flow_of(alert.series) if check is not None else "",
        }  # fmt: skip
        return {name: value for name, value in {**labels, **policy.labels}.items() if value}

    def _said(self, alert: Alert) -> Mapping[str, Any]:
        incident = self._engine.state.incidents.get(alert.incident)
        base = self._configuration.settings.base_url.rstrip("/")
        told = {
            "summary": alert.text.en, "summary_zh": alert.text.zh, "incident": alert.incident,
            "incident_severity": str(incident.severity) if incident is not None else "",
            "watchtower": self._engine.state.instance,
        }  # fmt: skip
        page = f"{base}/incidents/{alert.incident}" if base and alert.incident else base
        return {
            "annotations": {name: value for name, value in told.items() if value},
            "startsAt": iso(alert.fired_at or alert.holds_since or time.time()),
            **({"generatorURL": page} if page else {}),
        }


class _Target:
    """One address, with what it was sent."""

    def __init__(self, url: str, policy: ForwardPolicy, redact: Callable[[str], str]) -> None:
        self.policy, self.name, self._url = policy, netloc_of(url), url.rstrip("/") + API
        self._caller = Caller(
            "forward", policy.timeout, policy.ca_file, hiding([policy.authorization], redact), policy.proxy.get_secret_value()
        )  # fmt: skip
        self._headers = {"Content-Type": "application/json"}
        if policy.authorization:
            self._headers["Authorization"] = policy.authorization.get_secret_value()
        self._sent: dict[_Labels, _Sent] = {}
        self._tries, self._again_at = 0, 0.0
        self.counts: Counter[str] = Counter(dict.fromkeys(("delivered", "refused", "failed"), 0))
        self.up: bool | None = None
        self.task: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.task.set_result(None)

    def look(self, firing: _Firing, is_lost: Callable[[Alert], bool], at: Instant) -> None:
        """Begins to send what is due, unless it is busy, or waits after a failure."""
        if self.task.done() and time.monotonic() >= self._again_at:
            due = list(self._due(firing, is_lost, at))
            if due:
                self.task = asyncio.create_task(self._send(due, at), name="forward")

    def _due(
        self, firing: _Firing, is_lost: Callable[[Alert], bool], at: Instant
    ) -> Iterator[tuple[_Sent, Mapping[str, Any]]]:
        for labels, (alert, said) in firing.items():
            one = self._sent.setdefault(labels, _Sent(alert))
            one.alert, one.ended_at = alert, None
            if said != one.said or not 0.0 <= at - one.at < self.policy.every:
                yield one, said
        for labels in [labels for labels in self._sent if labels not in firing]:
            one = self._sent[labels]
            if one.ended_at is None and (one.said is None or is_lost(one.alert)):
                del self._sent[labels]  # nobody heard of it, or nobody knows whether it is over
                continue
            fresh, one.ended_at = one.ended_at is None, one.ended_at or at
            if at - one.ended_at > ENDED:
                del self._sent[labels]
            elif fresh or not 0.0 <= at - one.at < self.policy.every:
                yield one, one.said or {}

    async def _send(self, due: Sequence[tuple[_Sent, Mapping[str, Any]]], at: Instant) -> None:
        left = list(due)
        try:
            while left:
                await self._post(left[:BATCH], at)
                del left[:BATCH]
            self._say(True)
        except DeliveryError as error:
            self._fail(len(left), str(error), error.retry_after)
        except Exception as error:  # noqa: BLE001 - a bug here costs no page
            self._fail(len(left), f"{type(error).__name__}: a bug in watchtower", None)

    async def _post(self, some: Sequence[tuple[_Sent, Mapping[str, Any]]], at: Instant) -> None:
        until = at + LASTS * self.policy.every
        bodies = [
            {**said, "endsAt": iso(until if one.ended_at is None else one.ended_at)} for one, said in some
        ]
        data = json.dumps(bodies, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        answer = await self._caller.call("POST", self._url, data=data, headers=self._headers)
        refused = None if answer.ok else self._caller.refusal(answer)
        if refused is not None and answer.status != 400:
            raise refused
        # What is wrong with one of a post does not keep the others: Alertmanager has taken the valid ones.
        self.counts["refused" if refused else "delivered"] += len(some)
        if refused is not None:
            log.error("alerts_refused", alertmanager=self.name, alerts=len(some), error=str(refused))
        for one, said in some:
            one.at, one.said = at, said

    def _fail(self, count: int, why: str, asked: float | None) -> None:
        self.counts["failed"] += count
        self._tries += 1
        self._again_at = time.monotonic() + wait(RETRY, self._tries, random.random(), asked)  # noqa: S311 - spreads attempts
        self._say(False, error=why, alerts=count)

    def _say(self, well: bool, **more: object) -> None:
        """Says so when it changes."""
        if well:
            self._tries = 0
        if self.up is not well:
            (log.info if well else log.warning)(
                "alerts_forwarded" if well else "alerts_not_forwarded", alertmanager=self.name, **more
            )
        self.up = well
