"""One incident as its pages: silent checkout, raised to P0, reminded, resolved after 42 minutes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from watchtower.channels.contract import Letter
from watchtower.core.notify.messages import Because, FlowState, Message
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
_CHECKOUT = Text("Checkout", "下单支付")
_NEW = Message(
    kind=PageKind.NEW,
    product=Text("Paylane", "付道"),
    incident="INC-7",
    number=1,
    severity=P1,
    previous_severity=None,
    status="triggered",
    reason="opened",
    title=_CHECKOUT,
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
_OF_NO_INCIDENT: dict[str, Any] = {
    "because": (), "title": Text("Paylane", "付道"), "sop": "", "sop_title": None, "sop_url": "", "sop_steps": (),
    "severity": Severity.P4, "flow": "", "informs": True,
}  # fmt: skip
_STORY: dict[PageKind, dict[str, Any]] = {
    PageKind.NEW: {},
    PageKind.UPGRADE: {
        "number": 2, "severity": P0, "previous_severity": P1, "reason": "raised", "at": ONSET + 410,
        "because": (BANK_DOWN, SILENT), "why": Text("P0 because 77% of the product is affected.", "P0：产品受影响面 77%。"),
        "flows": (FlowState(_CHECKOUT, 1.0), FlowState(Text("Refund", "退款"), 0.62)), "users": 22_249.0, "users_at_most": True,
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
    PageKind.MITIGATED: {
        "number": 5, "severity": P0, "status": "mitigated", "reason": "users_back", "at": ONSET + 1400,
        "bad_seconds": 1380.0, "note": Text("It is watched for 1 h before it is resolved.", "将再观察 1 小时后解除。"),
    },
    PageKind.RESOLVED: {
        "number": 5, "severity": P0, "status": "resolved", "reason": "resolved", "at": ONSET + 2520,
        "acknowledged_by": "li", "because": (replace(SILENT, now=Text("up", "正常")),),
    },
    PageKind.UNWATCHED: {
        "number": 5, "severity": P0, "status": "unwatched", "reason": "resolved", "at": ONSET + 2520,
        "acknowledged_by": "li",
        "note": LEFT,
    },
    PageKind.SILENCE: {
        **_OF_NO_INCIDENT, "incident": "S-3", "reason": "silence_ends",
        "note": Text("S-3 ends in 10 min, and 2 alerts fire under it", "S-3 将于 10 分后结束，其下有 2 条告警"),
    },
    PageKind.MAINTENANCE: {
        **_OF_NO_INCIDENT, "incident": "release", "reason": "maintenance_ahead",
        "note": Text("release begins in 1 h and lasts 2 h", "release 将于 1 小时后开始，持续 2 小时"),
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
