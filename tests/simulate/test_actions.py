"""What people do in a simulation, and what it shows beside pages, with the team of docs/examples/team."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from watchtower.cli.simulate import command

TEAM = Path(__file__).parents[2] / "docs" / "examples" / "team"
OUTAGE = [
    "--rules", str(TEAM / "rules.toml"), "--checks", str(TEAM / "checks"), "--start", "2026-01-07T06:00:00Z",
    "--check", "checkout-requests", "--check", "bank-gateway", "--for", "40m", "--requests", "600",
]  # fmt: skip
SILENT, DEEP = ("--fault", "silent", "--fault", "down"), ("--fault", "requests=10", "--fault", "down")
ACTIONS = [
    "--do", "16m chen approve plan=standby-bank", "--do", "13m li ack", "--do", "14m zhao take role=commander",
    "--do", "15m li approve plan=standby-bank",
]  # fmt: skip


@cache
def run(*more: str) -> Result:
    return CliRunner().invoke(command, [*OUTAGE, *more], catch_exceptions=False)


@cache
def events() -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(line) for line in run(*SILENT, *ACTIONS, "--json").stdout.splitlines())


def of(event: str) -> list[dict[str, Any]]:
    return [one for one in events() if one["event"] == event]


def test_the_onset_is_shown_with_the_flows_that_it_concerns() -> None:
    (opened,) = of("incident_opened")
    assert opened["flows"] == ["checkout"]
    assert opened["onset"] <= opened["at"]


def test_people_act_in_the_order_of_time_and_a_refusal_says_why() -> None:
    done = [(one["after"], one["by"], one["action"], bool(one["refused"])) for one in of("action")]
    assert done == [
        (780.0, "li", "ack", False), (840.0, "zhao", "take", False), (900.0, "li", "approve", True),
        (960.0, "chen", "approve", False),
    ]  # fmt: skip
    assert "is for product or the commander to decide" in of("action")[2]["refused"]


def test_a_degradation_plan_is_shown_from_its_suggestion_on() -> None:
    states = [one["state"] for one in of("plan")]
    assert states[:2] == ["suggested", "approved"]
    assert "running" in states or "failed" in states


def test_clocks_that_are_met_and_the_record_severity() -> None:
    assert "acknowledge" in [one["what"] for one in of("clock_met")]
    assert all(one["record"] <= one["severity"] for one in of("level"))
    (mitigated, *_) = of("incident_mitigated")
    assert mitigated["since"] <= mitigated["at"]


def test_on_paper_the_chart_shows_how_deep_it_was() -> None:
    lines = run(*DEEP, *ACTIONS).stdout.splitlines()
    (requests,) = [line for line in lines if line.startswith("checkout-requests  ")]
    assert "▁" in requests, "ten of a hundred"
    assert "█" in requests
    (severity,) = [line for line in lines if line.startswith("INC-1  ")]
    assert set(severity.split()[1]) == {"1"}
    assert any("li does approve plan=standby-bank on INC-1: refused: " in line for line in lines)
    assert any("degradation plan standby-bank is suggested" in line for line in lines)


WRONG = [
    ("5m li", "write TIME BY ACTION"), ("soon li ack", "is not a duration"), ("5m lee ack", 'no responder "lee"'),
    ("5m li aprove", 'no action "aprove"'), ("5m li take", "role is missing"), ("5m li ack now", "write TIME BY ACTION"),
    ("5m li ack flow=chekout", 'no flow "chekout"'), ("5m li note 'text=it", "No closing quotation"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), WRONG, ids=[text for text, _ in WRONG])
def test_what_cannot_be_done_is_told(text: str, said: str) -> None:
    result = run(*SILENT, "--do", text)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_only_the_incident_of_one_flow() -> None:
    two = [
        *OUTAGE[:-6],
        "--check",
        "refund-requests",
        "--fault",
        "silent",
        "--for",
        "20m",
        "--requests",
        "600",
    ]
    arguments = [*two, "--at", "0s", "--at", "3h", "--do", "190m li ack flow=refund", "--json"]
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    opened = {one["incident"]: one["flows"] for one in lines if one["event"] == "incident_opened"}
    (done,) = [one for one in lines if one["event"] == "action"]
    assert opened[done["incident"]] == ["refund"]
