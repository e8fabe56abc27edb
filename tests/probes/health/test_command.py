"""The probe command: exit statuses, performance data, and what becomes of programs that run on."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from tests.probes.health.conftest import Ask
from watchtower.probes.command import perfdata


async def test_measures_performance_data_in_base_units(ask: Ask) -> None:
    script = "echo \"OK | 'used space'=2KiB;;;0 time=12ms load=0.5;5;10\"; echo 'more | more=3%'"
    names = {"used": "used space", "took": "time", "load": "load", "more": "more", "gone": "gone"}
    reading = await ask("command", command=["/bin/sh", "-c", script], measure=names)
    found = {name: reading.measurements[name] for name in names}
    assert found == {"used": 2048.0, "took": pytest.approx(0.012), "load": 0.5, "more": 3.0, "gone": None}


async def test_a_warning_is_up_and_says_so(ask: Ask) -> None:
    reading = await ask("command", command=["/bin/sh", "-c", "echo 'WARNING: 88% full'; exit 1"])
    assert (reading.outcome, reading.measurements["level"], reading.measurements["exit_code"]) == (
        "up",
        "warning",
        1.0,
    )
    assert reading.detail == "WARNING: 88% full"


async def test_arguments_are_not_read_by_a_shell(ask: Ask) -> None:
    reading = await ask("command", command=["/bin/echo", "$HOME; exit 2", "*"])
    assert reading.outcome == "up"


async def test_gets_only_the_environment_that_is_declared(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "not-for-plugins")
    script = "env | cut -d= -f1 | sort | tr '\\n' ' '; exit 2"
    reading = await ask("command", command=["/bin/sh", "-c", script], env={"OWN": "value"})
    assert set(reading.detail.split()) <= {"LANG", "OWN", "PATH", "PWD", "SHLVL", "TZ", "_"}
    assert "OWN" in reading.detail


async def test_kills_everything_that_it_started(ask: Ask, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = f"echo $$ >> {pids}; sleep 100 & echo $! >> {pids}; sleep 100"
    reading = await ask("command", command=["/bin/sh", "-c", script], timeout=0.5)
    assert reading.reason == "timeout"
    for pid in map(int, pids.read_text().split()):
        await _gone(pid)


async def test_a_child_that_is_left_behind_does_not_hold_the_answer_up(ask: Ask, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = f"sleep 100 & echo $! >> {pids}; echo fine"
    reading = await ask("command", command=["/bin/sh", "-c", script], timeout=20.0)
    assert (reading.outcome, reading.measurements["level"]) == ("up", "ok")
    await _gone(int(pids.read_text()))


async def _gone(pid: int) -> None:
    """Killed; whoever inherits it may take a moment to notice."""
    for _ in range(200):
        if not _runs(pid):
            return
        await asyncio.sleep(0.02)
    pytest.fail(f"process {pid} still runs")


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


@pytest.mark.parametrize(
    ("output", "found"),
    [
        ("no data", {}),
        ("OK | a=1", {"a": 1.0}),
        ("OK|a=1s;2;3;0;9 b=-2.5e3", {"a": 1.0, "b": -2500.0}),
        ("OK | 'it''s'=1 '/'=5MB", {"it's": 1.0, "/": 5e6}),
        ("OK | a=U b=2", {"b": 2.0}),  # U: the plug-in does not know
        ("OK | offset=-0,082s b=0.5s", {"b": 0.5}),
        ("OK | used=14145580kB free=2K", {"used": 14145580e3}),
        ("OK | a=1.828,72 b=1,204 c=1e400 d=95% e=3c", {"d": 95.0, "e": 3.0}),
        ("OK | a=20ms;1,5;2,5 b=1TiB", {"a": 0.02, "b": 1024.0**4}),
        ("OK | " + "a" * 60_000, {}),
        ("OK | a=1\nlong text\nmore | b=2us\nc=3", {"a": 1.0, "b": 2e-6, "c": 3.0}),
    ],
)
def test_performance_data_is_read_as_plug_ins_write_it(output: str, found: dict[str, float]) -> None:
    assert perfdata(output) == pytest.approx(found)
