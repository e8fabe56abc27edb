"""What every probe owes, whatever its kind and whatever its target does."""

from __future__ import annotations

import asyncio
import inspect
import json
import math
import re
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.parts.certificates import Certificates
from tests.probes.contract.entry import TIMEOUT, TOKEN, Entry, Place, Stage
from tests.probes.contract.kinds import ENTRIES
from tests.probes.contract.places import PLACES
from watchtower.config.checks_file import COMMON_KEYS
from watchtower.curl import CurlFleet
from watchtower.model import FactKind, Facts, Reading
from watchtower.probes.contract import Probe, Services, Target, readings
from watchtower.probes.registry import PROBES, Registry
from watchtower.probes.soundness import faults

DOCS = Path(__file__).parents[3] / "docs" / "probes"
REGISTRY = Registry.load(None)
_TYPES: dict[FactKind, type] = {FactKind.NUMBER: float, FactKind.BOOL: bool, FactKind.STRING: str}

by_kind = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.kind)
by_place = pytest.mark.parametrize(
    ("entry", "place"),
    [pytest.param(entry, place, id=f"{entry.kind}-{place}") for entry in ENTRIES for place in entry.says],
)


def settings_of(kind: type[Probe], table: dict[str, Any]) -> Any:
    """As the loader reads them: strictly, from what TOML can hold."""
    return kind.Settings.model_validate_json(json.dumps(table))


def facts_of(kind: type[Probe], settings: Any) -> Facts:
    facts: Facts = getattr(kind, "facts_for", lambda _: kind.facts)(settings)
    return facts


async def run(probe: Any) -> Sequence[Reading]:
    within = probe.timeout_seconds + 1.0
    if inspect.iscoroutinefunction(probe.probe):
        return readings(await asyncio.wait_for(probe.probe(), within))
    return readings(await asyncio.wait_for(asyncio.to_thread(probe.probe), within))


def test_every_kind_of_the_registry_is_under_contract() -> None:
    assert sorted(entry.kind for entry in ENTRIES) == sorted(PROBES)


@by_place
async def test_says_what_it_sees_in_time_without_raising_and_without_secrets(
    entry: Entry, place: str, certificates: Certificates, tmp_path: Path
) -> None:
    stage = Stage(certificates, tmp_path)
    kind = REGISTRY.get(entry.kind)
    setup = entry.places.get(place) or PLACES[place]
    with setup(stage) as address:
        settings = settings_of(kind, entry.settings(Place(place, address, stage)))
        probe = kind(settings, Target("a-check", 5.0, TIMEOUT))
        fleet = CurlFleet()
        fleet.start(asyncio.get_running_loop())
        try:
            await probe.open(Services(curl=fleet))
            found: Sequence[Reading] = ()
            for _ in range(entry.polls):
                found = await run(probe)
            await probe.close()
        finally:
            fleet.stop()
    assert found
    assert {f"{one.outcome} {one.reason}".strip() for one in found} == {entry.says[place]}, found
    declared = facts_of(kind, settings)
    for reading in found:
        for name, value in reading.measurements.items():
            assert name in declared
            assert value is None or type(value) is _TYPES[declared[name].kind], (name, value)
            assert not isinstance(value, float) or math.isfinite(value), name
        if reading.outcome != "up":
            assert reading.detail, "people are told why"
            assert len(reading.detail) <= 500
            assert reading.detail.isprintable()
        assert TOKEN not in repr(reading)
    assert TOKEN not in f"{settings} {settings!r} {probe} {probe!r}"


@by_kind
def test_is_told_a_secret_by_its_entry(entry: Entry, certificates: Certificates, tmp_path: Path) -> None:
    """Else the test above could not find one that leaks."""
    place = Place("refused", "127.0.0.1:9", Stage(certificates, tmp_path))
    taken_by_none = {
        "alertmanager",
        "webhook",
        "tls",
        "dns",
        "icmp",
        "kubernetes",
        "access_log",
        "push",
        "statsd",
        "derive",
        "reconcile",
    }
    assert (TOKEN in json.dumps(entry.settings(place))) is (entry.kind not in taken_by_none)


@by_kind
def test_class_is_sound(entry: Entry) -> None:
    kind = REGISTRY.get(entry.kind)
    assert kind.kind == entry.kind
    assert list(faults(kind)) == []


@by_kind
def test_settings_are_described_and_leave_the_common_keys_alone(entry: Entry) -> None:
    schema = REGISTRY.get(entry.kind).Settings.model_json_schema(by_alias=True)
    tables = [schema, *schema.get("$defs", {}).values()]
    missing = [
        name
        for table in tables
        for name, field in table.get("properties", {}).items()
        if not field.get("description")
    ]
    assert missing == []
    assert not COMMON_KEYS & schema.get("properties", {}).keys()


@by_kind
def test_docs_name_every_setting_and_fact(entry: Entry) -> None:
    kind = REGISTRY.get(entry.kind)
    text = (DOCS / f"{entry.kind}.md").read_text(encoding="utf-8")
    names = [*kind.Settings.model_json_schema(by_alias=True).get("properties", {}), *kind.facts]
    assert [name for name in names if f"`{name}`" not in text] == []


@by_kind
def test_examples_in_the_docs_are_valid(entry: Entry) -> None:
    text = (DOCS / f"{entry.kind}.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    checks = [check for block in blocks for check in tomllib.loads(block).get("check", [])]
    own = [check for check in checks if check["probe"] == entry.kind]
    assert own
    for check in own:
        table = {name: value for name, value in check.items() if name not in COMMON_KEYS}
        filled = re.sub(r"\$\{[A-Z_0-9]+\}", "filled-in-by-the-environment", json.dumps(table))
        settings_of(REGISTRY.get(entry.kind), json.loads(filled))


async def test_a_probe_that_hangs_is_ended_by_its_own_timeout_not_by_ours(
    certificates: Certificates, tmp_path: Path
) -> None:
    """All kinds that say something of a place that hangs, together: none waits for another."""
    stage = Stage(certificates, tmp_path)
    fleet = CurlFleet()
    fleet.start(asyncio.get_running_loop())
    probes = []
    with PLACES["hang"](stage) as address:
        for entry in ENTRIES:
            if "hang" in entry.says and "hang" not in entry.places:
                kind = REGISTRY.get(entry.kind)
                settings = settings_of(kind, entry.settings(Place("hang", address, stage)))
                probes.append(kind(settings, Target("a-check", 5.0, TIMEOUT)))
                await probes[-1].open(Services(curl=fleet))
        started = time.monotonic()
        await asyncio.gather(*(run(probe) for probe in probes))
        assert time.monotonic() - started < TIMEOUT * len(probes) / 2
        for probe in probes:
            await probe.close()
    fleet.stop()
