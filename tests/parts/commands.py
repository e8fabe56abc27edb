"""`watchtower …` as a process of its own, forked from one that has imported what commands need."""

from __future__ import annotations

import atexit
import json
import os
import select
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_WITHIN = 60.0
_FORKS = """
import atexit, gc, importlib, json, os, pkgutil, sys, time, traceback
import google.protobuf, jmespath, rich.console, rich.table
import watchtower.api.client, watchtower.cli, watchtower.config.load, watchtower.curl
for one in pkgutil.iter_modules(watchtower.cli.__path__):
    importlib.import_module(f"watchtower.cli.{one.name}")
gc.freeze()
for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if child:
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        continue
    os.environ.clear()
    os.environ.update(asked["environ"])
    time.tzset()
    os.chdir(asked["cwd"])
    for number, file in enumerate((os.devnull, asked["out"], asked["err"])):
        os.dup2(os.open(file, os.O_RDWR), number)
    sys.argv = ["watchtower", *asked["words"]]
    status = 0
    try:
        watchtower.cli.main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
            status = 1
    except BaseException:
        traceback.print_exc()
        status = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # taking the interpreter apart would take longer than the command
"""


@dataclass
class Ran:
    status: int
    out: str
    err: str


class _Forks:
    def __init__(self) -> None:
        self._one_at_a_time = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _FORKS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=clean({})
        )
        atexit.register(self._process.kill)

    def run(self, words: Sequence[str], environ: Mapping[str, str], cwd: Path) -> Ran:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        with tempfile.NamedTemporaryFile() as out, tempfile.NamedTemporaryFile() as err:
            asked = {
                "words": [*words],
                "environ": dict(environ),
                "cwd": str(cwd),
                "out": out.name,
                "err": err.name,
            }
            with self._one_at_a_time:
                stdin.write(json.dumps(asked).encode() + b"\n")
                stdin.flush()
                if not select.select([stdout], [], [], _WITHIN)[0]:
                    self._process.kill()
                    raise TimeoutError(" ".join(words))
                status = stdout.readline()
            assert status, "the process that forks has ended"
            return Ran(int(status), out.read().decode(), err.read().decode())


_forks = cache(_Forks)


def clean(environ: Mapping[str, str]) -> Mapping[str, str]:
    """This process's environment without watchtower's settings, and with these."""
    return {name: value for name, value in os.environ.items() if not name.startswith("WATCHTOWER_")} | {
        **environ
    }


def watchtower(*words: str, cwd: Path | None = None, **environ: str) -> Ran:
    """What the command said, and its exit status."""
    return ran(words, clean(environ), cwd or Path.cwd())


def ran(words: Sequence[str], environ: Mapping[str, str], cwd: Path) -> Ran:
    """The same with nothing but this environment. Packages of its own are found at a start alone."""
    if environ.get("PYTHONPATH", "") != os.environ.get("PYTHONPATH", ""):
        done = subprocess.run(
            [sys.executable, "-m", "watchtower", *words],
            env=environ, cwd=cwd, capture_output=True, text=True, timeout=_WITHIN, check=False,
        )  # fmt: skip
        return Ran(done.returncode, done.stdout, done.stderr)
    return _forks().run(words, environ, cwd)
