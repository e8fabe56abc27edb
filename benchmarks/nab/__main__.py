"""`python -m benchmarks.nab NAB`: the anomaly detector on the Numenta Anomaly Benchmark.

NAB is a checkout of github.com/numenta/NAB; nothing of it is kept here and nothing is written into it. Its own
`run.py` optimises the thresholds and scores, under `--python`, which needs `pandas<3`, `simplejson` and
`scikit-learn`. No label is read on this side of it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.nab.corpus import NAME, Series, corpus, scores, write
from benchmarks.nab.cost import cost

_SCORER = ("nab", "config", "run.py")
_PROFILES = ("standard", "reward_low_FP_rate", "reward_low_FN_rate")


def nabs_scores(nab: Path, python: str, scored: list[tuple[Series, list[float]]]) -> dict[str, float]:
    """Final score by profile, by NAB's optimiser and scorer over just these files, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        ground = Path(folder)
        for name in _SCORER:
            copy = shutil.copytree if (nab / name).is_dir() else shutil.copy
            copy(nab / name, ground / name)
        windows = json.loads((nab / "labels" / "combined_windows.json").read_text(encoding="utf-8"))
        names = {series.name for series, _ in scored}
        (ground / "labels").mkdir()
        (ground / "labels" / "combined_windows.json").write_text(
            json.dumps({name: windows[name] for name in sorted(names)}), encoding="utf-8"
        )
        for series, said in scored:
            (ground / "data" / series.name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(nab / "data" / series.name, ground / "data" / series.name)
            write(series, said, ground / "results")
        _null(nab, ground, names)
        steps = ["--optimize", "--score", "--normalize", "--skipConfirmation"]
        done = subprocess.run(
            [python, "run.py", "-d", NAME, *steps], cwd=ground, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"NAB's scorer failed:\n{done.stderr}")
        final = json.loads((ground / "results" / "final_results.json").read_text(encoding="utf-8"))
    return {profile: final[NAME][profile] for profile in _PROFILES}


def _null(nab: Path, ground: Path, names: set[str]) -> None:
    """NAB normalises by its null detector, which misses everything: -1 a window, -2 where misses weigh double."""
    source = nab / "results" / "null"
    shutil.copytree(source, ground / "results" / "null")
    for profile in _PROFILES:
        file = ground / "results" / "null" / f"null_{profile}_scores.csv"
        lines = file.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines[1:-1] if line.split(",")[2] in names]
        parts = lines[-1].split(",")
        parts[4] = str(sum(float(line.split(",")[4]) for line in kept))
        file.write_text("\n".join([lines[0], *kept, ",".join(parts)]) + "\n", encoding="utf-8")


def main() -> None:
    command = argparse.ArgumentParser(prog="python -m benchmarks.nab", description=__doc__)
    command.add_argument("nab", type=Path, help="a checkout of github.com/numenta/NAB")
    command.add_argument("--python", default=sys.executable, help="a Python that NAB's scorer runs under")
    given = command.parse_args()
    scored = [(series, scores(series)) for series in corpus(given.nab)]
    if not scored:
        raise SystemExit(f"no data/*/*.csv in {given.nab}: is it a checkout of NAB?")
    print("| files | standard | reward_low_FP_rate | reward_low_FN_rate |\n|---|---|---|---|")
    for half in ("all", "tuned", "held-out"):
        some = [pair for pair in scored if half in ("all", pair[0].half)]
        final = nabs_scores(given.nab, given.python, some)
        print(
            f"| {half} ({len(some)}) | " + " | ".join(f"{final[p]:.2f}" for p in _PROFILES) + " |", flush=True
        )
    print(cost([series for series, _ in scored]))


if __name__ == "__main__":
    main()
