"""No server outlives the test: neither when the part ends, nor when the test process is killed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.parts.alertmanager import Alertmanager
from tests.parts.child import MissingPart, Part, answers, wait_until
from tests.parts.conditions import started, without
from tests.parts.nginx import Nginx
from tests.parts.postfix import Postfix
from tests.parts.postgres import Postgres
from tests.parts.prometheus import Prometheus
from tests.parts.redis import RedisServer

ROOT = Path(__file__).resolve().parents[2]
PARTS: list[type[Part]] = [Alertmanager, Nginx, Postfix, Postgres, Prometheus, RedisServer]
STARTER = """\
import importlib, json, sys, time
from tests.parts.child import MissingPart
part = getattr(importlib.import_module(sys.argv[1]), sys.argv[2])()
try:
    part.__enter__()
except MissingPart as missing:
    print(json.dumps({"missing": str(missing)}), flush=True)
else:
    print(json.dumps({"port": part.port}), flush=True)
    time.sleep(60)
"""


def gone(port: int) -> bool:
    try:
        return not answers(port)
    except OSError:
        return True


@pytest.mark.parametrize("kind", PARTS)
def test_the_server_ends_with_its_part(kind: type[Part]) -> None:
    with started(kind()) as part:
        port: int = vars(part)["port"]
        assert answers(port)
    wait_until(lambda: gone(port), f"the end of {kind.__name__}")


@pytest.mark.parametrize("kind", PARTS)
def test_the_server_ends_when_the_test_process_is_killed(kind: type[Part]) -> None:
    command = [sys.executable, "-c", STARTER, kind.__module__, kind.__name__]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        if "missing" in said:
            process.kill()
            without(MissingPart(said["missing"]))
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    wait_until(lambda: gone(said["port"]), f"the end of {kind.__name__}")
