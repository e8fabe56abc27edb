"""What plans owe is really carried out: calls to a real server, real programs, real files."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.parts.httpserver import Answer, Fault, HttpServer
from watchtower.config.degrade_tables import DegradeTable, plan_of
from watchtower.core.degrade.kinds import SwitchQueued
from watchtower.core.degrade.runs import QueuedRun
from watchtower.core.events import Event, Logged, Switched
from watchtower.core.plan import Plan
from watchtower.switches.executor import Executor

NO_WAIT = (0.0, 0.0, 0.0)


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with HttpServer() as made:
        yield made


def table(action: dict[str, Any], rollback: dict[str, Any] | None = None) -> Plan:
    raw: dict[str, Any] = {"why": "switch", "flow": "checkout", "action": action}
    if rollback:
        raw["rollback"] = rollback
    import json

    made = DegradeTable.model_validate_json(json.dumps(raw))
    return Plan(degrade={"switch": plan_of("switch", made, None, "rules.toml:1")})


def queued(phase: str = "start", dry: bool = False, drill: bool = False) -> QueuedRun:
    return QueuedRun("INC-7.switch.1", "switch", phase, f"INC-7.switch.1.{phase}", 100.0, "po", dry, drill)


async def carry_out(plan: Plan, *orders: QueuedRun) -> list[Switched]:
    said: list[Event] = []
    executor = Executor(lambda: plan, said.append, lambda text: text.replace("topsecret", "***"), NO_WAIT)
    for order in orders:
        executor.offer("INC-7", order)
    async with asyncio.timeout(20):
        while len(said) < len(orders):
            await asyncio.sleep(0.01)
    await executor.stop(1.0)
    return [one for one in said if isinstance(one, Switched)]


async def test_a_call_says_what_it_is_about_under_its_key_and_signed(server: HttpServer) -> None:
    server.on("/switch", Answer(200, "switched to B"))
    hook = {
        "url": server.url("/switch"), "headers": {"X-Key": "topsecret"}, "secret": "k" * 20, "body": {"to": "B"},
    }  # fmt: skip
    (said,) = await carry_out(table({"webhook": hook}), queued(drill=True))
    assert (said.ok, said.answer) == (True, "http 200: switched to B")
    assert (said.incident, said.run, said.phase, said.key) == (
        "INC-7", "INC-7.switch.1", "start", "INC-7.switch.1.start",
    )  # fmt: skip
    request = server.wait_for("/switch")
    assert request.json() == {
        "to": "B", "version": 1, "key": "INC-7.switch.1.start", "plan": "switch", "phase": "start",
        "run": "INC-7.switch.1", "incident": "INC-7", "flow": "checkout", "drill": True, "by": "po", "at": 100.0,
        "dry_run": False,
    }  # fmt: skip
    assert request.headers["idempotency-key"] == "INC-7.switch.1.start"
    assert request.headers["x-key"] == "topsecret"
    at, _, signed = request.headers["x-watchtower-signature"].partition(",")
    digest = hmac.new(b"k" * 20, at[2:].encode() + b"." + request.body, hashlib.sha256).hexdigest()
    assert signed == f"v1={digest}"


@pytest.mark.parametrize(
    ("first", "calls"),
    [(Answer(503), 2), (Answer(fault=Fault.RESET), 3), (Answer(429), 2), (Answer(400, "no such gateway"), 1)],
    ids=["busy", "reset", "too many", "refused for good"],
)
async def test_it_is_tried_again_where_that_may_help(server: HttpServer, first: Answer, calls: int) -> None:
    # A reset connection is asked once more at once, as if it had been kept too long.
    answers = [first, first] if first.fault else [first]
    server.on("/switch", *answers, Answer(204))
    (said,) = await carry_out(table({"webhook": {"url": server.url("/switch")}}), queued())
    assert said.ok is (first.status != 400)
    requests = server.requests_to("/switch")
    assert len(requests) == calls
    assert len({r.headers["idempotency-key"] for r in requests}) == 1
    assert len({r.body for r in requests}) == 1


async def test_what_never_answers_well_is_given_up_and_said_without_secrets(server: HttpServer) -> None:
    server.on("/switch", Answer(500, "your key topsecret is wrong"))
    hook = {"url": server.url("/switch"), "headers": {"X-Key": "topsecret"}}
    (said,) = await carry_out(table({"webhook": hook}), queued())
    assert (said.ok, said.answer) == (False, "http 500: your key *** is wrong")
    assert len(server.requests_to("/switch")) == 4


async def test_a_program_runs_without_a_shell_and_knows_what_it_is_for(tmp_path: Path) -> None:
    script = "import os, sys; open(sys.argv[1], 'w').write(repr(dict(os.environ))); print('switched'); print('more')"
    out = tmp_path / "seen; rm -rf x"
    action = {"command": {"run": [sys.executable, "-c", script, str(out)], "env": {"TOKEN": "topsecret"}}}
    (said,) = await carry_out(table(action), queued())
    assert (said.ok, said.answer) == (True, "switched")
    seen = eval(out.read_text())  # noqa: S307 - written by the program above
    assert seen["TOKEN"] == "topsecret"
    assert {k: v for k, v in seen.items() if k.startswith("WATCHTOWER_")} == {
        "WATCHTOWER_KEY": "INC-7.switch.1.start", "WATCHTOWER_PLAN": "switch", "WATCHTOWER_PHASE": "start",
        "WATCHTOWER_INCIDENT": "INC-7", "WATCHTOWER_FLOW": "checkout", "WATCHTOWER_DRILL": "0",
    }  # fmt: skip
    assert "HOME" not in seen


@pytest.mark.parametrize(
    ("script", "answer"),
    [
        ("import sys; print('key topsecret'); sys.exit(3)", "exit status 3: key ***"),
        ("import sys; sys.exit(1)", "exit status 1"),
        ("import time; time.sleep(60)", "did not end within 0.5 s, and was killed"),
        ("import os; os.kill(os.getpid(), 9)", "exit status -9"),
    ],
    ids=["with a word", "without", "too slow", "killed"],
)
async def test_a_program_that_fails(script: str, answer: str) -> None:
    action = {"command": {"run": [sys.executable, "-c", script], "timeout": "500ms"}}
    (said,) = await carry_out(table(action), queued())
    assert (said.ok, said.answer) == (False, answer)


async def test_a_program_that_says_very_much_or_leaves_a_child_behind_keeps_nobody_waiting() -> None:
    much = "import sys; sys.stdout.write('x' * 5_000_000)"
    (said,) = await carry_out(table({"command": {"run": [sys.executable, "-c", much]}}), queued())
    assert said.ok
    assert len(said.answer) == 200
    child = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])"
    async with asyncio.timeout(10):
        (said,) = await carry_out(table({"command": {"run": [sys.executable, "-c", child]}}), queued())
    assert said.ok


async def test_a_program_that_is_not_there() -> None:
    (said,) = await carry_out(table({"command": {"run": ["/nowhere/switch"]}}), queued())
    assert (said.ok, said.answer) == (False, "/nowhere/switch: No such file or directory")


@pytest.mark.parametrize("before", [None, "primary"], ids=["no file", "a file"])
async def test_a_flag_is_written_and_put_back_as_it_was(tmp_path: Path, before: str | None) -> None:
    file = tmp_path / "gateway"
    if before is not None:
        file.write_text(before)
    plan = table({"flag": {"file": str(file), "value": "backup"}})
    for _ in range(2):  # at least once
        assert (await carry_out(plan, queued()))[0].ok
        assert file.read_text() == "backup"
    assert (await carry_out(plan, queued("rollback")))[0].ok
    assert (file.read_text() if file.exists() else None) == before
    assert [one.name for one in tmp_path.iterdir()] == (["gateway"] if before else [])


async def test_a_flag_with_a_rollback_of_its_own(tmp_path: Path) -> None:
    file = str(tmp_path / "gateway")
    plan = table({"flag": {"file": file, "value": "b"}}, {"flag": {"file": file, "value": "a"}})
    await carry_out(plan, queued())
    await carry_out(plan, queued("rollback"))
    assert Path(file).read_text() == "a"


async def test_a_flag_that_cannot_be_written(tmp_path: Path) -> None:
    (said,) = await carry_out(table({"flag": {"file": str(tmp_path / "no" / "flag")}}), queued())
    assert not said.ok
    assert "No such file or directory" in said.answer


async def test_a_dry_run_does_nothing(server: HttpServer, tmp_path: Path) -> None:
    hook, flag = {"url": server.url("/switch")}, tmp_path / "flag"
    (said,) = await carry_out(table({"webhook": hook}), queued(dry=True))
    assert (said.ok, said.answer, said.dry_run) == (True, "would POST to 127.0.0.1", True)
    (said,) = await carry_out(table({"flag": {"file": str(flag)}}), queued(dry=True))
    assert said.answer == "would write 'on' to flag"
    (said,) = await carry_out(table({"command": {"run": ["/nowhere/switch", "b"]}}), queued(dry=True))
    assert (said.ok, said.answer) == (False, "there is no program /nowhere/switch")
    assert not server.requests_to("/switch")
    assert not flag.exists()


async def test_what_left_the_configuration_is_answered_for() -> None:
    (said,) = await carry_out(Plan(), queued())
    assert (said.ok, said.answer) == (False, "switch has no action for start in the configuration any more")


async def test_one_thing_a_plan_at_a_time_in_order_and_each_once(tmp_path: Path) -> None:
    log = tmp_path / "log"
    script = f"import os, time; f = open({str(log)!r}, 'a'); f.write('<'); f.flush(); time.sleep(0.2); f.write('>')"
    plan = table(
        {"command": {"run": [sys.executable, "-c", script]}},
        {"command": {"run": [sys.executable, "-c", script]}},
    )
    said: list[Event] = []
    executor = Executor(lambda: plan, said.append, waits=NO_WAIT)
    owed_line = SwitchQueued(run="r", plan="switch", phase="start", key="k", drill=False)
    line = owed_line.entry(1.0, by="po")
    executor.written([Logged(1.0, "INC-7", line), Logged(1.0, "INC-7", line)])
    executor.offer("INC-7", queued("rollback"))
    async with asyncio.timeout(20):
        while len(said) < 2:
            await asyncio.sleep(0.01)
    assert log.read_text() == "<><>"
    assert [one.phase for one in said if isinstance(one, Switched)] == ["start", "rollback"]
    await executor.stop(1.0)
    executor.offer("INC-7", queued())
    await asyncio.sleep(0.05)
    assert len(said) == 2
    assert os.path.exists(log)


@pytest.mark.parametrize(
    "planted", ["gateway", "gateway.before-watchtower", ".gateway.half", "pipe", "folder", "large"]
)
async def test_a_planted_link_is_not_followed(tmp_path: Path, planted: str) -> None:
    """Whoever may write the folder must not make us read or write what only we may."""
    folder, secret = tmp_path / "flags", tmp_path / "ours"
    folder.mkdir()
    secret.write_text("ours alone")
    match planted:
        case "pipe":
            os.mkfifo(folder / "gateway")
        case "folder":
            (folder / "gateway").mkdir()
        case "large":
            (folder / "gateway").write_bytes(b"x" * 10_000_000)
        case _:
            (folder / planted).symlink_to(secret)
    if planted == "gateway.before-watchtower":
        (folder / "gateway").write_text("primary")
    (said,) = await carry_out(table({"flag": {"file": str(folder / "gateway"), "value": "backup"}}), queued())
    assert said.ok == (planted == ".gateway.half"), said.answer
    assert secret.read_text() == "ours alone"
    assert not any(
        one.read_text() == "ours alone" for one in folder.iterdir() if one.is_file() and not one.is_symlink()
    )
    (said,) = await carry_out(table({"flag": {"file": str(folder / "gateway")}}), queued("rollback"))
    assert secret.read_text() == "ours alone"


async def test_a_flag_keeps_its_mode_and_a_new_one_can_be_read_by_the_product(tmp_path: Path) -> None:
    for name, mode in (("kept", 0o640), ("new", None)):
        file = tmp_path / name
        if mode is not None:
            file.write_text("a")
            file.chmod(mode)
        await carry_out(table({"flag": {"file": str(file), "value": "b"}}), queued())
        assert file.stat().st_mode & 0o777 == (mode or 0o644)
