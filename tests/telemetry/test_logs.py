"""What the log says, and never says."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.telemetry.conftest import BANK, Log
from watchtower import logs
from watchtower.core.events import AlertChanged, NotPaged, PageChanged
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.incidents import PageState
from watchtower.errors import Problem
from watchtower.model import AlertState, Observation, Outcome, Reading
from watchtower.telemetry import Attempt, Telemetry
from watchtower.telemetry.seam import LINES

AT = 1_700_000_000.0


def test_an_event_is_one_json_object_with_time_level_and_word_first(log: Log) -> None:
    logs.log.info("alert_firing", rule="silent", text="下单\n支付")
    line = log.stream.getvalue()
    assert line.count("\n") == 1
    event = json.loads(line)
    assert list(event) == ["ts", "level", "event", "rule", "text"]
    assert event["ts"].endswith("Z")
    assert "下单" in line


def test_of_a_storm_the_log_says_how_much_it_left_out_but_every_page_that_failed(log: Log) -> None:
    telemetry = Telemetry("1")
    for number in range(3 * LINES):
        telemetry.decided(NotPaged(AT, "storm", f"INC-{number}", ""))
    telemetry.decided(PageChanged(AT, "failed", "INC-1.1.li.sms", "INC-1", PageState.FAILED, "550"))
    telemetry.tidy()
    telemetry.decided(NotPaged(AT, "storm", "INC-0", ""))
    *said, failed, left_out, after = log.events
    assert {one["event"] for one in said} == {after["event"]} == {"notification_suppressed"}
    assert (len(said), failed["event"]) == (LINES, "page_failed")
    assert (left_out["event"], left_out["count"]) == ("log_lines_left_out", 2 * LINES + 1)


def test_what_libraries_log_goes_the_same_way_from_warning_up(log: Log) -> None:
    logging.getLogger("aiosmtplib").info("started")
    logging.getLogger("aiosmtplib").warning("odd %s", "thing", extra={"port": 1})
    [event] = log.events
    assert event | {"ts": ""} == {
        "ts": "", "level": "warning", "event": "odd thing", "logger": "aiosmtplib", "port": 1
    }  # fmt: skip


def test_at_debug_libraries_are_heard_too(keep_logging: None) -> None:
    stream = io.StringIO()
    logs.configure("json", "debug", stream=stream)
    logging.getLogger("apscheduler").debug("tick")
    assert json.loads(stream.getvalue())["event"] == "tick"


def test_a_number_that_json_does_not_know_is_written_as_text(log: Log) -> None:
    logs.log.info("odd", nan=float("nan"), inf=float("inf"))
    assert (log.events[0]["nan"], log.events[0]["inf"]) == ("nan", "inf")


class Opaque:
    def __repr__(self) -> str:
        return "Opaque(hunter2)"


def explode() -> None:
    raise ValueError("wrong password hunter2")


def _exception() -> None:
    try:
        explode()
    except ValueError:
        logs.log.exception("crashed")


LEAKS: list[tuple[str, Callable[[], None]]] = [
    ("a value", lambda: logs.log.warning("x", url="https://u:hunter2@bank.example")),
    ("the event", lambda: logs.log.warning("password is hunter2")),
    ("a nested value", lambda: logs.log.warning("x", headers={"auth": ["Bearer hunter2"]})),
    ("a name in a mapping", lambda: logs.log.warning("x", headers={"hunter2": 1})),
    ("an object's repr", lambda: logs.log.warning("x", thing=Opaque())),
    ("a traceback", _exception),
    ("a library's arguments", lambda: logging.getLogger("urllib3").warning("retry %s", "/?key=hunter2")),
    ("a library's extras", lambda: logging.getLogger("urllib3").warning("x", extra={"url": "hunter2"})),
]


@pytest.mark.parametrize("format", ["json", "console"])
@pytest.mark.parametrize(("where", "leak"), LEAKS, ids=[where for where, _ in LEAKS])
def test_a_known_secret_is_taken_out_of(
    keep_logging: None, format: str, where: str, leak: Callable[[], None]
) -> None:
    stream = io.StringIO()
    logs.configure(format, "info", lambda text: text.replace("hunter2", "***"), stream)
    leak()
    assert "***" in stream.getvalue()
    assert "hunter2" not in stream.getvalue()


class Hostile:
    def __repr__(self) -> str:
        raise RuntimeError("hunter2")


def test_a_value_that_cannot_be_shown_ends_nobody_who_logs(log: Log) -> None:
    logs.log.warning("odd", thing=Hostile())
    logging.getLogger("urllib3").warning("odd", extra={"thing": Hostile()})
    assert [(e["event"], e["unreadable"]) for e in log.events] == [("odd", "RuntimeError")] * 2
    assert "hunter2" not in log.stream.getvalue()


def test_auto_is_json_where_nobody_looks(keep_logging: None) -> None:
    stream = io.StringIO()
    logs.configure("auto", "info", stream=stream)
    logs.log.info("hello")
    assert json.loads(stream.getvalue())["event"] == "hello"


def test_an_unknown_level_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="debug, info, warning, error"):
        logs.configure("json", "loud")


def test_rich_is_not_loaded_for_the_log_and_can_be_loaded_after_it() -> None:
    program = "import sys, watchtower.logs; assert 'rich' not in sys.modules; import rich.table"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_only_a_change_of_outcome_is_told(log: Log, telemetry: Telemetry) -> None:
    for outcome in (Outcome.UP, Outcome.UP, Outcome.DOWN, Outcome.DOWN, Outcome.UNKNOWN, Outcome.UP):
        telemetry.observed(Observation("bank", AT, Reading(outcome, reason="why")), BANK)
    told = [(e["previous"], e["outcome"]) for e in log.events if e["event"] == "check_changed"]
    assert told == [("up", "down"), ("down", "unknown"), ("unknown", "up")]


def test_the_reason_of_a_decision_is_told_also_when_the_answer_is_no(log: Log, telemetry: Telemetry) -> None:
    alert = Alert("silent", "checkout", state=AlertState.FIRING)
    telemetry.decided(AlertChanged(AT, "firing", alert, AlertState.PENDING))
    telemetry.decided(AlertChanged(AT, "keeps_firing", alert, AlertState.FIRING))  # no transition: debug
    telemetry.decided(NotPaged(AT, "nobody_to_page", "INC-1", "new P1"))
    assert [(e["event"], e["reason"]) for e in log.events if "reason" in e] == [
        ("alert_firing", "firing"),
        ("notification_suppressed", "nobody_to_page"),
    ]


def test_a_failed_attempt_is_a_warning_with_the_far_sides_answer(log: Log, telemetry: Telemetry) -> None:
    telemetry.attempted(Attempt(AT, "p", "INC-1", "li", "sms", 2, "retry", 0.3, code="http 503"))
    event = log.events[-1]
    assert (event["level"], event["event"], event["number"], event["code"]) == (
        "warning",
        "page_attempt",
        2,
        "http 503",
    )


def test_every_problem_of_a_refused_configuration_is_told(log: Log, telemetry: Telemetry) -> None:
    telemetry.reloaded(False, [Problem("rules.toml", 14, 'rule "slow"', "unknown name", "did you mean …?")])
    event = log.events[-1]
    assert event["level"] == "error"
    assert event["problems"] == ['rules.toml:14: rule "slow": unknown name\n  hint: did you mean …?']
