"""The probe command: exit statuses, performance data, and what becomes of programs that run on."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from tests.probes.health.conftest import Ask
from watchtower.model import Reading, Unit
from watchtower.probes.command import Command, perfdata
from watchtower.probes.contract import Services, Target


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
    values = {label: value for label, value in perfdata(output).items() if ";" not in label}
    assert values == pytest.approx(found)


async def test_bounds_of_the_performance_data_are_measured_in_the_same_unit(ask: Ask) -> None:
    said = "OK | '/'=2GB;3;4;0;8 time=12ms;;;0;10 none=5 odd=1KB;x;2"
    measure = {
        "used_bytes": "/", "size_bytes": "/;max", "warn_at": "/;warn", "most_seconds": "time;max",
        "no_bound": "none;max", "empty": "time;crit", "odd": "odd;warn", "crit": "odd;crit",
    }  # fmt: skip
    reading = await ask("command", command=["/bin/echo", said], measure=measure)
    found = {name: reading.measurements[name] for name in measure}
    assert found == {
        "used_bytes": 2e9, "size_bytes": 8e9, "warn_at": 3e9, "most_seconds": 0.01,
        "no_bound": None, "empty": None, "odd": None, "crit": 2000.0,
    }  # fmt: skip
    declared = Command.facts_for(Command.Settings(command=["x"], measure=measure))
    units = {name: declared[name].unit for name in ("used_bytes", "most_seconds", "warn_at")}
    assert units == {"used_bytes": Unit.BYTES, "most_seconds": Unit.SECONDS, "warn_at": Unit.NONE}


async def test_a_plug_in_is_given_a_second_less_than_the_check_has(ask: Ask) -> None:
    command = ["/bin/sh", "-c", 'echo "$0 $1 $2"; exit 2', "{timeout}", "-t={timeout}", "x"]
    assert (await ask("command", command=command, timeout=8.5)).detail == "7 -t={timeout} x"
    assert (await ask("command", command=command, timeout=0.9)).detail == "1 -t={timeout} x"


async def test_so_many_programs_at_once_and_no_more(tmp_path: Path) -> None:
    running, most = tmp_path / "running", 3
    services = Services(programs=asyncio.Semaphore(most))
    running.mkdir()
    script = f"touch {running}/$$; ls {running} | wc -l; sleep 0.05; rm {running}/$$; exit 2"

    async def run(timeout: float = 60.0, text: str = script) -> Reading:
        settings = Command.Settings(command=["/bin/sh", "-c", text])
        probe = Command(settings, Target("a-check", 60.0, timeout))
        await probe.open(services)
        return await probe.probe()

    found = await asyncio.gather(*(run() for _ in range(20)))
    assert max(int(one.detail) for one in found) <= most
    assert services.programs._value == most
    holding = [asyncio.ensure_future(run(1.5, "sleep 60")) for _ in range(most)]
    await asyncio.sleep(0)
    late = await run(0.2)
    assert (late.outcome, late.reason) == ("unknown", "too_many_programs")
    assert {(await one).reason for one in holding} == {"timeout"}
    assert services.programs._value == most
