"""Write the digests anew: `python -m tests.golden`. With a folder as argument: the streams as text, to compare."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.golden.streams import digests, life, team_life

KEPT = Path(__file__).with_name("streams.json")
STREAMS: Mapping[str, Callable[[int], list[str]]] = {"life": life, "team": team_life}
LIVES = {"life": 120, "team": 40}
"""Of each stream, so many are kept."""


def main(folder: Path | None) -> None:
    told = {name: [STREAMS[name](seed) for seed in range(count)] for name, count in LIVES.items()}
    if folder is None:
        kept = {name: [digests(lines) for lines in lives] for name, lives in told.items()}
        KEPT.write_text(json.dumps(kept, separators=(",", ":")) + "\n", encoding="utf-8")
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name, lives in told.items():
        for seed, lines in enumerate(lives):
            (folder / f"{name}-{seed}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else None)
