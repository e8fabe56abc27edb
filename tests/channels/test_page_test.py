"""`watchtower page-test`: one message marked as a test, now, by the channels of a responder."""

from __future__ import annotations

import json
import mailbox
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.parts.child import free_port
from tests.parts.httpserver import Answer, HttpServer, Request
from watchtower.cli.commands import group

TOKEN = "gateway-token-9182"
RULES = """
[product]
name = {{ en = "Paylane", zh = "付道" }}

[channel.email]
mailbox = "{mailbox}"

[channel.sms]
url = "{sms}"
headers = {{ Authorization = "Bearer ${{SMS_TOKEN}}" }}
json = {{ to = "{{{{ to }}}}", text = "{{{{ text }}}}" }}
success = "code == 'OK'"
reference = "id"
code = "code"

[[responder]]
name = "li"
role = "oncall"
email = "li@example.com"
sms = "+8613800138000"
language = "zh"

[[responder]]
name = "wang"
role = "oncall"
email = "wang@example.com"

[[rule]]
name = "down"
match = {{ check = "site" }}
when = 'outcome == "down"'
severity = "P3"
"""
CHECKS = """
[[check]]
name = "site"
probe = "http"
url = "http://127.0.0.1:9/"
"""


@pytest.fixture
def folder(tmp_path: Path, http_server: HttpServer) -> Path:
    rules = RULES.format(mailbox=tmp_path / "mailbox", sms=http_server.url("/sms"))
    (tmp_path / "rules.toml").write_text(rules, encoding="utf-8")
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "site.toml").write_text(CHECKS, encoding="utf-8")
    return tmp_path


def page_test(folder: Path, *words: str) -> Result:
    environ = {
        "WATCHTOWER_RULES": str(folder / "rules.toml"),
        "WATCHTOWER_CHECKS": str(folder / "checks"),
        "SMS_TOKEN": TOKEN,
        "TENCENT_ID": "AKID",
        "TENCENT_KEY": "key",
    }
    return CliRunner().invoke(group, ["page-test", *words], env=environ)


def test_every_channel_of_the_responder_gets_a_marked_message(folder: Path, http_server: HttpServer) -> None:
    http_server.on("/sms", Answer.json({"code": "OK", "id": "m-1"}))
    result = page_test(folder, "li")
    assert result.exit_code == 0, result.output
    assert "email   li@example.com: taken in" in result.output
    assert "sms     +8613800138000: taken in" in result.output
    assert "reference m-1" in result.output
    assert http_server.wait_for("/sms").json()["text"].startswith("[P4 测试] 付道：这是一条测试消息")
    [mail] = mailbox.mbox(folder / "mailbox")
    assert mail["X-Watchtower-Kind"] == "test"


def test_a_channel_that_fails_is_shown_with_what_it_said_and_the_exit_status_is_1(
    folder: Path, http_server: HttpServer
) -> None:
    http_server.on(
        "/sms", lambda request: Answer.json({"code": "E-42", "seen": request.headers["authorization"]})
    )
    result = page_test(folder, "li")
    assert result.exit_code == 1
    assert "email   li@example.com: taken in" in result.output
    assert "FAILED: E-42" in result.output
    assert "would be tried again" in result.output
    assert TOKEN not in result.output


def test_json_has_a_line_for_each_channel(folder: Path, http_server: HttpServer) -> None:
    http_server.on("/sms", Answer.json({"code": "OK", "id": "m-1"}))
    result = page_test(folder, "li", "--json")
    told = {line["channel"]: line for line in map(json.loads, result.output.splitlines())}
    assert set(told) == {"email", "sms"}
    assert told["email"]["taken"] is told["sms"]["taken"] is True
    assert (told["sms"]["reference"], told["sms"]["code"]) == ("m-1", "")


def test_one_channel_can_be_chosen(folder: Path, http_server: HttpServer) -> None:
    result = page_test(folder, "li", "--channel", "email")
    assert result.exit_code == 0
    assert not http_server.requests_to("/sms")


