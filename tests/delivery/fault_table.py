"""What becomes of pages when a far side fails, for each family of channels: `python -m tests.delivery.fault_table` writes the
table of docs/delivery.md anew, by the delivery's own policy.

Each run is a real channel over HTTP to a far side on loopback that fails once, at the first of two pages of one incident.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote_plus

from tests.delivery.far_side import Rig, until
from tests.parts.certificates import Certificates
from tests.parts.httpserver import Answer, Fault, HttpServer, Request
from tests.store.samples import page
from watchtower.channels import channel_class, traits
from watchtower.core.events import Delivered, Failed
from watchtower.core.incident.incidents import Page
from watchtower.core.plan import Plan
from watchtower.core.plan.paging import Responder
from watchtower.delivery import Policy
from watchtower.page_kinds import PageKind

DOCS = Path(__file__).resolve().parents[2] / "docs" / "delivery.md"
BEGINS, ENDS = "<!-- faults: python -m tests.delivery.fault_table -->\n", "<!-- end of faults -->"
PHONE = "+8613800138000"
ACCOUNT = "AC0123456789abcdef0123456789abcdef"
TEMPLATES = {use: {"zh": f"T-{use}", "en": f"E-{use}"} for use in ("page", "reminder", "resolved", "notice")}
NOWHERE = "https://no-such-host.invalid"


@dataclass(frozen=True)
class Family:
    """Channels that fail alike. `settings` holds `{url}` where the far side is; `address` too, where it is one."""

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

    def channel(self, url: str, call: Mapping[str, Any]) -> Any:
        given = json.loads(json.dumps(self.settings).replace("{url}", url))
        made = channel_class(self.kind, self.provider)
        return made(made.Settings(**given, **call))

    def is_message(self, request: Request) -> bool:
        if request.path != self.path:
            return False
        about = (request.method, request.headers.get("x-acs-action"), request.headers.get("x-tc-action"))
        return not self.asked or self.asked not in about


def _twilio(what: str) -> dict[str, Any]:
    path = f"/2010-04-01/Accounts/{ACCOUNT}/{what}.json"
    none: Any = {what.lower(): []}
    return {
        "provider": "twilio",
        "settings": {"account_sid": ACCOUNT, "auth_token": "token-7", "from": "+15005550006", "endpoint": "{url}"},
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
)  # fmt: skip
ONCE: Mapping[str, Answer | None] = {
    "429, Retry-After 1 s": Answer(429, "", {"Retry-After": "1"}),
    "500": Answer(500),
    "hangs": Answer(fault=Fault.HANG),
    "resets after the request": Answer(fault=Fault.RESET),
    "no in a 2xx": None,
    "name gone": None,
    "certificate expired": None,
}
"""The faults; those without an answer are staged otherwise."""


@dataclass(frozen=True)
class Seen:
    """What became of the two pages. `fault` is what the first attempt was taken for."""

    fault: str
    seconds: float
    lost: int
    in_order: bool
    attempts: int
    requests: int
    repeat: bool

    def cell(self) -> str:
        return f"{self.fault} {self.seconds:.1f} s{', repeat' if self.repeat else ''}"


async def run(
    family: Family, fault: str, folder: Path, certificates: Certificates, policy: Policy, timeout: str
) -> Seen | None:
    """None where the family has no such fault."""
    if fault == "no in a 2xx" and family.refused is None:
        return None
    call = {"timeout": timeout, "ca_file": str(certificates.authority)}
    with HttpServer() as server, HttpServer(certificates.expired) as expired:
        url, wrong = server.url("").rstrip("/"), ""
        taken = Answer.json(family.taken, status=family.status)
        first = ONCE[fault]
        match fault:
            case "no in a 2xx":
                first = Answer.json(family.refused, status=family.status)
            case "name gone":
                wrong = NOWHERE
            case "certificate expired":
                wrong = expired.url("").rstrip("/")
        left = [first] if first is not None else []
        server.on(family.path, lambda request: left.pop() if left and family.is_message(request) else taken)
        for (method, path), answer in family.beside.items():
            server.on(path, Answer.json(answer), method=method)
        return await _told(family, url, wrong, server, folder, call, policy)


async def _told(
    family: Family, url: str, wrong: str, server: HttpServer, folder: Path, call: Mapping[str, Any], policy: Policy
) -> Seen:  # fmt: skip
    def plan(base: str) -> Plan:
        addresses = {family.kind: family.address.replace("{url}", base)}
        return Plan(
            responders={"li": Responder(name="li", role="oncall", addresses=addresses)}, kinds=traits()
        )

    made = [family.channel(base, call) for base in filter(None, (wrong, url))]
    folder.mkdir(parents=True)
    rig = Rig(
        folder / "w.db", more={family.kind: made[0]}, without=[k for k in ("sms", "email") if k != family.kind],
        policy=policy, plan=plan(wrong or url),
    )  # fmt: skip
    async with rig:
        await rig.started()
        begun = time.monotonic()
        told = [_page(family, 1, PageKind.NEW), _page(family, 2, PageKind.RESOLVED)]
        await rig.offer(*told)
        if wrong:
            await until(lambda: rig.attempts)
            rig.channels[family.kind], rig.plan = made[1], plan(url)
            rig.delivery.reloaded()
        await until(lambda: any(isinstance(one, Delivered | Failed) for one in rig.events))
        seconds = time.monotonic() - begun
        await rig.idle()
        ends = [one.page for one in rig.events if isinstance(one, Delivered)]
        sent = [request for request in server.requests if family.is_message(request)]
        words = [unquote_plus(json.dumps(one.query)) + unquote_plus(one.body.decode()) for one in sent]
        seen = Seen(
            rig.attempts[0].fault, seconds, lost=len(set(told_ids(told)) - set(ends)), in_order=ends == told_ids(told),
            attempts=len(rig.attempts), requests=len(sent) + bool(wrong),
            repeat=any("may be a repeat" in one for one in words),
        )  # fmt: skip
    for channel in made:
        await channel.close()
    return seen


def told_ids(pages: Sequence[Page]) -> list[str]:
    return [one.id for one in pages]


def _page(family: Family, number: int, kind: PageKind) -> Page:
    return replace(page(number, kind=kind, channel=family.kind, at=time.time()))


def table(seen: Mapping[tuple[str, str], Seen | None]) -> str:
    """As Markdown, with what holds of all runs below it."""
    lines = ["| | " + " | ".join(ONCE) + " |", "|---" * (len(ONCE) + 1) + "|"]
    for family in FAMILIES:
        cells = [one.cell() if (one := seen[family.name, fault]) else "–" for fault in ONCE]
        lines.append(f"| {family.name} | " + " | ".join(cells) + " |")
    runs = [one for one in seen.values() if one is not None]
    twice = sum(one.requests > one.attempts for one in runs)
    said = (
        f"{len(runs)} runs of two pages: {sum(one.lost for one in runs)} lost, "
        f"{sum(not one.in_order for one in runs)} out of order, {twice} with two requests in one attempt."
    )
    return "\n".join([*lines, "", said, ""])


async def _measured(folder: Path) -> dict[tuple[str, str], Seen | None]:
    seen: dict[tuple[str, str], Seen | None] = {}
    certificates = Certificates(folder)
    for number, family in enumerate(FAMILIES):
        runs = (
            run(family, fault, folder / f"{number}-{n}", certificates, Policy(), "2s")
            for n, fault in enumerate(ONCE)
        )
        found = await asyncio.gather(*runs)
        seen |= {(family.name, fault): one for fault, one in zip(ONCE, found, strict=True)}
    return seen


def main() -> None:
    with TemporaryDirectory() as folder:
        written = table(asyncio.run(_measured(Path(folder))))
    text = DOCS.read_text("utf-8")
    before, _, rest = text.partition(BEGINS)
    DOCS.write_text(f"{before}{BEGINS}\n{written}\n{ENDS}{rest.partition(ENDS)[2]}", "utf-8")
    print(written)


if __name__ == "__main__":
    main()
