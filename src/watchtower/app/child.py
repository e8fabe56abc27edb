"""The process that reads the configuration, as the daemon sees it: started by exec, asked once, and not trusted to end.

The daemon itself would keep for ever what only reading needs: 9.5 MiB at 100 checks, 70 at 30,000.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from watchtower.config.handover import HandoverAnswer, answer_of
from watchtower.errors import WatchtowerError

LONGEST = 180.0
"""Seconds: 100,000 checks take twelve of a whole processor, and a container may have a tenth of one."""
_SLACK = 10
"""Seconds after its time at which it ends by itself, where we have ended before it."""
_LOOK = 0.5
"""Seconds between two looks whether it has ended."""
_LAST_WORDS = 2000
_BEGIN = "import sys; sys.path[:] = sys.argv[1:]; from watchtower.config.reader import main; main()"
"""Finds the same modules as we do, and none in the folder where we happen to have been started."""


class Unanswered(WatchtowerError):
    """The process was killed, hung, or wrote no answer. `hint` is a possible fix, `said` its last output."""

    def __init__(self, what: str, hint: str = "", said: str = "") -> None:
        self.what, self.hint, self.said = what, hint, said
        super().__init__(what)


def ask(
    environ: Mapping[str, str], rules: Path | None, checks: Path | None, made_at: str | None = None,
    within: float = LONGEST, in_force: bytes = b"",
) -> HandoverAnswer:  # fmt: skip
    """What the files mean to a process with this environment. Blocks; raises Unanswered.

    Where nothing is given, the environment says which files. `made_at`: to a worker of this location. `in_force`: the checks
    that we have, of which then only what has changed is handed over.
    """
    question: dict[str, Any] = {
        name: str(path) for name, path in (("rules", rules), ("checks", checks)) if path
    }
    if made_at is not None:
        question["made_at"] = made_at
    question["seconds"] = round(within) + _SLACK
    with _in_memory() as noise, _in_memory() as asked:
        asked.write(json.dumps(question).encode() + b"\n" + in_force)
        asked.seek(0)
        try:
            child = subprocess.Popen(
                [sys.executable, "-c", _BEGIN, *sys.path],
                stdin=asked, stdout=subprocess.PIPE, stderr=noise, env=environ,
                start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise Unanswered(f"its process cannot be started: {error.strerror}") from None
        with child:
            try:
                frame = _heard(child, within)
            except subprocess.TimeoutExpired:
                what = f"its process did not end within {within:g} s, and was ended"
                raise Unanswered(what, _SLOW, _last_words(noise)) from None
            finally:
                with contextlib.suppress(OSError):  # and all that it has started, also after a good end
                    os.killpg(child.pid, signal.SIGKILL)
        answer = answer_of(frame)
        if answer is None:
            raise Unanswered(*_ending(child.returncode), _last_words(noise))
        return answer


def _heard(child: subprocess.Popen[bytes], within: float) -> bytes:
    """Returns the process's output once it has ended, although a child of it may hold the pipe open. Raises
    TimeoutExpired."""
    until, ended = time.monotonic() + within, False
    while True:
        left = until - time.monotonic()
        try:
            return child.communicate(timeout=min(left, _LOOK))[0]
        except subprocess.TimeoutExpired as error:
            if ended:
                return error.output or b""
            if left <= _LOOK:
                raise
            ended = child.poll() is not None


_SLOW = "does a file in checks/ wait for something when it is imported? has the container any processor time?"
_MEMORY = (
    "out of memory? while the configuration is read, the container needs 100 MiB beside the daemon's own"
)


def _ending(status: int) -> tuple[str, str]:
    if status == -signal.SIGKILL:
        return "its process was killed", _MEMORY
    if status < 0:
        return f"its process was ended by the signal {-status}", ""
    return (f"its process ended with status {status}" if status else "its process gave no answer"), ""


def _in_memory() -> IO[Any]:
    """A file in memory, because the disk may be read-only."""
    if hasattr(os, "memfd_create"):
        return open(os.memfd_create("watchtower-reader"), "w+b")
    return tempfile.TemporaryFile()


def _last_words(noise: IO[Any]) -> str:
    noise.seek(max(0, noise.seek(0, os.SEEK_END) - _LAST_WORDS))
    return bytes(noise.read()).decode("utf-8", "replace").strip()
