"""Slack: its request, its refusals inside a 200, and presses over socket mode."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from tests.channels.letters import letter
from tests.channels.test_telegram import Heard
from tests.parts.httpserver import Answer, HttpServer
from tests.parts.websocket import FarSide, WebSocketServer
from watchtower.channels.kinds.slack import SlackChannel
from watchtower.channels.listening import Press
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.page_kinds import PageKind

BUTTON = "INC-7.0123456789ab-6921d26e"
TOKENS = {"token": "xoxb-1-test", "app_token": "xapp-1-test"}
POST, OPEN = "/api/chat.postMessage", "/api/apps.connections.open"
TAKEN = Answer.json({"ok": True, "channel": "D1", "ts": "1795358590.000100"})


def channel(server: HttpServer, **settings: Any) -> SlackChannel:
    return SlackChannel(SlackChannel.Settings(url=server.url("/api"), **{**TOKENS, **settings}))


def press(who: str, about: str) -> str:
    actions = [{"type": "button", "action_id": "acknowledge", "value": about}]
    payload = {"type": "block_actions", "user": {"id": who, "name": "anybody"}, "actions": actions}
    return json.dumps({"type": "interactive", "envelope_id": f"e-{who}", "payload": payload})


async def test_a_page_is_a_message_with_a_button(http_server: HttpServer) -> None:
    http_server.on(POST, TAKEN)
    receipt = await channel(http_server).send(replace(letter(to="U024BE7LH"), button=BUTTON))
    assert receipt.reference == "1795358590.000100"
    request = http_server.wait_for(POST)
    body = request.json()
    assert request.headers["authorization"] == "Bearer xoxb-1-test"
    assert body["channel"] == "U024BE7LH"
    assert body["text"].startswith("[P1] Paylane Checkout: No requests for 3 min 20 s")
    headline, lines, links, actions = body["blocks"]
    assert headline["text"] == {"type": "plain_text", "text": body["text"]}
    assert lines["text"]["text"].startswith("1. Open the gateway's board")
    assert "<https://watch.example/ack/Zk3vQ9xLm2pT7w|Acknowledge>" in links["text"]["text"]
    [button] = actions["elements"]
    assert (button["value"], button["text"]["text"]) == (BUTTON, "Acknowledge")


@pytest.mark.parametrize(
    ("one", "settings"),
    [
        (letter(PageKind.RESOLVED, to="U024BE7LH"), {}),
        (replace(letter(to="C024BE91L"), button=BUTTON), {}),  # a channel: nobody there was paged alone
        (replace(letter(to="U024BE7LH"), button=BUTTON), {"app_token": ""}),
    ],
)
async def test_no_button_where_nobody_hears_it(http_server: HttpServer, one: Any, settings: Any) -> None:
    http_server.on(POST, TAKEN)
    await channel(http_server, **settings).send(one)
    assert [one["type"] for one in http_server.wait_for(POST).json()["blocks"]].count("actions") == 0


async def test_no_block_is_longer_than_slack_takes(http_server: HttpServer) -> None:
    http_server.on(POST, TAKEN)
    title = letter().message.title
    await channel(http_server).send(
        letter(
            to="U024BE7LH",
            title=replace(title, en=title.en * 500),
            sop_steps=letter().message.sop_steps * 200,
        )
    )
    blocks = http_server.wait_for(POST).json()["blocks"]
    assert all(0 < len(one["text"]["text"]) <= 3000 for one in blocks)


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        ("ratelimited", DeliveryFault.RETRY),
        ("internal_error", DeliveryFault.AMBIGUOUS),
        ("channel_not_found", DeliveryFault.ADDRESS),
        ("restricted_action_read_only_channel", DeliveryFault.ADDRESS),
        ("invalid_auth", DeliveryFault.OURS),
        ("missing_scope", DeliveryFault.OURS),
        ("invalid_blocks", DeliveryFault.OURS),
        ("something_new", DeliveryFault.OURS),
    ],
)
async def test_what_follows_from_a_refusal(http_server: HttpServer, error: str, fault: DeliveryFault) -> None:
    http_server.on(POST, Answer.json({"ok": False, "error": error}))
    with pytest.raises(DeliveryError, match=error) as failure:
        await channel(http_server).send(letter(to="U024BE7LH"))
    assert failure.value.fault is fault


async def test_a_limit_says_how_long_to_wait(http_server: HttpServer) -> None:
    limited = Answer.json({"ok": False, "error": "ratelimited"}, status=429, **{"Retry-After": "30"})
    http_server.on(POST, limited)
    with pytest.raises(DeliveryError) as failure:
        await channel(http_server).send(letter(to="U024BE7LH"))
    assert (failure.value.fault, failure.value.retry_after) == (DeliveryFault.RETRY, 30.0)


async def test_a_press_is_heard_and_answered(http_server: HttpServer) -> None:
    http_server.on(POST, TAKEN)
    heard, acks = Heard(), list[dict[str, Any]]()

    async def script(far: FarSide) -> None:
        await far.send(json.dumps({"type": "hello", "num_connections": 1}))
        await far.send("not JSON")
        await far.send(json.dumps({"type": "events_api", "envelope_id": "e-0", "payload": {}}))
        await far.send(press("U024BE7LH", BUTTON))
        acks.extend([json.loads(await far.receive()), json.loads(await far.receive())])
        await far.send(json.dumps({"type": "disconnect", "reason": "refresh_requested"}))
        await far.receive()

    async with WebSocketServer(script) as server:
        http_server.on(OPEN, Answer.json({"ok": True, "url": server.url}))
        await asyncio.wait_for(channel(http_server).listen(heard), 10)
    assert http_server.wait_for(OPEN).headers["authorization"] == "Bearer xapp-1-test"
    assert heard.presses.get_nowait() == Press("U024BE7LH", BUTTON)
    assert sorted(one["envelope_id"] for one in acks) == ["e-0", "e-U024BE7LH"]
    told = await asyncio.to_thread(http_server.wait_for, POST)
    assert told.json() == {"channel": "U024BE7LH", "text": "Thank you."}
    assert heard.ups == 1


async def test_socket_mode_that_is_off_says_so(http_server: HttpServer) -> None:
    async def script(far: FarSide) -> None:
        await far.send(json.dumps({"type": "disconnect", "reason": "link_disabled"}))
        await far.receive()

    async with WebSocketServer(script) as server:
        http_server.on(OPEN, Answer.json({"ok": True, "url": server.url}))
        with pytest.raises(DeliveryError, match="socket mode is off") as failure:
            await asyncio.wait_for(channel(http_server).listen(Heard()), 10)
    assert failure.value.fault is DeliveryFault.OURS


async def test_a_token_that_may_not_connect_is_our_fault(http_server: HttpServer) -> None:
    http_server.on(OPEN, Answer.json({"ok": False, "error": "not_allowed_token_type"}))
    with pytest.raises(DeliveryError, match="not_allowed_token_type") as failure:
        await channel(http_server).listen(Heard())
    assert failure.value.fault is DeliveryFault.OURS
