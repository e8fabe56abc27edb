"""What a sitting found, as Markdown: each figure beside its ratio to the yardsticks of the same sitting."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

Result = Mapping[str, Any]
YARDSTICKS = {"prom": "Prometheus stack", "floor": "bare loop"}


def label(result: Result) -> str:
    """The stack, and the options that make it another one."""
    args = result["args"]
    shipped = {
        "hold": "0s",
        "group_wait": "0s",
        "group_interval": "1s",
        "group_by": "id",
        "channel": "sms",
        "python": "",
    }
    extra = [f"{name} {args[name]}" for name, value in shipped.items() if args.get(name, value) != value]
    return result["stack"] + (f" ({', '.join(extra)})" if extra else "")


def milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.1f}"


FIGURES: Sequence[tuple[str, Callable[[Result], Any], Callable[[float], str]]] = (
    ("CPU of a check, µs", lambda r: r["steady"]["stack_cpu_us_per_probe"], "{:.0f}".format),
    ("memory resident (RSS), MiB", lambda r: r["steady"]["stack_rss_mib"], "{:.1f}".format),
    ("of it anonymous, MiB", lambda r: r["steady"]["stack_anonymous_mib"], "{:.1f}".format),
    ("bad answer to page, median, ms", lambda r: r["latency"]["first_bad_probe_to_page_s"]["median"], milliseconds),
    ("bad answer to page, p95, ms", lambda r: r["latency"]["first_bad_probe_to_page_s"]["p95"], milliseconds),
    ("storm: all fail, the last is paged after, s", lambda r: r["storm"]["all_paged_after_s"], "{:.2f}".format),
    ("storm: CPU until then, s", lambda r: r["storm"]["stack_cpu_s_until_all_paged"], "{:.2f}".format),
    ("storm: RSS after it, MiB", lambda r: r["storm"]["stack_rss_mib"], "{:.1f}".format),
    ("latency that it measured, mean, ms", lambda r: r["at_the_end"]["latency_mean_s"], milliseconds),
    ("latency that it measured, largest, ms", lambda r: r["at_the_end"]["latency_max_s"], milliseconds),
    ("start lag, p99, ms", lambda r: r["at_the_end"]["start_lag_p99_s"], milliseconds),
)  # fmt: skip


def figure(results: Iterable[Result], get: Callable[[Result], Any]) -> float | None:
    """The median over the repeats; None where it was not measured."""
    found = []
    for result in results:
        try:
            value = get(result)
        except KeyError:
            continue
        if value is not None:
            found.append(value)
    return statistics.median(found) if found else None


def ratio(ours: float | None, theirs: float | None) -> str:
    if not ours or not theirs:
        return "–"
    times = ours / theirs
    return f"{times:.3f}" if times < 0.1 else f"{times:.2f}"


def tables(results: Sequence[Result]) -> str:
    """One table for each number of checks; then what was missed, the noise, and what failed."""
    good = [result for result in results if "error" not in result]
    out: list[str] = []
    for checks in sorted({result["args"]["checks"] for result in good}):
        here: dict[str, list[Result]] = {}
        for result in good:
            if result["args"]["checks"] == checks:
                here.setdefault(label(result), []).append(result)
        out += [f"### {checks:,} checks", "", *_table(here), "", *_notes(here), ""]
    for result in results:
        if "error" in result:
            where = f" (its folder: {result['work']})" if "work" in result else ""
            out.append(
                f"failed: {label(result)}, {result['args']['checks']} checks: {result['error']}{where}"
            )
    return "\n".join(out)


def _table(here: Mapping[str, Sequence[Result]]) -> list[str]:
    measured = [name for name in here if name not in YARDSTICKS]
    sticks = [name for name in YARDSTICKS if name in here]
    against = [(name, stick) for name in measured for stick in sticks]
    heads = [*measured, *sticks, *(f"{name} / {stick}" for name, stick in against)]
    rows = [f"| | {' | '.join(heads)} |", f"|---|{'---:|' * len(heads)}"]
    for title, get, show in FIGURES:
        values = {name: figure(here[name], get) for name in (*measured, *sticks)}
        if all(value is None for value in values.values()):
            continue
        shown = ["–" if value is None else show(value) for value in values.values()]
        ratios = [ratio(values[name], values[stick]) for name, stick in against]
        rows.append(f"| {title} | {' | '.join([*shown, *ratios])} |")
    return rows


def _notes(here: Mapping[str, Sequence[Result]]) -> list[str]:
    """A line for each run: was it complete, and how noisy was the machine?"""
    out = []
    for name, results in here.items():
        for result in results:
            said = []
            if steady := result.get("steady"):
                said.append(f"{steady['probes']:,} probes of {steady['probes_expected']:,.0f} expected")
                said.append(f"{steady['false_posts']} false pages")
                said.append(f"foreign CPU {steady['foreign_cpu_pct']} %")
                said.append(f"calibration {steady['calibrate_ms']['mean']} ms")
            if latency := result.get("latency"):
                all_of_it = latency["first_bad_probe_to_page_s"]
                said.append(f"{len(latency['missed'])} of {latency['trials']} faults missed")
                if all_of_it["n"]:
                    said.append(f"slowest page {milliseconds(all_of_it['max'])} ms")
            if storm := result.get("storm"):
                said.append(f"storm: {storm['missing']} missing, {storm['extra_pages']} twice")
            if outage := result.get("outage"):
                said.append(f"pager down: {outage['delivered']} delivered, {outage['lost']} lost")
            out.append(f"- {name}: {'; '.join(said)}")
    return out


def plot(results: Sequence[Result], path: Path) -> bool:
    """Bars for each number of checks, logarithmic; False when matplotlib is not installed."""
    try:
        import matplotlib as mpl
    except ImportError:
        return False
    mpl.use("agg")
    from matplotlib import pyplot

    good = [result for result in results if "error" not in result]
    names = list(dict.fromkeys(map(label, good)))
    sizes = sorted({result["args"]["checks"] for result in good})
    chosen = [FIGURES[0], FIGURES[1], FIGURES[3], FIGURES[5]]
    drawing, axes = pyplot.subplots(1, len(chosen), figsize=(4 * len(chosen), 3.6), layout="constrained")
    for axis, (title, get, show) in zip(axes, chosen, strict=True):
        for offset, name in enumerate(names):
            for place, checks in enumerate(sizes):
                runs = [r for r in good if label(r) == name and r["args"]["checks"] == checks]
                value = figure(runs, get)
                if value is not None:
                    x = place + offset * 0.8 / len(names)
                    axis.bar(
                        x, value, 0.75 / len(names), color=f"C{offset}", label=name if place == 0 else None
                    )
                    axis.text(x, value, show(value), ha="center", va="bottom", fontsize=7)
        axis.set_yscale("log")
        axis.set_title(title, fontsize=9)
        axis.set_xticks(
            [place + 0.4 - 0.4 / len(names) for place in range(len(sizes))], [f"{n:,} checks" for n in sizes]
        )
    axes[0].legend(fontsize=8)
    drawing.savefig(path, dpi=120)
    pyplot.close(drawing)
    return True
