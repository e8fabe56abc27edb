"""A right configuration means what its author wrote, and what docs/rules.md and docs/checks.md say of the rest."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.config.cases import CHECKS, ENVIRON, PEOPLE
from tests.config.kinds import FewKinds
from watchtower.config.load import load
from watchtower.config.loaded import Loaded
from watchtower.core.plan.paging import PagingPolicy
from watchtower.errors import ConfigError
from watchtower.model import ChannelName, Language, Severity, Text, Tier

E, S, W = "email", "sms", "webhook"

RULE = """
[[rule]]
name = "{name}"
match = {match}
when = 'outcome == "down"'
severity = "P1"
"""


def loaded(folder: Path, rules: str = PEOPLE, checks: str = CHECKS, **more: str) -> Loaded:
    (folder / "checks").mkdir(exist_ok=True)
    (folder / "rules.toml").write_text(rules, encoding="utf-8")
    (folder / "checks" / "a.toml").write_text(checks, encoding="utf-8")
    for name, text in more.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return load(folder / "rules.toml", folder / "checks", ENVIRON, FewKinds())


def test_what_a_check_does_not_say_has_a_default(tmp_path: Path) -> None:
    checks = loaded(tmp_path).plan.checks
    api, bank, orders = checks["api"], checks["bank"], checks["orders"]
    assert (api.every, api.timeout, api.no_data_after) == (10.0, 5.0, 60.0)
    assert (bank.every, bank.flow, bank.detector, bank.labels) == (15.0, "", "", {})
    assert (orders.detector, orders.detect.zero_for) == ("traffic", None)
    assert api.labels == {"team": "pay"}
    assert api.source.endswith("checks/a.toml:5")


def test_blind_after_is_three_runs_and_at_least_a_minute(tmp_path: Path) -> None:
    check = '[[check]]\nname = "b"\nprobe = "traffic"\nevery = "{}"\n'
    assert loaded(tmp_path, checks=check.format("5m")).plan.checks["b"].no_data_after == 900.0
    assert loaded(tmp_path, checks=check.format("1s")).plan.checks["b"].no_data_after == 60.0


def test_a_timeout_that_is_not_written_gives_way_to_a_short_every(tmp_path: Path) -> None:
    check = loaded(
        tmp_path, checks='[[check]]\nname = "a"\nprobe = "tcp"\nhost = "h"\nport = 1\nevery = "1s"\n'
    )
    assert check.plan.checks["a"].timeout == pytest.approx(0.8)


def test_a_detector_can_be_chosen_or_refused(tmp_path: Path) -> None:
    checks = """
    [[check]]
    name = "none"
    probe = "traffic"
    detect = { kind = "none" }
    [[check]]
    name = "other"
    probe = "balance.bank"
    account = { id = "7", key = "${BANK_KEY}" }
    detect = { kind = "traffic", zero_for = "5m" }
    """
    plan = loaded(tmp_path, checks=checks).plan
    assert (plan.checks["none"].detector, plan.checks["none"].detect) == ("", None)
    assert "traffic.silent" not in plan.checks["none"].facts
    assert plan.checks["other"].detect.zero_for == 300.0
    assert "traffic.silent" in plan.checks["other"].facts


def test_facts_may_depend_on_a_checks_settings(tmp_path: Path) -> None:
    checks = '[[check]]\nname = "a"\nprobe = "columns"\ncolumns = ["refunds", "orders"]\n'
    rule = RULE.format(name="r", match="{}").replace('outcome == "down"', "refunds > orders")
    plan = loaded(tmp_path, rule + PEOPLE, checks).plan
    assert plan.rules["r"].programs["a"].evaluate({"refunds": 2.0, "orders": 1.0}) is True


MATCHES: list[tuple[str, set[str]]] = [
    ("{}", {"api", "bank", "orders", "refunds"}),
    ('{ check = "api" }', {"api"}),
    ('{ check = "a*" }', {"api"}),
    ('{ check = ["bank", "or*"] }', {"bank", "orders"}),
    ('{ probe = "t*" }', {"bank", "orders", "refunds"}),
    ('{ flow = "checkout" }', {"api", "orders", "refunds"}),
    ('{ flow = "refund" }', {"refunds"}),
    ('{ tier = "supporting" }', {"refunds"}),
    ('{ tier = ["core", "supporting"], probe = "http" }', {"api"}),
    ('{ labels = { team = "p?y" } }', {"api"}),
    ('{ detector = "traffic", tier = "core" }', {"orders", "refunds"}),
    ('{ detector = "none" }', {"api", "bank"}),
    ('{ flow = "*" }', {"api", "orders", "refunds"}),
]


@pytest.mark.parametrize(("match", "expected"), MATCHES, ids=[match for match, _ in MATCHES])
def test_match(tmp_path: Path, match: str, expected: set[str]) -> None:
    more = """
    [flow.refund]
    tier = "supporting"
    [[check]]
    name = "refunds"
    probe = "traffic"
    path = "/refunds"
    flows = { out = "refund", in = "checkout" }
    """
    plan = loaded(tmp_path, RULE.format(name="r", match=match) + PEOPLE, CHECKS + more).plan
    assert set(plan.rules["r"].programs) == expected
    assert set(plan.rules["r"].programs) == expected


def test_checks_with_equal_facts_share_one_program(tmp_path: Path) -> None:
    more = '[[check]]\nname = "b2"\nprobe = "tcp"\nhost = "h"\nport = 2\n'
    plan = loaded(tmp_path, RULE.format(name="r", match="{}") + PEOPLE, CHECKS + more).plan
    rule = plan.rules["r"]
    assert rule.programs["bank"] is rule.programs["b2"]
    assert rule.programs["bank"] is not rule.programs["api"]
    assert plan.checks["bank"].facts is plan.checks["b2"].facts


def test_without_a_summary_the_text_is_made_of_what_is_measured(tmp_path: Path) -> None:
    rule = RULE.format(name="r", match='{ check = "api" }')
    assert loaded(tmp_path, rule + PEOPLE).plan.rules["r"].summaries == {}


def test_a_table_of_everything(tmp_path: Path) -> None:
    rules = """
    [product]
    name = { en = "Shop", zh = "商城" }
    [[rule]]
    name = "slow api"
    match = { check = "api" }
    when = "latency > 0.5"
    for = "1m30s"
    keep_firing_for = "5m"
    severity = "P2"
    summary = { en = "took {{ latency }}", zh = "耗时 {{ latency }}" }
    sop = "restart"
    labels = { team = "pay" }
    [sop.restart]
    title = "Restart"
    url = "https://wiki.example/restart"
    steps = ["stop", { en = "start", zh = "启动" }]
    [[responder]]
    name = "wang"
    role = "dba"
    sms = "+8613800138000"
    language = "zh"
    zone = "Asia/Shanghai"
    [paging.P2]
    roles = ["dba", "oncall"]
    remind_every = "0s"
    [no_data]
    severity = "P4"
    many = 5
    """
    plan = loaded(tmp_path, rules + PEOPLE).plan
    rule, sop, wang = plan.rules["slow api"], plan.sops["restart"], plan.responders["wang"]
    assert (rule.for_, rule.keep_firing_for, rule.severity, rule.sop) == (90.0, 300.0, Severity.P2, "restart")
    assert rule.labels == {"team": "pay"}
    assert rule.source.endswith("rules.toml:4")
    assert plan.product == Text("Shop", "商城")
    assert sop.shown == (Text("stop", "stop"), Text("start", "启动"))
    assert (wang.role, wang.addresses, wang.zone) == ("dba", {S: "+8613800138000"}, "Asia/Shanghai")
    assert wang.language is Language.ZH
    assert plan.paging[Severity.P2] == PagingPolicy(
        roles=("dba", "oncall"), channels=(E, S), remind_every=0.0
    )
    assert (plan.no_data.severity, plan.no_data.severity_many, plan.no_data.many) == (
        Severity.P4,
        Severity.P2,
        5,
    )
    assert plan.flows["checkout"].tier is Tier.CORE


PAGING = [
    ("as documented", "", [("oncall", (E, S), 300), ("oncall", (E, S), 900), ("oncall", (E, S), 1800), ("oncall", (E,), 14400), ("oncall", (E,), 0)]),
    ("one key is given, the others keep their defaults", '[paging.P0]\nremind_every = "1m"', [("oncall", (E, S), 60)]),
    ("an order of channels", '[paging.P0]\nchannels = ["sms", "email"]', [("oncall", (S, E), 300)]),
]  # fmt: skip


@pytest.mark.parametrize(("written", "expected"), [p[1:] for p in PAGING], ids=[p[0] for p in PAGING])
def test_paging(
    tmp_path: Path, written: str, expected: list[tuple[str, tuple[ChannelName, ...], float]]
) -> None:
    people = PEOPLE.replace("[channel.email]", 'sms = "+8613800138000"\n[channel.email]')
    paging = loaded(tmp_path, people + written).plan.paging
    for severity, (role, channels, remind) in zip(Severity, expected, strict=False):
        assert paging[severity] == PagingPolicy(roles=(role,), channels=channels, remind_every=float(remind))


def test_a_default_never_leaves_nobody_to_page(tmp_path: Path) -> None:
    rules = """
    [[responder]]
    name = "wang"
    role = "dba"
    sms = "+8613800138000"
    [channel.sms]
    file = "var/phone.txt"
    """
    paging = loaded(tmp_path, rules).plan.paging
    assert paging[Severity.P4] == PagingPolicy(roles=("dba",), channels=(S,), remind_every=0.0)


def test_included_files_count_as_one_with_the_first(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "b.toml").write_text(RULE.format(name="b", match="{}"), encoding="utf-8")
    (tmp_path / "rules" / "a.toml").write_text(RULE.format(name="a", match="{}"), encoding="utf-8")
    include = 'include = ["rules/*.toml", "people.toml", "rules/a.toml"]\n'
    found = loaded(tmp_path, include + RULE.format(name="c", match="{}"), people=PEOPLE)
    assert list(found.plan.rules) == ["c", "a", "b"]
    assert {tmp_path / "rules", tmp_path / "rules" / "a.toml", tmp_path / "people.toml"} <= set(found.files)


def test_a_byte_order_mark_and_windows_line_ends_are_no_fault(tmp_path: Path) -> None:
    assert loaded(tmp_path, "\ufeff" + PEOPLE.replace("\n", "\r\n")).plan.responders


WARNINGS = [
    ("a check that no rule evaluates", PEOPLE, CHECKS, "no rule evaluates api, bank, orders"),
    ("a flow without a check", PEOPLE, CHECKS + "[flow.idle]\n", "flow.idle: no check measures this flow"),
    (
        "a procedure that no rule points to",
        '[sop.s]\ntitle = "s"\n' + PEOPLE,
        CHECKS,
        "sop.s: no rule points to",
    ),
    (
        "a responder whom no severity pages",
        PEOPLE + '[[responder]]\nname = "w"\nrole = "dba"\nemail = "w@example.com"\n',
        CHECKS,
        'no severity pages the role "dba"',
    ),
]


@pytest.mark.parametrize(("rules", "checks", "said"), [w[1:] for w in WARNINGS], ids=[w[0] for w in WARNINGS])
def test_what_serves_nothing_is_warned_of(tmp_path: Path, rules: str, checks: str, said: str) -> None:
    assert any(said in str(warning) for warning in loaded(tmp_path, rules, checks).warnings)


def test_a_file_in_a_folder_below_is_warned_of_and_hidden_ones_are_not(tmp_path: Path) -> None:
    for folder in ("old", "..data"):
        (tmp_path / "checks" / folder).mkdir(parents=True)
        (tmp_path / "checks" / folder / "x.toml").write_text(CHECKS, encoding="utf-8")
    (tmp_path / "checks" / ".#a.toml").write_text("an editor's lock", encoding="utf-8")
    said = [str(warning) for warning in loaded(tmp_path).warnings]
    assert sum("is not read" in one for one in said) == 1


def test_a_file_that_two_others_include_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    more = {"b": 'include = ["a/../people.toml"]\n', "people": PEOPLE}
    assert loaded(tmp_path, 'include = ["b.toml", "people.toml"]\n', **more).plan.responders


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "checks").mkdir()
    os.mkfifo(tmp_path / "checks" / "pipe.toml")
    with pytest.raises(ConfigError, match="is no regular file"):
        loaded(tmp_path)


def test_a_replay_needs_neither_channels_nor_people(tmp_path: Path) -> None:
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "a.toml").write_text(
        '[[check]]\nname = "a"\nprobe = "http"\nurl = "http://127.0.0.1/"\n'
    )
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\nname = "down"\nmatch = {}\nwhen = \'outcome == "down"\'\nseverity = "P1"\n')
    with pytest.raises(ConfigError, match="nobody would be paged"):
        load(rules, tmp_path / "checks", {})
    assert load(rules, tmp_path / "checks", {}, sending=False).plan.responders == {}
    rules.write_text(
        rules.read_text() + '[[responder]]\nname = "li"\nrole = "oncall"\nemail = "li@example.com"\n'
    )
    with pytest.raises(ConfigError, match="not configured"):
        load(rules, tmp_path / "checks", {})
    plan = load(rules, tmp_path / "checks", {}, sending=False).plan
    assert plan.paging[Severity.P1].channels == ("email",)
