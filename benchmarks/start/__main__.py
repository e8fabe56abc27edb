"""What a start costs: processor time of the daemon's imports and of the commands, beside importing its libraries alone.

    python -m benchmarks.start            the least of ten, in turn, in processes of their own: half a minute
    python -m benchmarks.start 30

Bytecode is written first: an environment with PYTHONDONTWRITEBYTECODE, which a container may set, else compiles 424
files of ours in every run, and says nothing about an installed wheel.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

_LIBRARIES = "apscheduler.schedulers.asyncio, prometheus_client, structlog, uvicorn, starlette.applications, msgspec, pycurl"
_RUN = "import sys; from watchtower.cli import main; sys.argv = ['watchtower', *{}]; main()"
_RULES = """[[rule]]
name = "down"
match = {}
when = 'outcome == "down"'
severity = "P2"

[[responder]]
name = "li"
role = "oncall"
email = "li@example.com"

[channel.email]
host = "127.0.0.1"
sender = "w@example.com"
"""
_CHECK = """[[check]]
name = "page"
probe = "http"
url = "http://127.0.0.1:9/"
every = "10s"
"""


def cost(code: str, environment: dict[str, str]) -> tuple[float, float]:
    """ms of processor time, children included, and MiB resident at most."""
    read, write = os.pipe()
    before = os.times()
    seen = "import atexit, os, resource; atexit.register(lambda: os.write({}, str(resource.getrusage(0).ru_maxrss).encode()))\n"
    with subprocess.Popen(
        [sys.executable, "-c", seen.format(write) + code],
        env=environment,
        stdout=subprocess.DEVNULL,
        pass_fds=[write],
    ) as process:
        os.close(write)
        if process.wait(60.0):
            raise SystemExit(f"failed: {code}")
    after = os.times()
    took = (after.children_user + after.children_system - before.children_user - before.children_system) * 1e3
    resident = int(os.read(read, 32)) / 1024
    os.close(read)
    return took, resident


def main() -> None:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "checks").mkdir()
        (place / "rules.toml").write_text(_RULES)
        (place / "checks" / "page.toml").write_text(_CHECK)
        environment = {**os.environ, "WATCHTOWER_RULES": str(place / "rules.toml")}
        environment |= {"WATCHTOWER_CHECKS": str(place / "checks"), "PYTHONDONTWRITEBYTECODE": ""}
        runs = {
            "yardstick: the libraries alone": f"import {_LIBRARIES}",
            "Python alone": "pass",
            "import of the daemon": "import watchtower.app.daemon",
            "watchtower --help": _RUN.format(["--help"]),
            "watchtower check-config, one check": _RUN.format(["check-config"]),
            "watchtower incidents --help": _RUN.format(["incidents", "--help"]),
        }
        found: dict[str, list[tuple[float, float]]] = {}
        for turn in range(times + 1):
            for name, code in runs.items():
                seen = cost(code, environment)
                if turn:  # The first one writes the bytecode.
                    found.setdefault(name, []).append(seen)
    yardstick = min(found["yardstick: the libraries alone"])[0]
    print("| | ms of processor time | ratio | MiB |\n|---|---:|---:|---:|")
    for name, all_of_it in found.items():
        took, resident = min(all_of_it)
        print(f"| {name} | {took:.0f} | {took / yardstick:.2f} | {resident:.1f} |")


if __name__ == "__main__":
    main()
