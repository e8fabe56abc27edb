"""docs/recipes: each recipe is run as it is written, on the real server that it is for, up and down."""

from __future__ import annotations

import asyncio
import json
import re
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.parts.child import free_port
from tests.parts.conditions import needs, started
from tests.parts.neighbours import NEIGHBOURS
from tests.parts.postfix import Postfix
from watchtower.config.checks_file import COMMON_KEYS
from watchtower.curl import CurlFleet
from watchtower.fields import parse_duration
from watchtower.model import Reading
from watchtower.probes.contract import Services, Target
from watchtower.probes.registry import Registry

RECIPES = Path(__file__).parents[2] / "docs" / "recipes"
PORTS = {"smtp": "25", "imap": "143", "ldap": "389", "ssh": "22", "ntp": "123", "snmp": "161", "mqtt": "1883"}
LOCAL = ("disk", "load", "procs", "file_age")


def sections(page: str) -> dict[str, str]:
    """Heading's first word -> what stands below it."""
    text = (RECIPES / page).read_text(encoding="utf-8")
    return {part.split()[0]: part for part in text.split("\n## ")[1:]}


def check_of(section: str) -> dict[str, Any]:
    [block] = re.findall(r"```toml\n(.*?)```", section, re.DOTALL)
    [check] = tomllib.loads(block)["check"]
    found: dict[str, Any] = check
    return found


async def run(check: dict[str, Any], timeout: float | None = None) -> Reading:
    kind = Registry.load(None).get(check["probe"])
    own = {name: value for name, value in check.items() if name not in COMMON_KEYS}
    settings = kind.Settings.model_validate_json(json.dumps(own))
    seconds = timeout or parse_duration(check.get("timeout", kind.timeout))
    probe = kind(settings, Target(check["name"], 60.0, seconds))
    fleet = CurlFleet()
    fleet.start(asyncio.get_running_loop())
    try:
        await probe.open(Services(curl=fleet))
        reading: Reading = await probe.probe()
        await probe.close()
    finally:
        fleet.stop()
    return reading


def placed(check: dict[str, Any], port: str, now: int) -> dict[str, Any]:
    """The same check of a server on this machine."""
    text = json.dumps(check).replace("192.0.2.10", "127.0.0.1").replace("${SNMP_COMMUNITY}", "public")
    return dict(json.loads(text.replace(f'"{port}"', f'"{now}"').replace(f":{port}", f":{now}")))


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, int]]:
    """The port of each server."""
    with ExitStack() as stack:
        found = {name: stack.enter_context(started(kind())).port for name, kind in NEIGHBOURS.items()}
        yield {**found, "smtp": stack.enter_context(started(Postfix())).port}


@needs("/usr/lib/nagios/plugins/check_ldap", "monitoring-plugins-standard")
def test_each_plug_in_has_its_recipe_and_is_tried_here() -> None:
    assert set(sections("plugins.md")) == {*PORTS, *LOCAL, "Tried", "Not"}


@pytest.mark.parametrize("name", PORTS)
async def test_a_server_that_is_well_is_up_and_measured(servers: dict[str, int], name: str) -> None:
    check = placed(check_of(sections("plugins.md")[name]), PORTS[name], servers[name])
    reading = await run(check, timeout=30.0)
    assert reading.outcome == "up", reading.detail
    assert reading.measurements.get("level", "ok") == "ok", reading.detail
    assert all(reading.measurements[one] is not None for one in check.get("measure", ()))


@pytest.mark.parametrize("name", [one for one in PORTS if one not in ("ntp", "snmp")])
async def test_a_server_that_is_gone_is_down(name: str) -> None:
    check = placed(check_of(sections("plugins.md")[name]), PORTS[name], free_port())
    assert (await run(check, timeout=30.0)).outcome == "down"


@pytest.mark.parametrize(("name", "says"), [("ntp", "down critical"), ("snmp", "unknown plugin")])
async def test_a_server_that_is_silent_is_said_so_by_the_plug_in_itself(name: str, says: str) -> None:
    check = placed(check_of(sections("plugins.md")[name]), PORTS[name], free_port())
    reading = await run(check, timeout=4.0)
    assert f"{reading.outcome} {reading.reason}" == says, reading.detail


@pytest.mark.parametrize("name", LOCAL)
async def test_what_is_asked_of_this_machine_is_measured(name: str) -> None:
    check = check_of(sections("plugins.md")[name])
    reading = await run(check)
    assert reading.outcome != "unknown", reading.detail
    assert all(reading.measurements[one] is not None for one in check["measure"])
