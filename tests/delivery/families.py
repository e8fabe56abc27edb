"""Every family of channels, each with a far side on loopback that takes its message."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.parts.httpserver import Answer, HttpServer, Request
from watchtower.channels import channel_class

PHONE = "+8613800138000"
ACCOUNT = "AC0123456789abcdef0123456789abcdef"
TEMPLATES = {use: {"zh": f"T-{use}", "en": f"E-{use}"} for use in ("page", "reminder", "resolved", "notice")}


@dataclass(frozen=True)
class Family:
    """Channels that fail alike. `settings` holds `{url}` where the far side is; `address` too, where it is one, and
    `{apprise}` for the same as a URL of Apprise's."""

    name: str
    kind: str
    provider: str
    settings: Mapping[str, Any]
    address: str
    path: str
    taken: Any
    refused: Any = None
    """A no inside a 2xx; None where there is none."""
    status: int = 200
    beside: Mapping[tuple[str, str], Any] = field(default_factory=dict)
    """What else it answers, by method and path."""
    asked: str = ""
    """How a question is known: it stands in the request's headers or is its method."""

    @property
    def slug(self) -> str:
        """A name of one word."""
        return "-".join(self.name.lower().replace(",", "").split())

    def channel(self, url: str, call: Mapping[str, Any]) -> Any:
        """The channel, whose far side is at `url`."""
        made = channel_class(self.kind, self.provider)
        given = json.loads(json.dumps(self.settings).replace("{url}", url))
        known = {name: value for name, value in call.items() if name in made.Settings.model_fields}
        return made(made.Settings(**given, **known))

    def at(self, url: str) -> str:
        """The address of a person of this family."""
        return self.address.replace("{url}", url).replace("{apprise}", url.replace("http", "json", 1))

    def answers(self, server: HttpServer) -> None:
        """Everything but the message, which `path` takes."""
        for (method, path), answer in self.beside.items():
            server.on(path, Answer.json(answer), method=method)

    def is_message(self, request: Request) -> bool:
        if request.path != self.path:
            return False
        about = (request.method, request.headers.get("x-acs-action"), request.headers.get("x-tc-action"))
        raised = self.kind == "pagerduty" and re.search(rb'"dedup_key": "[^"]*[.]P[01]"', request.body)
        return not raised and (not self.asked or self.asked not in about)


def _twilio(what: str) -> dict[str, Any]:
    path = f"/2010-04-01/Accounts/{ACCOUNT}/{what}.json"
    none: Any = {what.lower(): []}
    return {
        "provider": "twilio",
        "settings": {"provider": "twilio", "account_sid": ACCOUNT, "auth_token": "token-7", "from": "+15005550006", "endpoint": "{url}"},
        "address": PHONE, "path": path, "taken": {"sid": "SM1", "status": "queued"}, "status": 201,
        "beside": {("GET", path): none}, "asked": "GET",
    }  # fmt: skip


