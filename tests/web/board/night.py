"""A night on the board: a checkout that went silent, a card flow at a half, and much that is well."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import pi, sin

from tests.web.fake import MESSAGE
from tests.web.fake_plan import a_check
from watchtower.api.board import (
    INCIDENT,
    SILENCED,
    SLOT,
    SLOTS,
    STEP,
    BoardPage,
    BoardStatus,
    DayOfFlow,
    FlowTraffic,
    SilenceForeseen,
)
from watchtower.api.contract import InstanceRole, InstanceStatus, ProvenWay, Status
from watchtower.core.deadlines.sla_clocks import Clock, Deadlines
from watchtower.core.explain_check import LossForeseen
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.history import History
from watchtower.core.incident.incidents import Incident, Notified, Page, PageState
from watchtower.core.plan import Plan
from watchtower.core.plan.flows import Flow
from watchtower.core.plan.paging import Responder
from watchtower.detectors.runway.detector import Runway
from watchtower.detectors.traffic.facts import FACTS
from watchtower.model import (
    AlertState,
    Fact,
    IncidentState,
    Observation,
    Outcome,
    Reading,
    Severity,
    Text,
    Tier,
    Value,
)
from watchtower.page_kinds import PageKind

AT = 1_763_827_433.0
SOME = 290
"""Checks that are well, beside those of the flows."""
COUNTED = {"requests": Fact.number("requests"), "errors": Fact.number("errors"), **FACTS}
LASTS = {"balance": Fact.number("balance"), **Runway.facts}
FLOWS = (
    # name, titles, tier, requests a minute, what comes of them now, since when in seconds
    ("checkout", Text("Checkout", "下单支付"), Tier.CORE, 1250, 0.0, 220),
    ("card", Text("Card payment", "银行卡支付"), Tier.CORE, 372, 0.57, 900),
    ("signup", Text("Sign-up", "注册"), Tier.CORE, 50, 1.0, 0),
    ("transfer", Text("Transfer out", "转账"), Tier.CORE, 93, 1.0, 0),
    ("otp", Text("OTP by SMS", "短信验证码"), Tier.SUPPORTING, 61, 1.0, 0),
    ("statement", Text("Statement export", "账单导出"), Tier.SUPPORTING, 0, 1.0, 0),
)
BALANCES = (
    ("sms-credit", "SMS credit, Alibaba", 6.2),
    ("otp-package", "OTP package, Tencent", 19.0),
    ("cloud", "Cloud prepaid, Huawei", 63.0),
)
CERTIFICATE = ("pay.example certificate", 41.0)


def day(dice: random.Random, per_minute: float, now: float, since: float) -> DayOfFlow:
    """With a quiet night, and what came since `since`."""
    first = AT - SLOTS * SLOT
    usual = [
        max(0.05, 1.0 + 0.75 * sin(2 * pi * ((first + n * SLOT) / 86400.0 - 0.35))) for n in range(SLOTS)
    ]
    scale = per_minute / 60.0 / usual[-1] if per_minute else 0.3
    fell = SLOTS - max(1, round(since / SLOT)) if since else SLOTS
    rates = [one * scale * (1.0 if n < fell else now) for n, one in enumerate(usual)]
    observed: list[float | None] = [max(0.0, dice.gauss(rate, (rate / 40) ** 0.5)) for rate in rates]
    observed[150:153] = [None] * 3
    marks = bytearray(SLOTS)
    for n in range(fell, SLOTS):
        marks[n] |= INCIDENT
    if per_minute == 93:
        for n in range(200, 224):
            marks[n] |= SILENCED
    coarse = [one * scale for one in usual[::STEP]]
    return DayOfFlow(
        AT, observed, [0.84 * one for one in coarse], [1.16 * one for one in coarse], bytes(marks)
    )


def traffic(dice: random.Random, name: str, per_minute: float, now: float, since: float) -> FlowTraffic:
    usual = per_minute / 60.0
    seen = usual * now * dice.uniform(0.96, 1.04)
    closed = not per_minute
    return FlowTraffic(
        [(f"{name}-requests", "")], seen, usual * 0.93, usual * 1.07, None if closed or not seen else 0.912 if now < 1 else 0.9979,
        now if now < 1 else None, AT - since if since else None, silent=now == 0.0 and bool(since), few=now < 1, known=True,
        closed=closed, day=day(dice, per_minute, now, since),
        silence=SilenceForeseen(14.0 + 90 / max(per_minute, 1.0) * 10, "flow-silent", (("li", "sms"), ("li", "email"))),
    )  # fmt: skip


def plan(more: int = 0) -> Plan:
    """With so many further checks, all `http`."""
    http = {"latency": Fact.number("latency"), "status": Fact.number("status")}
    checks = [a_check(f"{name}-requests", "metrics", 10, 5, COUNTED, flow=name) for name, *_ in FLOWS]
    checks += [a_check(f"{name}-page", "http", 15, 3, http, flow=name) for name, *_ in FLOWS[:3]]
    checks += [a_check("bank-gateway", "http", 15, 3, http, flow="card")]
    checks += [
        a_check(name, "balance.json", 600, 5, LASTS, title=Text(title, title)) for name, title, _ in BALANCES
    ]
    checks += [
        a_check(
            "pay-tls",
            "tls",
            600,
            5,
            {"tls_days_left": Fact.number("days"), **Runway.facts},
            title=Text(CERTIFICATE[0], "pay.example 证书"),
        )
    ]
    checks += [a_check(f"service-{n}", "http", 15, 3, http) for n in range(more)]
    checks = [
        one.model_copy(update={"detector": "runway"}) if "runway.step" in one.facts else one for one in checks
    ]
    people = [("li", "oncall"), ("zhao", "commander"), ("chen", "product")]
    return Plan(
        flows={name: Flow(name=name, title=title, tier=tier) for name, title, tier, *_ in FLOWS},
        checks={one.name: one for one in checks},
        responders={
            name: Responder(
                name=name, role=role, addresses={"sms": "+8613800000000", "email": f"{name}@example.com"}
            )
            for name, role in people
        },
        product=Text("Shop payments", "商城支付"),
    )


def observed(made: Plan) -> dict[tuple[str, str], Observation]:
    out = {}
    for name, check in made.checks.items():
        found: Mapping[str, Value] = {
            "requests": 0.0 if name == "checkout-requests" else 42.0,
            "latency": 0.084,
            "status": 200.0,
        }
        reading = Reading(Outcome.UP, {fact: found[fact] for fact in check.facts if fact in found})
        if name == "bank-gateway":
            reading = Reading(
                Outcome.DOWN, {"status": 503.0}, "status", "HTTP 503 from https://bank.example/health"
            )
        out[name, ""] = Observation(name, AT - 4, reading)
    return out


def facts(made: Plan) -> dict[tuple[str, str], Sequence[Value]]:
    left = {**{name: days for name, _, days in BALANCES}, "pay-tls": CERTIFICATE[1]}
    return {
        (name, ""): tuple(days if fact == "runway.days_left" else None for fact in made.checks[name].facts)
        for name, days in left.items()
    }


def page(number: int, who: str, channel: str, ago: float, state: PageState, took: float) -> BoardPage:
    it = Page(
        f"P{number}",
        "INC-7",
        who,
        channel,
        PageKind.NEW,
        replace(MESSAGE, kind=PageKind.NEW),
        AT - ago,
        state,
    )
    return BoardPage(it, state, AT - ago + took)


def night(more: int = 0) -> BoardStatus:
    dice, made = random.Random(4), plan(more)
    told = {("li", "sms"): Notified(PageState.DELIVERED), ("wang", "voice"): Notified(PageState.DELIVERED)}
    incident = Incident(
        "INC-7", "flow:checkout", Text("Checkout is down, Card payment at 57 %", "下单支付中断，银行卡支付为 57%"), "checkout",
        IncidentState.TRIGGERED, Severity.P0, Severity.P0, AT - 200, AT - 220, notified=told, flows=("checkout", "card"),
    )  # fmt: skip
    low = Incident(
        "INC-6", "check:sms-credit", Text("SMS credit lasts 6.2 days", "短信余额仅够 6.2 天"), "", IncidentState.ACKNOWLEDGED,
        Severity.P3, Severity.P3, AT - 7200, AT - 7200, AT - 7000, "chen",
    )  # fmt: skip
    alerts = [
        Alert("flow-silent", "checkout-requests", "", AlertState.FIRING, Severity.P0, AT - 220, None, AT - 200, None, AT - 220,
              Text("No requests on Checkout for 3 min 40 s", "下单支付 已 3 分 40 秒 无请求"), "traffic.silent", "INC-7"),
        Alert("dependency-down", "bank-gateway", "", AlertState.FIRING, Severity.P2, AT - 900, None, AT - 880, None, AT - 900,
              Text("bank-gateway answers HTTP 503", "bank-gateway 返回 HTTP 503"), "outcome == 'down'", "INC-7"),
    ]  # fmt: skip
    history = History(
        deadlines=Deadlines("P0", {"acknowledge": Clock("acknowledge", "P0", AT - 200, AT + 130, AT + 70)})
    )
    status = Status(
        AT, AT - 93_784, "0.2.0", made, observed(made), alerts, [incident, low], AT - 5000,
        losses={(f"{name}-requests", ""): [LossForeseen(0.5, 2400.0, "flow-low", 240.0)] for name in ("transfer",)},
    )  # fmt: skip
    ways = [(name, channel) for name in made.responders for channel in ("sms", "email")]
    return BoardStatus(
        status, InstanceStatus(InstanceRole.LEADER, AT - 93_784, "7f3k", "postgresql", "pay-1:7", "https://w.example", 3),
        {name: traffic(dice, name, per_minute, now, since) for name, _, _, per_minute, now, since in FLOWS},
        facts(made), {"INC-7": history},
        [page(3, "wang", "voice", 60, PageState.READ, 9.0), page(2, "li", "email", 180, PageState.DELIVERED, 0.4), page(1, "li", "sms", 181, PageState.RECEIVED, 3.0)],
        {way: ProvenWay(AT, "receipt") if way != ("chen", "sms") else ProvenWay(0.0, "") for way in ways},
        queued=(0, 0.0),
    )  # fmt: skip
