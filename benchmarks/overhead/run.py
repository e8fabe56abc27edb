"""One stack, one run, one JSON object: `python -m benchmarks.overhead.run watchtower --checks 100`."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.overhead.ends import Receiver, Targets
from benchmarks.overhead.phases import Run
from benchmarks.overhead.processes import calibrate
from benchmarks.overhead.stack import STACKS, stack_class

DEFAULTS = {"steady": 60.0, "warmup": 15.0, "trials": 30}


def arguments(name: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"benchmarks.overhead.run {name}", description=__doc__)
    parser.add_argument("--checks", type=int, required=True)
    parser.add_argument("--interval", type=float, default=5.0, help="seconds between probes of one check")
    parser.add_argument("--phases", default="steady,latency,storm", help="of steady, latency, storm, outage")
    parser.add_argument("--steady", type=float, default=DEFAULTS["steady"], help="seconds")
    parser.add_argument("--warmup", type=float, default=DEFAULTS["warmup"], help="seconds")
    parser.add_argument("--trials", type=int, default=DEFAULTS["trials"], help="single faults")
    parser.add_argument("--warm-limit", type=float, default=300.0, help="seconds")
    parser.add_argument("--page-limit", type=float, default=120.0, help="seconds")
    parser.add_argument("--storm-limit", type=float, default=180.0, help="seconds")
    parser.add_argument("--outage", type=float, default=30.0, help="seconds")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--keep", action="store_true", help="keep the folder of the run")
    stack_class(name).arguments(parser)
    return parser


def measure(name: str, args: argparse.Namespace) -> dict[str, Any]:
    """Start targets, receiver and stack, go through the phases, stop all of it."""
    work = Path(tempfile.mkdtemp(prefix=f"overhead-{name}-"))
    out: dict[str, Any] = {
        "stack": name,
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "args": vars(args),
        "load_before": os.getloadavg(),
        "calibrate_ms": [calibrate()],
    }
    try:
        with ExitStack() as cleanup:
            targets = Targets(work)
            cleanup.callback(targets.child.stop)
            receiver = Receiver(work)
            cleanup.callback(receiver.child.stop)
            stack = stack_class(name)(args, targets, receiver, work)
            begun = time.monotonic()
            cleanup.callback(stack.stop)
            stack.start()
            out["start_s"] = round(time.monotonic() - begun, 2)
            out["info"] = stack.info()
            run = Run(stack, args)
            for phase in ("warm", *filter(None, args.phases.split(","))):
                print(f"{name}: {phase}", file=sys.stderr, flush=True)
                out[phase] = getattr(run, phase)()
            out["at_the_end"] = stack.last_words()
            out["calibrate_ms"].append(calibrate())
            if run.unparsed:
                out["unparsed"] = run.unparsed[:5]
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - whatever went wrong is this run's result
        out["error"], out["work"] = repr(error), str(work)
        return out
    if args.keep:
        out["work"] = str(work)
    else:
        shutil.rmtree(work, ignore_errors=True)
    return out


def main(argv: list[str]) -> int:
    if not argv or argv[0] not in STACKS:
        print(f"usage: python -m benchmarks.overhead.run {{{','.join(STACKS)}}} --checks N", file=sys.stderr)
        return 2
    args = arguments(argv[0]).parse_args(argv[1:])
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was started is stopped
    out = measure(argv[0], args)
    print(json.dumps(out))
    return 1 if "error" in out else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
