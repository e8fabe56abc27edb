"""What is kept of the streams, and what may be done with them.

`python -m tests.golden` writes the streams' digests anew, `python -m tests.golden scenarios FILE...` those of these files of
tests/scenarios, or of all. `python -m tests.golden text FOLDER` writes the streams as text, to compare two folders. `python -m tests.golden compare CHECKOUT [LIVES]` lives so many seeded lives (2000) here and in another checkout,
and names those that are decided otherwise.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.golden.streams import digests, life, lines, team_life, trace
from watchtower.core.events import Decision

KEPT = Path(__file__).with_name("streams.txt")
SCENARIOS = Path(__file__).with_name("scenarios.txt")
ROOT = Path(__file__).parents[2]
STREAMS: Mapping[str, Callable[[int], list[Decision]]] = {"life": life, "team": team_life, "trace": trace}
LIVES = {"life": 60, "team": 30, "trace": 1}
"""Of each stream, so many are kept."""


def read(file: Path) -> dict[str, list[str]]:
    """Of each stream, by name: its digests."""
    rows = (line.split() for line in file.read_text(encoding="utf-8").splitlines())
    return {row[0]: row[1:] for row in rows}


def write(file: Path, kept: Mapping[str, list[str]]) -> None:
    text = "".join(f"{' '.join([name, *kept[name]])}\n" for name in kept)
    file.write_text(text, encoding="utf-8")


def named(lives: Mapping[str, int]) -> list[tuple[str, str, int]]:
    return [(f"{name}-{seed}", name, seed) for name, count in lives.items() for seed in range(count)]


def keep() -> None:
    write(KEPT, {key: digests(STREAMS[name](seed)) for key, name, seed in named(LIVES)})


def keep_scenario(name: str, kept: list[str]) -> None:
    """In the line that it has, else behind the others of its file."""
    write(SCENARIOS, dict(sorted({**read(SCENARIOS), name: kept}.items(), key=lambda one: _file(one[0]))))


def keep_scenarios(files: list[str]) -> int:
    """Runs these files, or all: a scenario of theirs that is no more loses its line."""
    folder = ROOT / "tests" / "scenarios"
    asked = {Path(one).name for one in files} or {one.name for one in folder.glob("test_*.py")}
    before = read(SCENARIOS)
    write(SCENARIOS, {name: kept for name, kept in before.items() if _file(name) not in asked})
    command = [sys.executable, "-m", "pytest", "-q", "-n0", *sorted(str(folder / one) for one in asked)]
    status = subprocess.run(command, cwd=ROOT, env={**os.environ, "GOLDEN": "write"}, check=False).returncode
    if status:
        write(SCENARIOS, before)
    return status


def _file(scenario: str) -> str:
    return scenario.partition("::")[0]


def text(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for key, name, seed in named(LIVES):
        told = "\n".join(lines(STREAMS[name](seed), names=True))
        (folder / f"{key}.jsonl").write_text(told + "\n", encoding="utf-8")


def seeds(lives: int) -> dict[str, str]:
    return {
        key: digests(STREAMS[name](seed), whole=True)[0]
        for key, name, seed in named({"life": lives * 3 // 4, "team": lives // 4})
    }


def compare(checkout: Path, lives: int) -> int:
    """1 when a life is decided otherwise there."""
    command = [sys.executable, "-m", "tests.golden", "seeds", str(lives)]
    path = {**os.environ, "PYTHONPATH": f"{checkout / 'src'}{os.pathsep}{checkout}"}
    with subprocess.Popen(command, cwd=checkout, env=path, stdout=subprocess.PIPE, text=True) as there:
        here = seeds(lives)
        said = there.communicate()[0]
    if there.returncode:
        return there.returncode
    other = dict(line.split() for line in said.splitlines())
    differ = [key for key in here if here[key] != other.get(key)]
    print(f"{len(here)} lives, {len(differ)} decided otherwise", *differ[:50])
    return 1 if differ else 0


def main(arguments: list[str]) -> int:
    match arguments:
        case []:
            keep()
        case ["scenarios", *files]:
            return keep_scenarios(files)
        case ["text", folder]:
            text(Path(folder))
        case ["seeds", count]:
            for key, digest in seeds(int(count)).items():
                print(key, digest)
        case ["compare", checkout, *count]:
            return compare(Path(checkout).resolve(), int(count[0]) if count else 2000)
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
