"""What was measured, against what, in words: also where a rule has no summary, and never as an expression."""

import re
from pathlib import Path

import pytest

from tests.core.builders import HTTP_FACTS, TRAFFIC_FACTS, Story, http_check, plan, queued, rule
from watchtower.config.load import load
from watchtower.core.events import Observed
from watchtower.core.notify.alert_text import seen_now
from watchtower.core.notify.measured import _LABELS, in_words, measured, outcome
from watchtower.core.notify.messages import Message
from watchtower.core.notify.scenes import alerts_now
from watchtower.core.plan.checks import REACH_FACTS, Check
from watchtower.core.state import Step
from watchtower.detectors import DETECTORS
from watchtower.model import AlertState, Fact, FactKind, Observation, Outcome, Reading, Text, Unit, Value
from watchtower.probes.registry import PROBES, Registry
from watchtower.texts.failures import REASONS, failure

FACTS = {
    **HTTP_FACTS,
    **TRAFFIC_FACTS,
    "latency": Fact.number("s", Unit.SECONDS),
    "balance": Fact.number("left", Unit.MONEY),
    "currency": Fact.string("of it"),
    "runway.days_left": Fact.number("days", Unit.DAYS),
    "value": Fact.number("a gauge"),
    "connections": Fact.number("clients"),
    "max_connections": Fact.number("the most"),
    "replication_up": Fact.bool("linked"),
    "role": Fact.string("of the server"),
    "traffic.ratio_5m": Fact.number("share", Unit.RATIO),
    **DETECTORS["anomaly"].facts,
}
CHECK = Check(name="bank", probe="http", title=Text("Bank", "银行"), facts=FACTS)
DOWN = {"outcome": "down", "reason": "status", "status": 503.0, "latency": 0.2}

