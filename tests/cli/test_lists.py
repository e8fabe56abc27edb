"""`watchtower checks | alerts | window | login | completion`, as processes against a daemon that listens."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.web.conftest import Site, access, daemon, site
from tests.web.fake import ALERTS, TOKEN, FakeDaemon
from tests.web.test_commands import here, watchtower
from watchtower.cli.completion import command as completion
from watchtower.cli.do import topics
from watchtower.core.pipeline.features import ACTIONS
from watchtower.model import AlertState
from watchtower.values import replace

__all__ = ["access", "daemon", "here", "site"]


async def test_checks_and_alerts_for_scripts(here: Mapping[str, str]) -> None:
    ran = await watchtower("checks", "--ill", **here)
    states = {line.split("\t")[1]: line.split("\t")[0] for line in ran.out.splitlines()}
    assert (ran.status, states["bank-gateway"], "ledger" in states) == (0, "down", True)
    assert not {"ok", "quiet"} & set(states.values())
    ran = await watchtower("alerts", "--firing", "--json", "--exit-code", **here)
    found = [json.loads(line) for line in ran.out.splitlines()]
    assert (ran.status, {one["state"] for one in found}, found[0]["severity"]) == (3, {"firing"}, "P1")


async def test_an_alert_that_is_only_pending_is_listed(here: Mapping[str, str], daemon: FakeDaemon) -> None:
    daemon.alerts = [
        *ALERTS,
        replace(ALERTS[0], series="another", state=AlertState.PENDING, onset=None, incident=None),
    ]
    ran = await watchtower("alerts", **here)
    assert (ran.status, len(ran.out.splitlines())) == (0, len(daemon.alerts)), ran.err


async def test_a_command_runs_within_a_silence_that_ends_with_it(
    here: Mapping[str, str], daemon: FakeDaemon
) -> None:
    ran = await watchtower(
        "window", "-m", "check=bank-gateway", "--by", "ci", "sh", "-c", "echo $0; exit 7", **here
    )
    assert (ran.status, ran.out) == (7, "sh\n")
    assert [one[0] for one in daemon.asked] == ["silence", "expire"], daemon.asked
    assert "is over" in ran.err


async def test_a_command_runs_when_nothing_can_be_silenced(here: Mapping[str, str]) -> None:
    ran = await watchtower(
        "window", "-m", "check=x", "echo", "done", **{**here, "WATCHTOWER_LISTEN": "127.0.0.1:9"}
    )
    assert (ran.status, ran.out) == (0, "done\n")
    assert "nothing is silenced: no daemon answers" in ran.err
    assert (await watchtower("window", "echo", "done", **here)).status == 2


async def test_a_token_is_kept_for_its_address_and_by_its_owner_alone(site: Site, tmp_path: Path) -> None:
    url, home = f"http://127.0.0.1:{site.port}", {"HOME": str(tmp_path)}
    word = f"import sys; sys.stdin = open({str(tmp_path / 'in')!r}); from watchtower.cli import main; main()"
    (tmp_path / "in").write_text("wrong\n")
    assert (await watchtower("login", url, program=word, **home)).status == 1
    (tmp_path / "in").write_text(f"{TOKEN}\n")
    ran = await watchtower("login", url, program=word, **home)
    file = tmp_path / ".config" / "watchtower" / "login.json"
    assert (ran.status, stat.S_IMODE(file.stat().st_mode), TOKEN in ran.out) == (0, 0o600, False)
    assert (await watchtower("ack", "INC-12", "--by", "li", **home)).status == 0
    file.chmod(0o644)
    refused = await watchtower("status", **home)
    assert (refused.status, "chmod 600" in refused.err) == (2, True)
    file.chmod(0o600)
    assert (await watchtower("login", "--out", **home)).status == 0
    assert TOKEN not in file.read_text()


async def test_the_token_beside_the_store_goes_to_no_other_machine(tmp_path: Path) -> None:
    (tmp_path / "api-token").write_text(TOKEN)
    store = {"WATCHTOWER_STORE": f"sqlite:///{tmp_path}/w.db", "HOME": str(tmp_path)}
    ran = await watchtower("ack", "INC-12", "--by", "li", "--url", "http://192.0.2.1", **store)
    assert (ran.status, "no token for http://192.0.2.1" in ran.err) == (2, True)


async def test_a_watched_list_ends_with_ctrl_c_and_gives_the_terminal_back(here: Mapping[str, str]) -> None:
    leader, terminal = pty.openpty()
    environ = {**os.environ, **here, "TERM": "xterm", "COLUMNS": "200", "LINES": "50"}
    code = "from watchtower.cli import main; main()"
    process = await asyncio.create_subprocess_exec(
        "setsid", "--ctty", sys.executable, "-c", code, "checks", "--watch",
        stdin=terminal, stdout=terminal, stderr=terminal, env=environ,
    )  # fmt: skip
    os.close(terminal)
    seen = b""
    while b"bank-gateway" not in seen:
        seen += await asyncio.to_thread(os.read, leader, 65536)
    os.write(leader, b"\x03")
    while b"\x1b[?1049l" not in seen:
        seen += await asyncio.to_thread(os.read, leader, 65536)
    assert await process.wait() == 0
    os.close(leader)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_of_the_shell(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    completion.main([shell], standalone_mode=False)
    assert "_WATCHTOWER_COMPLETE" in capsys.readouterr().out


async def test_commands_are_completed() -> None:
    ran = await watchtower(_WATCHTOWER_COMPLETE="bash_complete", COMP_WORDS="watchtower che", COMP_CWORD="1")
    assert ran.out.split() == ["plain,check-config", "plain,checks"]


def test_every_action_has_its_topic() -> None:
    assert [name for _, actions in topics() for name, _ in actions] == list(ACTIONS)