_OK = {"success": "code == 'OK'", "code": "code"}
_TENCENT = {"Response": {"SendStatusSet": [{"Code": "Ok", "SerialNo": "1"}], "RequestId": "r"}}
_BUSY_TENCENT = {"Response": {"SendStatusSet": [{"Code": "RequestLimitExceeded"}], "RequestId": "r"}}
FAMILIES = (
    Family("page webhook", "webhook", "", _OK, "{url}/page", "/page", {"code": "OK"}, {"code": "BUSY"}),
    Family(
        "SMS, any gateway", "sms", "", {**_OK, "url": "{url}/sms", "json": {"to": "{{ to }}", "text": "{{ text }}"}},
        PHONE, "/sms", {"code": "OK"}, {"code": "BUSY"},
    ),
    Family(
        "SMS, Alibaba Cloud", "sms", "alibaba",
        {"provider": "alibaba", "access_key_id": "id", "access_key_secret": "secret-9", "sign_name": "守望",
         "templates": TEMPLATES, "endpoint": "{url}"},
        PHONE, "/", {"Code": "OK", "BizId": "1^0"}, {"Code": "isp.SYSTEM_ERROR"}, asked="QuerySendDetails",
    ),
    Family(
        "SMS, Tencent Cloud", "sms", "tencent",
        {"provider": "tencent", "secret_id": "id", "secret_key": "secret-9", "sdk_app_id": "1400006666", "sign_name": "守望",
         "templates": TEMPLATES, "endpoint": "{url}"},
        PHONE, "/", _TENCENT, _BUSY_TENCENT, asked="PullSmsSendStatusByPhoneNumber",
    ),
    Family("SMS, Twilio", "sms", **_twilio("Messages")),
    Family("call, Twilio", "voice", **_twilio("Calls")),
    Family(
        "Feishu robot", "feishu", "robot", {"provider": "robot"}, "{url}/open-apis/bot/v2/hook/t", "/open-apis/bot/v2/hook/t",
        {"code": 0}, {"code": 11232},
    ),
    Family(
        "WeCom app", "wecom", "", {"corp_id": "ww1", "agent_id": 1000002, "secret": "secret-9", "url": "{url}"}, "LiLei",
        "/cgi-bin/message/send", {"errcode": 0}, {"errcode": -1},
        beside={("GET", "/cgi-bin/gettoken"): {"errcode": 0, "access_token": "t", "expires_in": 7200}},
    ),
    Family(
        "Slack", "slack", "", {"token": "xoxb-1", "url": "{url}/api"}, "U024BE7LH", "/api/chat.postMessage",
        {"ok": True, "ts": "1"}, {"ok": False, "error": "ratelimited"},
    ),
    Family(
        "Telegram", "telegram", "", {"token": "123456789:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc", "url": "{url}"}, "42",
        "/bot123456789:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc/sendMessage", {"ok": True, "result": {"message_id": 1}},
        {"ok": False, "error_code": 500, "description": "Internal Server Error"},
    ),
    Family("Teams", "teams", "", {}, "{url}/workflows/1/invoke", "/workflows/1/invoke", {}, status=202),
    Family(
        "PagerDuty", "pagerduty", "", {"url": "{url}"}, "0123456789abcdef0123456789abcdef", "/v2/enqueue",
        {"status": "success", "dedup_key": "k"}, status=202,
    ),
    Family(
        "call, Alibaba Cloud", "voice", "alibaba",
        {"provider": "alibaba", "access_key_id": "id", "access_key_secret": "secret-9", "says": {"zh": "TTS_1", "en": "TTS_2"},
         "endpoint": "{url}"},
        PHONE, "/", {"Code": "OK", "CallId": "1^0"}, {"Code": "isp.SYSTEM_ERROR"}, asked="QueryCallDetailByCallId",
    ),
    Family(
        "Feishu app", "feishu", "app", {"app_id": "cli_1", "app_secret": "secret-9", "url": "{url}", "listen": False},
        "ou_84aad35d084aa403a838cf73ee18467", "/open-apis/im/v1/messages",
        {"code": 0, "data": {"message_id": "om_1"}}, {"code": 11232},
        beside={
            ("POST", "/open-apis/auth/v3/tenant_access_token/internal"): {"code": 0, "tenant_access_token": "t", "expire": 7200},
            ("PATCH", "/open-apis/im/v1/messages/om_1/urgent_app"): {"code": 0, "data": {"invalid_user_id_list": []}},
        },
    ),
    Family(
        "DingTalk app", "dingtalk", "app", {"client_id": "ding1", "client_secret": "secret-9", "url": "{url}", "listen": False},
        "manager1234", "/v1.0/robot/oToMessages/batchSend", {"processQueryKey": "k1"}, {"success": False, "code": "Throttling"},
        beside={("POST", "/v1.0/oauth2/accessToken"): {"accessToken": "t", "expireIn": 7200}},
    ),
    Family(
        "DingTalk robot", "dingtalk", "robot", {"provider": "robot", "secret": "SEC1"}, "{url}/robot/send?access_token=t",
        "/robot/send", {"errcode": 0}, {"errcode": -1},
    ),
    Family(
        "WeCom robot", "wecom", "robot", {"provider": "robot"}, "{url}/cgi-bin/webhook/send?key=k", "/cgi-bin/webhook/send",
        {"errcode": 0}, {"errcode": -1},
    ),
    Family("Apprise", "apprise", "", {}, "{apprise}/notify", "/notify", {}),
)  # fmt: skip