CASES: dict[str, tuple[str, dict[str, Value], str, str]] = {
    "down": ('outcome == "down"', DOWN, "HTTP 503", "HTTP 503"),
    "refused": (
        'outcome != "up"',
        {"outcome": "down", "reason": "refused"},
        "connection refused",
        "连接被拒绝",
    ),
    "one of two": ('outcome == "down" || latency > 1.0', DOWN, "HTTP 503", "HTTP 503"),
    "the other": (
        'outcome == "down" || latency > 1.0',
        {"outcome": "up", "latency": 2.3},
        "latency 2.3 s (> 1 s)",
        "耗时 2.3 秒（> 1 秒）",
    ),
    "by its status": ("status >= 500", {"outcome": "up", "status": 503.0}, "HTTP status 503 (>= 500)", ""),
    "within bounds": ("value > 1.0 && value < 9.0", {"value": 5.0}, "value 5 (> 1, < 9)", "当前值 5（> 1，< 9）"),
    "not": ("!(value <= 5.0)", {"value": 7.0}, "value 7", "当前值 7"),
    "money": (
        "balance < 500.0",
        {"balance": 203.5, "currency": "CNY"},
        "balance 203.50 CNY (< 500.00 CNY)",
        "余额 203.50 CNY（< 500.00 CNY）",
    ),
    "days": ("runway.days_left <= 3.0", {"runway.days_left": 2.0}, "2 days left (<= 3 days)", "剩余 2 天（<= 3 天）"),
    "silent": (
        "traffic.silent",
        {"traffic.silent": True, "traffic.silent_for": 200.0, "traffic.expected": 2.1},
        "no request for 3 min 20 s, 2.1/s expected",
        "已 3 分 20 秒无请求，平时 2.1/秒",
    ),
    "not known what to expect": (
        "traffic.silent",
        {"traffic.silent": True, "traffic.silent_for": 60.0, "traffic.expected": None},
        "no request for 1 min",
        "已 1 分无请求",
    ),
    "any other status": ("status != 200.0", {"outcome": "up", "status": 503.0}, "HTTP status 503 (≠ 200)", ""),
    "one status": ("exit_code == 2.0", {"outcome": "up", "exit_code": 2.0}, "exit status 2 (= 2)", "退出码 2（= 2）"),
    "as little or less": ("value <= 5.0", {"value": 4.0}, "value 4 (<= 5)", "当前值 4（<= 5）"),
    "less": ("value < 5.0", {"value": 4.0}, "value 4 (< 5)", "当前值 4（< 5）"),
    "as many or more": ("value >= 5.0", {"value": 6.0}, "value 6 (>= 5)", "当前值 6（>= 5）"),
    "three are enough": (
        "answers > 1.0 && connections > 1.0 && errors > 1.0 && value > 1.0",
        {"answers": 2.0, "connections": 3.0, "errors": 4.0, "value": 5.0},
        "DNS answers 2 (> 1); connections 3 (> 1); errors 4 (> 1)",
        "解析记录数 2（> 1）；连接数 3（> 1）；错误数 4（> 1）",
    ),
    "low": (
        "traffic.low",
        {"traffic.low": True, "traffic.ratio_5m": 0.4, "traffic.expected": 2.0},
        "40% of the usual requests in 5 min, 2/s expected",
        "5 分钟请求为平时的 40%，平时 2/秒",
    ),
    "full": (
        "traffic.over_capacity",
        {"traffic.over_capacity": True, "traffic.rate": 90.0},
        "90/s is at capacity",
        "当前 90/秒，已达容量上限",
    ),
    "too high": (
        "anomaly.high",
        {"anomaly.high": True, "anomaly.expected_low": 2.0, "anomaly.expected_high": 3.0},
        "too high, usually 2 to 3",
        "高于平时的 2～3",
    ),
    "too low": (
        "anomaly.low",
        {"anomaly.low": True, "anomaly.expected_low": 2.0, "anomaly.expected_high": 3.0},
        "too low, usually 2 to 3",
        "低于平时的 2～3",
    ),
    "fallen": (
        "ratio.fallen",
        {"ratio.fallen": True, "ratio.value": 0.4, "ratio.usual": 0.9},
        "0.4, usually 0.9",
        "0.4，平时 0.9",
    ),
    "a surge": (
        "traffic.surge",
        {"traffic.surge": True, "traffic.ratio_5m": 3.0, "traffic.expected": 2.0},
        "300% of the usual requests in 5 min, 2/s expected",
        "5 分钟请求为平时的 300%，平时 2/秒",
    ),
    "risen": (
        "ratio.risen",
        {"ratio.risen": True, "ratio.value": 0.9, "ratio.usual": 0.4},
        "0.9, usually 0.4",
        "0.9，平时 0.4",
    ),
    "used up": ("runway.exhausted", {"runway.exhausted": True}, "nothing is left", "已耗尽"),
    "money of whatever currency": ("balance < 500.0", {"balance": 203.5}, "balance 203.50 (< 500.00)", ""),
    "no money": ("value > 1.0", {"value": 5.0, "currency": "CNY"}, "value 5 (> 1)", ""),
    "what it does not ask for": (
        "value > 1.0",
        {"value": 5.0, "reach.unreachable": True, "reach.because": "no one comes in"},
        "value 5 (> 1)",
        "",
    ),
    "out of reach": (
        "reach.unreachable",
        {"reach.unreachable": True, "reach.because": "no one comes in", "reach.because_zh": "无人可进入"},
        "no one comes in",
        "无人可进入",
    ),
    "out of reach, in one language": (
        "reach.unreachable",
        {"reach.unreachable": True, "reach.because": "no one comes in"},
        "no one comes in",
        "no one comes in",
    ),
    "a step by its title": (
        'failed_step == "pay"',
        {**DOWN, "failed_step": "pay", "because": "step 3 of 4, Pay, fails: HTTP 503", "because_zh": "第 3 步失败"},
        "step 3 of 4, Pay, fails: HTTP 503",
        "第 3 步失败",
    ),
    "a name in a text": ('reason == "status"', DOWN, "HTTP 503", "HTTP 503"),
    "a site's own word": ('outcome == "down"', {"outcome": "down", "reason": "queue_full"}, "queue full", "queue full"),
    "a part of the usual": (
        "traffic.ratio_5m < 0.5",
        {"traffic.ratio_5m": 0.12},
        "12% of the usual requests in 5 min (< 50%)",
        "5 分钟请求为平时的 12%（< 50%）",
    ),
    "a gauge that is strange": (
        "anomaly.high",
        {"anomaly.high": True, "latency": 2.3, "anomaly.expected_low": 0.1, "anomaly.expected_high": 0.3},
        "latency 2.3 s is too high, usually 100 ms to 300 ms",
        "耗时 2.3 秒，高于平时的 100 毫秒～300 毫秒",
    ),
    "against another measurement": (
        "value > 20.0 || connections > 0.9 * max_connections",
        {"value": 3.0, "connections": 96.0, "max_connections": 100.0},
        "value 3; connections 96; connections allowed 100",
        "当前值 3；连接数 96；连接数上限 100",
    ),
    "yes or no": ("!replication_up", {"replication_up": False}, "replication works: no", "主从复制正常：否"),
    "a word": ('role != "master"', {"role": "slave"}, "role slave", "角色 slave"),
    "nothing": ("latency > 1.0", {"latency": None}, "", ""),
}  # fmt: skip


