"""What counts as taken: by status, by JSON, by a text or XML; and what is neither yes nor no."""

from __future__ import annotations

import gzip
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from tests.channels.letters import letter
from tests.parts.httpserver import Answer, HttpServer
from watchtower.channels.contract import Receipt
from watchtower.channels.kinds.webhook import WebhookChannel
from watchtower.errors import DeliveryError, DeliveryFault

FEISHU = {"success": "code == `0`", "code": "to_string(code)", "faults": {"19001": "address"}}
CLICKATELL = {
    "success_matches": r"^ID: (?P<reference>\S+)",
    "code_matches": r"^ERR: (?P<code>\d+)",
    "faults": {"105": "address", "301": "ours"},
}
XML = {
    "success_matches": "<returnstatus>Success</returnstatus>",
    "code_matches": "<code>(?P<code>[^<]+)</code>",
}
ACCEPTED = {"success_status": [202]}


async def said(server: HttpServer, answer: Answer, settings: dict[str, Any]) -> Receipt | DeliveryError:
    server.on("/page", answer)
    channel = WebhookChannel(WebhookChannel.Settings(**settings))
    try:
        return await channel.send(replace(letter(), address=server.url("/page")))
    except DeliveryError as error:
        return error
    finally:
        await channel.close()


@pytest.mark.parametrize(
    ("settings", "answer", "receipt"),
    [
        (FEISHU, Answer.json({"code": 0, "msg": "success"}), Receipt("", "http 200 0")),
        (FEISHU, Answer(200, b'\xef\xbb\xbf{"code": 0}'), Receipt("", "http 200 0")),
        (CLICKATELL, Answer(200, "ID: apimsg-17\n"), Receipt("apimsg-17", "http 200")),
        (XML, Answer(200, "<r><returnstatus>Success</returnstatus></r>"), Receipt("", "http 200")),
        (
            XML,
            Answer(
                200,
                '<?xml version="1.0" encoding="gbk"?><r><m>成功</m><returnstatus>Success</returnstatus></r>'.encode(
                    "gbk"
                ),
                {"Content-Type": "text/xml"},
            ),
            Receipt("", "http 200"),
        ),
        (ACCEPTED, Answer(202), Receipt("", "http 202")),
        (
            FEISHU,
            Answer(200, gzip.compress(b'{"code": 0}'), {"Content-Encoding": "gzip"}),
            Receipt("", "http 200 0"),
        ),
    ],
)
async def test_a_yes(
    http_server: HttpServer, settings: dict[str, Any], answer: Answer, receipt: Receipt
) -> None:
    assert await said(http_server, answer, settings) == receipt


@pytest.mark.parametrize(
    ("settings", "answer", "code", "fault"),
    [
        (FEISHU, Answer.json({"code": 19002, "msg": "params error"}), "19002", DeliveryFault.RETRY),
        (FEISHU, Answer.json({"code": 19001}), "19001", DeliveryFault.ADDRESS),
        (FEISHU, Answer.json({}), "null", DeliveryFault.RETRY),
        (FEISHU, Answer(200, "<html>please log in</html>"), "unreadable", DeliveryFault.AMBIGUOUS),
        (FEISHU, Answer(200, ""), "unreadable", DeliveryFault.AMBIGUOUS),
        (CLICKATELL, Answer(200, "ERR: 301, No Credit Left"), "301", DeliveryFault.OURS),
        (CLICKATELL, Answer(200, "ERR: 105, Invalid Destination Address"), "105", DeliveryFault.ADDRESS),
        (CLICKATELL, Answer(200, "status.*ID: " * 5000), "http 200", DeliveryFault.RETRY),
        (CLICKATELL, Answer(200, " \n"), "unreadable", DeliveryFault.AMBIGUOUS),
        (
            XML,
            Answer(200, "<r><returnstatus>Faild</returnstatus><code>7</code></r>"),
            "7",
            DeliveryFault.RETRY,
        ),
        (ACCEPTED, Answer(200, "log in first"), "http 200", DeliveryFault.RETRY),
    ],
)
async def test_a_no_inside_a_200(
    http_server: HttpServer,
    settings: dict[str, Any],
    answer: Answer,
    code: str,
    fault: DeliveryFault,
) -> None:
    told = await said(http_server, answer, settings)
    assert isinstance(told, DeliveryError)
    assert (told.code, told.fault) == (code, fault)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"success": "ok", "success_matches": "ok"}, "give either success"),
        ({"success": "code =="}, "not a JMESPath expression"),
        ({"success_matches": "(?=OK)"}, "looks ahead"),
        ({"success_matches": "("}, "not a regular expression"),
        ({"code_matches": "ERR: [0-9]+"}, "needs a group named code"),
        ({"success_status": [302]}, "from 200 to 299"),
        ({"faults": {"7": "ours"}}, "say where it is"),
        (
            {"code": "c", "faults": {"7": "fatal"}},
            "is no fault: write retry, other_channel, address, ours, ambiguous",
        ),
        ({"proxy": "https://proxy.example:3128"}, "is not an http:// URL"),
        ({"proxy": "proxy.example:3128"}, "proxy is not an http:// or https:// URL"),
        ({"headers": {"X Key": "a"}}, "is no name of a header"),
        ({"headers": {"X-Key": "a\n"}}, "the value of X-Key begins or ends with a newline"),
        ({"headers": {"X-Key": "a\r\nX-Evil: b"}}, "holds a character that a header cannot"),
        ({"headers": {"X-Key": "密钥"}}, "holds a character that a header cannot"),
        ({"secret": "key\n"}, "secret begins or ends with a newline"),
    ],
)
def test_what_can_never_work_is_refused_without_the_value(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        WebhookChannel.Settings(**settings)
    assert words in str(caught.value)
