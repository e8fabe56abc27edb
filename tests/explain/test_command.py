"""`watchtower explain CHECK`: from samples, from the store when no daemon answers, and its page."""

from __future__ import annotations

import asyncio
import json
import random
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.parts.child import free_port
from tests.replay.shop import T0, Shop, rows
from watchtower.cli.explain import command
from watchtower.detectors import DETECTORS
from watchtower.model import Observation, Outcome, Reading
from watchtower.replay.loading import load_for_replay
from watchtower.store import open_store

ROOT = Path(__file__).parents[2]
HOUR = 3600.0
DAY = 24 * HOUR
LEARNT = """
[[check]]
name = "payments"
flow = "checkout"
probe = "push"
every = "10s"

[[check]]
name = "api"
probe = "http"
url = "http://127.0.0.1:1/health"
every = "15s"

[[check]]
name = "page"
probe = "http"
url = "http://127.0.0.1:1/"
every = "1m"
detect = { kind = "anomaly", measurement = "latency" }
"""
RULES = """
[[rule]]
name = "payments-silent"
match = { check = "payments" }
when = "traffic.silent"
severity = "P1"
summary = "Silent"

[[rule]]
name = "payments-dead"
match = { check = "payments" }
when = "traffic.silent_for >= 600.0"
for = "1m"
severity = "P0"
summary = "Dead"

[[rule]]
name = "payments-fail"
match = { check = "payments" }
when = "traffic.success_ratio < 0.9"
severity = "P2"
summary = "Failing"

[[rule]]
name = "api-down"
match = { check = "api" }
when = 'outcome == "down" || latency > 2.0'
severity = "P1"
summary = "Down"
"""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    built = Shop.built(tmp_path)
    for name, more in (("checks/shop.toml", LEARNT), ("rules.toml", RULES)):
        file = tmp_path / name
        file.write_text(file.read_text("utf-8") + more, encoding="utf-8")
    return built


def explain(shop: Shop, *arguments: str, status: int = 0) -> Result:
    environ = {
        "WATCHTOWER_RULES": str(shop.folder / "rules.toml"),
        "WATCHTOWER_CHECKS": str(shop.folder / "checks"),
        "WATCHTOWER_STORE": f"sqlite:///{shop.folder / 'watchtower.db'}",
        "WATCHTOWER_LISTEN": f"127.0.0.1:{free_port()}",
        "COLUMNS": "100",
        "TZ": "UTC",
    }
    result = CliRunner().invoke(command, arguments, env=environ, catch_exceptions=False)
    assert result.exit_code == status, result.output
    return result


