"""`watchtower probe CHECK` runs one check's probe once, now, and shows its samples."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from watchtower.cli.arguments import configuration_options, must_be, new_command
from watchtower.model import Language, Observation, Outcome, Unit


@new_command()
@click.argument("check")
@configuration_options
@click.option(
    "--runs", type=click.IntRange(1, 1000), default=1, help="How often to run it; counters need two."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a sample.")
def command(check: str, rules: Path, checks: Path, runs: int, as_json: bool) -> None:
    """Run one check's probe once and show its samples.

    Exit status 0 when every reading is up, 1 otherwise.
    """
    import asyncio

    seen = asyncio.run(_probe(check, rules, checks, runs))
    for observation in seen:
        click.echo(_json(observation) if as_json else _words(observation))
    sys.exit(0 if all(o.reading.outcome is Outcome.UP for o in seen) else 1)


async def _probe(name: str, rules: Path, checks: Path, runs: int) -> Sequence[Observation]:
    import asyncio

    from watchtower.config.load import load
    from watchtower.curl import CurlFleet
    from watchtower.probes.contract import Services
    from watchtower.probes.registry import Registry
    from watchtower.runner import Runner

    registry = Registry.load(checks)
    loaded = load(rules, checks, os.environ, registry)
    must_be("check", name, loaded.plan.checks)
    curl = CurlFleet()
    curl.start(asyncio.get_running_loop())
    runner = Runner(registry, Services(curl=curl), lambda _: None, loaded.secrets.redact)
    try:
        return await runner.run_times(loaded.plan.checks[name], runs)
    finally:
        curl.stop()


def _json(observation: Observation) -> str:
    reading = observation.reading
    return json.dumps(
        {
            "check": observation.check, "at": observation.at, "outcome": reading.outcome, "reason": reading.reason,
            "detail": reading.detail, "series": reading.series, "duration": round(observation.duration, 6),
            "measurements": dict(reading.measurements),
        },
        ensure_ascii=False,
    )  # fmt: skip


def _words(observation: Observation) -> str:
    from watchtower.texts.units import show

    reading = observation.reading
    name = f"{observation.check} [{reading.series}]" if reading.series else observation.check
    lines = [f"{name}: {reading.outcome} in {observation.duration * 1000:.1f} ms"]
    if reading.reason:
        lines[0] += f", {reading.reason}: {reading.detail}" if reading.detail else f", {reading.reason}"
    lines += [
        f"  {key} = {show(value, Unit.NONE, Language.EN)}" for key, value in reading.measurements.items()
    ]
    return "\n".join(lines)
