"""No text from outside is obeyed by a terminal: the console log, and what commands print."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

from watchtower import logs
from watchtower.logs import log


class _Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_console_log_holds_no_escape_but_its_own_colours() -> None:
    out = _Tty()
    try:
        logs.configure("console", stream=out)
        log.warning(
            "path", path="/push/\x1b[2J\x1b]0;x\x07\u202e", nested={"\x9b31m": ["\ud83d"]}, long="x" * 60_000
        )
    finally:
        logs.configure("auto", stream=sys.stderr)
    said = out.getvalue()
    assert not any(sign in said for sign in ("\x1b[2J", "\x1b]", "\x07", "\u202e", "\x9b", "\ud83d"))
    assert len(said) < 10_000
    said.encode()


def test_a_command_prints_no_escape_and_no_half_character() -> None:
    """What was typed, and so what might have come from anywhere, is told again in the error."""
    ran = subprocess.run(
        [sys.executable, "-m", "watchtower", "explain", b"\x1b[2J\xff\xe2\x80\xae", "--nope\x1b]0;x\x07"],
        capture_output=True, check=False,
    )  # fmt: skip
    said = ran.stdout + ran.stderr
    assert ran.returncode == 2
    assert b"nope" in said
    assert not any(sign in said for sign in (b"\x1b", b"\x07", b"\xe2\x80\xae"))


def test_what_a_daemon_that_does_not_start_says_holds_none_either(tmp_path: Path) -> None:
    (tmp_path / "checks").mkdir()
    (tmp_path / "rules.toml").write_text('[[rule]]\nname = "\\u001b[2J\\u202e"\n')
    ran = subprocess.run(
        [sys.executable, "-m", "watchtower", "run"], cwd=tmp_path, env={}, capture_output=True, check=False
    )
    assert (ran.returncode, b"nothing was started" in ran.stderr) == (2, True)
    assert not any(sign in ran.stderr for sign in (b"\x1b", b"\xe2\x80\xae"))
