"""What check-config warns of; and that it says nothing where something may well be meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.config.cases import CHECKS, PEOPLE
from tests.config.kinds import FewKinds
from watchtower.config.lint import LINTS
from watchtower.config.load import load
from watchtower.errors import ConfigError, Problem

TWO_WAYS = PEOPLE.replace('email = "li@example.com"', 'email = "li@example.com"\nsms = "+8613800138000"')


def warnings(folder: Path, rules: str, checks: str = CHECKS, people: str = TWO_WAYS) -> list[Problem]:
    (folder / "checks").mkdir()
    (folder / "rules.toml").write_text(rules + people, encoding="utf-8")
    (folder / "checks" / "a.toml").write_text(checks, encoding="utf-8")
    return list(
        load(
            folder / "rules.toml", folder / "checks", {"BANK_KEY": "bank-key-of-the-tests"}, FewKinds()
        ).warnings
    )


def rule(when: str, check: str = "*", severity: str = "P2") -> str:
    return f"[[rule]]\nname = \"r\"\nmatch = {{ check = \"{check}\" }}\nwhen = '''{when}'''\nseverity = \"{severity}\"\n"


WHENS = [
    ("a number above and below", "api", "latency > 5.0 && latency < 2.0", "never-fires"),
    ("the same without a gap", "api", "latency > 2.0 && latency < 2.0", "never-fires"),
    ("one point is left", "api", "latency >= 2.0 && latency <= 2.0", ""),
    ("whole numbers too", "api", "status > 500 && status == 200", "never-fires"),
    ("between two", "api", "latency > 1.0 && latency < 2.0", ""),
    ("the constant on the left", "api", "5.0 < latency && latency < 2.0", "never-fires"),
    ("one branch of two is possible", "api", "latency > 5.0 && latency < 2.0 || status == 500", ""),
    ("no branch of two is possible", "api", "(latency > 5.0 && latency < 2.0) || (status == 1 && status == 2)", "never-fires"),
    ("constant false", "api", "false", "never-fires"),
    ("constant true", "api", "true", "always-fires"),
    ("a bool and its contrary", "orders", "traffic.silent && !traffic.silent", "never-fires"),
    ("a bool", "orders", "traffic.silent", ""),
    ("a bool compared", "orders", "traffic.silent == true && traffic.silent == false", "never-fires"),
    ("everything", "api", "latency > 1.0 || latency <= 1.0", "always-fires"),
    ("an outcome in a typing hurry", "api", 'outcome == "dwon"', "impossible-value"),
    ("unknown moves nothing", "api", 'outcome == "unknown"', "impossible-value"),
    ("in one of two branches", "api", 'outcome == "dwon" || latency > 5.0', "impossible-value"),
    ("not unknown, and slow", "api", 'outcome != "unknown" && latency > 5.0', ""),
    ("not unknown alone", "api", 'outcome != "unknown"', "always-fires"),
    ("down", "api", 'outcome == "down"', ""),
    ("95 is never reached", "orders", "traffic.success_ratio > 95", "never-fires"),
    ("95 for 95 per cent", "orders", "traffic.success_ratio < 95.0", "always-fires"),
    ("a share", "orders", "traffic.success_ratio < 0.95", ""),
    ("all or nothing", "orders", "traffic.success_ratio <= 0.0", ""),
    ("more than the usual", "orders", "traffic.ratio > 5.0", ""),
    ("down and up", "api", 'outcome == "down" && outcome == "up"', "never-fires"),
    ("a reason may be any", "api", 'outcome == "down" && reason == "tls"', ""),
    ("two reasons at once", "api", 'reason == "tls" && reason == "timeout"', "never-fires"),
    ("the name of another check", "api", 'check == "bank"', "impossible-value"),
    ("the name of one of several", "*", 'check == "bank" && outcome == "down"', ""),
    ("a flow that these checks have", "*", 'flow == "checkout" && outcome == "down"', ""),
    ("a flow that the check has not", "bank", 'flow == "checkout"', "impossible-value"),
    ("a tier that the flow has not", "api", 'tier == "peripheral"', "impossible-value"),
    ("possible for one of several kinds", "*", 'probe == "tcp" && outcome == "down"', ""),
    ("sums are not judged", "api", "latency + 1.0 < latency", ""),
    ("facts beside each other are not judged", "api", "latency > duration && latency < duration", ""),
    ("functions are not judged", "api", 'reason.startsWith("t") && reason == "x"', ""),
    ("texts with backslashes are not judged", "api", r'reason == "a\"b" && reason == "c"', ""),
    ("too many combinations are not judged", "api", " && ".join(f"(latency > {n}.0 || status > {n} || duration > {n}.0)" for n in range(40)), ""),
]  # fmt: skip


@pytest.mark.parametrize(("check", "when", "name"), [w[1:] for w in WHENS], ids=[w[0] for w in WHENS])
def test_an_expression(tmp_path: Path, check: str, when: str, name: str) -> None:
    found = [one for one in warnings(tmp_path, rule(when, check)) if not one.name.endswith("-without-rule")]
    assert [one.name for one in found] == ([name] if name else [])
    assert all((one.line, one.where) == (4, 'rule "r": when') and one.hint for one in found)


def test_a_hint_says_what_was_meant(tmp_path: Path) -> None:
    found = warnings(tmp_path, rule('outcome == "dwon"'))
    assert (found[0].what, found[0].hint) == (
        'outcome is never "dwon"',
        'did you mean "down"? what outcome can be: down, up',
    )


DOWN = rule('outcome == "down"')
FLOW = '[flow.refund]\n[[check]]\nname = "r"\nprobe = "tcp"\nhost = "h"\nport = 1\nflow = "refund"\n'
RUNWAY = '[[check]]\nname = "b"\nprobe = "balance.bank"\naccount = { id = "1", key = "${BANK_KEY}" }\n'
ORDERS = '[flow.checkout]\n[[check]]\nname = "orders"\nprobe = "traffic"\nflow = "checkout"\nevery = "10s"\n'
TABLES = [
    ("a flow that no rule judges", rule('outcome == "down"', "api"), CHECKS + FLOW, "flow-without-rule"),
    ("a flow of which one check is judged", rule('outcome == "down"', "api"), CHECKS, ""),
    ("blind before the next run", DOWN, ORDERS + 'no_data_after = "5s"\n', "hasty-no-data"),
    ("blind after some runs", DOWN, ORDERS + 'no_data_after = "30s"\n', ""),
    ("silence shorter than a run", DOWN, ORDERS + '[check.detect]\nzero_for = "5s"\n', "short-silence"),
    ("silence of one run", DOWN, ORDERS + '[check.detect]\nzero_for = "10s"\n', ""),
    ("history that no window holds", DOWN, RUNWAY + '[check.detect]\nwindow = "1h"\nknown_after = "6h"\n', "short-window"),
    ("history that the window holds", DOWN, RUNWAY + '[check.detect]\nwindow = "12h"\nknown_after = "6h"\n', ""),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "checks", "name"), [t[1:] for t in TABLES], ids=[t[0] for t in TABLES])
def test_a_table(tmp_path: Path, rules: str, checks: str, name: str) -> None:
    names = {one.name for one in warnings(tmp_path, rules, checks)} - {"check-without-rule"}
    assert names == ({name} if name else set())


@pytest.mark.parametrize(("every", "hint"), [("1m", 'write every = "2m24s" or more'), ("3m", "")])
def test_a_budget_that_does_not_last_a_day(tmp_path: Path, every: str, hint: str) -> None:
    (tmp_path / "checks").mkdir()
    (tmp_path / "rules.toml").write_text(DOWN + TWO_WAYS)
    step = 'step = [{ name = "pay", url = "/pay", spends = { orders = 2 } }]\nbudget = { runs = 600, orders = 1200 }\n'
    (tmp_path / "checks" / "a.toml").write_text(
        f'[[check]]\nname = "buy"\nprobe = "steps"\nurl = "https://shop.example"\nevery = "{every}"\n{step}'
    )
    found = load(tmp_path / "rules.toml", tmp_path / "checks", {}).warnings
    assert [one.name for one in found] == (["short-budget"] * 2 if hint else [])
    assert all(hint in one.hint and one.line == 7 for one in found)


WAYS = [
    ("one channel for a P1", rule('outcome == "down"', severity="P1"), PEOPLE, "single-vendor"),
    ("one channel for a P2", rule('outcome == "down"', severity="P2"), PEOPLE, ""),
    ("two channels", rule('outcome == "down"', severity="P1"), TWO_WAYS, ""),
    (
        "two channels of two people",
        rule('outcome == "down"', severity="P1"),
        TWO_WAYS.replace('sms = "', '[[responder]]\nname = "wang"\nsms = "'),
        "single-vendor",
    ),
    (
        "somebody who is only asked later",
        rule('outcome == "down"', severity="P1"),
        TWO_WAYS + '[[responder]]\nname = "wang"\nrole = "executive"\nemail = "wang@example.com"\n',
        "",
    ),
    (
        "one channel of choice, and another to fall over to",
        rule('outcome == "down"', severity="P1") + '[paging.P1]\nchannels = ["sms"]\n',
        TWO_WAYS,
        "",
    ),
    (
        "it is meant so",
        '[lint]\nignore = ["single-vendor"]\n' + rule('outcome == "down"', severity="P1"),
        PEOPLE,
        "",
    ),
]


@pytest.mark.parametrize(("rules", "people", "name"), [w[1:] for w in WAYS], ids=[w[0] for w in WAYS])
def test_the_ways_to_people(tmp_path: Path, rules: str, people: str, name: str) -> None:
    assert [one.name for one in warnings(tmp_path, rules, people=people)] == ([name] if name else [])


GATEWAY = '[channel.sms]\nurl = "{}"\njson = {{ to = "{{{{ to }}}}", text = "{{{{ text }}}}" }}\n'
HOOK = '[channel.webhook]\n{}\n[[responder]]\nname = "robot"\nwebhook = "{}"\n'
NOS = [
    (
        "a gateway that answers 200 to everything",
        GATEWAY.format("https://dysmsapi.aliyuncs.com/"),
        "no-success",
    ),
    ("in capitals", GATEWAY.format("HTTPS://SMS.YunPian.com/v2/sms/single_send.json"), "no-success"),
    ("the same, read", GATEWAY.format("https://sms.yunpian.com/") + "success = 'code == `0`'\n", ""),
    ("one of text, read", GATEWAY.format("https://api.clickatell.com/") + "success_matches = '^ID:'\n", ""),
    ("a gateway that says it by its status", GATEWAY.format("https://api.twilio.com/"), ""),
    ("a chat robot", HOOK.format("", "https://open.feishu.cn/open-apis/bot/v2/hook/x"), "no-success"),
    ("a chat robot, read", HOOK.format("success = 'code == `0`'", "https://open.feishu.cn/x"), ""),
    (
        "authorities that are not there",
        GATEWAY.format("https://sms.example/") + "ca_file = '/nowhere'\n",
        "missing-ca-file",
    ),
    (
        "authorities that are no certificate",
        GATEWAY.format("https://sms.example/") + "ca_file = '/etc/hostname'\n",
        "missing-ca-file",
    ),
    ("a vendor that ends", HOOK.format("", "https://api.eu.opsgenie.com/v2/alerts"), "vendor-ends"),
    ("a receiver of one's own", HOOK.format("", "https://ops.example/pages"), ""),
]


@pytest.mark.parametrize(("table", "name"), [n[1:] for n in NOS], ids=[n[0] for n in NOS])
def test_a_no_inside_a_200(tmp_path: Path, table: str, name: str) -> None:
    people = PEOPLE.replace('[channel.sms]\nfile = "var/phone.txt"\n', "") + table
    assert [one.name for one in warnings(tmp_path, DOWN, people=people)] == ([name] if name else [])


def test_files_of_a_check_that_are_not_there(tmp_path: Path) -> None:
    check = '[[check]]\nname = "bank"\nprobe = "http"\nurl = "https://bank.example"\n'
    files = "ca_file = '/nowhere'\ncert_file = '/nowhere.pem'\nkey_file = '/etc/hostname'\n"
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "a.toml").write_text(check + files)
    (tmp_path / "rules.toml").write_text(DOWN + TWO_WAYS)
    found = load(tmp_path / "rules.toml", tmp_path / "checks", {}).warnings
    assert [(one.name, one.line) for one in found] == [("missing-ca-file", 5), ("missing-ca-file", 6)]


def test_a_share_is_no_percentage(tmp_path: Path) -> None:
    (found,) = warnings(tmp_path, rule("traffic.success_ratio < 95", "orders"), ORDERS)
    assert found.hint == "traffic.success_ratio lies between 0 and 1: write 0.95 for 95 %"


ZONES = [
    (
        "opening hours of nobody's day",
        'hours = { mon-fri = "09:00-17:00", sat-sun = "closed" }',
        "missing-zone",
    ),
    ("a pause at night", 'deploys = [{ at = "02:00", for = "5m" }]', "missing-zone"),
    ("UTC is meant", 'quiet = ["02:00-05:00"]\nzone = "UTC"', ""),
    ("a zone", 'quiet = ["02:00-05:00"]\nzone = "Asia/Shanghai"', ""),
    ("no times", 'false_pages = "1 per 90d"', ""),
    ("quiet all day", 'quiet = ["00:00-24:00"]\nzone = "UTC"', "never-open"),
    ("quiet from eight to eight", 'quiet = ["08:00-08:00"]\nzone = "UTC"', "never-open"),
    ("quiet in two halves", 'quiet = ["06:00-18:00", "18:00-06:00"]\nzone = "UTC"', "never-open"),
    ("quiet but for a minute", 'quiet = ["08:01-08:00"]\nzone = "UTC"', ""),
    ("closed all week", 'hours = { mon-sun = "closed" }\nzone = "UTC"', "never-open"),
    (
        "open when it is quiet",
        'hours = { mon = "09:00-10:00", tue-sun = "closed" }\nquiet = ["08:00-12:00"]\nzone = "UTC"',
        "never-open",
    ),
    (
        "open as quiet ends",
        'hours = { mon = "23:00-01:00", tue-sun = "closed" }\nquiet = ["22:00-00:30"]\nzone = "UTC"',
        "",
    ),
    (
        "open on holidays only",
        'hours = { mon-sun = "closed", days_off = "open" }\ndays_off = ["2026-10-01"]\nzone = "UTC"',
        "",
    ),
    (
        "days off that never come",
        'hours = { mon-sun = "open", days_off = "closed" }\nzone = "UTC"',
        "no-days-off",
    ),
    (
        "weekdays of rest are no days off",
        'hours = { mon-sun = "open", days_off = "closed" }\ndays_off = ["fri"]\nzone = "UTC"',
        "no-days-off",
    ),
]


@pytest.mark.parametrize(("detect", "name"), [v[1:] for v in ZONES], ids=[v[0] for v in ZONES])
def test_declared_times_need_their_zone(tmp_path: Path, detect: str, name: str) -> None:
    found = warnings(tmp_path, DOWN, f"{ORDERS}[check.detect]\n{detect}\n")
    assert [one.name for one in found] == ([name] if name else [])


VOLUMES = [
    ("fourteen a minute show within a minute", 'expect_at_least = "15 per 1m"', ""),
    ("one a minute takes twelve", 'expect_at_least = "1 per 1m"', "slow-flow"),
    ("more false pages are allowed", 'expect_at_least = "10 per 1m"\nfalse_pages = "10 per 1d"', ""),
    ("a fixed window that chance fills", 'expect_at_least = "1 per 1m"\nzero_for = "2m"', "noisy-silence"),
    ("a fixed window that chance does not fill", 'expect_at_least = "60 per 1m"\nzero_for = "1m"', ""),
]


@pytest.mark.parametrize(("detect", "name"), [v[1:] for v in VOLUMES], ids=[v[0] for v in VOLUMES])
def test_the_volume_that_is_declared(tmp_path: Path, detect: str, name: str) -> None:
    found = warnings(tmp_path, DOWN, f"{ORDERS}[check.detect]\n{detect}\n")
    assert [one.name for one in found] == ([name] if name else [])


def test_a_check_that_walks_through_the_flow_makes_up_for_a_slow_one(tmp_path: Path) -> None:
    checks = CHECKS + '[check.detect]\nexpect_at_least = "1 per 1m"\n'
    assert warnings(tmp_path, DOWN, checks) == []


def test_every_warning_has_its_name() -> None:
    assert {case[-1] for case in [*WHENS, *TABLES, *WAYS, *NOS, *VOLUMES, *ZONES]} - {""} <= set(LINTS)


def test_the_rules_of_the_demo_are_warned_of_in_nothing() -> None:
    demo = Path(__file__).parents[2] / "src" / "watchtower" / "demo"
    assert load(demo / "rules.toml", demo / "checks", {}).warnings == ()


PROGRAM = '[[check]]\nname = "there"\nprobe = "command"\ncommand = ["/usr/bin/pgrep", "nginx"]\n'


@pytest.mark.parametrize(
    ("when", "name"),
    [
        ('outcome == "down"', "exit-status"),
        ("exit_code != 0", ""),
        ('outcome == "down" || level == "warning"', ""),
    ],
)
def test_a_program_that_says_no_by_one(tmp_path: Path, when: str, name: str) -> None:
    (tmp_path / "checks").mkdir()
    (tmp_path / "rules.toml").write_text(rule(when) + TWO_WAYS, encoding="utf-8")
    (tmp_path / "checks" / "a.toml").write_text(PROGRAM, encoding="utf-8")
    found = load(tmp_path / "rules.toml", tmp_path / "checks", {}).warnings
    assert [one.name for one in found] == ([name] if name else [])


BUDGETS = [
    ("what Tencent sends by default", "tencent-sms", "small-budget"),
    ("what carriers let through", ["cn-carriers"], "small-budget"),
    ("enough for a P0 that nobody acknowledges", ["40/24h", "30/2h"], ""),
]


@pytest.mark.parametrize(("budget", "name"), [b[1:] for b in BUDGETS], ids=[b[0] for b in BUDGETS])
def test_a_budget_that_cannot_carry_a_p0(tmp_path: Path, budget: object, name: str) -> None:
    people = TWO_WAYS.replace(
        'file = "var/phone.txt"', f'file = "var/phone.txt"\nbudget = {json.dumps(budget)}'
    )
    found = warnings(tmp_path, rule("outcome == 'down'", severity="P0"), people=people)
    found = [one for one in found if not one.name.endswith("-without-rule")]
    assert [one.name for one in found] == ([name] if name else [])


def test_what_of_a_p0_a_budget_carries(tmp_path: Path) -> None:
    people = TWO_WAYS.replace('file = "var/phone.txt"', 'file = "var/phone.txt"\nbudget = "2/24h"')
    said = warnings(tmp_path, rule("outcome == 'down'", severity="P0"), people=people)
    [found] = [one for one in said if one.name == "small-budget"]
    assert found.where == "channel.sms: budget"
    assert found.what == (
        "of a P0 of two hours that nobody acknowledges, 2/1d carries to li 1 first page, 1 all-clear; not 23 reminders"
    )
    assert found.hint


def test_what_is_no_budget(tmp_path: Path) -> None:
    people = TWO_WAYS.replace('file = "var/phone.txt"', 'file = "var/phone.txt"\nbudget = ["10 a day"]')
    with pytest.raises(ConfigError) as raised:
        warnings(tmp_path, rule("outcome == 'down'"), people=people)
    assert "channel.sms: budget: '10 a day' is no limit" in str(raised.value)
    assert 'write pages per time, as "10/24h" or "20/24h with failed", or one of tencent-sms' in str(
        raised.value
    )


SENT_BY = """
[channel.sms]
url = "https://sms.example.com/send"
json = { to = "{{ to }}", text = "{{ text }}" }
success = "ok"
"""
CREDIT = """
[[check]]
name = "credit"
probe = "balance.json"
url = "https://sms.example.com/balance"
value = "left"
{}
"""


@pytest.mark.parametrize(
    ("severity", "more", "alone", "name"),
    [
        ("P1", "", False, "watched-vendor"),
        ("P1", 'vendor = "somebody-else"', False, ""),
        ("P2", "", False, ""),
        ("P2", "", True, "watched-vendor"),
        ("P2", 'vendor = "somebody-else"', True, ""),
    ],
)
def test_what_watches_a_vendor_is_not_paged_by_it_alone(
    tmp_path: Path, severity: str, more: str, alone: bool, name: str
) -> None:
    people = TWO_WAYS.partition("[channel.sms]")[0] + SENT_BY
    if alone:
        people = people.replace('email = "li@example.com"\n', "")
    (tmp_path / "checks").mkdir()
    (tmp_path / "rules.toml").write_text(rule("balance < 5.0", severity=severity) + people, encoding="utf-8")
    (tmp_path / "checks" / "a.toml").write_text(CREDIT.format(more), encoding="utf-8")
    loaded = load(tmp_path / "rules.toml", tmp_path / "checks", {})
    assert loaded.plan.checks["credit"].vendor == (more.partition('"')[2].rstrip('"') or "sms")
    assert [one.name for one in loaded.warnings] == ([name] if name else [])
