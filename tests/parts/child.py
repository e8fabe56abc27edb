"""What all starters share: finding a program, a free port, a directory, and a child process that never outlives us."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from itertools import cycle, islice
from pathlib import Path
from types import TracebackType
from typing import Self

_WATCH = 'read -r nothing; kill -s TERM -- "-$1"; sleep 5; kill -s KILL -- "-$1"'
_ELSEWHERE = ("/usr/sbin", "/sbin", "/usr/local/sbin")


class MissingPart(Exception):
    """A program that a test needs is not installed; the text says which package brings it."""


class PartFailed(Exception):
    """A server did not start or did not answer; the text carries the end of its log."""


def find_program(name: str, package: str) -> str:
    """The path of a program. Debian keeps servers in sbin, which a plain user's PATH leaves out."""
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(_ELSEWHERE))
    if found is None:
        raise MissingPart(
            f"{name} is not installed (Debian: apt-get install {package}; or scripts/setup-debian)"
        )
    return found


def _ports() -> Iterator[int]:
    """Below the range for outgoing connections, so none of those takes one meanwhile; each process of the tests has its own,
    and gives none out twice before all were."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 8
    mine = range(15_000 + worker * 2_000, 17_000 + worker * 2_000)
    begin = random.SystemRandom().randrange(len(mine))  # other runs on this machine have the same ones
    yield from cycle([*mine[begin:], *mine[:begin]])


_PORTS = _ports()


def free_port() -> int:
    """A port nobody listens on, and nobody else was given."""
    for port in islice(_PORTS, 2_000):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise PartFailed("no free port of 2000")


def wait_until(ready: Callable[[], object], what: str, seconds: float = 60.0) -> None:
    """Return once `ready` is true; an OSError from it means not yet."""
    end = time.monotonic() + seconds
    obstacle = ""
    while True:
        try:
            if ready():
                return
        except OSError as error:
            obstacle = f" ({error})"
        if time.monotonic() > end:
            raise PartFailed(f"{what} was not there within {seconds:g} s{obstacle}")
        time.sleep(0.02)


def answers(port: int) -> bool:
    """Whether something accepts connections on this port of loopback."""
    with socket.create_connection(("127.0.0.1", port), timeout=1):
        return True


class Part:
    """A real server: `start` brings it up, and whatever was entered into `self.cleanup` is undone on exit."""

    package = ""
    goodbye = signal.SIGTERM

    def __init__(self) -> None:
        self.cleanup = ExitStack()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Bring the server up and return when it answers."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.cleanup.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cleanup.close()

    def directory(self) -> Path:
        """A directory that goes away with the part. Other users may enter: some servers drop root's rights."""
        path = Path(self.cleanup.enter_context(tempfile.TemporaryDirectory(prefix="watchtower-", dir="/tmp")))
        path.chmod(0o755)
        return path

    def run(
        self, command: Sequence[str | Path], log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        """Start a child that is stopped with the part, and at the latest when the test process dies."""
        with log.open("ab") as out:
            child = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
        self.process = child
        self.log = log
        # The end of its input tells the watcher that we are gone, however that came about. (The kernel's own signal
        # for the death of a parent is lost on a server that changes its user, as Postfix and PostgreSQL do.)
        self._watcher = subprocess.Popen(
            ["/bin/sh", "-c", _WATCH, "watch", str(child.pid)], stdin=subprocess.PIPE, start_new_session=True
        )
        self.cleanup.callback(self.stop)

    def wait_ready(self, ready: Callable[[], object], seconds: float = 20.0) -> None:
        """Like `wait_until`, but gives up as soon as the child has died, and shows the end of its log."""

        def alive_and_ready() -> object:
            if self.process is not None and self.process.poll() is not None:
                raise PartFailed(f"it stopped with exit code {self.process.returncode}")
            return ready()

        try:
            wait_until(alive_and_ready, type(self).__name__, seconds)
        except PartFailed as failure:
            tail = self.log.read_text(errors="replace")[-2000:] if self.log.exists() else ""
            raise PartFailed(f"{type(self).__name__}: {failure}\n{tail}") from None

    def stop(self) -> None:
        """Stop the child, politely first."""
        child = self.process
        if child is None:
            return
        self.process = None
        self._watcher.kill()
        self._watcher.communicate()
        if child.poll() is None:
            child.send_signal(self.goodbye)
            with suppress(subprocess.TimeoutExpired):
                child.wait(10)
        # Its own children (postmaster's, nginx's workers) share its session; none may stay behind.
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait(10)
