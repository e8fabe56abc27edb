"""One incident as its pages: silent checkout, raised to P0, reminded, resolved after 42 minutes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from watchtower.channels.contract import Letter
from watchtower.core.notify.messages import Because, Message
from watchtower.core.notify.routing import LEFT
from watchtower.model import Language, Severity, Text
from watchtower.page_kinds import PageKind

ONSET = 1_795_358_390.0  # 2026-11-22 14:39:50 UTC
P0, P1, P2 = Severity.P0, Severity.P1, Severity.P2

SILENT = Because(
    rule="flow-silent",
    check="checkout-requests",
    series="",
    severity=P1,
    since=ONSET,
    text=Text("No requests for 3 min 20 s, 412 expected", "已 3 分 20 秒无请求，正常应有 412 次"),
    when="traffic.silent",
    now=Text("no request for 3 min 20 s, 2.1/s expected", "已 3 分 20 秒无请求，平时 2.1/秒"),
)
BANK_DOWN = Because(
    rule="dependency-down",
    check="bank-gateway",
    series="cn-east",
    severity=P2,
    since=ONSET + 35,
    text=Text("Bank gateway refuses connections", "银行网关拒绝连接"),
    when='outcome == "down"',
    now=Text("connection refused", "连接被拒绝"),
)
_NEW = Message(
    kind=PageKind.NEW,
    product=Text("Paylane", "付道"),
    incident="INC-7",
    number=1,
    severity=P1,
    previous_severity=None,
    status="triggered",
    reason="opened",
    title=Text("Checkout", "下单支付"),
    flow="checkout",
    because=(SILENT,),
    onset=ONSET,
    at=ONSET + 200,
    sop="flow-silent",
    sop_title=Text("A flow is silent", "业务流无流量"),
    sop_url="https://wiki.example/sop/flow-silent",
    sop_steps=(
        Text("Open the gateway's board and look for refused connections", "打开网关看板，检查是否有拒绝连接"),
        Text("Switch to the standby gateway", "切换到备用网关"),
    ),
)
_STORY: dict[PageKind, dict[str, Any]] = {
    PageKind.NEW: {},
    PageKind.UPGRADE: {
        "number": 2, "severity": P0, "previous_severity": P1, "reason": "raised", "at": ONSET + 410,
        "because": (BANK_DOWN, SILENT),
    },
    PageKind.REMINDER: {
        "number": 3, "severity": P0, "previous_severity": P0, "reason": "not_acknowledged", "at": ONSET + 710,
        "because": (SILENT, BANK_DOWN),
    },
    PageKind.UPDATE: {"number": 4, "status": "acknowledged", "acknowledged_by": "li", "at": ONSET + 900},
    PageKind.DOWNGRADE: {
        "number": 4, "severity": P2, "previous_severity": P0, "reason": "lowered", "at": ONSET + 1500,
        "status": "acknowledged", "acknowledged_by": "li",
    },
    PageKind.RESOLVED: {
        "number": 5, "severity": P0, "status": "resolved", "reason": "resolved", "at": ONSET + 2520,
        "acknowledged_by": "li",
    },
    PageKind.UNWATCHED: {
        "number": 5, "severity": P0, "status": "unwatched", "reason": "resolved", "at": ONSET + 2520,
        "acknowledged_by": "li",
        "note": LEFT,
    },
    PageKind.TEST: {
        "incident": "test", "reason": "test", "because": (), "title": Text("Paylane", "付道"), "sop": "",
        "sop_title": None, "sop_url": "", "sop_steps": (), "severity": Severity.P4, "flow": "",
    },
}  # fmt: skip


def message(kind: PageKind = PageKind.NEW, **changes: Any) -> Message:
    """The incident's message of this kind."""
    return replace(_NEW, kind=kind, **{**_STORY[kind], **changes})


def letter(
    kind: PageKind = PageKind.NEW,
    language: Language = Language.EN,
    to: str = "li@example.com",
    **changes: Any,
) -> Letter:
    """That message on its way to li, who reads times in Shanghai; `changes` are the message's."""
    told = message(kind, **changes)
    return Letter(
        id=f"{told.incident}.{told.number}.li.email",
        thread=f"{told.incident}.li.email",
        first_of_thread=kind in (PageKind.NEW, PageKind.TEST),
        responder="li",
        address=to,
        language=language,
        zone="Asia/Shanghai",
        message=told,
        # As `watchtower page-test` does: no incident, no links.
        brief_url="" if kind is PageKind.TEST else "https://watch.example/incidents/INC-7",
        ack_url="" if kind is PageKind.TEST else "https://watch.example/ack/Zk3vQ9xLm2pT7w",
    )
