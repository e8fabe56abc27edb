"""`watchtower run` and `work` as processes of their own, forked from one that has imported what a daemon is made of.

Half of a daemon's start are imports. Who measures a daemon, or sends it signals while it starts, executes it anew.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from tests.parts.commands import clean

_FORKS = """
import gc, json, os, socket, struct, sys, time
import watchtower.cli.signals, watchtower.app.leadership, watchtower.app.serving, watchtower.app.worker
gc.collect()
gc.freeze()
asks = socket.socket(fileno=int(sys.argv[1]))
while True:
    data, (life, out), _, _ = socket.recv_fds(asks, 1 << 20, 2)
    if os.fork():
        os.close(life)
        os.close(out)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass
        continue
    asks.close()
    child = os.fork()
    if child:
        os.close(out)
        os.write(life, struct.pack("i", child))
        os.write(life, struct.pack("i", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])))
        os._exit(0)
    os.close(life)
    asked = json.loads(data)
    os.environ.clear()
    os.environ.update(asked["environ"])
    time.tzset()
    os.chdir(asked["cwd"])
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.close(out)
    sys.path[0] = asked["cwd"]
    sys.argv = ["watchtower", *asked["words"]]
    watchtower.cli.signals.until_started()
    try:
        watchtower.cli.main()
    except BaseException:
        import traceback
        traceback.print_exc()
    sys.stderr.flush()
    os._exit(1)
"""


class ForkedChild:
    """What `subprocess.Popen` is for a child of one's own: the process that waits for it says by a pipe how it ended."""

    def __init__(self, life: int, command: str) -> None:
        self.returncode: int | None = None
        self._life, self._command, self._one_reads = (
            os.fdopen(life, "rb", buffering=0),
            command,
            threading.Lock(),
        )
        (self.pid,) = struct.unpack("i", self._life.read(4))

    def poll(self) -> int | None:
        return self._heard(0.0)

    def wait(self, timeout: float | None = None) -> int:
        found = self._heard(timeout)
        if found is None:
            raise subprocess.TimeoutExpired(self._command, timeout or 0.0)
        return found

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _heard(self, within: float | None) -> int | None:
        if self.returncode is None and select.select([self._life], [], [], within)[0]:
            with self._one_reads:  # a thread may kill it while another one waits
                if self.returncode is None:
                    (self.returncode,) = struct.unpack("i", self._life.read(4))
        return self.returncode


class _Daemons:
    def __init__(self) -> None:
        self._one_at_a_time = threading.Lock()
        self._asks, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-c", _FORKS, str(theirs.fileno())], stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()], env=clean({}),
            )  # fmt: skip
        atexit.register(process.kill)

    def start(self, words: Sequence[str], environ: Mapping[str, str], cwd: Path, out: int) -> ForkedChild:
        asked = {"words": [*words], "environ": dict(environ), "cwd": str(cwd)}
        ours, theirs = os.pipe()
        with self._one_at_a_time:
            socket.send_fds(self._asks, [json.dumps(asked).encode()], [theirs, out])
        os.close(theirs)
        return ForkedChild(ours, " ".join(words))


_daemons = cache(_Daemons)


def start(words: Sequence[str], environ: Mapping[str, str], cwd: Path, out: int) -> ForkedChild:
    """The daemon with nothing but this environment; what it says goes to this descriptor."""
    return _daemons().start(words, environ, cwd, out)
