"""What one run of each kind of probe costs, beside what the plainest client of the same target costs in the same process.

    python -m benchmarks.probes                 every kind
    python -m benchmarks.probes http postgres

The servers are those of tests/probes/contract; kinds that ask nobody are given something before each run.
Each kind runs in a process of its own, whose processor time alone is counted.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

from benchmarks.probes import fed
from tests.parts.certificates import Certificates
from tests.parts.child import free_port
from tests.probes.contract.entry import Entry, Place, Stage
from tests.probes.contract.kinds import ENTRIES

_WELL = "well"
_PINGS = 'ip link set lo up && echo "0 2147483647" >/proc/sys/net/ipv4/ping_group_range && exec "$0" "$@"'
"""A network of its own, where pings are allowed; needs root."""
_HEAD = """| kind | µs a run | its yardstick | µs of that | ratio | MiB more | import, ms |
|---|---:|---|---:|---:|---:|---:|"""


def measured(entry: Entry, stage: Stage) -> str:
    """One row of the table."""
    if entry.kind in fed.SETTINGS or entry.kind == "icmp":
        return _row(entry.kind, *_alone(entry.kind))
    # A name server of the tests complains of whoever connects and says nothing, as the yardstick does.
    with redirect_stderr(io.StringIO()), entry.places[_WELL](stage) as address:
        settings = entry.settings(Place(_WELL, address, stage))
        if "budget" in settings:
            settings["budget"] = dict.fromkeys(settings["budget"], 100_000)
        return _row(entry.kind, address, settings)


def _alone(kind: str) -> tuple[str, Mapping[str, Any]]:
    """Where a kind that asks no server is pointed at."""
    address = f"127.0.0.1:{free_port()}"
    if kind == "icmp":
        return address, {"hosts": ["127.0.0.1"]}
    return address, fed.SETTINGS[kind] | ({"listen": address} if kind == "statsd" else {})


def _row(kind: str, address: str, settings: Mapping[str, Any]) -> str:
    asked = json.dumps({"kind": kind, "address": address, "settings": settings})
    command = [sys.executable, "-m", "benchmarks.probes.one"]
    if kind == "icmp":
        command = ["unshare", "--net", "sh", "-c", _PINGS, *command]
    done = subprocess.run(command, input=asked, capture_output=True, text=True, timeout=120)
    if done.returncode:
        why = done.stderr.strip().splitlines() or ["no word"]
        return f"| {kind} | {why[-1][:80]} | | | | | |"
    found = json.loads(done.stdout)
    ratio = found["run"] / found["yardstick"]
    return (
        f"| {kind} | {found['run']:,.0f} | {found['named']} | {found['yardstick']:,.0f} | {ratio:.1f} "
        f"| {found['mib']:.1f} | {found['import']:.0f} |"
    )


def main() -> None:
    wanted = set(sys.argv[1:])
    print(_HEAD)
    with tempfile.TemporaryDirectory(prefix="probes-") as folder:
        stage = Stage(Certificates(Path(folder)), Path(folder))
        for entry in ENTRIES:
            if not wanted or entry.kind in wanted:
                print(measured(entry, stage), flush=True)


if __name__ == "__main__":
    main()
