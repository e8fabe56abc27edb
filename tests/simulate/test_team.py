"""The team of docs/examples/team in a P0: who is told what, at which second, in both languages."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from watchtower.cli.simulate import command
from watchtower.config.load import load

TEAM = Path(__file__).parents[2] / "docs" / "examples" / "team"
FILES = ["--rules", str(TEAM / "rules.toml"), "--checks", str(TEAM / "checks")]
P0 = [
    *FILES, "--check", "checkout-requests", "--fault", "silent", "--for", "40m", "--requests", "600",
    "--ack-after", "7m", "--start", "2026-01-07T06:00:00Z", "--lang", "both",
]  # fmt: skip


@cache
def told() -> tuple[dict[str, Any], ...]:
    result = CliRunner().invoke(command, [*P0, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return tuple(json.loads(line) for line in result.stdout.splitlines())


def pages(kind: str = "") -> list[dict[str, Any]]:
    return [one for one in told() if one["event"] == "page" and kind in ("", one["kind"])]


def test_the_files_are_right() -> None:
    loaded = load(TEAM / "rules.toml", TEAM / "checks", {})
    assert set(loaded.plan.checks) == {"checkout-requests", "refund-requests", "bank-gateway"}


def test_at_the_first_second_everybody_whom_the_level_wants_knows() -> None:
    first = [one for one in pages("new") if one["after"] == 10.0]
    by = {(one["responder"], one["channel"]): one for one in first}
    asked = {who for (who, _), one in by.items() if not one["informs"]}
    assert asked == {"li", "zhao"}
    informed = {who: one["role"] for (who, _), one in by.items() if one["informs"]}
    assert informed == {
        "chen": "product", "mei": "customer_service", "anna": "legal", "finance-desk": "finance",
    }  # fmt: skip
    assert ("finance-desk", "sms") not in by
    assert "You command" in by["zhao", "sms"]["text"]["en"]
    assert "您是应急指挥" in by["zhao", "sms"]["text"]["zh"]
    assert "下发话术" in by["mei", "sms"]["text"]["zh"]


def test_nobody_gets_the_same_twice_nor_a_call_and_its_reminder_at_once() -> None:
    same = Counter((one["after"], one["responder"], one["channel"]) for one in pages())
    assert [key for key, times in same.items() if times > 1] == []


def test_the_backup_is_called_when_nobody_answers_and_who_did_is_not_reminded_any_more() -> None:
    called = [one for one in told() if one["event"] == "escalated"]
    assert [(one["after"], one["detail"]) for one in called] == [(310.0, "wang")]
    acknowledged = next(one for one in told() if one["event"] == "acknowledged")["after"]
    assert all(one["after"] <= acknowledged for one in pages("reminder"))


def test_levels_clocks_and_the_end_are_there_in_their_order() -> None:
    levels = [(one["severity"], one["change"]) for one in told() if one["event"] == "severity_changed"]
    assert levels == [("P0", "opened"), ("P1", "lowered"), ("P2", "lowered")]
    for one in told():
        if one["event"] == "severity_changed":
            assert one["severity"] in one["text"]["en"]
            assert one["severity"] in one["text"]["zh"]
    late = [one["what"] for one in told() if one["event"] == "clock_ran_out"]
    assert late[:2] == ["acknowledge", "open the call and fill the roles"]
    assert "internal status update" in late
    ends = [one["event"] for one in told() if one["event"].startswith("incident_")]
    assert ends == ["incident_opened", "incident_mitigated", "incident_resolved"]
    assert pages()[-1]["kind"] == "resolved"


def test_whoever_was_told_hears_the_end_once() -> None:
    knew = {(one["responder"], one["channel"]) for one in pages() if one["kind"] != "resolved"}
    assert Counter((one["responder"], one["channel"]) for one in pages("resolved")) == dict.fromkeys(knew, 1)


def test_once_it_is_mitigated_nobody_is_chased_to_stop_it() -> None:
    calm = next(one for one in told() if one["event"] == "incident_mitigated")["after"]
    queued = [one["after"] for one in pages() if one["reason"] == "step_overdue"]
    assert queued
    assert max(queued) <= calm


def test_chinese_is_chinese_and_english_english() -> None:
    for one in told():
        for english in (" because ", " overdue", " is over", "acknowledged by", "Resolved", " min", "Nobody"):
            assert english not in one.get("text", {}).get("zh", ""), one["text"]["zh"]
        text = one.get("text", {}).get("en", "")
        assert not [letter for letter in text if "一" <= letter <= "鿿"], text


def test_on_paper_who_hears_the_same_is_one_line() -> None:
    result = CliRunner().invoke(command, P0, catch_exceptions=False)
    line = next(one for one in result.stdout.splitlines() if "P0 new to li, zhao, chen" in one)
    assert line.endswith(
        "P0 new to li, zhao, chen (informed as product), mei (informed as customer_service), "
        "anna (informed as legal), finance-desk (informed as finance) by email"
    )
    assert "INC-1 is P0 (opened)" in result.stdout
    assert "INC-1 is over; it was P0 at its worst" in result.stdout


@pytest.mark.parametrize("fault", ["down", "unknown"])
def test_the_bank_alone_is_one_incident_that_ends(fault: str) -> None:
    arguments = [*FILES, "--check", "bank-gateway", "--fault", fault, "--for", "5m", "--json"]
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert {one["incident"] for one in lines if "incident" in one} == {"INC-1"}
    assert [one["kind"] for one in lines if one["event"] == "page"][-1] == "resolved"
