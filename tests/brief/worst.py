"""A P0 in which every room has something to say, told by its log alone."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from watchtower.brief.brief import Brief, brief
from watchtower.channels import traits
from watchtower.core.impact.impact import write
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.history import project
from watchtower.core.incident.incidents import Incident
from watchtower.core.indicators import Amount, Basis, Estimate, FlowImpact, Indicators, Recovery, Urgency
from watchtower.core.plan import Plan
from watchtower.core.plan.degrade import DegradePlan
from watchtower.core.plan.flows import Flow
from watchtower.core.plan.packs import Compliance, DutyRule, Pack
from watchtower.core.plan.targets import DeadlinePolicy
from watchtower.model import AlertState, IncidentState, Instant, Severity, Text, Tier

ONSET = 1_763_827_200.0  # 2025-11-22T16:00:00Z
NOW = ONSET + 3600.0
TITLE = Text("Checkout", "下单支付")
DUTY = DutyRule(
    id="mas.notice", title=Text("Notify MAS", "通知金管局"), tests=(), authority=Text("MAS", "金管局")
)
PLAN = Plan(
    kinds=traits(),
    product=Text("Shop payments", "商城支付"),
    flows={
        "checkout": Flow(name="checkout", title=TITLE),
        "refund": Flow(name="refund", title=Text("Refunds", "退款"), tier=Tier.SUPPORTING),
    },
    degrade={
        "no-coupons": DegradePlan(
            name="no-coupons",
            why=Text("Coupons load the ledger", "优惠券占用账务"),
            user_text=Text("Coupons cannot be used for now.", "优惠券暂不可用。"),
        )
    },
    deadlines=DeadlinePolicy(
        compliance=Compliance(
            in_force=(
                Pack(
                    id="mas",
                    version="1",
                    title=Text("MAS", "金管局"),
                    authority=Text("MAS", "金管局"),
                    duty=(DUTY,),
                ),
            )
        )
    ),
)
INCIDENT = Incident(
    "INC-7", "flow:checkout", TITLE, "checkout", IncidentState.ACKNOWLEDGED, Severity.P1, Severity.P0,
    ONSET + 60, ONSET, ONSET + 180, "li", flows=("checkout",), matrix=True,
)  # fmt: skip
ALERT = Alert(
    "flow-silent", "orders", "", AlertState.FIRING, Severity.P1, ONSET, None, ONSET + 60, None, ONSET,
    Text("No requests on Checkout", "下单支付无请求"), "traffic.silent", "INC-7",
)  # fmt: skip


def estimate(low: float, point: float, high: float, basis: Basis = Basis.ESTIMATED) -> Estimate:
    return Estimate(low, point, high, basis, NOW)


def indicators(users: float = 12_000, bad: bool = True) -> Indicators:
    flow = FlowImpact(
        "checkout", Tier.CORE, 0.9 if bad else 0.0, ONSET, 0.8, Urgency.PEAK, 54.0, 60.0,
        per_minute=400.0 if bad else 0.0, confirmed=True,
    )  # fmt: skip
    return Indicators(
        NOW, ONSET, (flow,), scope_share=estimate(0.6, 0.7, 0.8), affected_users=estimate(users - 2000, users, users + 2000),
        affected_users_share=estimate(0.2, 0.3, 0.4), affected_requests=estimate(20_000, 24_000, 28_000),
        loss=Amount(Decimal(90_000), Decimal(95_000), Decimal(99_000), "CNY", Basis.MEASURED, NOW),
        loss_projected=Amount(Decimal(120_000), Decimal(125_000), Decimal(130_000), "CNY", Basis.MEASURED, NOW),
        flow_minutes=54.0, raw_minutes=60.0, bad=bad, recovery=Recovery.FAILED,
    )  # fmt: skip


def line(after: float, kind: str, detail: str = "", by: str = "watchtower", **data: Any) -> LogEntry:
    return LogEntry(ONSET + after, kind, by, detail, data)


COURSE: dict[str, Any] = {"record": "P0", "onset": ONSET}
LOG = (
    line(60, "opened", "flow-silent on orders", state="triggered", severity="P2", **COURSE),
    line(61, "impact.measured", indicators=write(indicators(4_000))),
    line(180, "acknowledged", "link", "li", state="acknowledged", severity="P2", **COURSE),
    line(200, "deadlines.call", "https://call.example/7", "li", link="https://call.example/7"),
    line(210, "people.filled", "commander: anna", "anna", role="commander", who="anna"),
    line(211, "people.unfilled", "pr", roles=["pr"]),
    line(300, "sop.opened", "Silent flow", sop="silent", severity="P1", steps=[
        {"en": "Name a commander", "zh": "指定应急指挥", "role": "commander", "due": ONSET + 600},
        {"en": "Mitigate", "zh": "先止损", "role": "tech_lead", "due": ONSET + 900},
        {"en": "Write the cause down", "zh": "记录原因"},
    ]),
    line(310, "sop.done", "", "anna", n=1, step="Name a commander"),
    line(400, "degrade.suggested", "no-coupons", run="INC-7.no-coupons.1", plan="no-coupons", mode="approve", flow="",
         asked="approve", reason="", role="commander", why={"en": "it helps", "zh": "有效"}),
    line(420, "degrade.approved", "no-coupons", "wang", run="INC-7.no-coupons.1", plan="no-coupons"),
    line(430, "degrade.ran", "200 OK", run="INC-7.no-coupons.1", plan="no-coupons", phase="start", key="k", ok=True,
         drill=False),
    line(500, "deadlines.started", "status", severity="P1", clocks={
        "status": {"due": NOW + 600, "warn": NOW + 500}, "mitigate": {"due": NOW - 60, "warn": NOW - 300}}),
    line(520, "deadlines.duty", "1 of 1", duty="mas.notice", standing="triggered", version="1", evidence={}, steps=[
        {"id": "notice", "kind": "notify", "en": "First notice", "zh": "首次报告", "due": NOW + 900, "warn": NOW}]),
    line(900, "severity.raised", "Checkout is down at peak hours", severity="P1", computed="P1",
         en="Checkout, a core flow, is down at peak hours: P1.", zh="核心业务“下单支付”在高峰时段中断：P1。"),
    line(900, "raised", "P2 -> P1", state="acknowledged", severity="P1", **COURSE),
    line(1000, "notes.cause", "The gateway's certificate expired", "wang", tag="certificate"),
    line(1100, "notes.need", "May we stop the campaign?", "wang", who="product", due=NOW - 60),
    line(1200, "notes.update", "We are working on it", "li", tag="customers", due=NOW + 300),
    line(1300, "impact.measured", indicators=write(indicators())),
)  # fmt: skip


def worst(at: Instant = NOW, since: Instant | None = None, **changes: Any) -> Brief:
    """The brief at its worst; `changes` are of the incident."""
    log = [entry for entry in LOG if entry.at <= at]
    return brief(PLAN, replace(INCIDENT, **changes), project(log), (ALERT,), log, at, since)
