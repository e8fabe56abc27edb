"""The plan of the daemon in memory: three flows of a shop, their checks, rules and people."""

from __future__ import annotations

from typing import Any

from watchtower.channels import traits
from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.core.plan.flows import Flow
from watchtower.core.plan.paging import Responder
from watchtower.core.plan.rules import Match, Rule
from watchtower.core.plan.sops import Sop, SopStep
from watchtower.model import (
    Fact,
    Facts,
    Language,
    Severity,
    Text,
    Tier,
    Unit,
)

COUNTS = {
    "requests": Fact.number("requests"),
    "errors": Fact.number("errors"),
    "latency": Fact.number("latency", Unit.SECONDS),
}
HTTP = {
    "latency": Fact.number("latency", Unit.SECONDS),
    "status": Fact.number("status"),
    "tls_days_left": Fact.number("days", Unit.DAYS),
}
BALANCE = {
    "balance": Fact.number("balance", Unit.MONEY),
    "runway.days_left": Fact.number("days", Unit.DAYS),
}

SOP = Sop(
    name="flow-silent",
    title=Text("A flow is silent", "业务无流量"),
    url="https://wiki.example/sop/flow-silent",
    steps=(
        SopStep(do=Text("Look at the gateway's error log.", "查看网关错误日志。")),
        SopStep(do=Text("Switch to the standby gateway.", "切换到备用网关。")),
        SopStep(do=Text("Tell the product channel.", "在业务群同步进展。")),
    ),
)


def a_check(name: str, probe: str, every: float, timeout: float, facts: Facts, **more: Any) -> Check:
    return Check(name=name, probe=probe, every=every, timeout=timeout, facts=facts, **more)


PLAN = Plan(
    kinds=traits(),
    product=Text("Shop payments", "商城支付"),
    flows={
        "refund": Flow(name="refund", title=Text("Refunds", "退款"), tier=Tier.SUPPORTING),
        "checkout": Flow(name="checkout", title=Text("Checkout", "下单支付")),
        "login": Flow(name="login", title=Text("Sign in", "登录")),
    },
    checks={
        check.name: check
        for check in (
            a_check("checkout-requests", "metrics", 10, 5, COUNTS, flow="checkout"),
            a_check("bank-gateway", "http", 15, 3, HTTP, flow="checkout"),
            a_check(
                "methods",
                "access_log",
                10,
                5,
                COUNTS,
                flow="checkout",
                flows={"card": "checkout", "wallet": "checkout"},
            ),
            a_check("login-requests", "metrics", 10, 5, COUNTS, flow="login"),
            a_check("login-page", "http", 15, 3, HTTP, flow="login"),
            a_check("refund-requests", "metrics", 10, 5, COUNTS, flow="refund"),
            a_check(
                "sms-balance", "balance.alibaba", 600, 10, BALANCE, title=Text("SMS balance", "短信余额")
            ),
            a_check("ledger", "sql", 60, 10, COUNTS),
            a_check("business", "push", 60, 10, COUNTS),
        )
    },
    rules={
        name: Rule(name=name, match=Match(), when=when, programs={}, severity=severity, summaries={})
        for name, when, severity in (
            ("flow-silent", "traffic.silent", Severity.P1),
            ("balance-low", "runway.days_left < 7.0", Severity.P2),
            ("slow", "latency > 1.0", Severity.P3),
        )
    },
    responders={
        "li": Responder(
            name="li",
            role="oncall",
            addresses={"sms": "+8613800000000", "email": "li@example.com"},
            language=Language.ZH,
            zone="Asia/Shanghai",
        ),
        "anna": Responder(name="anna", role="oncall", addresses={"email": "anna@example.com"}),
    },
    sops={"flow-silent": SOP},
)
