"""What a page says of users: which flows, how many, that they are back, that it is bad again, and what was undone before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.core.builders import Story, http_check, plan, queued, rule
from tests.core.severity.numbers import Case, flow, numbers
from tests.scenarios.stage import Played
from watchtower.channels import sms_text
from watchtower.channels.contract import Letter
from watchtower.channels.gsm7 import segments
from watchtower.config.load import load
from watchtower.core.events import Decision, PageQueued
from watchtower.core.incident.incidents import Page, PageState
from watchtower.core.indicators import DEGRADED, DOWN, WHOLE
from watchtower.core.notify.suffering import flows_of, worst_of
from watchtower.core.notify.worse import sentence
from watchtower.core.pipeline.engine import Engine
from watchtower.core.scene import Scene
from watchtower.core.state import State, Step
from watchtower.model import Language, Outcome, Severity, Text
from watchtower.replay import Replay, World

CHECKS = """
[flow.checkout]
title = { en = "Checkout", zh = "下单支付" }
users_per_request = 0.5
depends_on = ["bank"]

[flow.refund]
title = { en = "Refund", zh = "退款" }
tier = "supporting"
depends_on = ["bank"]

[[check]]
name = "checkout-requests"
flow = "checkout"
probe = "push"
every = "10s"

[[check]]
name = "refund-requests"
flow = "refund"
probe = "push"
every = "10s"

[[check]]
name = "bank"
title = { en = "Bank gateway", zh = "银行网关" }
probe = "http"
url = "https://bank.example/health"
every = "10s"
"""
RULES = """
[product]
name = { en = "Card shop", zh = "银卡商城" }

[[rule]]
name = "flow-silent"
match = { probe = "push" }
when = "traffic.silent"
severity = "matrix"

[[rule]]
name = "flow-low"
match = { probe = "push" }
when = "traffic.low"
severity = "matrix"

[[rule]]
name = "bank-down"
match = { check = "bank" }
when = 'outcome == "down"'
severity = "P2"

[severity.floor.core]
down = { peak = "P0", normal = "P0", off_peak = "P0" }

[[responder]]
name = "li"
role = "oncall"
sms = "+8613800000001"
email = "li@example.com"

[sop.P0]
title = "P0"
steps = [{ do = { en = "Switch to the standby bank", zh = "切换备用银行" } }]

[channel.email]
mailbox = "var/mailbox"

