"""A plan of two checks, and what happens in a release night: silences, windows, inhibition."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.core.builders import EMAIL, LI, Story, http_check, pages, plan, rule
from watchtower.core.events import (
    Decision,
    Logged,
    Refused,
    SilenceAsked,
)
from watchtower.core.incident.log import line_of
from watchtower.core.matchers import parse_matchers
from watchtower.core.plan import Plan
from watchtower.core.plan.inhibition import Inhibition
from watchtower.core.plan.maintenance import Maintenance
from watchtower.core.plan.paging import Responder

BANK = http_check("bank", "checkout").model_copy(update={"labels": {"team": "payments"}})
CARD = http_check("card")
BOSS = Responder(name="zhao", role="commander", addresses={EMAIL: "zhao@example.com"})


def made(**more: Any) -> Plan:
    rules = [
        rule("down", "outcome == 'down'", BANK, CARD, severity="P1"),
        rule("slow", "latency > 5.0", BANK, CARD, severity="P3"),
        rule("gone", "status == 500.0", BANK, severity="P0"),
    ]
    return replace(plan([BANK, CARD], rules, (LI, BOSS)), **more)


def silence(told: Story, *matchers: str, lasts: float = 600.0, after: float = 0.0, by: str = "li") -> str:
    """Its id; or why there is none."""
    begin = told.at + after
    found = told.feed(SilenceAsked(parse_matchers(matchers), begin, begin + lasts, by, "release"))
    return next((d.entry.data["silence"] for d in found if isinstance(d, Logged)), "") or refusal(found)


def refusal(decisions: list[Decision]) -> str:
    return next((d.detail for d in decisions if isinstance(d, Refused)), "")


def entries(told: Story, incident: str) -> list[str]:
    return [line[1].kind for d in told.decisions if (line := line_of(d)) and line[0] == incident]


def later(told: Story, seconds: float, check: str = "bank", **seen: Any) -> list[str]:
    """The pages of so many seconds in which the check goes on as it is, polled and ticked."""
    out: list[Decision] = []
    for _ in range(round(seconds / 10)):
        told.wait(10)
        out += told.up(check, **seen) if seen else told.down(check)
        out += told.up("card" if check == "bank" else "bank", latency=0.1) + told.tick()
    return pages(out)


def window(told_at: float, begin: float, end: float, *matchers: str, **more: Any) -> Maintenance:
    return Maintenance(
        name="release", matchers=parse_matchers(matchers), spans=((told_at + begin, told_at + end),), **more
    )


def inhibition(*equal: str) -> Inhibition:
    return Inhibition(
        name="bank first", source_matchers=parse_matchers(['check="bank"', 'rule="down"']),
        target_matchers=parse_matchers(['check="card"']), equal=equal,
    )  # fmt: skip
