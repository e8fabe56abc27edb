"""Several daemons on one PostgreSQL are broken in every way we know, and what they promise is held against what a receiver
heard, over real HTTP, and what the store has.

    python -m benchmarks.cluster                             every part in its full length: half an hour
    python -m benchmarks.cluster --parts pages --seconds 60  one of them, shorter
    python -m benchmarks.cluster --plot FOLDER               pictures too

It ends with status 1 where a promise was broken, and prints the seed that does the same again.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.cluster import away, delay, lease, pages, scale
from benchmarks.cluster.report import Part

PARTS: Mapping[str, tuple[float, Callable[[Path, float, random.Random], Part]]] = {
    "lease": (360.0, lease.run),
    "pages": (420.0, pages.run),
    "split": (90.0, pages.split),
    "rolling": (180.0, pages.rolling),
    "away": (650.0, away.run),
    "nobody": (60.0, away.nobody),
    "delay": (60.0, delay.run),
    "scale": (60.0, scale.run),
}
"""Each with its seconds in full length."""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--seconds", type=float, default=0.0, help="of each part (default: its full length)")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--plot", type=Path)
    given = parser.parse_args()
    print(f"seed {given.seed}, load {os.getloadavg()[0]:.1f}", flush=True)
    broken = 0
    for name in given.parts.split(","):
        seconds, run = PARTS[name]
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="watchtower-cluster-") as home:
            part = run(Path(home), given.seconds or seconds, random.Random(f"{given.seed} {name}"))
        broken += len(part.broken)
        print(
            f"\n## {name}: {time.monotonic() - began:.0f} s, load {os.getloadavg()[0]:.1f}\n\n{part.text()}",
            flush=True,
        )
        if given.plot and part.times:
            part.picture(given.plot / f"{name}.png")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
