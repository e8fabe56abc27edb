"""`watchtower check-config` and `watchtower schema`, as people and scripts call them."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from tests.parts import commands
from tests.parts.commands import Ran

RULES = """\
[[rule]]
name = "bank-down"
match = { check = "bank" }
when = 'outcome == "down"'
for = "30s"
severity = "P1"

[[responder]]
name = "li"
email = "li@example.com"
sms = "${WATCHTOWER_SMS_LI}"
zone = "Asia/Shanghai"

[paging.P1]
remind_every = "5m"

[channel.email]
mailbox = "var/mailbox"

[channel.sms]
file = "var/phone.txt"
"""

CHECKS = """\
[flow.checkout]
title = { en = "Checkout", zh = "下单支付" }

[[check]]
name = "bank"
probe = "tcp"
address = "bank.example:443"
flow = "checkout"
"""

GOOD = {"WATCHTOWER_SMS_LI": "+8613800138000", "WATCHTOWER_BASE_URL": "https://watch.example"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "checks").mkdir()
    (tmp_path / "rules.toml").write_text(RULES, encoding="utf-8")
    (tmp_path / "checks" / "bank.toml").write_text(CHECKS, encoding="utf-8")
    return tmp_path


def watchtower(folder: Path, *arguments: str, **environ: str) -> Ran:
    return commands.watchtower(*arguments, cwd=folder, **environ)


def test_a_right_configuration_is_told_in_a_table(folder: Path) -> None:
    done = watchtower(folder, "check-config", **GOOD)
    assert (done.status, done.err) == (0, "")
    assert done.out.splitlines() == [
        "checks     1: 1 tcp",
        "flow       checkout (core), 1 check",
        "rule       bank-down: P1 on 1 check",
        "responder  li (oncall): sms, email; Asia/Shanghai",
        "P0 pages   li by email, sms; again every 5m",
        "P1 pages   li by email, sms; again every 5m",
        "P2 pages   li by email, sms; again every 30m",
        "P3 pages   li by email; again every 4h",
        "P4 pages   li by email",
        "no data    P3; P2 from 3 checks on",
    ]


def test_a_wrong_one_is_told_on_stderr_as_a_whole(folder: Path) -> None:
    (folder / "checks" / "bank.toml").write_text(CHECKS.replace("address =", "adress ="), encoding="utf-8")
    done = watchtower(folder, "check-config")
    assert (done.status, done.out) == (2, "")
    assert done.err.splitlines()[0] == 'checks/bank.toml:7: check "bank": unknown key "adress"'
    assert (
        'rules.toml:11: responder "li": sms: the environment variable WATCHTOWER_SMS_LI is not set'
        in done.err
    )
    assert done.err.endswith("\n2 problems\n")


def test_json_of_a_right_one(folder: Path) -> None:
    done = watchtower(folder, "check-config", "--json", **GOOD)
    told = json.loads(done.out)
    assert (done.status, told["ok"], told["problems"], told["warnings"]) == (0, True, [], [])
    assert told["summary"]["checks"] == {"tcp": 1}
    assert told["summary"]["paging"]["P4"]["people"] == [{"responder": "li", "channels": ["email"]}]
    assert "+8613800138000" not in done.out


def test_json_of_a_wrong_one(folder: Path) -> None:
    done = watchtower(folder, "check-config", "--json")
    told = json.loads(done.out)
    assert (done.status, told["ok"]) == (2, False)
    assert told["problems"] == [
        {
            "file": "rules.toml",
            "line": 11,
            "where": 'responder "li": sms',
            "what": "the environment variable WATCHTOWER_SMS_LI is not set",
            "hint": "set WATCHTOWER_SMS_LI, or set WATCHTOWER_SMS_LI_FILE to a file that holds the value",
        }
    ]


def test_options_go_before_the_environment(folder: Path) -> None:
    wrong = {"WATCHTOWER_RULES": "nowhere.toml", "WATCHTOWER_CHECKS": "nowhere"}
    assert watchtower(folder, "check-config", **GOOD, **wrong).status == 2
    right = ("--rules", "rules.toml", "--checks", "checks")
    assert watchtower(folder, "check-config", *right, **GOOD, **wrong).status == 0


def test_warnings_let_it_pass_unless_strict(folder: Path) -> None:
    misspelt = {"WATCHTOWER_LOG_LEVLE": "debug"}
    done = watchtower(folder, "check-config", **GOOD, **misspelt)
    assert done.status == 0
    assert 'did you mean "WATCHTOWER_LOG_LEVEL"?' in done.err
    assert watchtower(folder, "check-config", "--strict", **GOOD, **misspelt).status == 1


def test_a_wrong_environment_is_told_by_the_variable(folder: Path) -> None:
    done = watchtower(folder, "check-config", **GOOD, WATCHTOWER_THREADS="many")
    assert done.status == 2
    assert done.err == 'WATCHTOWER_THREADS: must be a whole number, not "many"\n'


def test_a_wrong_environment_is_told_in_json_too(folder: Path) -> None:
    done = watchtower(folder, "check-config", "--json", **GOOD, WATCHTOWER_THREADS="many")
    told = json.loads(done.out)
    assert (done.status, told["ok"]) == (2, False)
    assert told["problems"][0]["what"] == 'WATCHTOWER_THREADS: must be a whole number, not "many"'


def test_a_probe_of_the_sites_own_is_checked_like_any_other(folder: Path) -> None:
    probe = (
        "from watchtower.probes import Fact, Probe, up\n"
        "class Queue(Probe):\n"
        "    kind = 'queue'\n"
        "    facts = {'length': Fact.number('how many wait')}\n"
        "    class Settings(Probe.Settings):\n"
        "        name_of_queue: str\n"
        "    def probe(self):\n"
        "        return up(length=1.0)\n"
    )
    (folder / "checks" / "queue.py").write_text(probe, encoding="utf-8")
    check = '\n[[check]]\nname = "queue"\nprobe = "queue"\nname_of_queu = "orders"\n'
    (folder / "checks" / "bank.toml").write_text(CHECKS + check, encoding="utf-8")
    done = watchtower(folder, "check-config", **GOOD)
    problem, hint, *_ = done.err.splitlines()
    assert problem == 'checks/bank.toml:13: check "queue": unknown key "name_of_queu"'
    assert hint.startswith('  hint: did you mean "name_of_queue"? keys that can stand here: detect, every, ')


def test_a_probe_file_that_does_not_compile_is_one_problem(folder: Path) -> None:
    (folder / "checks" / "queue.py").write_text("class Queue(\n", encoding="utf-8")
    check = '\n[[check]]\nname = "queue"\nprobe = "queue"\nlength = 5\n'
    (folder / "checks" / "bank.toml").write_text(CHECKS + check, encoding="utf-8")
    done = watchtower(folder, "check-config", **GOOD)
    assert done.err.count("\n") == 3, done.err
    assert done.err.startswith("checks/queue.py:1: SyntaxError")


def test_schema_prints_json(folder: Path) -> None:
    done = watchtower(folder, "schema", "rules")
    assert done.status == 0
    assert json.loads(done.out)["$schema"].endswith("2020-12/schema")


def test_schema_of_something_else(folder: Path) -> None:
    assert watchtower(folder, "schema", "people").status == 2


def test_what_the_matrix_grades_is_not_said_to_have_a_level(folder: Path) -> None:
    rules = (folder / "rules.toml").read_text(encoding="utf-8")
    graded = re.sub(r'(?m)^severity = "P\d"$', 'severity = "matrix"', rules, count=1)
    (folder / "rules.toml").write_text(graded, encoding="utf-8")
    told = json.loads(watchtower(folder, "check-config", "--json", **GOOD).out)
    assert "matrix" in {rule["severity"] for rule in told["summary"]["rules"]}


def test_what_would_be_seen_is_told_where_traffic_was_learnt(folder: Path) -> None:
    with (folder / "checks" / "bank.toml").open("a", encoding="utf-8") as checks:
        checks.write('\n[[check]]\nname = "orders"\nflow = "checkout"\nprobe = "push"\nevery = "10s"\n')
    rules = (folder / "rules.toml").read_text(encoding="utf-8")
    low = '[[rule]]\nname = "low"\nmatch = { check = "orders" }\nwhen = "traffic.low || traffic.silent"\nseverity = "P2"\n'
    (folder / "rules.toml").write_text(f"{rules}\n{low}", encoding="utf-8")
    store = f"sqlite:///{folder / 'w.db'}"
    assert "sees" not in watchtower(folder, "check-config", **GOOD, WATCHTOWER_STORE=store).out
    assert not (folder / "w.db").exists(), "it makes no store"
    now = time.time() // 10 * 10
    rows = "".join(f"{now - 10 * n:.0f},50\n" for n in range(4320, 0, -1))
    (folder / "orders.csv").write_text(f"time,requests\n{rows}", encoding="utf-8")
    learn = ("learn", "orders", "--from", "csv", "--file", "orders.csv")
    learnt = watchtower(folder, *learn, **GOOD, WATCHTOWER_STORE=store)
    assert learnt.status == 0, learnt.err
    done = watchtower(folder, "check-config", **GOOD, WATCHTOWER_STORE=store)
    assert done.out.splitlines()[-1].startswith("sees       orders: a loss of 100% after ")
    told = json.loads(watchtower(folder, "check-config", "--json", **GOOD, WATCHTOWER_STORE=store).out)
    assert [one["missing_share"] for one in told["summary"]["losses"][0]["losses"]] == [1.0, 0.5, 0.25]
