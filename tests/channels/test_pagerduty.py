"""PagerDuty: its events as its SDK sends them, and its refusals by class."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.channels.letters import P0, P1, P2, letter
from tests.channels.recorded import recorded
from tests.parts.httpserver import Answer, HttpServer
from watchtower.channels.contract import Letter, Receipt
from watchtower.channels.kinds.pagerduty import PagerDutyChannel, events_of
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.model import Severity
from watchtower.page_kinds import PageKind

KEY = "0123456789abcdef0123456789abcdef"
TAKEN = Answer.json({"status": "success", "message": "Event processed", "dedup_key": "k"}, status=202)


async def send(server: HttpServer, one: Letter) -> Receipt:
    channel = PagerDutyChannel(PagerDutyChannel.Settings(url=server.url("").rstrip("/")))
    try:
        return await channel.send(replace(one, address=KEY))
    finally:
        await channel.close()


@pytest.mark.parametrize(
    ("one", "action"),
    [
        (letter(PageKind.NEW), "trigger"),
        (letter(PageKind.UPGRADE), "trigger"),
        (letter(PageKind.UPDATE), "acknowledge"),
        (letter(PageKind.MITIGATED), "trigger"),
        (letter(PageKind.RESOLVED), "resolve"),
        (letter(PageKind.UNWATCHED), "resolve"),
        (letter(PageKind.TEST), "trigger"),
    ],
)
async def test_an_event_has_the_shape_of_the_sdks(http_server: HttpServer, one: Letter, action: str) -> None:
    http_server.on("/v2/enqueue", TAKEN)
    assert (await send(http_server, one)).reference == "k"
    [theirs] = recorded("pagerduty", action)
    request = http_server.wait_for(theirs.target)
    assert (request.method, request.headers["content-type"]) == ("POST", theirs.headers["content-type"])
    ours, wanted = request.json(), json.loads(theirs.body)
    assert ours["dedup_key"].startswith(one.thread)
    assert set(wanted) - {"payload"} <= set(ours) | {"images"}
    assert ours["event_action"] == wanted["event_action"] == action
    if action == "trigger":
        assert set(wanted["payload"]) <= set(ours["payload"])
        assert all(set(link) == {"href", "text"} for link in ours["links"])
    else:
        assert set(ours) == {"routing_key", "event_action", "dedup_key"}


@pytest.mark.parametrize(("severity", "theirs"), [(P0, "critical"), (P2, "warning")])
def test_severity_is_mapped(severity: Any, theirs: str) -> None:
    [event] = events_of(letter(severity=severity, previous_severity=None))
    assert event["payload"]["severity"] == theirs
    assert len(event["payload"]["summary"]) <= 1024
    assert event["payload"]["custom_details"]["incident"] == "INC-7"


@pytest.mark.parametrize(
    ("kind", "changes", "events"),
    [
        (PageKind.NEW, {"severity": P0}, ["trigger "]),
        (
            PageKind.UPGRADE,
            {"severity": P0, "previous_severity": P1, "status": "acknowledged"},
            ["trigger .P0"],
        ),
        (PageKind.UPGRADE, {"severity": P1, "previous_severity": P2}, ["trigger .P1"]),
        (PageKind.UPGRADE, {"severity": P2, "previous_severity": Severity.P3}, ["trigger "]),
        (PageKind.DOWNGRADE, {"severity": P1, "previous_severity": P0}, ["trigger "]),
        (PageKind.REMINDER, {"severity": P0, "previous_severity": P0}, ["trigger "]),
        (PageKind.UPDATE, {"severity": P1, "status": "acknowledged"}, ["acknowledge ", "acknowledge .P1"]),
        (PageKind.RESOLVED, {"severity": P2, "previous_severity": P2}, ["resolve "]),
        (PageKind.RESOLVED, {"severity": P2, "previous_severity": P1}, ["resolve ", "resolve .P1"]),
        (PageKind.RESOLVED, {"severity": P0}, ["resolve ", "resolve .P1", "resolve .P0"]),
    ],
)
def test_what_is_raised_to_p0_or_p1_rings_as_an_alert_of_its_own_and_ends_with_the_first(
    kind: PageKind, changes: dict[str, Any], events: list[str]
) -> None:
    one = letter(kind, **{"status": "triggered", "previous_severity": None, **changes})
    said = [
        f"{event['event_action']} {event['dedup_key'].removeprefix(one.thread)}" for event in events_of(one)
    ]
    assert said == events


async def test_an_end_of_which_one_event_is_refused_is_sent_again_whole(http_server: HttpServer) -> None:
    http_server.on("/v2/enqueue", TAKEN, Answer.json({}, status=500), TAKEN)
    over = letter(PageKind.RESOLVED, severity=P1, previous_severity=P1)
    with pytest.raises(DeliveryError):
        await send(http_server, over)
    await send(http_server, over)
    keys = [request.json()["dedup_key"] for request in http_server.requests_to("/v2/enqueue")]
    assert keys == [over.thread, f"{over.thread}.P1"] * 2


@pytest.mark.parametrize(
    ("status", "said", "fault"),
    [
        (
            400,
            {"status": "invalid event", "errors": ["Length of 'routing_key' is incorrect"]},
            DeliveryFault.ADDRESS,
        ),
        (400, {"status": "invalid event", "errors": ["'payload.severity' is missing"]}, DeliveryFault.OURS),
        (400, {"status": "throttle", "message": "?"}, DeliveryFault.OURS),
        (403, {"message": "no"}, DeliveryFault.ADDRESS),
        (429, {"message": "Too Many Requests"}, DeliveryFault.RETRY),
        (500, {}, DeliveryFault.RETRY),
        (200, {"status": "success"}, DeliveryFault.RETRY),
    ],
)
async def test_what_follows_from_a_refusal(
    http_server: HttpServer, status: int, said: dict[str, Any], fault: DeliveryFault
) -> None:
    http_server.on("/v2/enqueue", Answer.json(said, status=status))
    with pytest.raises(DeliveryError) as failure:
        await send(http_server, letter())
    assert failure.value.fault is fault
    assert failure.value.retry_after == (30.0 if status == 429 else None)
    assert KEY not in str(failure.value)


async def test_a_429_that_says_how_long_is_obeyed(http_server: HttpServer) -> None:
    http_server.on("/v2/enqueue", Answer.json({}, status=429, **{"Retry-After": "7"}))
    with pytest.raises(DeliveryError) as failure:
        await send(http_server, letter())
    assert failure.value.retry_after == 7.0


async def test_what_a_canary_opens_is_closed_at_once(http_server: HttpServer) -> None:
    http_server.on("/v2/enqueue", TAKEN)
    one = letter(PageKind.TEST)
    await send(http_server, replace(one, message=replace(one.message, informs=True)))
    events = [request.json() for request in http_server.requests]
    assert [event["event_action"] for event in events] == ["trigger", "resolve"]
    assert len({event["dedup_key"] for event in events}) == 1