def test_two_tests_are_two_mails(folder: Path) -> None:
    for _ in range(2):
        assert page_test(folder, "wang").exit_code == 0
    assert len({mail["Message-ID"] for mail in mailbox.mbox(folder / "mailbox")}) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("wan",), 'there is no responder "wan"\n  hint: did you mean "wang"?'),
        (("wang", "--channel", "sms"), "wang has no sms, but email"),
        (("wang", "--channel", "fax"), "wang has no fax, but email"),
    ],
)
def test_a_wrong_call_says_what_would_be_right(folder: Path, words: tuple[str, ...], said: str) -> None:
    result = page_test(folder, *words)
    assert result.exit_code == 2
    assert said in result.output


def test_nobody_is_paged_by_a_wrong_configuration(folder: Path, http_server: HttpServer) -> None:
    rules = folder / "rules.toml"
    rules.write_text(rules.read_text().replace('sms = "+86', 'sms = "86'))
    result = page_test(folder, "li")
    assert result.exit_code == 2
    assert "is not a phone number with its country code" in result.output
    assert not (folder / "mailbox").exists()
    assert not http_server.requests_to("/sms")


def test_a_gateway_that_is_not_there_is_said_in_words(folder: Path, http_server: HttpServer) -> None:
    rules = folder / "rules.toml"
    rules.write_text(rules.read_text().replace(str(http_server.port), str(free_port())))
    result = page_test(folder, "li", "--channel", "sms")
    assert result.exit_code == 1
    assert (
        "FAILED: connect: cannot reach 127.0.0.1: connection refused (retry: would be tried again)"
        in result.output
    )


TENCENT = """
[channel.sms.cn]
provider = "tencent"
secret_id = "${TENCENT_ID}"
secret_key = "${TENCENT_KEY}"
sdk_app_id = "1400006666"
sign_name = "守望"
endpoint = "ENDPOINT"

[channel.sms.cn.templates]
page = { zh = "449739" }
reminder = { zh = "449740" }
resolved = { zh = "449741" }
notice = { zh = "449742" }
"""


@pytest.mark.parametrize(
    ("status", "says", "exit_code"),
    [
        ({"ReportStatus": "SUCCESS"}, "; received after 1 s", 0),
        ({"ReportStatus": "FAIL", "Description": "BLACKLIST"}, "; undelivered: BLACKLIST after 1 s", 1),
        ({"SerialNo": "another's"}, "; nothing reported within 1 s", 0),
    ],
)
def test_what_a_vendor_says_later_is_waited_for(
    folder: Path, http_server: HttpServer, status: dict[str, str], says: str, exit_code: int
) -> None:
    def answer(request: Request) -> Answer:
        if request.headers["x-tc-action"] == "SendSms":
            row = {
                "SerialNo": "5000:1",
                "PhoneNumber": "+8613800138000",
                "Code": "Ok",
                "Message": "send success",
            }
            return Answer.json({"Response": {"SendStatusSet": [row]}})
        return Answer.json({"Response": {"PullSmsSendStatusSet": [{"SerialNo": "5000:1"} | status]}})

    http_server.on("/", answer)
    rules = folder / "rules.toml"
    before, _, rest = rules.read_text(encoding="utf-8").partition("[channel.sms]")
    table = TENCENT.replace("ENDPOINT", http_server.url("").rstrip("/"))
    rules.write_text(before + table + "[[responder]]" + rest.partition("[[responder]]")[2], encoding="utf-8")
    result = page_test(folder, "li", "--channel", "sms", "--wait", "1s")
    assert (result.exit_code, says in result.output) == (exit_code, True), result.output


def test_who_reports_nothing_is_not_waited_for(folder: Path) -> None:
    result = page_test(folder, "wang", "--wait", "1h")
    assert "; nobody reports what became of it" in result.output
