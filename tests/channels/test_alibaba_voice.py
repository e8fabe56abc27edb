"""Calls by Alibaba Cloud: what its SDK sends, what its answers and its reports mean."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from pydantic import ValidationError

from tests.channels.letters import SILENT, letter
from tests.parts.httpserver import Answer, HttpServer
from watchtower.channels.contract import CallbackRefused, CallbackRequest, Letter, TakenLetter
from watchtower.channels.kinds.voice.alibaba import AlibabaVoice
from watchtower.core.incident.incidents import PageState
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.model import Language, Text
from watchtower.page_kinds import PageKind
from watchtower.signing.acs3 import authorization

PHONE, SECRET = "+8613800138000", "test-secret-9"
SDK = {
    one["name"]: one
    for one in json.loads((Path(__file__).parent / "vectors/alibaba_voice.json").read_text("utf-8"))[
        "requests"
    ]
}
SAYS = {"zh": "TTS_1", "en": "TTS_3"}
BY_KEY = {"show_number": "057100001234", "pressed": {"zh": "TTS_2"}}
TAKEN = Answer.json({"Code": "OK", "Message": "OK", "CallId": "1^2", "RequestId": "r"})


def channel(server: HttpServer | None = None, **settings: Any) -> AlibabaVoice:
    url = server.url("").rstrip("/") if server else "https://dyvmsapi.aliyuncs.com"
    given = {
        "access_key_id": "LTAI-test-id",
        "access_key_secret": SECRET,
        "says": SAYS,
        "endpoint": url,
        **settings,
    }
    return AlibabaVoice(AlibabaVoice.Settings(**given))


def to_phone(**changes: Any) -> Letter:
    return replace(letter(to=PHONE, **changes), language=Language.ZH, button="INC-7.3f9c")


@pytest.mark.parametrize(
    "name", ["SingleCallByTts", "IvrCall", "QueryCallDetailByCallId", "QueryTokenForMnsQueue"]
)
def test_the_signature_is_the_sdks(name: str) -> None:
    one = SDK[name]
    theirs = one["headers"]["authorization"]
    signed = theirs.partition("SignedHeaders=")[2].partition(",")[0].split(";")
    headers = {header: one["headers"][header] for header in signed}
    query = dict(parse_qsl(one["target"].partition("?")[2], keep_blank_values=True))
    assert authorization(headers, "LTAI-test-id", SECRET, query) == theirs


@pytest.mark.parametrize(("name", "settings"), [("SingleCallByTts", {}), ("IvrCall", BY_KEY)])
async def test_a_call_has_the_fields_of_the_sdks(
    http_server: HttpServer, name: str, settings: dict[str, Any]
) -> None:
    http_server.on("/", TAKEN)
    told = await channel(http_server, **settings).send(to_phone())
    assert (told.reference, told.answer) == ("1^2", "OK")
    sent, theirs = http_server.wait_for("/"), dict(parse_qsl(SDK[name]["target"].partition("?")[2]))
    ours = {key: values[-1] for key, values in sent.query.items()}
    assert sent.headers["x-acs-action"] == name
    said = json.loads(ours.pop("TtsParam" if name == "SingleCallByTts" else "StartTtsParams"))
    theirs.pop("TtsParam", None) or theirs.pop("StartTtsParams")
    assert ours == theirs
    assert sent.body == b""
    assert said == {
        "kind": "新事件",
        "severity": "严重",
        "title": "付道 下单支付",
        "summary": "已 3 分 20 秒无请求，正常应有…",
        "since": "22:39",
        "incident": "事件 7",
    }


async def test_no_variable_is_longer_than_it_may_be_or_empty(http_server: HttpServer) -> None:
    http_server.on("/", TAKEN)
    long = Text("word " * 60, "词语" * 60)
    for kind in PageKind:
        one = to_phone(kind=kind, title=long, product=long, because=(replace(SILENT, text=long),))
        await channel(http_server, variable_length=6).send(one)
        await channel(http_server).send(replace(one, message=replace(one.message, because=(), drill=True)))
    for request in http_server.requests_to("/"):
        values = json.loads(request.query["TtsParam"][0])
        assert all(1 <= len(value) <= 20 for value in values.values())
        assert len(request.query["OutId"][0].encode()) <= 15


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("isv.BUSINESS_LIMIT_CONTROL", DeliveryFault.OTHER_CHANNEL),
        ("isv.MOBILE_NUMBER_ILLEGAL", DeliveryFault.ADDRESS),
        ("isv.OUT_OF_SERVICE", DeliveryFault.OURS),
        ("isv.TTS_TEMPLATE_ILLEGAL", DeliveryFault.OURS),
        ("isp.RAM_PERMISSION_DENY", DeliveryFault.OURS),
        ("isp.SYSTEM_ERROR", DeliveryFault.RETRY),
        ("Throttling.User", DeliveryFault.RETRY),
        ("isv.SOMETHING_NEW", DeliveryFault.OTHER_CHANNEL),
    ],
)
async def test_a_code_inside_an_http_200_says_what_follows(
    http_server: HttpServer, code: str, fault: DeliveryFault
) -> None:
    http_server.on("/", Answer.json({"Code": code, "Message": f"no {SECRET}"}))
    with pytest.raises(DeliveryError) as caught:
        await channel(http_server).send(to_phone())
    assert (caught.value.code, caught.value.fault) == (code, fault)
    assert SECRET not in str(caught.value)


def told(*reports: dict[str, Any]) -> list[tuple[PageState, str, bool, DeliveryFault]]:
    request = CallbackRequest("https://w.example/cb", "", (), {}, json.dumps(reports).encode())
    answer = channel().called_back(request)
    assert json.loads(answer.body)["code"] == 0
    assert all(one.reference == "1^2" for one in answer.reports)
    return [(one.state, one.code, one.acknowledges, one.fault) for one in answer.reports]


OTHER = DeliveryFault.OTHER_CHANNEL


@pytest.mark.parametrize(
    ("report", "state", "fault"),
    [
        ({"status_code": "200000"}, PageState.ANSWERED, OTHER),
        ({"status_code": "200001"}, PageState.ANSWERED, OTHER),
        ({"status_code": "200002"}, PageState.UNDELIVERED, OTHER),
        ({"status_code": "200003"}, PageState.UNDELIVERED, OTHER),
        ({"status_code": "200004"}, PageState.UNDELIVERED, DeliveryFault.ADDRESS),
        ({"status_code": "200005"}, PageState.UNDELIVERED, OTHER),
        ({"status_code": "200010"}, PageState.UNDELIVERED, OTHER),
    ],
)
def test_a_report_says_how_a_call_ended(
    report: dict[str, str], state: PageState, fault: DeliveryFault
) -> None:
    assert told({"call_id": "1^2", **report}) == [(state, report["status_code"], False, fault)]


def test_only_the_key_acknowledges() -> None:
    pressed = {"call_id": "1^2", "status_code": "300000", "smart_status_code": "ANSWERED", "out_id": "INC-7"}
    assert told({**pressed, "dtmf": "1"}) == [(PageState.RECEIVED, "300000", True, OTHER)]
    assert told({**pressed, "dtmf": "2"}, {**pressed, "dtmf": None}, {"status_code": "200000"}) == []
    assert told({"call_id": "1^2", "status_code": "100000"}) == [], "it rings"


@pytest.mark.parametrize("body", [b"", b"{", b"3", b'["x"]', b"\xff", b"[[[[["])
def test_what_is_no_report_is_refused(body: bytes) -> None:
    with pytest.raises(CallbackRefused):
        channel().called_back(CallbackRequest("https://w.example/cb", "", (), {}, body))


@pytest.mark.parametrize(
    ("call", "state"),
    [
        ({"endDate": "2026-11-22 22:44:00", "duration": 12, "state": "200000"}, PageState.ANSWERED),
        ({"endDate": "2026-11-22 22:44:00", "duration": 0, "state": "486"}, PageState.UNDELIVERED),
        ({"endDate": "", "duration": 0, "state": "0"}, None),
        ("no JSON", None),
        ([1], None),
    ],
)
async def test_it_is_asked_how_a_call_ended(
    http_server: HttpServer, call: Any, state: PageState | None
) -> None:
    data = call if isinstance(call, str) else json.dumps(call)
    http_server.on("/", Answer.json({"Code": "OK", "Data": data}))
    now = time.time()
    letters = [TakenLetter(f"p{age}", "1^2", PHONE, now - age) for age in (5, 100, 4000)]
    reports = await channel(http_server, **BY_KEY).pull(letters)
    assert [(one.page, one.state) for one in reports] == [("p100", state)] * bool(state)
    [request] = http_server.requests_to("/")
    theirs = dict(parse_qsl(SDK["QueryCallDetailByCallId"]["target"].partition("?")[2]))
    assert request.query.keys() == theirs.keys()
    assert request.query["ProdId"] == [theirs["ProdId"]]
    assert int(request.query["QueryDate"][0]) < (now - 100) * 1000


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"says": {}}, "says: write the code of an approved text"),
        ({"pressed": {"zh": "TTS_2"}}, "pressed needs show_number"),
        ({"endpoint": "dyvmsapi"}, "is not an http:// or https:// URL"),
        ({"variable_length": 40}, "less than or equal to 35"),
        ({"show_number": "+86571"}, "show_number"),
    ],
)
def test_wrong_settings_are_refused_with_a_reason(settings: dict[str, Any], what: str) -> None:
    with pytest.raises(ValidationError) as caught:
        channel(**settings)
    assert what in str(caught.value)
