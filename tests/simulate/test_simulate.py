"""`watchtower simulate`: who would be told what, and when."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.replay.shop import Shop
from watchtower.cli.simulate import command

ROOT = Path(__file__).parents[2]
HTTP = """
[[check]]
name = "api"
flow = "checkout"
probe = "http"
url = "http://127.0.0.1:1/health"
every = "15s"
"""
DOWN = """
[[rule]]
name = "api-down"
match = { check = "api" }
when = 'outcome == "down"'
severity = "P1"
summary = { en = "The API is down", zh = "接口不可用" }

[[rule]]
name = "api-slow"
match = { check = "api" }
when = "latency > 2.0"
for = "30s"
severity = "P2"
summary = { en = "The API takes {{ latency }}", zh = "接口耗时 {{ latency }}" }
"""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    built = Shop.built(tmp_path)
    for name, more in (("checks/shop.toml", HTTP), ("rules.toml", DOWN)):
        file = tmp_path / name
        file.write_text(file.read_text("utf-8") + more, encoding="utf-8")
    return built


def simulate(shop: Shop, *arguments: str, **environ: str) -> Result:
    base = ["--rules", str(shop.folder / "rules.toml"), "--checks", str(shop.folder / "checks")]
    return CliRunner().invoke(command, [*base, *arguments], env=environ, catch_exceptions=False)


def lines(shop: Shop, *arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in simulate(shop, *arguments, "--json").stdout.splitlines()]


def told(shop: Shop, *arguments: str) -> list[str]:
    """`+80 new P1 li sms` for each page."""
    return [
        f"+{line['after']:g} {line['kind']} {line['severity']} {line['responder']} {line['channel']}"
        for line in lines(shop, *arguments)
        if line["event"] == "page"
    ]


def test_a_flow_that_goes_silent(shop: Shop) -> None:
    assert told(shop, "--check", "orders", "--fault", "silent", "--for", "4m") == [
        "+80 new P1 li sms",  # 60 s of zeros, and `for` on top
        "+200 new P1 li email",  # nobody has acknowledged, and one vendor alone has taken the page
        "+390 resolved P1 li sms",  # 150 requests, at sixty a minute, show that they are back
        "+390 resolved P1 li email",
    ]


def test_a_silence_that_lasts_is_raised_and_reminded_of(shop: Shop) -> None:
    pages = told(shop, "--check", "orders", "--fault", "silent", "--for", "11m", "--ack-after", "9m")
    assert pages[:2] == ["+80 new P1 li sms", "+200 new P1 li email"]
    assert set(pages[2:6]) == {
        f"+300 upgrade P0 {who} {how}" for who in ("li", "wang") for how in ("sms", "email")
    }
    assert {page.split()[0] for page in pages[6:10]} == {
        "+600"
    }  # the reminder; from 620 s on it is acknowledged
    assert not [page for page in pages if page.startswith("+900")]


def test_a_dependency_that_is_down(shop: Shop) -> None:
    assert told(shop, "--check", "api", "--for", "1m") == ["+15 new P1 li sms", "+75 resolved P1 li sms"]


def test_a_measurement_that_is_bad(shop: Shop) -> None:
    found = lines(shop, "--check", "api", "--fault", "latency=3.5", "--for", "2m")
    page = next(line for line in found if line["event"] == "page")
    assert (page["after"], page["severity"]) == (45.0, "P2")
    assert "The API takes 3.5 s" in page["text"]["en"]


def test_not_seeing_is_told_as_that(shop: Shop) -> None:
    found = lines(shop, "--check", "orders", "--fault", "unknown", "--for", "5m")
    assert {line["rule"] for line in found if line["event"].startswith("alert")} == {"watchtower-no-data"}


def test_two_faults_of_one_flow_are_one_incident(shop: Shop) -> None:
    arguments = [
        "--check",
        "api",
        "--check",
        "orders",
        "--fault",
        "down",
        "--fault",
        "silent",
        "--at",
        "0s",
        "--at",
        "5s",
    ]
    found = lines(shop, *arguments, "--for", "3m")
    assert {line["incident"] for line in found if line["event"] == "page"} == {"INC-1"}
    assert [line["after"] for line in found if line["event"] == "fault_begins"] == [0.0, 5.0]


def test_a_channel_that_is_out_of_order(shop: Shop) -> None:
    pages = [
        one
        for one in lines(shop, "--check", "api", "--broken", "sms", "--for", "1m")
        if one["event"] == "page"
    ]
    assert [(p["kind"], p["channel"], p["arrives"]) for p in pages] == [
        ("new", "sms", False), ("new", "email", True), ("resolved", "email", True),
    ]  # fmt: skip


@pytest.mark.parametrize(("lang", "languages"), [("en", {"en"}), ("zh", {"zh"}), ("both", {"en", "zh"})])
def test_texts_in_the_language_that_is_asked_for(shop: Shop, lang: str, languages: set[str]) -> None:
    page = next(one for one in lines(shop, "--check", "api", "--lang", lang) if one["event"] == "page")
    assert set(page["text"]) == languages
    words = {"en": "The API is down", "zh": "接口不可用"}
    assert all(words[one] in text for one, text in page["text"].items())


def test_a_link_has_its_true_length(shop: Shop) -> None:
    result = simulate(shop, "--check", "api", WATCHTOWER_BASE_URL="https://w.example")
    assert re.search(r"ack https://w\.example/ack/\S{20,}", result.stdout)


def test_nobody_is_told_is_the_answer_no(shop: Shop) -> None:
    result = simulate(shop, "--check", "api", "--for", "15s", "--fault", "latency=3.5")
    assert result.exit_code == 1
    assert result.stdout.endswith("Nobody is paged: nothing fires.\n")


def test_what_one_location_sees_is_a_vote(shop: Shop) -> None:
    file = shop.folder / "checks" / "shop.toml"
    several = 'url = "http://127.0.0.1:1/health"\nlocations = ["inside", "hk", "sg"]'
    file.write_text(
        file.read_text("utf-8").replace('url = "http://127.0.0.1:1/health"', several), encoding="utf-8"
    )
    assert told(shop, "--check", "api@hk", "--for", "2m") == []
    both = ["--check", "api@hk", "--check", "api@sg", "--for", "2m"]
    assert told(shop, *both)[0].startswith("+15 new P1")
    assert "\napi@inside " in simulate(shop, *both).stdout
    assert 'there is no location "paris"' in simulate(shop, "--check", "api@paris").stderr


def test_a_check_that_is_closed_says_so(shop: Shop) -> None:
    market = '[[check]]\nname = "market"\nprobe = "push"\nevery = "1m"\n[check.detect]\nhours = { mon-sun = "19:00-20:00" }\n'
    (shop.folder / "checks" / "market.toml").write_text(market, encoding="utf-8")
    said = simulate(shop, "--check", "market", "--fault", "silent", "--for", "5m").stdout
    assert said.endswith("nothing fires. market: closed as the fault begins; choose another --start.\n")


def test_a_ratio_that_falls(shop: Shop) -> None:
    checks, rules = shop.folder / "checks" / "ratio.toml", shop.folder / "rules.toml"
    checks.write_text(
        '[[check]]\nname = "paid"\nprobe = "derive"\npart = "orders.requests"\nwhole = "routes.requests"\n',
        encoding="utf-8",
    )
    fallen = '[[rule]]\nname = "fallen"\nmatch = { check = "paid" }\nwhen = "ratio.fallen"\nseverity = "P1"\n'
    rules.write_text(rules.read_text("utf-8") + fallen, encoding="utf-8")
    result = simulate(shop, "--check", "paid", "--fault", "part=0", "--requests", "120", "--for", "10m")
    assert "paid normally: whole=120, part=116" in result.stdout
    assert "P1 fallen firing on paid" in result.stdout


def test_the_same_call_says_the_same(shop: Shop) -> None:
    arguments = ["--check", "orders", "--fault", "silent"]
    assert simulate(shop, *arguments).stdout == simulate(shop, *arguments).stdout


WRONG = [
    (["--check", "order"], '--check order: there is no check "order"\n  hint: did you mean "orders"?'),
    (["--check", "routes"], '--check routes: check "routes" has several series: /pay, /refund'),
    (["--check", "api", "--fault", "silent"], 'check "api" counts no requests, so it cannot be silent'),
    (["--check", "api", "--fault", "gone"], "--fault gone: write silent, down, unknown, or NAME=VALUE"),
    (["--check", "api", "--fault", "latancy=3"], 'does not measure "latancy"\n  hint: did you mean "latency"?'),
    (["--check", "api", "--fault", "latency=slow"], '"slow" is no value of latency'),
    (["--check", "api", "--for", "5s"], '--for: shorter than the time between two runs of check "api"'),
    (["--check", "api", "--check", "orders", "--at", "1s", "--at", "2s", "--at", "3s"], "--at stands 3 times, --check 2 times"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "said"), WRONG, ids=[" ".join(w[0]) for w in WRONG])
def test_bad_usage_is_told(shop: Shop, arguments: list[str], said: str) -> None:
    result = simulate(shop, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_the_example_of_the_page() -> None:
    page = (ROOT / "docs" / "commands" / "simulate.md").read_text(encoding="utf-8")
    found = re.search(r"```console\n\$ watchtower simulate (.*)\n((?:.*\n)*?)```", page)
    assert found is not None
    base = ["--rules", str(ROOT / "rules.toml"), "--checks", str(ROOT / "checks")]
    result = CliRunner().invoke(command, [*base, *shlex.split(found[1])], catch_exceptions=False)
    assert result.stdout == found[2]
