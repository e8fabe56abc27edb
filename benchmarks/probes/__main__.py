"""What one run of each kind of probe costs, beside what the plainest client of the same target costs in the same process.

    python -m benchmarks.probes                 every kind that the contract suite has a good place for
    python -m benchmarks.probes http postgres

The servers are those of tests/probes/contract; each kind runs in a process of its own, whose processor time alone is counted.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
from contextlib import redirect_stderr
from pathlib import Path

from tests.parts.certificates import Certificates
from tests.probes.contract.entry import Entry, Place, Stage
from tests.probes.contract.kinds import ENTRIES

_WELL = "well"
_HEAD = """| kind | µs a run | its yardstick | µs of that | ratio | MiB more | import, ms |
|---|---:|---|---:|---:|---:|---:|"""


def measured(entry: Entry, stage: Stage) -> str:
    """One row of the table."""
    # A name server of the tests complains of whoever connects and says nothing, as the yardstick does.
    with redirect_stderr(io.StringIO()), entry.places[_WELL](stage) as address:
        settings = entry.settings(Place(_WELL, address, stage))
        if "budget" in settings:
            settings["budget"] = dict.fromkeys(settings["budget"], 100_000)
        asked = json.dumps({"kind": entry.kind, "address": address, "settings": settings})
        command = [sys.executable, "-m", "benchmarks.probes.one"]
        done = subprocess.run(command, input=asked, capture_output=True, text=True, timeout=120)
    if done.returncode:
        why = done.stderr.strip().splitlines() or ["no word"]
        return f"| {entry.kind} | {why[-1][:80]} | | | | | |"
    found = json.loads(done.stdout)
    ratio = found["run"] / found["yardstick"]
    return (
        f"| {entry.kind} | {found['run']:,.0f} | {found['named']} | {found['yardstick']:,.0f} | {ratio:.1f} "
        f"| {found['mib']:.1f} | {found['import']:.0f} |"
    )


def main() -> None:
    wanted = set(sys.argv[1:])
    print(_HEAD)
    with tempfile.TemporaryDirectory(prefix="probes-") as folder:
        stage = Stage(Certificates(Path(folder)), Path(folder))
        for entry in ENTRIES:
            if entry.says.get(_WELL) == "up" and (not wanted or entry.kind in wanted):
                print(measured(entry, stage), flush=True)


if __name__ == "__main__":
    main()
