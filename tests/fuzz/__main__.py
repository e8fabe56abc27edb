"""`make fuzz`: every property with seeds that were never tried, and a running daemon asked whatever its OpenAPI allows.

`FUZZ_MINUTES` (10) bounds it, `FUZZ_SEED` repeats a run. The exit status is 1 when something was found.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.acceptance.process import TOKEN, DaemonProcess

ROOT = Path(__file__).parents[2]
CHECKS = """
[flow.checkout]
title = { en = "Checkout", zh = "下单" }
tier = "core"

[[check]]
name = "orders"
probe = "push"
flow = "checkout"
every = "1s"

[[check]]
name = "bank"
probe = "tcp"
address = "127.0.0.1:9"
every = "1s"
timeout = "500ms"
"""
RULES = """
[[rule]]
name = "down"
match = { probe = "tcp" }
when = "outcome == 'down'"
severity = "P1"
summary = { en = "down", zh = "不可用" }

[[responder]]
name = "li"
role = "oncall"
webhook = "http://127.0.0.1:9/"

[channel.webhook]
"""


def properties(seed: int, until: float) -> bool:
    """All files with properties, again and again, each time with the next seed; whether all held."""
    files = sorted(
        str(file.relative_to(ROOT))
        for file in (ROOT / "tests").rglob("test_*.py")
        if "from hypothesis" in file.read_text()
    )
    turn = 0
    while (left := until - time.monotonic()) > 1:
        command = [
            sys.executable, "-m", "pytest", "-q", "-n", "1", "--no-header", "-p", "no:cacheprovider", "-k", "not server",
            "--hypothesis-profile=fuzz", f"--hypothesis-seed={seed + turn}", "--timeout=600", "--maxfail=20", *files,
        ]  # fmt: skip
        print(f"properties, seed {seed + turn}", flush=True)
        with tempfile.TemporaryFile("w+") as said:
            pytest = subprocess.Popen(command, stdout=said, stderr=said, cwd=ROOT)
            try:
                status = pytest.wait(left)
            except subprocess.TimeoutExpired:  # its time is over: what it has found by then it has printed
                pytest.terminate()
                pytest.wait()
                status = 0
            said.seek(0)
            text = said.read()
        if status or "\nFAILED" in text:
            print(text[-20_000:])
            return False
        turn += 1
    return True


def api(daemon: DaemonProcess, seed: int, seconds: float) -> subprocess.Popen[bytes]:
    address = f"http://127.0.0.1:{daemon.port}"
    return subprocess.Popen(
        [
            str(Path(sys.executable).with_name("schemathesis")), "run", f"{address}/api/v1/openapi.json",
            f"--url={address}", f"--header=Authorization: Bearer {TOKEN}", f"--seed={seed}", "--max-time",
            str(int(seconds)), "--checks=not_a_server_error,content_type_conformance,response_schema_conformance",
            "--phases=examples,coverage,fuzzing", "--request-timeout=20", "--continue-on-failure",
            "--suppress-health-check=all",
        ],
        cwd=daemon.home,
    )  # fmt: skip


def main() -> int:
    minutes = float(os.environ.get("FUZZ_MINUTES") or 10)
    seed = int(os.environ.get("FUZZ_SEED") or random.randrange(1 << 31))
    print(f"FUZZ_SEED={seed} FUZZ_MINUTES={minutes:g}", flush=True)
    until = time.monotonic() + minutes * 60
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        daemon = DaemonProcess(Path(folder), RULES, {"all.toml": CHECKS})
        daemon.start()
        try:
            asked = api(daemon, seed, minutes * 60)
            well = [properties(seed, until)]
            try:
                well.append(asked.wait(max(0.0, until - time.monotonic()) + 60) == 0)
            except subprocess.TimeoutExpired:
                asked.terminate()
                asked.wait()
            well.append(daemon.get("/healthz").status_code == 200)
            crashed = daemon.events("request_crashed")
            for event in crashed[:5]:
                print(event)
            well.append(not crashed)
            well.append(daemon.stop() == 0)
        finally:
            daemon.kill()
    print(f"FUZZ_SEED={seed}: {'nothing found' if all(well) else 'something was found, see above'}")
    return 0 if all(well) else 1


if __name__ == "__main__":
    sys.exit(main())
