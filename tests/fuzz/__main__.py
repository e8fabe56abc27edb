"""`make fuzz`: a running daemon is asked whatever its OpenAPI document allows and what others' programs may send (`doors.json`),
at least `FUZZ_REQUESTS` (10,000) times; then every property runs with seeds that were never tried for `FUZZ_MINUTES` (10).

`FUZZ_SEED` repeats a run; `FUZZ_ONLY` is `own`, `doors` or `properties`. The exit status is 1 when something was found.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.acceptance.process import TOKEN, DaemonProcess

ROOT = Path(__file__).parents[2]
CHECKS = (Path(__file__).parent / "checks.toml").read_text("utf-8")
RULES = (Path(__file__).parent / "rules.toml").read_text("utf-8")
SECRET = "callback-secret-0123456789"
FULL = "not_a_server_error,content_type_conformance,response_schema_conformance"
"""What the own document promises; of the doors only that nothing breaks is asked."""


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


def asked(
    daemon: DaemonProcess, document: str, operations: int, requests: int, seed: int, checks: str
) -> bool:
    """Each operation gets its share of the requests, beside the document's examples and the edges of its schemas."""
    before = figures(daemon)
    status = subprocess.call(
        [
            str(Path(sys.executable).with_name("schemathesis")), "run", document, f"--url={daemon.url}", f"--seed={seed}",
            f"--header=Authorization: Bearer {TOKEN}", f"--max-examples={max(1, -(-requests // operations))}",
            f"--checks={checks}", "--phases=examples,coverage,fuzzing", "--request-timeout=20", "--continue-on-failure",
            "--suppress-health-check=all", "--generation-allow-x00=true", "--warnings=off",
        ],
        cwd=daemon.home,
    )  # fmt: skip
    after = figures(daemon)
    late, turns = after["late"] - before["late"], after["turns"] - before["turns"]
    print(
        f"more than 50 ms late: {late} of {turns} turns; {before['megabytes']} -> {after['megabytes']} MB",
        flush=True,
    )
    return status == 0


def figures(daemon: DaemonProcess) -> dict[str, int]:
    """Turns of the scheduler, how many of them came more than 50 ms late, and the memory."""
    assert daemon.child is not None
    text = daemon.get("/metrics", TOKEN).text
    found = re.findall(r'^watchtower_scheduler_lag_seconds_bucket\{le="([^"]+)"\} (\S+)', text, re.MULTILINE)
    turns = {limit: int(float(count)) for limit, count in found}
    status = Path(f"/proc/{daemon.child.pid}/status").read_text()
    return {
        "turns": turns["+Inf"],
        "late": turns["+Inf"] - turns["0.05"],
        "megabytes": int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) // 1024,
    }


def outside(requests: int, seed: int, only: str) -> bool:
    """Whether the daemon takes whatever comes over HTTP: by its `own` document and by that of the `doors`."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        daemon = DaemonProcess(
            Path(folder),
            RULES,
            {"all.toml": CHECKS},
            {"CALLBACK_SECRET": SECRET, "HOOK": "hook-token-0123456789"},
            anew=True,
        )
        daemon.start()
        try:
            doors = Path(__file__).parent / "doors.json"
            documents = {
                "own": (f"{daemon.url}/api/v1/openapi.json", daemon.get("/api/v1/openapi.json").json(), FULL),
                "doors": (str(doors), json.loads(doors.read_text("utf-8")), "not_a_server_error"),
            }
            well = [
                asked(daemon, document, _operations(of), requests, seed, checks)
                for name, (document, of, checks) in documents.items()
                if only in ("", name)
            ]
            well.append(daemon.get("/healthz").status_code == 200)
            crashed = daemon.events("request_crashed")
            for event in crashed[:5]:
                print(event)
            return all([*well, not crashed, daemon.stop() == 0])
        finally:
            daemon.kill()


def _operations(document: dict[str, dict[str, dict[str, object]]]) -> int:
    return sum(len(path) for path in document["paths"].values())


def main() -> int:
    minutes = float(os.environ.get("FUZZ_MINUTES") or 10)
    requests = int(os.environ.get("FUZZ_REQUESTS") or 10_000)
    seed = int(os.environ.get("FUZZ_SEED") or random.randrange(1 << 31))
    only = os.environ.get("FUZZ_ONLY", "")
    print(f"FUZZ_SEED={seed} FUZZ_REQUESTS={requests} FUZZ_MINUTES={minutes:g} FUZZ_ONLY={only}", flush=True)
    well = [
        only == "properties" or outside(requests, seed, only),
        only not in ("", "properties") or properties(seed, time.monotonic() + minutes * 60),
    ]
    print(f"FUZZ_SEED={seed}: {'nothing found' if all(well) else 'something was found, see above'}")
    return 0 if all(well) else 1


if __name__ == "__main__":
    sys.exit(main())
