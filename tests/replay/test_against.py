"""Old rules against new ones, over the same samples."""

from __future__ import annotations

import json
from typing import Any

from tests.replay.shop import RULES, T0, Shop, rows, spelled

OUTAGES = "5" * 10 + "0" * 9 + "5" * 20 + "0" * 40 + "5" * 20
"""A silence of 90 s, and one of 400 s."""


def against(shop: Shop, new: str, *arguments: str) -> list[dict[str, Any]]:
    old = shop.file(RULES, "old.toml")
    samples = shop.file(rows(spelled(OUTAGES)))
    result = shop.run(
        "--json", "--samples", f"orders={samples}", "--against", str(old), *arguments, rules=new
    )
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def alerts(found: list[dict[str, Any]]) -> list[tuple[str, str, float]]:
    return [(one["change"], one["rule"], one["at"] - T0) for one in found if one["what"] == "alert"]


def people(found: list[dict[str, Any]]) -> dict[str, tuple[int, int]]:
    return {f"{p['responder']} {p['channel']}": (p["old"], p["new"]) for p in found if p["what"] == "person"}


def test_the_same_rules_change_nothing(shop: Shop) -> None:
    found = against(shop, RULES)
    assert {one["what"] for one in found} == {"person"}
    assert {one["change"] for one in found} == {"same"}


def test_a_longer_for_drops_the_short_silence_and_delays_the_long_one(shop: Shop) -> None:
    found = against(shop, RULES.replace('for = "20s"', 'for = "1m"'))
    assert alerts(found) == [("removed", "silent", 170.0), ("changed", "silent", 500.0)]
    changed = next(one for one in found if one["change"] == "changed")
    assert (changed["old"]["at"] - T0, changed["new"]["at"] - T0) == (460.0, 500.0)
    before, after = people(found)["li sms"]
    assert after < before
    removed = [one for one in found if one["what"] == "page" and one["change"] == "removed"]
    assert [(one["at"] - T0, one["event"]) for one in removed][:2] == [
        (170.0, "page_new"),
        (250.0, "page_resolved"),
    ]


def test_a_severity_that_falls_lets_people_sleep(shop: Shop) -> None:
    found = against(shop, RULES.replace('severity = "P0"', 'severity = "P1"'))
    assert alerts(found) == [("changed", "dead", 680.0)]
    assert people(found)["wang sms"] == (1, 0)


def test_a_new_rule_is_added(shop: Shop) -> None:
    more = '[[rule]]\nname = "any"\nmatch = { check = "orders" }\nwhen = "requests == 0.0"\nseverity = "P2"\n\n[product]'
    found = against(shop, RULES.replace("[product]", more))
    assert alerts(found) == [("added", "any", 100.0), ("added", "any", 390.0)]


def test_the_tables(shop: Shop) -> None:
    old, samples = shop.file(RULES, "old.toml"), shop.file(rows(spelled(OUTAGES)))
    arguments = ["--samples", f"orders={samples}", "--against", str(old)]
    result = shop.run(*arguments, rules=RULES.replace('for = "20s"', 'for = "1m"'))
    assert "later" in result.stdout
    assert "Whom they wake" in result.stdout
    assert "Alerts: 1 removed, 1 changed, 1 as before." in result.stdout
    same = shop.run(*arguments, rules=RULES)
    assert same.stdout.endswith("Nothing changes: 3 alerts, the same pages.\n")


def test_old_rules_that_are_wrong_are_told(shop: Shop) -> None:
    old = shop.file('[[rule]]\nname = "a"\n', "old.toml")
    result = shop.run("--samples", f"orders={shop.file(rows([5]))}", "--against", str(old))
    assert result.exit_code == 2
    assert "old.toml:1" in result.stderr