def told(shop: Shop, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(explain(shop, *arguments, "--json").stdout)
    return found


def payments(shop: Shop, days: float = 1.0) -> str:
    """Six requests in ten seconds, about."""
    dice = random.Random(7)
    counts = [sum(dice.random() < 0.6 for _ in range(10)) for _ in range(round(days * 8640))]
    return f"payments={shop.file(rows([float(one) for one in counts]), 'payments.csv')}"


def rule(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in body["rules"] if one["rule"] == name)


def test_a_flow_in_words(shop: Shop) -> None:
    said = explain(shop, "payments", "--samples", payments(shop)).stdout
    assert "payments: probe push, every 10 s, flow checkout" in said
    assert re.search(r"Expected now +3\d(\.\d)?/min, nine times in ten from", said)
    assert "Silence pages      after 30 s: 3 polls in a row without a request" in said
    assert "chance alone may page once in 90 days" in said
    assert "payments-silent (P1): traffic.silent" in said
    assert "fires after 30 s without a request from now on; pages li by sms" in said
    assert "payments-fail (P2)" in said
    assert "silence does not fire it; pages li by email, li by sms" in said
    assert "▲" in said
    assert "⣿" in said


def test_in_chinese_and_without_a_plot(shop: Shop) -> None:
    said = explain(shop, "payments", "--samples", payments(shop, 0.5), "--lang", "zh", "--no-plot").stdout
    assert "静默告警" in said
    assert "通知 li（sms）" in said
    assert "⣿" not in said
    assert "Silence" not in said


def test_when_each_rule_would_fire_and_whom_it_would_page(shop: Shop) -> None:
    body = told(shop, "payments", "--samples", payments(shop))
    assert (body["detector"], body["view"]["known"]) == ("traffic", True)
    assert rule(body, "payments-silent")["fires_after"] == body["view"]["pages_after_seconds"]
    assert rule(body, "payments-dead")["fires_after"] == 660.0  # its `for` on top
    assert [(p["responder"], p["channel"]) for p in rule(body, "payments-dead")["pages"]] == [
        ("li", "sms"), ("li", "email"), ("wang", "sms"), ("wang", "email"),
    ]  # fmt: skip
    assert rule(body, "payments-fail")["fires_after"] is None
    assert rule(body, "payments-silent")["verdict"] is False


def test_while_it_is_silent_the_alert_is_there(shop: Shop) -> None:
    file = payments(shop).partition("=")[2]
    last = Path(file).read_text().splitlines()[-1].split(",")[0]
    more = "".join(f"{float(last) + 10.0 * n:.15g},0\n" for n in range(1, 9))
    Path(file).write_text(Path(file).read_text() + more)
    body = told(shop, "payments", "--samples", f"payments={file}")
    assert (rule(body, "payments-silent")["state"], rule(body, "payments-silent")["incident"]) == (
        "firing",
        "INC-1",
    )
    assert body["view"]["silent_seconds"] == 80.0
    said = explain(shop, "payments", "--samples", f"payments={file}").stdout
    assert "now true (traffic.silent = yes); firing, INC-1, Silent" in said


def test_until_is_as_it_was_then(shop: Shop) -> None:
    body = told(shop, "payments", "--samples", payments(shop), "--until", str(T0 + 300))
    assert (body["at"], body["view"]["known"]) == ("2023-11-14T22:18:20.000Z", False)


def test_a_balance(shop: Shop) -> None:
    file = shop.file(rows([1000.0 - n for n in range(24 * 9)], every=HOUR))
    said = explain(shop, "wallet", "--samples", f"wallet={file}").stdout
    assert "24.00 a day" in said
    assert re.search(r"Lasts +32\.7 days", said)
    assert "30 days on 2023-" in said
    assert re.search(r"runs-out \(P2\): runway.days_left < 3.0", said)
    assert "if it goes on like this; pages" in said
    assert "██" in said


def test_a_gauge(shop: Shop) -> None:
    dice = random.Random(3)
    file = shop.file(
        rows([5.0 + dice.gauss(0, 0.5) for _ in range(3 * 1440)], every=60.0, header="time,latency")
    )
    said = explain(shop, "page", "--samples", f"page={file}").stdout
    assert re.search(r"Anomalous +at \d+\.?\d* and above, or at -?[0-4]\.?\d* and below", said)
    assert "No rule evaluates it." in said


def test_a_check_without_a_detector_says_what_its_rules_saw(shop: Shop) -> None:
    file = shop.file(rows([0.25, 2.5], every=15.0, header="time,latency"))
    said = explain(shop, "api", "--samples", f"api={file}").stdout
    assert "now true (outcome = up, latency = 2.5); firing, INC-1, Down" in said
    assert "pages li by sms" in said
    assert "Expected" not in said


def test_without_a_daemon_its_store_tells(shop: Shop) -> None:
    plan = load_for_replay(shop.folder / "rules.toml", shop.folder / "checks", {}).plan
    detector = DETECTORS["traffic"](plan.checks["payments"].detect, 10.0)
    for n in range(8640):
        reading = Reading(Outcome.UP, {"requests": 10.0}, covers=10.0)
        detector.update(Observation("payments", T0 + 10.0 * n, reading))

    async def save() -> None:
        store = open_store(f"sqlite:///{shop.folder / 'watchtower.db'}")
        await store.open()
        await store.save_detectors({("payments", ""): detector.state()})
        await store.close()

    asyncio.run(save())
    result = explain(shop, "payments")
    assert "no daemon answers at http://127.0.0.1:" in result.stderr
    assert "from the store " in result.stdout
    assert re.search(r"Expected now +60/min", result.stdout)
    assert "nothing has been observed yet" in result.stdout
    assert "fires after 20 s without a request from now on" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["payments"], 1, "there is no store "),
        (["payments", "--url", "http://127.0.0.1:1"], 1, "no daemon answers"),
        (["payments", "--until", "5"], 2, "--until needs --samples"),
        (["paiments", "--samples", "orders=FILE"], 2, 'did you mean "payments"?'),
        (["routes", "--samples", "routes[/pay]=FILE"], 2, "there are routes[/pay]"),
        (["payments", "--samples", "orders=FILE"], 2, "none of this check"),
        (["orders", "--samples", "orders=FILE", "--until", "1"], 2, "before the first row"),
    ],
    ids=[
        "no store",
        "that daemon",
        "until what",
        "a typing error",
        "which series",
        "no samples",
        "too early",
    ],
)
def test_what_cannot_be_told(shop: Shop, arguments: list[str], status: int, said: str) -> None:
    file = str(shop.file(rows([1.0, 2.0, 3.0])))
    result = explain(shop, *(one.replace("FILE", file) for one in arguments), status=status)
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_a_store_that_is_not_there_is_not_made(shop: Shop) -> None:
    explain(shop, "payments", status=1)
    assert not (shop.folder / "watchtower.db").exists()


def test_the_example_of_its_page(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs" / "commands" / "explain.md").read_text(encoding="utf-8")
    found = re.search(r"```console\n\$ watchtower explain (.*)\n((?:.*\n)*?)```", page)
    assert found is not None
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(
        command, shlex.split(found[1]), env={"COLUMNS": "100"}, catch_exceptions=False
    )
    assert result.stdout.splitlines() == found[2].splitlines()


@pytest.mark.parametrize("minutes", [2, 9])
def test_while_it_learns_it_says_so_and_when_it_will_know(shop: Shop, minutes: int) -> None:
    until = str(T0 + 60 * minutes)
    body = told(shop, "payments", "--samples", payments(shop, 0.1), "--until", until)
    assert body["view"]["known"] is False
    assert body["view"]["learns_for_seconds"] == pytest.approx(600 - 60 * minutes, abs=20)
    words = explain(shop, "payments", "--samples", payments(shop, 0.1), "--until", until).stdout
    assert "of the 10 min that it needs: it can tell from about" in words
    assert "now cannot tell: it is still learning" in words
    assert "Learning" in words
    after = re.search(r"fires after (.*) without", words)
    if after:  # what would page within the learning says that the rest of it is counted in
        assert "the rest of its learning is among them" in words


def test_once_it_knows_nothing_is_said_of_learning(shop: Shop) -> None:
    words = explain(shop, "payments", "--samples", payments(shop, 0.1), "--until", str(T0 + 3600)).stdout
    assert "earning" not in words
