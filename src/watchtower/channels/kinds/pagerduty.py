"""PagerDuty: each incident is an alert of a service, opened, acknowledged and resolved by the Events API v2.

[channel.pagerduty]
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from watchtower.channels import sentences
from watchtower.channels.contract import Letter, Receipt
from watchtower.channels.http_channel import HttpChannel
from watchtower.channels.http_settings import CallSettings, caller_for
from watchtower.channels.mail_body import body_of
from watchtower.channels.page_body import page_body
from watchtower.channels.urls import netloc_of, problem_of_url
from watchtower.channels.vendor_answer import FaultTable, document_of, fault_of, refused
from watchtower.core.plan.channels import ChannelTraits
from watchtower.daily_hours import zone_of
from watchtower.errors import DeliveryFault
from watchtower.fields import Field, field_validator
from watchtower.model import ChannelName, Severity, Text, worst_of
from watchtower.texts.units import iso

_KEY = re.compile(r"[A-Za-z0-9]{32}")
_SUMMARY, _CUSTOM = 1024, 400_000
"""Characters of a summary, and bytes of custom details, of the 512 KB that an event may have."""
_SEVERITIES: Mapping[Severity, str] = {
    Severity.P0: "critical",
    Severity.P1: "error",
    Severity.P2: "warning",
    Severity.P3: "info",
    Severity.P4: "info",
}
_RINGS = (Severity.P1, Severity.P0)
"""What an incident is raised to for which PagerDuty is to ring again."""
_PAUSE = 30.0
"""Seconds that PagerDuty asks to wait after a 429, where its answer does not say."""
FAULTS: FaultTable = {
    "400 *routing_key*": DeliveryFault.ADDRESS,
    "400*": DeliveryFault.OURS,  # the event is not as it wants it: sent again, it would not be either
    "413*": DeliveryFault.OURS,
    "40[134]*": DeliveryFault.ADDRESS,  # no integration has this key
    "429*": DeliveryFault.RETRY,
}
"""By HTTP status and what it finds wrong."""


class PagerDutyChannel(HttpChannel):
    """Sends a letter as events; an incident has the same keys in all its letters, so a repetition changes nothing."""

    name: ClassVar[ChannelName] = "pagerduty"
    traits: ClassVar[ChannelTraits] = ChannelTraits(
        Text("PagerDuty", "PagerDuty"),
        "The integration key of a service.",
        "0123456789abcdef0123456789abcdef",
        down_to=Severity.P3,
        machine=True,
        secret=True,
        idempotent=True,
    )

    class Settings(CallSettings):
        """`[channel.pagerduty]`; nothing is needed."""

        url: str = Field(
            "https://events.pagerduty.com",
            description="the Events API; https://events.eu.pagerduty.com for accounts in Europe",
        )

        @field_validator("url")
        @classmethod
        def _is_url(cls, value: str) -> str:
            if problem := problem_of_url(value):
                raise ValueError(f"url {problem}")
            return value.rstrip("/")

    def __init__(self, settings: Settings, redact: Callable[[str], str] = str) -> None:
        self._url = f"{settings.url}/v2/enqueue"
        self._caller = caller_for(self.name, settings, [], redact, fresh=False)

    def receiver(self, address: str) -> str:
        """The Events API, whatever the service."""
        return netloc_of(self._url)

    @staticmethod
    def problem_of_address(address: str) -> str | None:
        """Why this is no integration key, or None."""
        return (
            None
            if _KEY.fullmatch(address)
            else "is not the integration key of a service: 32 letters and digits"
        )

    @staticmethod
    def preview(letter: Letter, settings: Any) -> str:
        """The alert's summary."""
        return sentences.headline(letter.message, zone_of(letter.zone), letter.language)[:_SUMMARY]

    async def send(self, letter: Letter) -> Receipt:
        """Put the events into PagerDuty's queue."""
        taken = [await self._put(event) for event in events_of(letter)]
        return taken[0]

    async def _put(self, event: Mapping[str, Any]) -> Receipt:
        answer = await self._caller.call("POST", self._url, json=event)
        said = document_of(self._caller, answer)
        if answer.status == 202:
            return Receipt(str(said.get("dedup_key", "")), f"http 202 {said.get('message', '')}".strip())
        errors = said.get("errors")
        found = "; ".join(map(str, errors)) if isinstance(errors, list) else said.get("message", "")
        fault = fault_of(f"{answer.status} {found}", FAULTS) or DeliveryFault.RETRY
        wait = (answer.retry_after() or _PAUSE) if answer.status == 429 else None
        raise refused(self._caller, answer, f"http {answer.status}", {}, fault, wait)


def events_of(letter: Letter) -> list[dict[str, Any]]:
    """The events: `trigger` while somebody is to act, `acknowledge` once somebody does, `resolve` at the end.

    PagerDuty rings no more for an alert that was acknowledged there, of which we do not hear. So what is raised to P0 or P1 is
    an alert of its own; it is acknowledged and resolved with the first one. PagerDuty drops what names no open alert.
    """
    message = letter.message
    before = message.previous_severity
    if (
        not message.kind.ends
        and before is not None
        and message.severity.worse_than(before)
        and message.severity in _RINGS
    ):
        return [_triggered(letter, f"{letter.thread}.{message.severity}")]
    trigger = _triggered(letter, letter.thread)
    if sentences.is_canary(message):  # closed at once: nobody else would
        return [trigger, {**trigger, "event_action": "resolve"}]
    if not (message.kind.ends or message.status == "acknowledged"):
        return [trigger]
    action = "resolve" if message.kind.ends else "acknowledge"
    worst = worst_of((message.severity, before))
    raised = (f"{letter.thread}.{one}" for one in _RINGS if not one.worse_than(worst))
    return [
        {"routing_key": letter.address, "event_action": action, "dedup_key": key}
        for key in (letter.thread, *raised)
    ]


def _triggered(letter: Letter, key: str) -> dict[str, Any]:
    message = letter.message
    event = {"routing_key": letter.address, "event_action": "trigger", "dedup_key": key}
    body = body_of(letter)
    links = [*body.links, (body.sop, body.sop_url)]
    details = page_body(letter)
    if len(json.dumps(details, ensure_ascii=False).encode()) > _CUSTOM:
        details = {"incident": message.incident}  # type: ignore[typeddict-item]
    return {
        **event,
        "payload": {
            "summary": PagerDutyChannel.preview(letter, None),
            "source": sentences.clean(message.product.en) or "watchtower",
            "severity": _SEVERITIES[message.severity],
            "timestamp": iso(message.at),
            "component": message.flow or sentences.clean(message.title.en),
            "class": message.because[0].rule if message.because else message.kind.value,
            "custom_details": details,
        },
        "links": [{"href": url, "text": label} for label, url in links if url],
        "client": "watchtower",
        **({"client_url": letter.brief_url} if letter.brief_url else {}),
    }