[channel.sms]
file = "var/phone.txt"
"""
DAY = "2026-03-05T"


class Night(Played):
    """Two flows and their bank, watched for a day; what is delivered, as pages."""

    def __post_init__(self) -> None:
        self.queued: list[Page] = []
        self.scenes: list[Scene] = []
        super().__post_init__()
        self.replay = Replay(self.plan, self.at, world=World(), heard=self._hear)

    def _hear(self, decision: Decision, engine: Engine) -> None:
        super()._hear(decision, engine)
        if isinstance(decision, PageQueued):
            self.queued.append(decision.page)
            self.scenes += [decision.scene] if decision.scene else []

    def go(self, end: str, checkout: float = 600.0, refund: float = 120.0, bank: bool = True) -> list[Page]:
        """To `end`; the pages of that time."""
        before, last = len(self.queued), self.epoch(DAY + end)
        while self.at < last:
            self.at += 10.0
            for name, rate in (("checkout", checkout), ("refund", refund)):
                self.see(f"{name}-requests", {"requests": self._poisson(rate / 6)}, 10.0)
            self.see(
                "bank", {"status": 200.0 if bank else 503.0}, outcome=Outcome.UP if bank else Outcome.DOWN
            )
        return self.queued[before:]


def made_of(folder: Path, rules: str = RULES, checks: str = CHECKS) -> Night:
    """These files, and a quiet morning up to nine."""
    (folder / "checks").mkdir()
    (folder / "checks" / "flows.toml").write_text(checks, encoding="utf-8")
    (folder / "rules.toml").write_text(rules, encoding="utf-8")
    made = Night(load(folder / "rules.toml", folder / "checks", {}).plan, "2026-03-05T06:00")
    assert made.go("09:00") == []
    return made


@pytest.fixture
def night(tmp_path: Path) -> Night:
    return made_of(tmp_path)


def short(page: Page, language: Language = Language.EN) -> str:
    letter = Letter(
        page.id, page.thread, True, page.responder, "+8613800000001", language, "UTC", page.message,
        "https://wt.example.com/incidents/INC-1", "https://wt.example.com/ack/k7Qe3bTz9mWp4XsA",
    )  # fmt: skip
    text = sms_text.compose(letter)
    assert segments(text) <= 2
    return text


def texts(pages: list[Page], language: Language = Language.EN) -> list[str]:
    return [short(page, language) for page in pages if page.channel == "sms"]


def test_a_p0_says_flow_users_since_what_to_do_and_where_in_two_segments(night: Night) -> None:
    """FIELD E6: the cells of the matrix stood there, and no user, no flow, nothing to do."""
    pages = [page for page in night.go("09:04", checkout=0.0) if page.message.severity is Severity.P0]
    english, chinese = (texts(pages, language)[-1] for language in Language)
    for word in (
        "Checkout",
        "completely down",
        "users",
        "since 09:0",
        "Switch to the standby bank",
        "https://",
    ):
        assert word in english
    for word in ("下单支付", "业务中断", "用户", "09:0", "切换备用银行", "https://"):
        assert word in chinese
    assert "P0 from" not in english
    assert "estimated" not in english


def test_that_users_are_back_is_told_when_they_are(night: Night) -> None:
    """Not a quarter of an hour later, when the level is lowered."""
    night.go("09:10", checkout=0.0)
    back = [page for page in night.go("09:20") if page.kind == "mitigated"]
    assert {page.channel for page in back} == {"sms", "email"}
    assert {page.responder for page in back} == {"li"}
    assert 0 <= back[0].message.at - night.epoch(DAY + "09:10") <= 180
    assert short(back[0]).startswith("[P0] Users are back after 10 min")
    assert "it was: " in short(back[0])
    assert "[P0] 用户已恢复，历时 10 分" in short(back[0], Language.ZH)
    assert not back[0].message.flows
    assert "completely down, up to " in short(back[0])
    lowered = [page for page in night.go("09:40") if page.kind == "downgrade"]
    assert {page.channel for page in lowered} == {"email"}  # it wakes nobody: that users are back was told
    assert "being watched" in short(lowered[0])


def test_the_end_says_how_long_how_many_and_what_was_done(night: Night) -> None:
    """`Resolved: no request for 1 min` was said of two hours."""
    night.go("09:10", checkout=0.0)
    assert night.do("tried", text="restarted the gateway", result="it helped") == ""
    assert night.do("cause", text="a lock in the order table") == ""
    over = [page for page in night.go("11:30") if page.kind == "resolved" and page.channel == "sms"]
    english, chinese = (short(over[0], language) for language in Language)
    assert english.startswith(
        "[P2, down from P0] Resolved after 10 min: Card shop Checkout, it was: no request for 10 min"
    )
    assert "completely down, up to " in english
    assert " users affected, now " in english
    assert "Done: restarted the gateway" in english
    assert "名用户受影响" in chinese
    assert over[0].message.note == Text(
        "Done: restarted the gateway. Cause: a lock in the order table",
        "已采取：restarted the gateway。原因：a lock in the order table",
    )


def test_a_relapse_says_again_and_counts_only_bad_time(night: Night) -> None:
    """FIELD E5: "Resolved after 21 min" of a fault of three."""
    night.go("09:03", checkout=0.0)
    night.go("09:15")
    again = [page for page in night.go("09:18", checkout=0.0) if page.message.again]
    assert again
    assert short(again[0]).split("] ")[1].startswith("Again: Card shop Checkout")
    assert "复发：" in short(again[0], Language.ZH)
    assert "since 09:15" in short(again[0])
    over = [page for page in night.go("11:30") if page.kind == "resolved"]
    assert over
    assert 300.0 <= over[0].message.elapsed <= 480.0
    assert over[0].message.at - over[0].message.onset > 4000.0


def test_what_was_undone_just_before_is_named(night: Night) -> None:
    night.go("09:03", checkout=0.0)
    night.go("09:15")
    assert night.do("change", text="release 4.2 was rolled back") == ""
    again = [page for page in night.go("09:19", checkout=0.0) if page.message.again]
    assert again[0].message.undone is not None
    assert again[0].message.undone.en.endswith(" before: release 4.2 was rolled back")
    assert "release 4.2 was rolled back" in short(again[0])


def test_of_two_changes_at_once_one_is_named(night: Night) -> None:
    night.go("09:03", checkout=0.0)
    night.go("09:15")
    for text in ("release 4.2 was rolled back", "the cache was emptied"):
        assert night.do("change", text=text) == ""
    again = [page for page in night.go("09:19", checkout=0.0) if page.message.again]
    assert again[0].message.undone is not None
    assert again[0].message.undone.en.endswith(" before: release 4.2 was rolled back")


def test_a_dependencys_incident_names_the_flows_that_are_down_for_it(night: Night) -> None:
    """FIELD E6: no SMS named the flow where the bank took the incident."""
    first = texts(night.go("09:00:30", bank=False))[0]
    assert "Card shop Bank gateway: down, needed by Checkout, Refund" in first
    later = texts(night.go("09:05", checkout=0.0, refund=0.0, bank=False))
    assert any("Bank gateway: down (+1 more), Checkout down" in text for text in later)


def test_what_gets_worse_while_the_severity_stays_is_told_once(tmp_path: Path) -> None:
    """FIELD E2: a low ratio opened a P1, then total silence paged nobody, and the all-clear still told of the ratio."""
    night = made_of(tmp_path, RULES.replace('"matrix"', '"P1"'))
    assert [page.kind for page in night.go("09:08", checkout=240.0)] == ["new", "new"]
    told = [page for page in night.go("09:20", checkout=0.0) if page.message.reason == "got_worse"]
    assert sorted(page.channel for page in told) == ["email", "sms"]
    english, chinese = (short(told[0], language) for language in Language)
    assert english.startswith(
        "[P1] Update: Card shop Checkout, since 09:00 (8 min 10 s): it got worse: no request for "
    )
    assert "completely down, up to 1,4" in english
    assert chinese.startswith("[P1] 进展更新：银卡商城 下单支付，09:00 起已 8 分 10 秒：影响加重：已 ")
    later = night.go("09:30", checkout=200.0)
    assert {page.kind for page in later} <= {"reminder"}


def test_another_core_flow_that_joins_is_told(tmp_path: Path) -> None:
    night = made_of(tmp_path, RULES.replace('"matrix"', '"P1"'), CHECKS.replace('tier = "supporting"\n', ""))
    night.go("09:03", checkout=0.0)
    told = [
        page for page in night.go("09:10", checkout=0.0, refund=0.0) if page.message.reason == "got_worse"
    ]
    assert len(told) == 2
    assert "Refund got worse: no request for " in short(told[0])
    assert "Checkout down, Refund" in short(told[0])


FINANCE = """
[[responder]]
name = "fin"
role = "finance"
email = "fin@example.com"

