"""Telegram: its request, its refusals by class, and what is pressed under a message."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from tests.channels.letters import letter
from tests.parts.httpserver import Answer, HttpServer
from tests.parts.telegram import TOKEN, Telegram
from watchtower.channels.kinds.telegram import TelegramChannel
from watchtower.channels.listening import Press
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.page_kinds import PageKind

BUTTON = "INC-7.0123456789ab-6921d26e"


def channel(server: HttpServer, **settings: Any) -> TelegramChannel:
    return TelegramChannel(TelegramChannel.Settings(token=TOKEN, url=server.url("").rstrip("/"), **settings))


class Heard:
    """Who hears a press; the test's own."""

    def __init__(self) -> None:
        self.ups, self.presses = 0, asyncio.Queue[Press]()

    def connected(self) -> None:
        self.ups += 1

    async def pressed(self, press: Press) -> str:
        await self.presses.put(press)
        return "Thank you."


async def test_a_page_is_a_message_with_a_button(http_server: HttpServer) -> None:
    telegram = Telegram(http_server)
    receipt = await channel(http_server).send(replace(letter(to="42"), button=BUTTON))
    body = http_server.wait_for(telegram.path("sendMessage")).json()
    assert receipt.reference == "1"
    assert body["chat_id"] == "42"
    assert body["text"].startswith("[P1] Paylane Checkout: No requests for 3 min 20 s")
    assert "\nAcknowledge: https://watch.example/ack/Zk3vQ9xLm2pT7w\n" in body["text"]
    assert body["text"].endswith("\nINC-7")
    assert body["reply_markup"] == {
        "inline_keyboard": [[{"text": "Acknowledge", "callback_data": BUTTON}]],
    }
    assert len(BUTTON.encode()) <= 64


@pytest.mark.parametrize(
    ("one", "listen"),
    [
        (letter(PageKind.RESOLVED, to="42"), True),
        (replace(letter(to="-1001234567890"), button=BUTTON), True),  # a group: nobody knows who presses
        (replace(letter(to="42"), button=BUTTON), False),
    ],
)
async def test_no_button_where_nobody_hears_it(http_server: HttpServer, one: Any, listen: bool) -> None:
    telegram = Telegram(http_server)
    await channel(http_server, listen=listen).send(one)
    assert "reply_markup" not in http_server.wait_for(telegram.path("sendMessage")).json()


async def test_a_long_page_is_cut_where_telegram_would_refuse_it(http_server: HttpServer) -> None:
    telegram = Telegram(http_server)
    long = letter(to="42", sop_steps=letter().message.sop_steps * 200)
    await channel(http_server).send(long)
    text = http_server.wait_for(telegram.path("sendMessage")).json()["text"]
    assert 3000 < len(text) <= 4096


@pytest.mark.parametrize(
    ("status", "description", "fault"),
    [
        (429, "Too Many Requests: retry after 7", DeliveryFault.RETRY),
        (401, "Unauthorized", DeliveryFault.OURS),
        (404, "Not Found", DeliveryFault.OURS),
        (403, "Forbidden: bot was blocked by the user", DeliveryFault.ADDRESS),
        (403, "Forbidden: bot can't initiate conversation with a user", DeliveryFault.ADDRESS),
        (400, "Bad Request: chat not found", DeliveryFault.ADDRESS),
        (400, "Bad Request: not enough rights to send text messages to the chat", DeliveryFault.ADDRESS),
        (400, "Bad Request: message is too long", DeliveryFault.OURS),
        (500, "Internal Server Error", DeliveryFault.RETRY),
    ],
)
async def test_what_follows_from_a_refusal(
    http_server: HttpServer, status: int, description: str, fault: DeliveryFault
) -> None:
    telegram = Telegram(http_server)
    said = {"ok": False, "error_code": status, "description": description, "parameters": {"retry_after": 7}}
    for answered in (status, 200):  # a proxy may change the status; what is said holds
        http_server.on(telegram.path("sendMessage"), Answer.json(said, status=answered))
        with pytest.raises(DeliveryError) as failure:
            await channel(http_server).send(letter(to="42"))
        assert failure.value.fault is fault
        assert failure.value.retry_after == 7
        assert TOKEN not in str(failure.value)


async def test_an_answer_that_is_no_json_is_ambiguous(http_server: HttpServer) -> None:
    http_server.on(Telegram(http_server).path("sendMessage"), Answer(200, "<html>login</html>"))
    with pytest.raises(DeliveryError) as failure:
        await channel(http_server).send(letter(to="42"))
    assert failure.value.fault is DeliveryFault.AMBIGUOUS


async def test_a_press_is_heard_once_and_answered(http_server: HttpServer) -> None:
    telegram, heard, one = Telegram(http_server), Heard(), channel(http_server)
    telegram.press(42, BUTTON)  # while nobody asked
    task = asyncio.create_task(one.listen(heard))
    assert await asyncio.wait_for(heard.presses.get(), 5) == Press("42", BUTTON)
    telegram.press(43, "INC-8")
    assert await asyncio.wait_for(heard.presses.get(), 5) == Press("43", "INC-8")
    await asyncio.to_thread(http_server.wait_for, telegram.path("answerCallbackQuery"), 2)
    task.cancel()
    assert heard.ups >= 1
    assert telegram.said == ["Thank you.", "Thank you."]
    assert heard.presses.empty()
    offsets = [r.json()["offset"] for r in http_server.requests_to(telegram.path("getUpdates"))]
    assert offsets[:2] == [0, 101]


async def test_who_pressed_long_ago_is_told_by_a_message(http_server: HttpServer) -> None:
    telegram, heard, one = Telegram(http_server), Heard(), channel(http_server)
    old = {"ok": False, "error_code": 400, "description": "Bad Request: query is too old"}
    http_server.on(telegram.path("answerCallbackQuery"), Answer.json(old, status=400))
    telegram.press(42, BUTTON)
    task = asyncio.create_task(one.listen(heard))
    told = await asyncio.to_thread(http_server.wait_for, telegram.path("sendMessage"))
    task.cancel()
    assert told.json() == {"chat_id": "42", "text": "Thank you."}


async def test_a_bot_that_another_program_listens_to_says_so(http_server: HttpServer) -> None:
    conflict = {
        "ok": False,
        "error_code": 409,
        "description": "Conflict: terminated by other getUpdates request",
    }
    http_server.on(Telegram(http_server).path("getUpdates"), Answer.json(conflict, status=409))
    with pytest.raises(DeliveryError, match=r"409: .*Conflict") as failure:
        await channel(http_server).listen(Heard())
    assert failure.value.fault is DeliveryFault.OURS


@pytest.mark.parametrize(
    ("kind", "informs", "silent"),
    [(PageKind.TEST, True, True), (PageKind.TEST, False, False), (PageKind.NEW, True, False)],
)
async def test_a_canary_comes_without_a_sound(
    http_server: HttpServer, kind: PageKind, informs: bool, silent: bool
) -> None:
    telegram, one = Telegram(http_server), letter(kind, to="42")
    await channel(http_server).send(replace(one, message=replace(one.message, informs=informs)))
    assert http_server.wait_for(telegram.path("sendMessage")).json()["disable_notification"] is silent