@pytest.mark.parametrize(("when", "facts", "en", "zh"), CASES.values(), ids=list(CASES))
def test_a_condition_is_said_in_words_with_its_numbers(
    when: str, facts: dict[str, Value], en: str, zh: str
) -> None:
    said = measured(when, CHECK, facts)
    assert said.en == en
    assert said.zh == zh or not zh


def test_no_two_measurements_are_called_alike() -> None:
    said = [(text.en, text.zh) for text in _LABELS.values()]
    assert len(set(said)) == len(said)


def test_every_measurement_that_ships_has_a_name_in_both_languages() -> None:
    kinds = [Registry().get(kind).facts for kind in PROBES] + [kind.facts for kind in DETECTORS.values()]
    found = {name: fact for facts in (*kinds, REACH_FACTS) for name, fact in facts.items()}
    bare = {}
    for name, fact in found.items():
        value: Value = {FactKind.NUMBER: 0.5, FactKind.BOOL: False, FactKind.STRING: "x"}[fact.kind]
        check = Check(name="one", probe="http", facts={name: fact})
        said = measured(f"{name} < 1.0" if fact.kind is FactKind.NUMBER else name, check, {name: value})
        if said.en and (not re.search("[\u4e00-\u9fff]", said.zh) or re.search(r"_|[a-z]\.[a-z]", said.en)):
            bare[name] = said.en
    assert bare == {}


def test_every_reason_that_a_probe_gives_has_words_in_both_languages() -> None:
    sources = Path("src/watchtower")
    given: set[str] = set()
    for folder in ("probes", "curl"):
        for file in (sources / folder).glob("*.py"):
            given |= set(re.findall(r"(?:down|unknown)\(\s*\"([a-z_]+)\"", file.read_text(encoding="utf-8")))
    given |= set(
        re.findall(r"unknown\(\s*\"([a-z_]+)\"", (sources / "runner.py").read_text(encoding="utf-8"))
    )
    assert len(given) > 30
    assert given - set(REASONS) == set()
    assert all(re.search(r"[\u4e00-\u9fff]|\{", text.zh) for text in REASONS.values())
    assert failure("status", {}).en == "down"  # a number that is not there leaves no hole


def test_a_page_without_a_summary_says_what_was_measured(tmp_path: Path) -> None:
    """FIELD E3: a bank's 503 gave `dependency-down: outcome == "down" || latency > 1.0`."""
    page = _page_of(tmp_path, "")
    assert page.because[0].text == Text("Bank gateway: HTTP 503", "银行网关：HTTP 503")


def test_words_of_ours_are_words_in_a_summary(tmp_path: Path) -> None:
    said = 'summary = { en = "{{ check }} of {{ flow }}: {{ reason }}", zh = "{{ flow }}的{{ check }}：{{ reason }}" }'
    assert _page_of(tmp_path, said).because[0].text == Text(
        "Bank gateway of Checkout: HTTP 503", "下单支付的银行网关：HTTP 503"
    )


def test_a_summary_without_a_measurement_has_it_in_brackets(tmp_path: Path) -> None:
    page = _page_of(tmp_path, 'summary = { en = "The bank does not answer", zh = "银行网关无响应" }')
    assert page.because[0].text == Text("The bank does not answer (HTTP 503)", "银行网关无响应（HTTP 503）")


def test_beside_an_alert_stands_how_it_is_now() -> None:
    bank = http_check("bank")
    story = Story(plan([bank], [rule("slow", "latency > 1.0", bank, keep=300.0)], remind_every=60.0))
    story.up("bank", latency=2.5)
    alert = next(iter(story.engine.state.alerts.values()))
    assert (alert.text.en, seen_now(_step(story), alert).en) == (
        "slow (latency 2.5 (> 1))",
        "latency 2.5 (> 1)",
    )
    story.wait(10).up("bank", latency=3.5)
    step = _step(story)
    (now,) = alerts_now(step.plan, step.state, "INC-1", AlertState.FIRING)
    (then,) = step.state.alerts_of("INC-1", AlertState.FIRING)
    assert (then.text.en, now.text.en) == ("slow (latency 2.5 (> 1))", "slow (latency 3.5 (> 1))")
    story.wait(10).up("bank", latency=0.4)
    assert seen_now(_step(story), alert).en == "latency 0.4"
    story.wait(10).down("bank")
    assert seen_now(_step(story), alert).en == "no answer in time"


