"""SMS and calls by Twilio: what its SDK sends, what its answers mean, and what it reports and hears."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode
from xml.etree import ElementTree

import pytest
from pydantic import ValidationError

from tests.channels.letters import letter
from tests.parts.httpserver import Answer, HttpServer
from watchtower.channels.contract import CallbackAnswer, CallbackRefused, CallbackRequest, Letter
from watchtower.channels.kinds.sms.twilio import TwilioSms
from watchtower.channels.kinds.voice.twilio import TwilioVoice
from watchtower.channels.listening import Press
from watchtower.core.incident.incidents import PageState
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.model import Language, Text
from watchtower.page_kinds import PageKind
from watchtower.signing.twilio import SIGNATURE, signature

PHONE, SENDER = "+8613800138000", "+15005550006"
ACCOUNT, TOKEN = "AC0123456789abcdef0123456789abcdef", "test-token-7"
BACK = "https://watch.example/callbacks/x/0123456789abcdef"
MESSAGES, CALLS = (f"/2010-04-01/Accounts/{ACCOUNT}/{what}.json" for what in ("Messages", "Calls"))
SDK = {
    one["name"]: one
    for one in json.loads((Path(__file__).parent / "vectors/twilio.json").read_text("utf-8"))["requests"]
}
TAKEN = Answer.json({"sid": "SM1", "status": "queued", "error_code": None}, status=201)


def sms(server: HttpServer | None = None, **settings: Any) -> TwilioSms:
    url = server.url("") if server else "https://api.twilio.com"
    given = {
        "account_sid": ACCOUNT,
        "auth_token": TOKEN,
        "from": SENDER,
        "endpoint": url.rstrip("/"),
        **settings,
    }
    return TwilioSms(TwilioSms.Settings(**given))


def voice(server: HttpServer | None = None, **settings: Any) -> TwilioVoice:
    url = server.url("") if server else "https://api.twilio.com"
    given = {
        "account_sid": ACCOUNT,
        "auth_token": TOKEN,
        "from": SENDER,
        "endpoint": url.rstrip("/"),
        **settings,
    }
    return TwilioVoice(TwilioVoice.Settings(**given))


def to_phone(**changes: Any) -> Letter:
    return replace(letter(to=PHONE, **changes), callback_url=BACK, button="INC-7.3f9c")


def like_the_sdk(server: HttpServer, path: str, name: str) -> dict[str, list[str]]:
    """What was sent, held to what the SDK sends: method, place, authentication, type and names of the fields."""
    ours, theirs = server.wait_for(path), SDK[name]
    assert (ours.method, ours.path) == (theirs["method"], theirs["target"].partition("?")[0])
    for header in ("authorization", "content-type"):
        assert ours.headers.get(header) == theirs["headers"].get(header) or ours.method == "GET"
    fields = parse_qs(ours.body.decode()) or dict(ours.query)
    assert fields.keys() == parse_qs(theirs["body"] or theirs["target"].partition("?")[2]).keys()
    return fields


async def test_an_sms_is_what_the_sdk_sends(http_server: HttpServer) -> None:
    http_server.on(MESSAGES, TAKEN)
    told = await sms(http_server).send(to_phone())
    assert (told.reference, told.answer) == ("SM1", "queued")
    sent = like_the_sdk(http_server, MESSAGES, "Message")
    assert (sent["To"], sent["From"], sent["StatusCallback"]) == ([PHONE], [SENDER], [BACK])
    assert sent["Body"][0].startswith("[P1] Paylane Checkout: No requests")


async def test_a_messaging_service_sends_in_place_of_a_number(http_server: HttpServer) -> None:
    http_server.on(MESSAGES, TAKEN)
    await sms(http_server, **{"from": "MG1"}).send(replace(to_phone(), callback_url=""))
    assert like_the_sdk(http_server, MESSAGES, "MessageByService")["MessagingServiceSid"] == ["MG1"]


@pytest.mark.parametrize(("language", "tongue"), [(Language.EN, "en-US"), (Language.ZH, "zh-CN")])
async def test_a_call_says_it_twice_and_waits_for_a_key(
    http_server: HttpServer, language: Language, tongue: str
) -> None:
    http_server.on(CALLS, Answer.json({"sid": "CA1", "status": "queued"}, status=201))
    one = replace(to_phone(title=Text("A & B", "A & B")), language=language)
    await voice(http_server).send(one)
    sent = like_the_sdk(http_server, CALLS, "Call")
    assert sent["Timeout"] == ["25"]
    [gather] = parsed(sent["Twiml"][0])
    assert (gather.tag, gather.attrib["numDigits"]) == ("Gather", "1")
    assert gather.attrib["action"] == f"{BACK}/{language}/INC-7.3f9c"
    [say] = gather
    assert say.attrib == {"language": tongue, "loop": "2"}
    assert say.text is not None
    assert "A & B" in say.text
    assert say.text.endswith(("To acknowledge, press 1.", "认领请按 1。"))


async def test_a_call_that_nobody_can_answer_for_asks_for_no_key(http_server: HttpServer) -> None:
    http_server.on(CALLS, TAKEN)
    await voice(http_server).send(replace(to_phone(), callback_url=""))
    await voice(http_server).send(replace(to_phone(informs=True), button=""))
    for request in http_server.requests_to(CALLS):
        twiml = request.form()["Twiml"]
        assert "<Gather" not in twiml
        assert "press 1" not in twiml
    assert "Open the message on your phone" in http_server.requests_to(CALLS)[0].form()["Twiml"]


async def test_a_test_call_asks_for_a_key_that_shows_that_it_was_heard(http_server: HttpServer) -> None:
    http_server.on(CALLS, TAKEN)
    await voice(http_server).send(replace(to_phone(kind=PageKind.TEST), button=""))
    [gather] = parsed(http_server.requests_to(CALLS)[0].form()["Twiml"])
    assert gather.attrib["action"] == f"{BACK}/en/test"
    assert str(gather[0].text).endswith("If you hear this, press 1.")
    form = {"CallSid": "CA1", "To": PHONE, "From": SENDER, "Digits": "1"}
    answer = voice().called_back(called(form, "en/test"))
    assert (answer.press, said(answer, "")) == (None, ["Thank you: this call was heard"])
    assert [(one.state, one.reference) for one in answer.reports] == [(PageState.RECEIVED, "CA1")]
    again = voice().called_back(called({**form, "Digits": "5"}, "en/test"))
    assert (said(again, ""), again.reports) == (["If you hear this, press 1"], ())


@pytest.mark.parametrize(
    ("status", "code", "fault"),
    [
        (400, 21211, DeliveryFault.ADDRESS),
        (400, 21614, DeliveryFault.ADDRESS),
        (400, 21610, DeliveryFault.ADDRESS),
        (401, 20003, DeliveryFault.OURS),
        (400, 21608, DeliveryFault.OURS),
        (400, 21606, DeliveryFault.OURS),
        (400, 21609, DeliveryFault.OURS),
        (400, 21408, DeliveryFault.OURS),
        (429, 20429, DeliveryFault.RETRY),
        (429, 63038, DeliveryFault.OTHER_CHANNEL),
        (500, 20500, DeliveryFault.RETRY),
        (400, 99999, DeliveryFault.OTHER_CHANNEL),
    ],
)
async def test_a_code_says_what_follows(
    http_server: HttpServer, status: int, code: int, fault: DeliveryFault
) -> None:
    said = {"code": code, "message": f"because {TOKEN}", "more_info": "https://x", "status": status}
    for path, channel in ((MESSAGES, sms(http_server)), (CALLS, voice(http_server))):
        http_server.on(path, Answer.json(said, status=status))
        with pytest.raises(DeliveryError) as caught:
            await channel.send(to_phone())
        assert (caught.value.code, caught.value.fault) == (str(code), fault)
        assert TOKEN not in str(caught.value)


async def test_an_answer_that_cannot_be_read_may_have_been_a_yes(http_server: HttpServer) -> None:
    http_server.on(MESSAGES, Answer(201, "<html>"))
    with pytest.raises(DeliveryError) as caught:
        await sms(http_server).send(to_phone())
    assert caught.value.fault is DeliveryFault.AMBIGUOUS


def listed(what: str, **one: Any) -> Answer:
    whole = {"sid": "X1", "status": "sent", "date_created": "Sun, 22 Nov 2026 14:43:15 +0000", **one}
    return Answer.json({what: [whole]})


async def test_it_is_asked_whether_it_has_a_message_with_this_text(http_server: HttpServer) -> None:
    http_server.on(MESSAGES, TAKEN, Answer.json({"messages": []}))
    channel, one = sms(http_server), to_phone()
    await channel.send(one)
    text = http_server.wait_for(MESSAGES).form()["Body"]
    assert await channel.ask(one) is None
    asked = http_server.wait_for(MESSAGES, count=2)
    assert asked.method == "GET"
    assert asked.query == parse_qs(SDK["Messages"]["target"].partition("?")[2])
    http_server.on(MESSAGES, listed("messages", body=text))
    found = await channel.ask(one)
    assert found is not None
    assert found.reference == "X1"
    for other in (
        {"body": "another page"},
        {"body": text, "status": "failed"},
        {"body": text, "date_created": "Sun, 22 Nov 2026 14:00:00 +0000"},
    ):
        http_server.on(MESSAGES, listed("messages", **other))
        assert await channel.ask(one) is None


async def test_a_call_since_the_page_was_made_is_that_page(http_server: HttpServer) -> None:
    channel = voice(http_server)
    for status, taken in (("completed", True), ("in-progress", True), ("busy", False), ("no-answer", False)):
        http_server.on(CALLS, listed("calls", status=status))
        assert (await channel.ask(to_phone()) is not None) == taken
    asked = http_server.requests_to(CALLS)[0]
    assert asked.query == parse_qs(SDK["Calls"]["target"].partition("?")[2])


def called(form: Mapping[str, str], more: str = "", key: str = TOKEN) -> CallbackRequest:
    url = f"{BACK}/{more}" if more else BACK
    return CallbackRequest(
        url, more, (), {SIGNATURE: signature(url, form.items(), key)}, urlencode(form).encode()
    )


@pytest.mark.parametrize(
    ("status", "error", "state", "fault"),
    [
        ("delivered", "", PageState.RECEIVED, None),
        ("read", "", PageState.READ, None),
        ("undelivered", "30003", PageState.UNDELIVERED, DeliveryFault.OTHER_CHANNEL),
        ("failed", "21610", PageState.UNDELIVERED, DeliveryFault.ADDRESS),
        ("failed", "30007", PageState.UNDELIVERED, DeliveryFault.OTHER_CHANNEL),
        ("sent", "", None, None),
    ],
)
def test_a_status_of_an_sms_is_reported(
    status: str, error: str, state: PageState | None, fault: DeliveryFault | None
) -> None:
    form = {"MessageSid": "SM1", "MessageStatus": status, "To": PHONE, "From": SENDER, "ErrorCode": error}
    answer = sms().called_back(called(form))
    assert (answer.body, answer.press) == (b"<Response/>", None)
    assert [(one.state, one.reference, one.address, one.code) for one in answer.reports] == [
        (state, "SM1", PHONE, error)
    ] * bool(state)
    assert not fault or answer.reports[0].fault is fault


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("completed", PageState.ANSWERED),
        ("busy", PageState.UNDELIVERED),
        ("no-answer", PageState.UNDELIVERED),
        ("failed", PageState.UNDELIVERED),
        ("ringing", None),
    ],
)
def test_the_end_of_a_call_is_reported(status: str, state: PageState | None) -> None:
    answer = voice().called_back(called({"CallSid": "CA1", "CallStatus": status, "To": PHONE}))
    assert [(one.state, one.reference, one.address) for one in answer.reports] == [
        (state, "CA1", PHONE)
    ] * bool(state)
    assert not any(one.acknowledges for one in answer.reports), "a mailbox answers too"


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("ACK 7", "7"),
        ("ack", ""),
        (" Ack INC-7. ", "7"),
        ("收到 7", "7"),
        ("收到", ""),
        ("认领：inc-0012", "12"),
        ("收到7", "7"),
        ("STOP", None),
        ("I am driving and will ack 7 later", None),
        ("ack INC-7 INC-8", None),
        ("ack 7" + " " * 80, None),
        ("", None),
    ],
)
def test_a_reply_acknowledges(text: str, about: str | None) -> None:
    answer = sms().called_back(called({"Body": text, "From": PHONE, "To": SENDER, "MessageSid": "SM9"}))
    assert answer.press == (None if about is None else Press(PHONE, about))
    assert said(answer, "Done: <1>") == ["Done: <1>"] * (about is not None)


def parsed(body: str | bytes) -> ElementTree.Element:
    return ElementTree.fromstring(body)  # noqa: S314 - our own


def said(answer: CallbackAnswer, words: str) -> list[str | None]:
    """What the person is told."""
    body = answer.say(words) if answer.press else answer.body
    return [one.text for one in parsed(body).iter() if one.tag in ("Message", "Say")]


def test_a_key_in_a_call_acknowledges_by_the_number_that_was_called() -> None:
    form = {"CallSid": "CA1", "To": PHONE, "From": SENDER, "Digits": "1"}
    answer = voice().called_back(called(form, "zh/INC-7.3f9c"))
    assert answer.press == Press(PHONE, "INC-7.3f9c")
    assert [(one.state, one.reference, one.address) for one in answer.reports] == [
        (PageState.RECEIVED, "CA1", PHONE)
    ]
    assert said(answer, "已认领") == ["已认领"]
    assert b"zh-CN" in answer.say("已认领")


def test_another_key_is_asked_for_again() -> None:
    answer = voice().called_back(called({"To": PHONE, "Digits": "5"}, "en/INC-7.3f9c"))
    assert answer.press is None
    assert said(answer, "") == ["To acknowledge, press 1"]
    assert f'action="{BACK}/en/INC-7.3f9c"'.encode() in answer.body


@pytest.mark.parametrize("make", [sms, voice])
def test_what_twilio_has_not_signed_is_refused(make: Any) -> None:
    form = {"Body": "ack 7", "From": PHONE, "To": PHONE, "Digits": "1"}
    right = called(form)
    for wrong in (
        called(form, key="another"),
        replace(right, headers={}),
        replace(right, body=urlencode({**form, "From": "+15551230000"}).encode()),
        replace(right, url=right.url.replace("watch.", "other.")),
        replace(right, body=b"\xff\xfe"),
        replace(right, body=b"&".join(b"a=%d" % n for n in range(300))),
    ):
        with pytest.raises(CallbackRefused) as caught:
            make().called_back(wrong)
        assert TOKEN not in str(caught.value)


def test_a_shared_key_proves_a_request() -> None:
    form, key = {"CallSid": "CA1", "CallStatus": "busy", "To": PHONE}, "shared-key-1"
    made = {SIGNATURE: signature(BACK, form.items(), key, "HMAC_SHA256")}
    made["x-twilio-webhooks-signature-settings"] = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"
    asked = CallbackRequest(BACK, "", (), made, urlencode(form).encode())
    assert voice(shared_key=key).called_back(asked).reports
    with pytest.raises(CallbackRefused):
        voice().called_back(asked)


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"account_sid": "AC1"}, "account_sid"),
        ({"endpoint": "api.twilio.com"}, "is not an http:// or https:// URL"),
        ({"numbers": ("86",)}, "is not how a number begins"),
        ({"auth_token": "t\n"}, "auth_token begins or ends with a newline"),
        ({"callback_secret": "short"}, "callback_secret: write 16"),
    ],
)
def test_wrong_settings_are_refused_with_a_reason(settings: dict[str, Any], what: str) -> None:
    with pytest.raises(ValidationError) as caught:
        sms(**settings)
    assert what in str(caught.value)
