"""jobs.gitlab.com in March 2020: warned of sixty days ahead, expired all the same, and found by a person two days later."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenarios.stage import Played, said
from watchtower.config.load import load
from watchtower.core.events import Acknowledged, ResolvedByHand
from watchtower.model import Outcome
from watchtower.replay import Replay, World

CHECKS = """
[flow.jobs]
title = { en = "Jobs", zh = "招聘" }
requests_per_minute = 10.0

[[check]]
name = "jobs-certificate"
flow = "jobs"
probe = "tls"
address = "jobs.example:443"
every = "1h"
detect = { kind = "runway", measurement = "tls_days_left", mode = "expiry" }

[[check]]
name = "jobs-page"
flow = "jobs"
probe = "http"
url = "https://jobs.example/"
every = "1h"
"""
RUNG = """
[[rule]]
name = "runway-{days}"
match = {{ check = "jobs-certificate" }}
when = "runway.step <= {days}.0"
severity = "{severity}"
escalate_after = "{after}"
summary = {{ en = "The certificate of {{{{ check }}}} ends in {{{{ days_left }}}}", zh = "{{{{ check }}}} 证书 {{{{ days_left }}}}后到期" }}
"""
LADDER = {30: ("P4", "24h"), 14: ("P3", "24h"), 7: ("P2", "24h"), 3: ("P2", "4h"), 1: ("P1", "4h")}
RULES = (
    "".join(RUNG.format(days=days, severity=level, after=after) for days, (level, after) in LADDER.items())
    + """
[[rule]]
name = "page-down"
match = { check = "jobs-page" }
when = "outcome == 'down'"
severity = "matrix"

[[responder]]
name = "li"
email = "li@example.com"

[[responder]]
name = "wang"
role = "backup"
email = "wang@example.com"

[[responder]]
name = "zhao"
role = "tech_lead"
email = "zhao@example.com"

[role.oncall]
primary = "li"
backup = "wang"

[paging.P3]
roles = ["oncall"]
channels = ["email"]
remind_every = "4h"
escalate = [{ after = "24h", roles = ["backup"] }, { after = "48h", roles = ["tech_lead"] }]

[channel.email]
mailbox = "var/mailbox"

[product]
name = "Jobs"
"""
)
END = "2020-03-28T12:00"
HOUR, DAY = 3600.0, 86400.0


class Certificate(Played):
    """Looks at the certificate, and as a user, each hour; `days` before its end."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.replay = Replay(self.plan, self.at, world=World(), tick_every=HOUR / 2, heard=self._hear)

    def clock(self, at: float) -> str:
        return f"{(self.epoch(END) - at) / DAY:.2f}"

    def until_days(self, days: float, *, end: str = END, acked: bool = False) -> None:
        last = self.epoch(END) - days * DAY
        while self.at + HOUR <= last:
            self.at += HOUR
            left = (self.epoch(end) - self.at) / DAY
            well = left > 0
            outcome = Outcome.UP if well else Outcome.DOWN
            self.see("jobs-certificate", {"tls_days_left": left}, outcome=outcome)
            self.see("jobs-page", {}, outcome=outcome)
            if acked:
                self.acknowledge()

    def acknowledge(self) -> None:
        """With an action and a date, without which it would be asked for again after a day."""
        for incident in list(self.replay.engine.state.incidents.values()):
            if str(incident.state) == "triggered":
                self.replay.tell(Acknowledged(incident.id, "li"), self.at)
                self.do("doing", incident=incident.id, text="renew it", due=self.epoch(END))

    def to(self, who: str) -> list[tuple[str, str]]:
        return [(when, kind) for when, kind, one in self.pages if one == who]


@pytest.fixture
def it(tmp_path: Path) -> Certificate:
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "jobs.toml").write_text(CHECKS, encoding="utf-8")
    (tmp_path / "rules.toml").write_text(RULES, encoding="utf-8")
    plan = load(tmp_path / "rules.toml", tmp_path / "checks", {}).plan
    return Certificate(plan, "2020-02-22T12:00")


def test_each_rung_is_told_though_the_one_before_was_acknowledged(it: Certificate) -> None:
    it.until_days(0.5, acked=True)
    assert list(it.histories) == ["INC-1"]
    assert it.to("li") == [
        ("30.00", "new"), ("14.00", "upgrade"), ("7.00", "upgrade"), ("3.00", "update"), ("1.00", "upgrade"),
    ]  # fmt: skip
    assert it.levels == [("30.00", "P4/P4"), ("14.00", "P3/P3"), ("7.00", "P2/P2"), ("1.00", "P1/P1")]


def test_what_nobody_acknowledges_goes_to_the_backup_and_the_lead_by_day_seven(it: Certificate) -> None:
    it.until_days(0.5)
    first = {who: when for when, _, who in reversed(it.pages)}
    assert first == {"li": "30.00", "wang": "29.00", "zhao": "12.00"}
    rounds = [when for when, _ in said(it.logged, "people.escalated")]
    assert {"13.00", "12.00", "6.00"} <= set(rounds), "24 hours after each threshold"
    assert {"2.83", "0.83"} <= set(rounds), "4 hours below three days"


def test_an_outage_by_impact_from_the_first_handshake_that_fails(it: Certificate) -> None:
    it.until_days(-0.2, acked=True)
    assert list(it.histories) == ["INC-1", "INC-2"], (
        "who acknowledged the warning has not acknowledged the outage"
    )
    outage = it.replay.engine.state.incidents["INC-2"]
    assert it.clock(outage.opened_at) == "0.00"
    assert outage.flows == ("jobs",)
    assert ("0.00", "new") in it.to("li")
    assert [(it.clock(c.at), str(c.level)) for c in it.histories["INC-2"].severity.changes] == [
        ("0.00", "P1"), ("-0.08", "P0"),
    ]  # fmt: skip


def test_only_the_new_certificate_closes_it(it: Certificate) -> None:
    it.until_days(5.0, acked=True)
    assert it.replay.engine.state.incidents["INC-1"].open
    it.replay.tell(ResolvedByHand("INC-1", "li"), it.at)
    assert it.replay.engine.state.incidents["INC-1"].open, "saying so closes nothing"
    it.until_days(4.0, end="2020-06-28T12:00")
    assert it.of("resolved") == [("4.96", "resolved")]