def _step(story: Story) -> Step:
    return Step(story.plan, story.engine.state, story.at)


def _page_of(folder: Path, summary: str) -> Message:
    (folder / "checks").mkdir()
    (folder / "checks" / "bank.toml").write_text(
        '[flow.checkout]\ntitle = { en = "Checkout", zh = "下单支付" }\n[[check]]\nname = "bank-gateway"\n'
        'title = { en = "Bank gateway", zh = "银行网关" }\nflow = "checkout"\nprobe = "http"\nurl = "https://bank.example"\n',
        encoding="utf-8",
    )
    (folder / "rules.toml").write_text(
        '[[rule]]\nname = "dependency-down"\nmatch = {}\nwhen = \'outcome == "down" || latency > 1.0\'\nseverity = "P1"\n'
        f'{summary}\n[[responder]]\nname = "li"\nrole = "oncall"\nemail = "li@example.com"\n'
        '[channel.email]\nmailbox = "var/mailbox"\n',
        encoding="utf-8",
    )
    story = Story(load(folder / "rules.toml", folder / "checks", {}).plan)
    reading = Reading(Outcome.DOWN, {"status": 503.0, "latency": 0.2}, "status", "HTTP 503, expected 2xx")
    pages = queued(story.feed(Observed(Observation("bank-gateway", story.at, reading))))
    return pages[0].message


def test_what_a_summary_measures_in_the_second_place_is_not_said_twice(tmp_path: Path) -> None:
    said = (
        'summary = { en = "{{ check }} answers after {{ latency }}", zh = "{{ check }} 耗时 {{ latency }}" }'
    )
    assert _page_of(tmp_path, said).because[0].text.en == "Bank gateway answers after 200 ms"


def test_a_flow_that_is_not_declared_goes_by_its_name() -> None:
    assert in_words(CHECK, None, {"flow": "checkout"})["flow"] == Text("checkout", "checkout")


def test_an_anomaly_names_the_gauge_that_its_settings_name() -> None:
    detect = DETECTORS["anomaly"].Settings.model_construct(measurement="latency")
    check = CHECK.model_copy(update={"detect": detect})
    seen: dict[str, Value] = {
        "value": 5.0, "latency": 2.0, "anomaly.high": True, "anomaly.expected_low": 0.1, "anomaly.expected_high": 0.3,
    }  # fmt: skip
    assert measured("anomaly.high", check, seen).en.startswith("latency 2 s is too high")


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"outcome": "unknown", "reason": "status", "status": 503.0}, "HTTP 503"),
        ({"outcome": "down", "reason": "status", "status": 503.0}, "HTTP 503"),
        ({"outcome": "up", "reason": "status", "status": 503.0}, "up"),
        ({"outcome": "unknown"}, "not known"),
    ],
)
def test_how_the_target_is_by_its_reason_unless_it_is_well(facts: dict[str, Value], said: str) -> None:
    assert outcome(facts).en == said


def test_an_anomaly_is_of_the_first_number_and_of_no_word() -> None:
    seen: dict[str, Value] = {
        "role": "master", "value": 5.0, "anomaly.high": True, "anomaly.expected_low": 1.0, "anomaly.expected_high": 2.0,
    }  # fmt: skip
    assert measured("anomaly.high", CHECK, seen).en.startswith("value 5 is too high")


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ('outcome == "down" && status >= 500.0', "HTTP 503"),
        ('outcome == "down" && latency > 0.1', "HTTP 503; latency 200 ms (> 100 ms)"),
    ],
)
def test_a_status_is_said_once_and_what_else_is_measured_too(when: str, said: str) -> None:
    assert measured(when, CHECK, DOWN).en == said


def test_a_summary_of_names_alone_has_the_measurement_in_brackets(tmp_path: Path) -> None:
    said = 'summary = { en = "{{ check }} of {{ flow }} fails", zh = "{{ flow }}的{{ check }}故障" }'
    assert _page_of(tmp_path, said).because[0].text.en == "Bank gateway of Checkout fails (HTTP 503)"
