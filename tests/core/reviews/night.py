"""A whole night, as the store would have it: what the review and the record are folded from."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tests.core.builders import http_check, rule, traffic_check
from tests.core.builders import plan as make_plan
from tests.core.reviews.written import NIGHT, incident
from watchtower.core.impact.impact import write
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.incidents import Incident
from watchtower.core.indicators import Amount, Basis, Estimate, Indicators
from watchtower.core.plan import Plan
from watchtower.model import Severity

ORDERS, BANK = traffic_check(flow="checkout"), http_check()


def plan() -> Plan:
    return make_plan(
        [ORDERS, BANK],
        [rule("flow-silent", "traffic.silent", ORDERS), rule("down", "outcome == 'down'", BANK)],
    )


def the_incident() -> Incident:
    return replace(
        incident("P0"), severity=Severity.P2, acknowledged_at=NIGHT + 120, acknowledged_by="li", opened_at=NIGHT + 40,
    )  # fmt: skip


def numbers(at: float, users: float, amount: str) -> Indicators:
    money = Decimal(amount)
    return Indicators(
        at, NIGHT, affected_users=Estimate(users * 0.8, users, users * 1.2, Basis.ESTIMATED, at),
        affected_amount=Amount(money, money, money, "CNY", Basis.ESTIMATED, at), flow_minutes=users / 150, imputed_minutes=2.0,
    )  # fmt: skip


def log() -> list[LogEntry]:
    def levels(state: str, severity: str, record: str) -> dict[str, Any]:
        return {"state": state, "severity": severity, "record": record, "onset": NIGHT}

    alert = {
        "alert": "ab", "rule": "flow-silent", "check": "orders", "series": "", "state": "firing", "previous": "pending",
        "severity": "P2", "text": {"en": "No requests for 40 s", "zh": "已 40 秒无请求"},
    }  # fmt: skip

    def page(number: int, who: str, channel: str) -> dict[str, Any]:
        return {
            "page": f"INC-7.{number}.{who}",
            "responder": who,
            "channel": channel,
            "kind": "new",
            "state": "queued",
        }

    def changed(word: str, level: str, computed: str, en: str, zh: str) -> LogEntry:
        return LogEntry(
            0.0,
            f"severity.{word}",
            "watchtower",
            en,
            {"severity": level, "computed": computed, "en": en, "zh": zh},
        )

    at = NIGHT
    lines = [
        LogEntry(at + 40, "joined", detail="No requests for 40 s", data=alert),
        LogEntry(at + 40, "opened", detail="flow-silent on orders", data=levels("triggered", "P2", "P2")),
        replace(changed("opened", "P2", "P2", "core flow down, off-peak", "核心业务中断，低峰"), at=at + 40),
        LogEntry(at + 40, "opened", data=page(1, "li", "sms")),
        LogEntry(at + 40, "opened", data=page(1, "wang", "email")),
        LogEntry(at + 45, "delivered", detail="queue-7", data={"page": "INC-7.1.li", "state": "delivered"}),
        LogEntry(at + 60, "failed", detail="550", data={"page": "INC-7.1.wang", "state": "failed"}),
        LogEntry(at + 100, "impact.measured", data={"indicators": write(numbers(at + 100, 900, "150000"))}),
        LogEntry(at + 120, "acknowledged", "li", "api", levels("acknowledged", "P2", "P2")),
        LogEntry(at + 200, "severity.computed", data={"computed": "P0", "en": "x", "zh": "x"}),
        replace(changed("raised", "P0", "P0", "120 full-outage minutes", "等效全中断时长 120 分钟"), at=at + 260),
        LogEntry(at + 260, "raised", detail="x", data=levels("acknowledged", "P0", "P0")),
        LogEntry(at + 300, "notes.cause", "li", "the gateway's certificate expired", {"tag": "Certificate"}),
        LogEntry(at + 320, "notes.tried", "li", "restart", {"result": "no change"}),
        LogEntry(at + 500, "impact.measured", data={"indicators": write(numbers(at + 500, 1200, "187450.5"))}),
        LogEntry(at + 540, "mitigated", detail="flow-silent on orders", data=levels("mitigated", "P0", "P0")),
        replace(changed("lowered", "P2", "P2", "calm", "已平稳"), at=at + 3000),
        LogEntry(at + 3600, "resolved", detail="calm for long enough", data=levels("resolved", "P2", "P0")),
    ]  # fmt: skip
    return [replace(line, data=json.loads(json.dumps(line.data))) for line in lines]