[paging.P1]
inform = ["finance"]

[paging.P0]
inform = ["finance"]
"""


def test_the_brief_of_a_mail_is_of_the_severity_that_the_mail_tells(tmp_path: Path) -> None:
    """FIELD E6: a P0's mail showed the deadlines of P1, and "Why P0: P1 because"."""
    rules = RULES.replace('normal = "P0"', 'normal = "P1"').replace('peak = "P0"', 'peak = "P1"') + FINANCE
    night = made_of(tmp_path, rules.replace('off_peak = "P0"', 'off_peak = "P1"'))
    night.go("11:30", checkout=0.0)
    raised = [scene for scene in night.scenes if scene.incident.severity is Severity.P0]
    assert raised
    for scene in raised:
        clock = scene.history.deadlines.open("mitigate")
        assert clock is None or clock.level == Severity.P0
        assert scene.history.severity.sentence.en.startswith("P0 because")
        assert scene.firing[0].text.en.startswith("Checkout: no request for ")


def test_a_page_of_a_check_without_flows_says_nothing_of_any() -> None:
    bank = http_check("bank")
    story = Story(plan([bank], [rule("down", "outcome == 'down'", bank)]))
    (page, *_) = queued(story.down("bank"))
    assert (page.message.flows, page.message.users, page.message.why) == ((), None, None)
    assert page.message.title == Text("bank", "bank")


def test_of_many_flows_that_need_what_fails_a_page_names_eight() -> None:
    bank, names = http_check("bank"), [f"flow-{n}" for n in range(9)]
    made = plan([bank], [rule("down", "outcome == 'down'", bank)], flows=names)
    flows = {name: flow.model_copy(update={"depends_on": ("bank",)}) for name, flow in made.flows.items()}
    story = Story(replace(made, flows=flows))
    (page, *_) = queued(story.down("bank"))
    assert len(page.message.flows) == 8


@pytest.mark.parametrize(
    ("impact", "says"),
    [
        (0.5, "Checkout suffers too: 50% lost"),
        (DOWN, "Checkout is all but down: 80% lost"),
        (WHOLE, "Checkout is down now"),
    ],
)
def test_a_flow_without_an_alert_of_its_own_is_said_to_suffer_or_to_be_down(impact: float, says: str) -> None:
    made = plan([], [])
    step = Step(made, State(), 60.0)
    assert sentence(step, Case().incident, [flow(impact=impact)]).en == says


def test_a_mail_that_informs_brings_its_scene_unless_it_waits(tmp_path: Path) -> None:
    night = made_of(tmp_path, RULES.replace('"matrix"', '"P1"') + FINANCE)
    night.go("09:10", checkout=0.0)
    informs = [page for page in night.queued if page.message.informs]
    assert informs
    assert len(night.scenes) == sum(page.state is PageState.QUEUED for page in informs)


def test_a_flow_is_not_said_to_suffer_by_another_flows_alert() -> None:
    bank = http_check("bank", flow="checkout")
    story = Story(plan([bank], [rule("down", "outcome == 'down'", bank)]))
    story.down("bank")
    step = Step(story.plan, story.engine.state, story.at)
    incident = story.engine.state.incidents["INC-1"]
    said = sentence(step, incident, [flow("refund", impact=1.0), flow("checkout", impact=1.0)])
    assert said.en == "refund is down now; it got worse: down (no answer in time)"


def test_a_flow_that_is_just_degraded_is_named() -> None:
    case = Case()
    case.sees(numbers(flow("one", impact=DEGRADED), flow("other", impact=DEGRADED - 0.01), at=60.0))
    found = flows_of(Step(case.plan, case.state, 60.0), case.incident)
    assert [one.title.en for one in found] == ["one"]
    assert [one.title.en for one in worst_of(Step(case.plan, case.state, 60.0), case.incident)] == ["one"]
